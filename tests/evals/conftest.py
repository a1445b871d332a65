"""Run folders, written as a run writes them."""

from collections.abc import Callable
from pathlib import Path

from runs.grade import OURS
from runs.record import RunRecord
from runs.store import Store
from runs.stored import Sample, StoredProblem
from tasks.grading.verdict import Grade, Verdict

RIGHT = Grade(Verdict.CORRECT, "7", "")
WRONG = Grade(Verdict.WRONG, "8", "")


def write_run(
    folder: Path,
    *correct: int,
    samples: int = 4,
    question: Callable[[int], str] = "What is {}?".format,
    text: Callable[[int, int], str] = lambda problem, index: "It is 7.",
) -> Path:
    """A graded run of task ``t``: our verdict is right on ``correct[i]`` samples of problem i.

    ``text`` gives the completion from the problem's and the sample's number.
    """
    folder.mkdir()
    protocol = {"model": f"model-{folder.name}", "samples": samples, "max_tokens": {"t": 100}}
    tasks = [{"name": "t", "problems": len(correct)}]
    RunRecord(settings={}, protocol=protocol, tasks=tasks, journal="wal").save(folder)
    with Store(folder) as store:
        store.set_problems(
            StoredProblem("t", f"p{i}", i, question(i), "7", "integer", "?", False)
            for i in range(len(correct))
        )
        for i in range(len(correct)):
            for index in range(samples):
                store.add_sample(
                    Sample("t", f"p{i}", index, 0, text(i, index), "stop", 1, 0, 2, "ids", (5,), 1)
                )
        store.set_grades(
            OURS,
            (
                ("t", f"p{i}", index, RIGHT if index < count else WRONG)
                for i, count in enumerate(correct)
                for index in range(samples)
            ),
        )
    return folder
