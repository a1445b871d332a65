import pytest

import nano.models
from sampling.loading import ModelPlace
from sampling.transformers_engine import TransformersEngine


@pytest.fixture(scope="session")
def nano_place() -> ModelPlace:
    return ModelPlace(str(nano.models.path("base")))


@pytest.fixture(scope="session")
def nano_engine(nano_place) -> TransformersEngine:
    return TransformersEngine(nano_place, "nano")
