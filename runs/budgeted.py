"""What budgets of thought ask of a run: when answers are forced, and the room that they take."""

from __future__ import annotations

from dataclasses import dataclass

from runs.forcing import NANO, Forcing
from runs.protocol import Preset
from runs.settings import RunSettings
from sampling.engine import Engine, Prompt
from tasks.errors import UserError
from tasks.thinking import DEFAULT as TAGS


def find_forcing(settings: RunSettings, preset: Preset, language: str) -> Forcing | None:
    """What is asked at which budgets; ``None`` without budgets. Raises UserError on options that
    the mode does not know.
    """
    if not settings.budgets:
        if settings.budget_mode != "truncate":
            raise UserError(f"--budget-mode {settings.budget_mode} needs --budgets, like 512,1k,2k")
        return None
    if settings.budget_mode != "extend" and (settings.wait, settings.waits) != (None, None):
        raise UserError("--wait and --waits are for --budget-mode extend")
    words = _words(preset, language)
    return Forcing(
        mode=settings.budget_mode,
        budgets=settings.budgets,
        cue=words.answer_cue,
        forced_tokens=words.forced_tokens,
        wait=words.wait if settings.wait is None else settings.wait,
        waits=words.waits if settings.waits is None else settings.waits,
    )


@dataclass(frozen=True)
class Lengths:
    """What budgets ask of a sample: ``wanted`` tokens in all if they fit, ``least`` in any case,
    and ``forced`` with a closing and a forced answer after the largest budget.
    """

    wanted: int
    least: int
    forced: int


def lengths_of(
    forcing: Forcing | None,
    settings: RunSettings,
    preset: Preset,
    engine: Engine,
    thinking_tags: bool,
) -> Lengths | None:
    """``None`` without budgets. Raises UserError where --max-tokens ends before the largest."""
    if forcing is None:
        return None
    largest = forcing.budgets[-1]
    given = settings.max_tokens or preset.max_tokens
    if given is not None and given < largest:
        raise UserError(
            f"--max-tokens {given} ends before the largest budget, {largest}: it is the budget and "
            "what the answer may take after it"
        )
    answer = _words(preset, engine.prompt_language).answer_tokens
    wanted = given or largest + (answer if thinking_tags else 0)
    forced = forced_length(forcing, engine) if forcing.asks else largest
    return Lengths(wanted, wanted if given else largest, forced)


def check_wait(forcing: Forcing | None, engine: Engine) -> None:
    """Raises UserError on a word to wait by that the model cannot read."""
    if forcing is None or forcing.mode != "extend":
        return
    if not forcing.wait or engine.unknown_share(Prompt(text=forcing.wait)) > 0:
        raise UserError(f"--wait {forcing.wait!r}: the model's tokenizer does not know that")


def forced_length(forcing: Forcing, engine: Engine) -> int:
    """The largest budget with a closing and a forced answer, in tokens."""
    closing = max(len(engine.encode(forcing.closing(tags.closing))) for tags in TAGS)
    return forcing.budgets[-1] + closing + forcing.forced_tokens


def _words(preset: Preset, language: str) -> Preset:
    """The protocol in the words of the model's language."""
    return preset.model_copy(update=NANO) if language == "nano" else preset
