from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

import nano.models
from sampling.loading import ModelPlace
from sampling.transformers_engine import TransformersEngine

from .server import Model, Served, serving


@pytest.fixture(scope="session")
def nano_engine() -> TransformersEngine:
    return TransformersEngine(ModelPlace(str(nano.models.path("base"))), "nano")


@pytest.fixture(scope="session")
def drawer(nano_engine) -> Model:
    return Model(nano_engine)


@pytest.fixture
def serve(drawer, monkeypatch) -> Iterator[Callable[..., Served]]:
    """Starts servers; nobody's key is in the environment."""
    for name in ("R1EVAL_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with ExitStack() as running:
        yield lambda **how: running.enter_context(serving(Served(drawer, **how)))
