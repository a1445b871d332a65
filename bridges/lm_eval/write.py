"""The YAML files by which lm-eval knows our tasks, one for each of the catalogue:
`python -m bridges.lm_eval.write` writes them anew.
"""

from __future__ import annotations

from pathlib import Path

from evals.metrics import reported_ks
from tasks.schema import TaskSpec, read_spec, task_names

FOLDER = Path(__file__).parent / "tasks"
_SAMPLES = 16  # where the paper did not run the task

_HEAD = """\
task: r1_{name}
# {title}
custom_dataset: !function ours.problems
dataset_kwargs: {{name: {name}}}      # read as `r1eval eval --task {name}` reads it
test_split: test
output_type: generate_until
doc_to_text: prompt
doc_to_target: gold
repeats: {samples}{source}
generation_kwargs:
  until: []
  do_sample: true
  temperature: {temperature}
  top_p: {top_p}
  max_gen_toks: {max_tokens}
filter_list:
  - name: r1eval
    filter:
      - {{function: custom, filter_fn: !function ours.every}}
process_results: !function ours.graded
metric_list:
"""


def yaml_of(name: str) -> str:
    """The YAML file of a catalogue task."""
    spec = read_spec(name)
    paper = spec.paper
    samples = _samples(spec)
    head = _HEAD.format(
        name=name,
        title=spec.title,
        samples=samples,
        source=f"          # {paper.source}" if paper and paper.samples else "",
        temperature=paper.temperature if paper else 0.6,
        top_p=paper.top_p if paper else 0.95,
        max_tokens=spec.max_tokens,
    )
    metrics = [
        f'  - {{metric: "{kind}@{k}", aggregation: mean, higher_is_better: true}}\n'
        for kind in ("pass", "cons")
        for k in reported_ks(samples)
    ]
    return head + "".join(metrics) + "metadata: {version: 1.0}\n"


def _samples(spec: TaskSpec) -> int:
    return (spec.paper and spec.paper.samples) or _SAMPLES


def main() -> None:
    for name in task_names():
        (FOLDER / f"r1_{name}.yaml").write_text(yaml_of(name), encoding="utf-8")


if __name__ == "__main__":
    main()
