"""`python -m bridges.lm_eval --model r1eval --model_args model=nano --tasks …`: lm-eval's own
command line, which then knows our engines by the name ``r1eval``.

A launcher, since lm-eval looks for no plug-ins and settles ``--model`` before it reads tasks.
"""

from __future__ import annotations

import sys

from lm_eval.__main__ import cli_evaluate
from lm_eval.api.registry import register_model

from bridges.lm_eval.model import R1EvalModel
from sampling.engine import ModelError
from tasks.errors import UserError


def main() -> None:
    """Exit code 2 with one line for what the user can mend; otherwise lm-eval's own."""
    register_model("r1eval")(R1EvalModel)
    try:
        cli_evaluate()
    except (UserError, ModelError) as error:
        print(f"r1eval: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
