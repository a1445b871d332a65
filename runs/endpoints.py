"""Endpoints in a run: their options as a user writes them, their bill across sessions, and what
the run writes down about them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import cast

from runs.copies import copies
from runs.forcing import Forcing
from runs.record import RunRecord
from runs.settings import RunSettings
from runs.store import Store
from runs.stored import StoredBill
from sampling.endpoint.ask import Options
from sampling.endpoint.parameters import PREFIX_MODES
from sampling.endpoint.place import Place
from sampling.endpoint.prices import Bill, Price, known_price
from sampling.endpoint_engine import EndpointEngine
from sampling.engine import Engine, Prompt, Sampling
from tasks.errors import UserError
from tasks.schema import nearest

TOKENIZER = "name the model's tokenizer by --engine-arg tokenizer=FOLDER"
BEGUN = ("vllm", "deepseek", "plain")
ENDPOINT_ARGS = ("assistant_prefix", "attempts", "deadline", "stream", "timeout", "tokenizer")


def read_options(args: Mapping[str, str], concurrency: int | None) -> Options:
    """Raises UserError on an unknown key or a value of the wrong form.

    >>> read_options({"attempts": "3", "stream": "false"}, 16).stream
    False
    """
    for key in args:
        if key not in ENDPOINT_ARGS:
            near = nearest(key, ENDPOINT_ARGS)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(ENDPOINT_ARGS)}"
            raise UserError(f"unknown engine argument {key!r} of an endpoint: {hint}")
    settled = Options()
    prefix = args.get("assistant_prefix")
    if prefix is not None and prefix not in PREFIX_MODES:
        raise UserError(f"--engine-arg assistant_prefix={prefix}: one of {', '.join(PREFIX_MODES)}")
    if args.get("tokenizer") == "":
        raise UserError("--engine-arg tokenizer= names nothing: give a folder or a hub id")
    if (stream := args.get("stream", "true")) not in {"true", "false"}:
        raise UserError(f"--engine-arg stream={stream}: true or false")
    return Options(
        concurrency=concurrency or settled.concurrency,
        attempts=int(_number(args, "attempts", settled.attempts, whole=True)),
        timeout=_number(args, "timeout", settled.timeout),
        deadline=_number(args, "deadline", settled.deadline),
        stream=stream == "true",
        prefix=prefix,
        tokenizer=args.get("tokenizer"),
    )


def _number(args: Mapping[str, str], key: str, default: float, whole: bool = False) -> float:
    try:
        value = float(args.get(key, default))
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf or (whole and value != int(value)):
        form = "a whole number" if whole else "seconds,"
        raise UserError(f"--engine-arg {key}={args[key]}: give {form} above 0")
    return value


def open_endpoint(place: Place, settings: RunSettings) -> EndpointEngine:
    """Raises UserError on options that do not fit, ModelError where a server cannot be used."""
    if settings.engine not in {"auto", "endpoint"}:
        raise UserError(f"--engine {settings.engine} does not ask servers: leave it out")
    if settings.revision is not None or settings.adapter is not None:
        option = "--revision" if settings.revision is not None else "--adapter"
        raise UserError(f"{option} is for models of your own: a server has what it serves")
    options = read_options(settings.engine_args, settings.concurrency)
    bill = Bill(find_price(place, settings), settings.max_cost)
    return EndpointEngine(place, settings.model, options, bill)


def find_price(place: Place, settings: RunSettings) -> Price | None:
    """What the user says, else the table. Raises UserError on a limit without a price."""
    given = settings.price_in, settings.price_out
    if given == (None, None):
        price = known_price(place.preset, place.model)
        if price is None and settings.max_cost is not None:
            raise UserError(
                f"--max-cost: no price of {settings.model} is known: give --price-in and "
                "--price-out, in US dollars per million tokens"
            )
        return price
    if None in given:
        raise UserError("--price-in and --price-out go together")
    return Price(cast(float, given[0]), cast(float, given[1]), "--price-in, --price-out")


def check_forcing(engine: Engine, forcing: Forcing | None) -> None:
    """Raises UserError where an endpoint cannot be asked for what budgets want."""
    if not isinstance(engine, EndpointEngine) or forcing is None or not forcing.asks:
        return
    if not engine.facts.begins_replies:
        raise UserError(
            f"--budget-mode {forcing.mode} begins replies for the model, and {engine.facts.model} "
            "is not known to go on from that: use --budget-mode truncate, or say how it does by "
            f"--engine-arg assistant_prefix={'|'.join(BEGUN)}"
        )
    if not engine.facts.tells_ids:
        raise UserError(f"--budget-mode {forcing.mode} cuts thoughts by tokens: {TOKENIZER}")


def probe(engine: Engine, prompt: Prompt, sampling: Sampling, forcing: Forcing | None) -> None:
    """Ask an endpoint for one token before anything is written. Raises ModelError when it will not
    answer, UserError where budgets are wanted and it counts no thoughts.
    """
    if isinstance(engine, EndpointEngine):
        usage = engine.probe(prompt, sampling)
        if engine.bill.limit is not None and None in (usage.prompt, usage.completion):
            raise UserError(
                f"{engine.facts.model} counts no tokens, so --max-cost cannot be kept: try "
                "--engine-arg stream=false, or leave it out"
            )
        if forcing is not None and not engine.facts.tells_ids and usage.thinking is None:
            raise UserError(
                f"{engine.facts.model} does not count the tokens of thoughts: {TOKENIZER}"
            )


@contextmanager
def accounted(
    engine: Engine, store: Store, record: RunRecord, out: Path, say: Callable[[str], None]
) -> Iterator[None]:
    """While the block draws from an endpoint, every reply is put on the run's bill at once; at the
    end, however it comes, run.json says what was asked and what came of it.
    """
    if not isinstance(engine, EndpointEngine):
        yield
        return
    bill = engine.bill
    before = store.bill() or StoredBill(0, 0, 0, 0)
    bill.carry(before.prompt_tokens, before.reply_tokens, before.replies, before.uncounted)

    def keep() -> None:
        store.set_bill(
            StoredBill(bill.prompt_tokens, bill.reply_tokens, bill.replies, bill.uncounted)
        )

    keep()  # the first token, which was asked for before the run began, is paid for as well
    bill.on_change = keep
    try:
        yield
    finally:
        bill.on_change = None
        found = [*engine.findings(), *copies(store, record.protocol)]
        price = None if bill.price is None else asdict(bill.price)
        record.sessions[-1]["endpoint"] = {**engine.as_json(), "price": price, "findings": found}
        record.notices += [finding for finding in found if finding not in record.notices]
        record.save(out)
        for finding in found:
            say(finding)


def settled(engine: Engine, args: Mapping[str, str]) -> dict[str, str | None]:
    """What of an endpoint belongs to a run's protocol."""
    if not isinstance(engine, EndpointEngine):
        return {}
    return {"assistant_prefix": engine.prefix, "tokenizer": args.get("tokenizer")}
