"""What `lm_eval --log_samples` writes: a document a line and filter, its completions in ``resps``::

    {"doc_id": 0, "doc": {"question": "…"}, "target": "7", "resps": [["…"]],
     "arguments": {"gen_args_0": {"arg_0": "…", "arg_1": {"temperature": 0.6}}},
     "filtered_resps": ["7"], "filter": "strict-match", "metrics": ["exact_match"],
     "exact_match": 1.0}

A document stands there once for each filter: the first is taken. Its metric is a verdict where it
is of one completion, or a list of as many; a mean over several says nothing of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from bridges.imports.completion import Completion, as_text, verdict_of
from tasks.errors import UserError
from tasks.grading import Verdict
from tasks.sources import Row

_QUESTIONS = ("question", "problem", "query", "input")


def read(rows: Iterable[Row]) -> Iterator[Completion]:
    """Raises UserError on a row of another form."""
    seen: dict[str, str] = {}
    for row in rows:
        columns = row.columns
        if lacking := [name for name in ("doc_id", "doc", "resps") if name not in columns]:
            raise UserError(f"{row.place} is not of the form lm-eval: it has no {lacking[0]!r}")
        name, by = str(columns["doc_id"]), str(columns.get("filter", ""))
        if seen.setdefault(name, by) != by:
            continue
        if not isinstance(columns["doc"], Mapping) or not isinstance(columns["resps"], list):
            raise UserError(f"{row.place}: 'doc' must be a document and 'resps' a list of texts")
        texts = _flat(columns["resps"])
        if not all(isinstance(text, str) for text in texts):
            raise UserError(f"{row.place} holds log-likelihoods: only generated texts are imported")
        prompt, settings = _asked(columns.get("arguments"))
        answers = _flat(columns.get("filtered_resps") or [])
        verdicts = _verdicts(row, len(texts))
        question = next((columns["doc"][q] for q in _QUESTIONS if q in columns["doc"]), prompt)
        for index, text in enumerate(texts):
            yield Completion(
                place=row.place,
                text=text,
                problem_id=name,
                question=as_text(question),
                gold=as_text(columns.get("target")),
                index=index,
                published=verdicts[index],
                answer=as_text(answers[index]) if len(answers) == len(texts) else None,
                drawn=_drawn(settings),
            )


def _flat(resps: Sequence[Any]) -> list[Any]:
    """
    >>> _flat([["a", "b"]]), _flat(["a"])
    (['a', 'b'], ['a'])
    """
    return [one for of in resps for one in (of if isinstance(of, list) else [of])]


def _asked(arguments: Any) -> tuple[str | None, Mapping[str, Any]]:
    """Prompt and generation settings: a dictionary in newer versions, a list in older ones."""
    if isinstance(arguments, Mapping):
        first = arguments.get("gen_args_0", {})
        return first.get("arg_0"), first.get("arg_1") or {}
    if isinstance(arguments, list) and arguments:
        prompt, *settings = arguments[0]
        return prompt, settings[0] if settings else {}
    return None, {}


def _verdicts(row: Row, number: int) -> list[Verdict | None]:
    for metric in row.columns.get("metrics") or []:
        value = row.columns.get(metric)
        values = value if isinstance(value, list) else [value] if number == 1 else []
        if len(values) == number:
            try:
                return [verdict_of(one, row.place) for one in values]
            except UserError:  # a share of something, not right or wrong
                continue
    return [None] * number


def _drawn(settings: Mapping[str, Any]) -> dict[str, Any]:
    """
    >>> _drawn({"do_sample": False, "temperature": 0.6, "max_gen_toks": 256})
    {'temperature': 0.0, 'top_p': None, 'max_tokens': 256}
    """
    greedy = settings.get("do_sample") is False
    return {
        "temperature": 0.0 if greedy else settings.get("temperature"),
        "top_p": settings.get("top_p"),
        "max_tokens": settings.get("max_gen_toks"),
    }
