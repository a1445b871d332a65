"""`r1eval eval` from start to finish, as its user sees it."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time

import pytest

from r1eval.main import main
from runs.store import FILE, Store


def r1eval(capsys, *arguments: str) -> tuple[int, str]:
    """Exit code and what was printed."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return ended.value.code, capsys.readouterr().out


SMALL = ["--limit", "6", "--samples", "4", "--protocol", "r1", "--max-tokens", "64"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    with pytest.raises(SystemExit) as ended:
        main(["eval", "nano", "--task", "nano", *SMALL, "--out", str(out)])
    assert ended.value.code == 0
    return out


def test_results_have_the_contracts_form(finished):
    results = json.loads((finished / "results.json").read_text())
    assert results["schema_version"] == 1
    (task,) = results["tasks"]
    assert task.keys() >= {
        *("task", "model", "problems", "samples_per_problem", "protocol", "metrics"),
        *("outcomes", "budgets", "tokens", "seconds"),
    }
    assert (task["task"], task["model"], task["problems"]) == ("nano", "nano", 6)
    assert task["samples_per_problem"] == 4
    assert list(task["metrics"]) == ["pass@1", "pass@2", "pass@4", "cons@1", "cons@2", "cons@4"]
    figure = task["metrics"]["pass@1"]
    assert figure.keys() >= {"value", "ci95", "ci95_seeds", "problems"}
    assert figure["ci95"][0] <= figure["value"] <= figure["ci95"][1]
    assert list(task["outcomes"]) == [
        *("correct", "wrong", "no_answer", "truncated", "unsure", "missing")
    ]
    assert sum(task["outcomes"].values()) == 24
    assert task["tokens"].keys() == {
        *("prompt", "thinking", "answer", "forced", "mean", "p95", "source")
    }
    assert task["tokens"]["source"] == "ids"
    assert task["seconds"] > 0


def test_the_table_shows_every_figure_with_its_intervals_and_outcomes(capsys, finished):
    code, printed = r1eval(capsys, "rescore", str(finished))
    assert code == 0
    for word in ("pass@1", "cons@4", "other problems", "new samples", "truncated", "tokens"):
        assert word in printed


def test_exported_rows_have_the_contracts_keys(capsys, finished, tmp_path):
    out = tmp_path / "rows.jsonl"
    code, _ = r1eval(capsys, "export", str(finished), "--to", "jsonl", "--out", str(out))
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert code == 0
    assert len(rows) == 24
    assert list(rows[0]) == [
        *("task", "problem_id", "index", "seed", "verdict", "extracted", "reason", "text"),
        *("thinking_tokens", "answer_tokens", "token_source", "finish_reason"),
    ]


def test_parquet_holds_the_same_rows(capsys, finished, tmp_path):
    from datasets import Dataset

    for kind in ("jsonl", "parquet"):
        r1eval(capsys, "export", str(finished), "--to", kind, "--out", f"{tmp_path}/rows.{kind}")
    table = Dataset.from_parquet(f"{tmp_path}/rows.parquet", cache_dir=str(tmp_path / "cache"))
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert table.to_list() == rows


def test_a_rerun_gives_the_same_samples(capsys, finished, tmp_path):
    code, _ = r1eval(capsys, "rerun", str(finished), "--out", str(tmp_path / "again"))
    assert code == 0
    with Store(finished) as old, Store(tmp_path / "again") as new:
        assert [s.text for s in old.samples()] == [s.text for s in new.samples()]


def test_a_users_grader_counts_when_it_is_asked(capsys, finished, tmp_path):
    grader = tmp_path / "mine.py"
    grader.write_text("def strict(gold, completion):\n    return f'<answer>{gold}' in completion\n")
    code, printed = r1eval(capsys, "rescore", str(finished), "--grader", f"{grader}:strict")
    assert code == 0
    assert "pass@1" in printed
    r1eval(capsys, "rescore", str(finished))


def test_a_graders_verdicts_stay_when_a_finished_run_is_given_again(capsys, finished, tmp_path):
    out = tmp_path / "copy"
    shutil.copytree(finished, out)
    grader = tmp_path / "mine.py"
    grader.write_text("def yes(gold, completion):\n    return True\n")
    r1eval(capsys, "rescore", str(out), "--grader", f"{grader}:yes")
    code, printed = r1eval(capsys, "eval", "nano", "--task", "nano", *SMALL, "--out", str(out))
    assert code == 0
    assert f"graded by {grader}:yes" in printed.replace("\n", "")
    assert json.loads((out / "results.json").read_text())["grader"] == f"{grader}:yes"


def test_a_run_is_not_done_again_onto_itself(capsys, finished):
    with pytest.raises(SystemExit) as ended:
        main(["rerun", str(finished), "--out", str(finished)])
    assert ended.value.code == 2
    assert "is the run itself" in capsys.readouterr().err


def test_tasks_of_the_users_own_and_a_prompt_without_room(capsys, tmp_path):
    task = tmp_path / "sums.jsonl"
    long = "+".join(["111"] * 90) + "=?"
    rows = [{"id": "short", "problem": "111+222=?", "answer": "333"}]
    rows += [{"id": "long", "problem": long, "answer": "990"}]
    task.write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = tmp_path / "run"
    code, printed = r1eval(
        capsys, "eval", "nano", "--task", str(task), "--samples", "2", "--out", str(out)
    )
    assert code == 3, "samples are missing"
    assert "2 missing" in printed
    figure = json.loads((out / "results.json").read_text())["tasks"][0]["metrics"]["pass@1"]
    assert (figure["problems"], figure["excluded"]) == (1, 1)


def start(out, *more: str, **options):
    command = [sys.executable, "-m", "r1eval", "eval", "nano", "--task", "nano"]
    command += ["--samples", "16", "--engine-arg", "group_size=32", "--out", str(out), *more]
    options.setdefault("preexec_fn", _heeds_ctrl_c)
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def _heeds_ctrl_c():
    """A shell that starts the tests in the background has them, and their children, ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for_samples(process, out) -> None:
    while process.poll() is None:
        if (out / FILE).exists() and (out / "run.json").exists():
            with Store(out) as store:
                if store.keys():
                    return
        time.sleep(0.05)
    pytest.fail(f"ended before a sample was there: {process.communicate()[1]}")


def test_ctrl_c_is_a_clean_stop_that_says_how_to_go_on(tmp_path):
    out = tmp_path / "run"
    process = start(out)
    wait_for_samples(process, out)
    process.send_signal(signal.SIGINT)
    told = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "Traceback" not in told
    assert "the same command again" in told
    with Store(out) as store:
        kept = len(store.keys())
    assert 0 < kept < 1920
    assert f"{kept} of 1920 samples are kept" in told


def _files_up_to_300_kb():
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))


def test_a_full_disk_keeps_every_finished_sample_and_says_so(tmp_path):
    out = tmp_path / "run"
    process = start(
        out, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000,) * 2)
    )
    told = process.communicate(timeout=240)[1]
    assert process.returncode == 2
    assert "Traceback" not in told
    assert "is full" in told
    with Store(out) as store:
        kept = len(store.keys())
    assert kept > 0
    assert f"{kept} of 1920 samples are kept" in told
    with Store(out) as store:
        assert all(s.text is not None for s in store.samples())


def test_help_does_not_import_what_is_heavy():
    code = (
        "import sys\nfrom r1eval.main import cli\n"
        "try:\n    cli(['--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'torch', 'transformers', 'datasets', 'numpy', 'rich'} & set(sys.modules)))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert told.stdout.strip().endswith("[]")
