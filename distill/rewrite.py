"""Traces rewritten by a second model, for a cold-start set that reads well: R1-Zero's thoughts "in
a readable format", and a summary behind them (arXiv 2501.12948v1, section 2.3.1; v2, supplement
B.3.2).

The second model is asked as in any run, resumable; a reply that does not keep to the form is left
out and said. It is graded again where there is a gold: a rewriter may lose the answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from distill.generate import traces_of
from distill.traces import Trace, read_traces
from runs.files import written_whole
from tasks.errors import UserError
from tasks.grading import grade_completion

LEFT_OUT = "left_out.jsonl"

FORM = """\
Below are a problem and how somebody thought about it and answered. Rewrite this as one readable
text in the language of the problem, in the first person. Keep every step, every doubt and every
check that matters, in their order; take out what is said twice, what is in another language and
what has no sense. Do not solve the problem anew and do not change the result.

Write the thought between <steps> and </steps>, then between <summary> and </summary> a
short solution that ends with the final answer in \\boxed{{}}. Write nothing else.

<problem>
{question}
</problem>

<thought>
{thought}
</thought>

<answer>
{answer}
</answer>"""

_SAID = re.compile(
    r"<steps>(?P<thought>.*?)</steps>\s*<summary>(?P<answer>.*?)</summary>\s*\Z", re.S
)


def asked_of(trace: Trace) -> str:
    """What the second model reads."""
    split = trace.split
    return FORM.format(
        question=trace.question, thought=split.thought.strip(), answer=split.answer.strip()
    )


def as_completion(reply: str) -> str | None:
    """A reply in the form of a trace; ``None`` where it does not keep to the form it was asked for.

    >>> as_completion("<steps>2 and 2</steps>\\n<summary>\\\\boxed{4}</summary>")
    '<think>\\n2 and 2\\n</think>\\n\\n\\\\boxed{4}'
    >>> as_completion("It is 4.")
    """
    found = _SAID.search(reply)
    if found is None:
        return None
    thought, answer = found["thought"].strip(), found["answer"].strip()
    if not thought or not answer or "<think>" in thought or "<steps>" in thought:
        return None
    return f"<think>\n{thought}\n</think>\n\n{answer}"


def write_problems(traces: Path, run: Path) -> Path:
    """The traces as problems of a task, for `distill.generate.Generation.tasks`, beside the run:
    ``RUN.problems.jsonl``. Raises UserError on two traces of one id, and when there is none.
    """
    path, seen = run.with_name(f"{run.name}.problems.jsonl"), set()
    with written_whole(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        for trace in read_traces(traces):
            if trace.id in seen:
                raise UserError(f"{traces}: two traces have the id {trace.id}")
            seen.add(trace.id)
            row = {
                "id": trace.id,
                "problem": asked_of(trace),
                "answer": str(trace.meta.get("gold", "")),
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        if not seen:
            raise UserError(f"{traces} holds no traces")
    return path


def rewritten(run: Path, traces: Path, grader: str) -> Iterator[Trace]:
    """Every trace as the second model wrote it, with its own verdict; what does not keep to the
    form is written to ``RUN/left_out.jsonl``, a ledger.
    """
    replies = {str(one.meta["problem_id"]): one for one in traces_of(run, grader)}
    with (
        written_whole(run / LEFT_OUT) as temporary,
        temporary.open("w", encoding="utf-8") as ledger,
    ):
        for trace in read_traces(traces):
            reply = replies.get(trace.id)
            text = None if reply is None else as_completion(reply.split.answer)
            if reply is None or text is None:
                why = "no reply" if reply is None else "not in the form it was asked for"
                row = {"id": trace.id, "filter": "rewrite", "reason": why}
                ledger.write(json.dumps(row, ensure_ascii=False) + "\n")
                continue
            yield _as_trace(trace, reply, text)


def _as_trace(trace: Trace, reply: Trace, text: str) -> Trace:
    gone = {"verdict", "extracted", "tokens", "finish_reason"}
    meta = {key: value for key, value in trace.meta.items() if key not in gone}
    meta |= {"finish_reason": "stop", "rewritten_by": reply.meta["teacher"]}
    if (gold := trace.meta.get("gold")) is not None:
        grade = grade_completion(gold=str(gold), completion=text, question=trace.question or None)
        meta |= {"verdict": grade.verdict.value, "extracted": grade.extracted}
    last = {"role": "assistant", "content": text}
    return Trace(trace.prompt, [*trace.completion[:-1], last], meta)
