"""What the tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Properties are checked without a stopwatch: a busy machine is not a failure.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real benchmarks and published outputs, where there is one."""
    folder = os.environ.get("R1EVAL_DATA_DIR")
    if not folder:
        pytest.skip("needs real data: set R1EVAL_DATA_DIR")
    return Path(folder)


@pytest.fixture(scope="session")
def paper_tables(data_dir) -> Path:
    """The paper's figures and protocol, which lie beside the data."""
    file = data_dir.parent / "paper" / "paper_tables.json"
    if not file.is_file():
        pytest.skip("needs paper/paper_tables.json beside R1EVAL_DATA_DIR")
    return file
