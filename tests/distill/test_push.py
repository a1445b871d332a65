"""Students and traces are sent by the hub's own client, to a stand-in of the hub's API on loopback;
a dry run lists what would be sent.
"""

import base64
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from datasets import load_dataset

from distill.export import export
from r1eval.main import main
from runs.models import find_model

KEY = "hf_not_a_real_key"


class Hub(BaseHTTPRequestHandler):
    """Takes commits of small files as the hub does: create, preupload, one commit of NDJSON."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            return self._say(401, {"error": "Invalid username or password."})
        path = self.path
        if path == "/api/repos/create":
            asked = json.loads(body)
            name = f"{asked['organization']}/{asked['name']}"
            self.server.repos[name] = {"asked": asked, "files": {}}
            return self._say(200, {"url": f"{self.server.url}/{name}"})
        if path == "/api/validate-yaml":
            return self._say(200, {"errors": [], "warnings": []})
        if "/preupload/" in path:
            files = json.loads(body)["files"]
            told = [
                {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files
            ]
            return self._say(200, {"files": told})
        if "/commit/" in path:
            kind, org, name = path.split("/")[2:5]
            repo = self.server.repos[f"{org}/{name}"]
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    value = line["value"]
                    repo["files"][value["path"]] = base64.b64decode(value["content"])
            url = f"{self.server.url}/{kind}/{org}/{name}/commit/1"
            return self._say(200, {"commitUrl": url, "commitOid": "1" * 40})
        return self._say(404, {"error": f"no such path: {path}"})

    def do_GET(self):
        self._say(404, {"error": f"no such path: {self.path}"})

    def _say(self, status, told):
        text = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


@pytest.fixture
def hub():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.url, server.repos = f"http://127.0.0.1:{server.server_address[1]}", {}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.fixture
def exported(tmp_path):
    return export(find_model("nano", None).source, tmp_path / "small", "# a card").folder


def send(hub, *args, key=KEY):
    run = "from r1eval.main import main; main()"
    here = {"HF_ENDPOINT": hub.url, "HF_TOKEN": key, "HF_HUB_OFFLINE": "0"}
    command = [sys.executable, "-c", run, "distill", "export", *map(str, args)]
    return subprocess.run(command, env={**os.environ, **here}, capture_output=True, text=True)


def test_a_student_and_its_traces_arrive_whole(hub, exported, solved_file, tmp_path):
    beside = solved_file.with_name("solved.ledger.jsonl")
    beside.write_text('{"id": "x", "filter": "exact", "reason": "twice"}\n')
    asked = ["nano/weights/base", "--out", exported, "--push-to-hub", "me/small"]
    done = send(hub, *asked, "--traces", solved_file, "--private")
    assert done.returncode == 0, done.stderr
    assert f"{hub.url}/models/me/small/commit/1" in done.stdout
    model, traces = hub.repos["me/small"], hub.repos["me/small-traces"]
    assert model["files"] == {p.name: p.read_bytes() for p in exported.iterdir()}
    assert traces["files"]["data/train.jsonl"] == solved_file.read_bytes()
    assert traces["files"]["solved.ledger.jsonl"] == beside.read_bytes()
    assert traces["asked"]["type"] == "dataset"
    assert traces["asked"]["visibility"] == "private"
    there = tmp_path / "there" / "data"
    there.mkdir(parents=True)
    (there / "train.jsonl").write_bytes(traces["files"]["data/train.jsonl"])
    loaded = load_dataset(str(there.parent), cache_dir=str(tmp_path / "cache"))
    assert loaded["train"].num_rows == 48


def test_a_dry_run_lists_what_would_be_sent(hub, exported, solved_file):
    asked = ["nano/weights/base", "--out", exported, "--push-to-hub", "me/small", "--dry-run"]
    done = send(hub, *asked, "--traces", solved_file)
    assert done.returncode == 0, done.stderr
    assert not hub.repos
    assert "model me/small" in done.stdout
    assert "model.safetensors" in done.stdout
    assert "→ data/train.jsonl" in done.stdout


def test_a_wrong_key_is_one_line_without_the_key(hub, exported):
    asked = ["nano/weights/base", "--out", exported, "--push-to-hub", "me/small"]
    done = send(hub, *asked, key="hf_wrong")
    assert done.returncode == 2
    assert "the hub did not take me/small" in done.stderr
    assert "hf_wrong" not in done.stderr + done.stdout
    assert len(done.stderr.strip().splitlines()) == 1


def test_options_that_need_a_repository(tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["distill", "export", "nano/weights/base", "--out", str(tmp_path / "x"), "--dry-run"])
    assert caught.value.code == 2
    assert "--push-to-hub ORG/NAME" in capsys.readouterr().err
