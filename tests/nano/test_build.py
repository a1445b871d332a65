"""Making a model from nothing, at a size that teaches it nothing."""

from dataclasses import replace

import pytest
from transformers import AutoModelForCausalLM

from nano import build
from nano.train import Course


@pytest.mark.slow
def test_a_build_leaves_a_folder_that_loads_and_a_card_with_its_figures(
    tmp_path, monkeypatch
) -> None:
    brief = replace(build.RECIPES["student-base"], course=Course(2, 1, 8, 1e-3))
    monkeypatch.setitem(build.RECIPES, "student-base", brief)
    monkeypatch.setattr(build, "MEASURED", 12)
    weights = []
    for folder in [tmp_path / "one", tmp_path / "two"]:
        build.build("student-base", folder, seed=3)
        model = AutoModelForCausalLM.from_pretrained(folder)
        weights.append((folder / "model.safetensors").read_bytes())
        card = (folder / "README.md").read_text()
        assert "--seed 3" in card
        assert "accuracy, depth 6" in card
    assert model.num_parameters() == 216_512
    assert weights[0] == weights[1]
