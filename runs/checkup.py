"""What there is to know of a model before a run: whether it answers, its context, its template, how
its replies end, and one of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from runs.findings import Finding
from sampling.endpoint_engine import EndpointEngine
from sampling.engine import Completion, Engine, Message, ModelError, Prompt, Request, Sampling
from sampling.transformers_engine import TransformersEngine
from tasks.thinking import DEFAULT as TAGS
from tasks.thinking import split_thought

_QUESTIONS = {"nano": "582+867=?", "natural": "What is 17 + 25?"}
_EARLIER = "333+444=777"  # thought in an earlier turn; nano too can read it
_TOKENS = 96
_SHOWN = 300  # characters
_END_TOKENS = (
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<｜end▁of▁sentence｜>",
    "</s>",
    "<eos>",
)


def checkup(engine: Engine) -> Iterator[Finding]:
    """Every check, in the order of what it costs. Raises ModelError where nothing is answered."""
    question = _QUESTIONS.get(engine.prompt_language, _QUESTIONS["natural"])
    yield _reached(engine)
    yield _context(engine)
    yield from (Finding("note", "known", text) for text in engine.facts.notices)
    yield from _template(engine, question)
    yield from _ends(engine)
    first = _draw(engine, question, 1)
    yield from _sample(engine, question, first)
    if isinstance(engine, EndpointEngine):
        yield _served_end(engine, first)
        again, other = _draw(engine, question, 1), _draw(engine, question, 2)
        yield _seeds(first, again, other)
        yield from (Finding("note", "honoured", text) for text in engine.findings())


def _reached(engine: Engine) -> Finding:
    facts = engine.facts
    if isinstance(engine, EndpointEngine):
        models = engine.served.models
        told = f"serves {', '.join(models[:5])}" if models else "keeps no list of models"
        more = f" and {len(models) - 5} more" if len(models) > 5 else ""
        owner = f", {engine.served.owner}" if engine.served.owner else ""
        return Finding("ok", "reached", f"{facts.model}: {told}{more}{owner}")
    size = "" if facts.parameters is None else f"{facts.parameters / 1e6:,.1f} M parameters, "
    return Finding("ok", "loaded", f"{facts.model}: {size}{facts.dtype} on {facts.device}")


def _context(engine: Engine) -> Finding:
    length = engine.facts.context_length
    if length is None:
        return Finding(
            "note", "context", "unknown: a run takes the tokens its task asks for (--max-tokens)"
        )
    return Finding("ok", "context", f"{length} tokens, prompt and reply together")


def _template(engine: Engine, question: str) -> Iterator[Finding]:
    """Whether it opens the thought, adds a system prompt, drops the thoughts of earlier turns."""
    if isinstance(engine, EndpointEngine) and not engine.tells_prompts:
        yield Finding(
            "note",
            "template",
            "the server does not tell it (--engine-arg tokenizer=FOLDER shows the model's own)",
        )
        return
    try:
        rendered = engine.render(Prompt.chat(question))
    except ModelError as error:
        yield Finding("note", "template", str(error))
        return
    yield Finding("ok", "template", f"reads {rendered!r}")
    opened = [tags.opening for tags in TAGS if rendered.rstrip().endswith(tags.opening)]
    if opened:
        yield Finding("note", "template", f"it opens the thought with {opened[0]}")
    before = rendered[: rendered.find(question)]
    if "system" in before.lower():
        yield Finding("warning", "template", "it adds a system prompt of its own, shown above")
    try:
        several = engine.render(_conversation(question))
    except ModelError as error:
        yield Finding("note", "template", f"it takes no earlier turns: {error}")
        return
    kept = "keeps" if _EARLIER in several else "drops"
    yield Finding("note", "template", f"it {kept} the thoughts of earlier turns")


def _conversation(question: str) -> Prompt:
    reply = f"{TAGS[0].opening}{_EARLIER}{TAGS[0].closing}777"
    turns = [Message("user", question), Message("assistant", reply), Message("user", question)]
    return Prompt(tuple(turns))


def _ends(engine: Engine) -> Iterator[Finding]:
    if not isinstance(engine, TransformersEngine):
        return
    if not engine.ends:
        yield Finding("error", "end", "no end-of-sequence token: no reply comes to its own end")
        return
    yield Finding("ok", "end", f"a reply ends with {' or '.join(engine.ends)}")
    if engine.padding in engine.ends:
        yield Finding(
            "note",
            "end",
            f"{engine.padding} pads too: training that masks padding never learns to end",
        )


def _served_end(engine: EndpointEngine, drawn: Completion) -> Finding:
    """Servers do not tell what ends a reply; what it left in the text shows what it missed."""
    if stray := next((end for end in _END_TOKENS if end in drawn.text), None):
        return Finding(
            "warning", "end", f"{stray} stands in the reply: the server does not stop at it"
        )
    known = "" if engine.end is None else f"by the tokenizer named a reply ends with {engine.end}; "
    if drawn.finish_reason == "length":
        return Finding("note", "end", f"{known}the sample was cut off before its end")
    return Finding("ok", "end", f"{known}the sample ended by itself, with no end token in its text")


def _draw(engine: Engine, question: str, seed: int) -> Completion:
    drawn: list[Completion] = []
    try:
        engine.render(prompt := Prompt.chat(question))
    except ModelError:  # a base model has no template
        prompt = Prompt(text=question)
    engine.sample(
        [Request("one", prompt, seed)],
        Sampling(temperature=0.6, top_p=0.95, max_tokens=_TOKENS),
        lambda _, completion: drawn.append(completion),
    )
    return drawn[0]


def _sample(engine: Engine, question: str, drawn: Completion) -> Iterator[Finding]:
    text = drawn.text if len(drawn.text) <= _SHOWN else f"{drawn.text[:_SHOWN]}…"
    ended = "came to its end" if drawn.finish_reason == "stop" else f"cut off at {_TOKENS} tokens"
    yield Finding("ok", "sample", f"{question!r} gives {text!r} ({ended})")
    split = split_thought(drawn.text)
    if split.opened and not any(tags.opening in drawn.text for tags in TAGS):
        yield Finding("note", "thought", "it begins within a thought, which the prompt opened")
    elif split.opened:
        yield Finding("ok", "thought", "it opens a thought")
    counted = drawn.completion_tokens
    told = "nobody counts tokens" if counted is None else f"{counted} tokens ({drawn.token_source})"
    if drawn.token_ids is None and drawn.thinking_tokens is None:
        told += "; those of thoughts are not counted, and budgets need a tokenizer"
    yield Finding("note" if counted is None else "ok", "tokens", told)


def _seeds(first: Completion, again: Completion, other: Completion) -> Finding:
    if first.text == other.text and len(first.text) > _SHOWN // 4:
        return Finding(
            "warning", "seed", "two seeds give one text: samples may be copies of one another"
        )
    if first.text == other.text:
        return Finding(
            "note",
            "seed",
            "two seeds give one short text, which tells nothing: a run compares them",
        )
    if first.text != again.text:
        return Finding(
            "note", "seed", "one seed gives two texts: samples differ, and cannot be drawn again"
        )
    return Finding("ok", "seed", "one seed gives one text")
