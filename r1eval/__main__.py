"""`python -m r1eval`, which launchers take."""

from r1eval.main import main

main()
