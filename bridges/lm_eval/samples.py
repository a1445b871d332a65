"""A run as lm-eval's `--log_samples` would have written it: a row for each problem.

``resps`` holds one list, a document's texts in the order of their index; ``filtered_resps`` what
the grader took for the answer, ``exact_match`` whether it is right, one number for each text, and
``verdicts`` ours. A sample that is missing is left out of all of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any

from evals.load import every_grade
from runs import record
from runs.store import Store
from tasks.grading import Verdict


def rows(folder: Path, grader: str) -> Iterator[dict[str, Any]]:
    """In the order of task and problem. Raises UserError when ``grader`` did not grade all."""
    protocol = record.read(folder).protocol
    with Store(folder) as store:
        grades = every_grade(folder, store, grader)
        problems = {(p.task, p.problem_id): p for p in store.problems()}
        by_problem = groupby(store.samples(), key=lambda sample: (sample.task, sample.problem_id))
        for key, group in by_problem:
            samples = list(group)
            problem = problems[key]
            given = [grades[sample.key] for sample in samples]
            doc = {"id": problem.problem_id, "problem": problem.question, "answer": problem.gold}
            settings = {
                "until": list((protocol.get("until") or {}).get(problem.task, [])),
                "do_sample": (protocol["temperature"] or 0) > 0,
                "temperature": protocol["temperature"],
                "top_p": protocol["top_p"],
                "max_gen_toks": protocol["max_tokens"][problem.task],
            }
            yield {
                "doc_id": problem.position,
                "doc": doc,
                "target": problem.gold,
                "arguments": {"gen_args_0": {"arg_0": problem.prompt, "arg_1": settings}},
                "resps": [[sample.text for sample in samples]],
                "filtered_resps": [[grade.extracted or "" for grade in given]],
                "filter": grader,
                "metrics": ["exact_match"],
                "doc_hash": _hash(json.dumps(doc, indent=2, ensure_ascii=False)),
                "prompt_hash": _hash(problem.prompt),
                "target_hash": _hash(problem.gold),
                "exact_match": [float(grade.verdict is Verdict.CORRECT) for grade in given],
                "verdicts": [grade.verdict.value for grade in given],
                "task": problem.task,
            }


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
