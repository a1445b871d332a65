"""The demo's stages at their smallest: the summary that other programs read, and the page."""

import json

import pytest

from pipeline.demo import MODELS, PAGE, SUMMARY, write_all
from pipeline.manifest import address
from pipeline.recipe import read_pipeline
from pipeline.run import run_pipeline
from r1eval.processes import run_command
from runs.models import find_model
from sampling.loading import count_parameters

RL = {
    "max_steps": 1,
    "num_generations": 4,
    "per_device_train_batch_size": 8,
    "gradient_accumulation_steps": 1,
    "max_completion_length": 48,
}
SFT = {"max_steps": 1, "per_device_train_batch_size": 4, "logging_steps": 1}
EVAL = {"samples": 16, "limit": 2, "max_tokens": 64, "budgets": "16,32"}
SMALLEST = {
    **{name: {"grpo": RL, "data": {"limit": 8}} for name in ("r1-zero-rl", "reasoning-rl")},
    **{name: {"grpo": RL, "data": {"limit": 8}} for name in ("r1-rl", "student-rl-rl")},
    **{name: {"sft": SFT} for name in ("cold-start", "sft", "student-sft")},
    **{name: {"training": {"max_steps": 2}} for name in ("helpful", "harmless")},
    **{name: {"limit": 8, "samples": 2} for name in ("samples", "teacher-samples")},
    **{name: {"filters": [{"use": "exact"}]} for name in ("kept", "teacher-kept")},
    **dict.fromkeys(MODELS, EVAL),
    **{name: {"samples": 1, "limit": 6} for name in ("r1-zero-talk", "r1-talk")},
}


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "out"
    stages = read_pipeline("demo", SMALLEST)

    def command(arguments):
        return run_command(arguments, folder / "logs" / "all.log", threads=1)

    run_pipeline(stages, folder, command, lambda one, state: None, jobs=2)
    write_all(address(stages, folder), folder)
    return folder


def share(value):
    return isinstance(value, float) and 0 <= value <= 1


def test_the_summary_holds_what_other_programs_read(out):
    summary = json.loads((out / SUMMARY).read_text())
    assert {"seconds", "stages", "models", "budgets"} <= set(summary)
    assert list(summary["models"]) == list(MODELS)
    for name, figures in summary["models"].items():
        assert share(figures["pass@1"])
        assert share(figures["cons@16"])
        assert figures["mean_tokens"] > 0
        ships = "nano:student-base" if name.startswith("student") else "nano"
        assert figures["parameters"] == count_parameters(find_model(ships, None))
        assert [budget for budget, _ in summary["budgets"][name]] == [16, 32]
        assert all(share(value) for _, value in summary["budgets"][name])
    for key in ("language_mixing", "thinks_when_not_needed"):
        assert set(summary[key]) == {"r1-zero", "r1"}
        assert all(map(share, summary[key].values()))
    every = summary["stages"].values()
    assert max(every) <= summary["seconds"] <= sum(every)  # two at a time
    assert min(summary["compute"].values()) > 0
    assert all(map(share, summary["reward_models"].values()))


def test_every_models_run_is_found_by_its_name(out):
    for name in MODELS:
        assert (out / name / "samples.db").is_file()
        assert not (out / name).readlink().is_absolute()


def test_the_page_needs_no_other_file_and_escapes_what_models_say(out):
    page = (out / PAGE).read_text()
    assert page.count('<img src="data:image/png;base64,') == 2
    assert "http" not in page.replace("http-equiv", "")
    assert "<think>" not in page
    assert "&lt;answer&gt;" in page
