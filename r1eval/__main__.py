from r1eval.main import main

main()
