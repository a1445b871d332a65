"""Problems to train on, from the hub: DeepScaleR's 40,315 of AIME, AMC, Omni-MATH and Still.

`R1EVAL_DEEPSCALER` names a local copy of the data set's folder where there is no hub.
"""

import os
from typing import Any


def problems() -> list[dict[str, Any]]:
    """Rows of ``problem`` and ``answer``; a few have none, and are left out."""
    from datasets import load_dataset

    source = os.environ.get("R1EVAL_DEEPSCALER", "agentica-org/DeepScaleR-Preview-Dataset")
    rows = load_dataset(source, split="train")
    return [
        {"id": n, "problem": row["problem"], "answer": row["answer"]}
        for n, row in enumerate(rows)
        if row["answer"].strip()
    ]
