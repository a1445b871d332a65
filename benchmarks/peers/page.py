"""The page that ``benchmarks.grade`` writes, table by table."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from benchmarks.peers.figures import SLOW_SECONDS, Score, score, slow, speed, told_apart, without
from benchmarks.peers.talk import Judged

Row = dict[str, Any]
Results = dict[str, list[Judged]]
"""What each grader said of each row."""

OURS, PEER = "r1eval", "math-verify"


def accuracy(title: str, rows: list[Row], results: Results) -> str:
    """Right, wrong in either way, undecided; of completions also who finds the very label."""
    labels = [row["label"] for row in rows]
    whole = "completion" in rows[0]
    table = []
    for name, judged in results.items():
        verdicts = [one.verdict for one in judged]
        found = score(verdicts, labels)
        wrong = [found.false_positives, found.false_negatives, found.undecided]
        table.append([name, f"{found.right / found.rows:.2%}", *wrong])
        if whole:
            table[-1].append(f"{told_apart(verdicts, labels) / found.rows:.2%}")
    head = ["grader", "right", "false positives", "false negatives", "undecided"]
    note = "Any verdict but `correct` says that the answer is not the gold answer. Undecided: the\n"
    note += "grader says so (`unsure`), fails, or is killed after 20 s.\n"
    if whole:
        note += (
            "Very label: `no_answer` (or `truncated`) told from `wrong`, which peers do not do.\n"
        )
    return section(title, note, markdown(head + ["very label"] * whole, table))


def families(title: str, rows: list[Row], results: Results) -> str:
    places: defaultdict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        places[family(row["source"])].append(index)
    table = []
    for name, judged in results.items():
        scores = [score_at(indexes, rows, judged) for indexes in places.values()]
        table.append(
            [name, *(f"{s.right} ({s.false_positives}, {s.false_negatives})" for s in scores)]
        )
    head = ["grader", *(f"{name}: {len(indexes)}" for name, indexes in places.items())]
    note = "Right, and in brackets false positives and false negatives.\n"
    return section(title, note, markdown(head, table))


def family(source: str) -> str:
    """Where a labelled row comes from.

    >>> family("skythought/qwen14b/math500"), family("nemo/tests")
    ('natural outputs', 'unit tests and pairs by others')
    """
    origin = source.split("/")[0]
    if origin == "constructed":
        return origin
    if origin in ("skythought", "evalchemy", "qwen"):
        return "natural outputs"
    return "unit tests and pairs by others"


def score_at(indexes: list[int], rows: list[Row], judged: list[Judged]) -> Score:
    return score([judged[i].verdict for i in indexes], [rows[i]["label"] for i in indexes])


def reasons(rows: list[Row], judged: list[Judged]) -> str:
    """Which rule of ours decided how many pairs, how often against the label, how fast.

    Of a reason, what stands before a colon: the rest may quote the pair.
    """
    places: defaultdict[str, list[int]] = defaultdict(list)
    for index, one in enumerate(judged):
        places[one.reason.partition(":")[0]].append(index)
    table = []
    for reason, indexes in sorted(places.items(), key=lambda item: -len(item[1])):
        ours = [judged[i] for i in indexes]
        found, times = score_at(indexes, rows, judged), speed(ours)
        workers = sum(one.worker for one in ours)
        counts = [found.rows, found.rows - found.right, workers]
        table.append([reason, *counts, milliseconds(times.median), f"{times.total:.3f}"])
    head = ["reason", "pairs", "against the label", "by a worker", "median ms", "seconds"]
    return section("Which rule decided", "", markdown(head, table))


def speeds(rows: list[Row], results: Results) -> str:
    ours, theirs = results[OURS], results[PEER]
    out = slow(ours, theirs)
    workers = sum(one.worker for one in ours)
    note = f"""\
Without {len(out)} pairs on which {OURS} or {PEER} takes more than {SLOW_SECONDS:g} s.
{OURS} asked a worker process for {workers} of all {len(rows)} pairs.
"""
    tables = [speed_table({name: without(judged, out) for name, judged in results.items()})]
    if out:
        cells = [
            [
                rows[i]["id"],
                rows[i]["label"],
                *(f"{one.seconds:.3f} ({one.verdict})" for one in (ours[i], theirs[i])),
            ]
            for i in out
        ]
        tables.append(markdown(["slow pair", "label", f"{OURS} s", f"{PEER} s"], cells))
    return section(f"Speed on {len(rows) - len(out)} pairs", note, *tables)


def integer_speeds(results: Results) -> str:
    ours, theirs = results[OURS], results[PEER]
    same, different = (
        speed(theirs[at::2]).total / speed(ours[at::2]).total for at in range(2)
    )  # in turn, as made
    imported = "**yes**" if any(one.sympy for one in ours) else "no"
    note = f"""\
Half of them the same integer twice, {same:.0f} times as fast as {PEER}; half two different ones,
{different:.0f} times. The processes graded nothing but integers. Did ours import sympy: {imported}.
"""
    return section(f"Speed on {len(ours)} pairs of plain integers", note, speed_table(results))


def speed_table(results: Results) -> str:
    """One line a grader; ``×``: how many times as fast ours is."""
    ours = speed(results[OURS])
    table = []
    for name, judged in results.items():
        theirs = speed(judged)
        table.append(
            [
                name,
                f"{theirs.total:.3f}",
                f"{theirs.cpu:.3f}",
                milliseconds(theirs.median),
                milliseconds(theirs.p99),
                f"{theirs.rows / theirs.total:,.0f}",
                times(theirs.total, ours.total),
                times(theirs.cpu, ours.cpu),
                times(theirs.median, ours.median),
                times(theirs.p99, ours.p99),
            ]
        )
    head = ["grader", "seconds", "of processors", "median ms", "p99 ms", "pairs/s"]
    return markdown([*head, "× in all", "× processors", "× median", "× p99"], table)


def times(theirs: float, ours: float) -> str:
    """How many times ours goes into theirs, to three digits where it is small.

    >>> times(6.0, 0.01), times(0.05, 1.0)
    ('600', '0.05')
    """
    ratio = theirs / ours
    return f"{ratio:.0f}" if ratio >= 100 else f"{ratio:.3g}"


def milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.3f}"


def section(title: str, *parts: str) -> str:
    return "\n".join([f"## {title}\n", *filter(None, parts)])


def markdown(head: list[str], rows: list[list[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"
