"""`agency serve` and the scripted model, as the benches run them."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from machinery import OPENCODE, SERVER_CORE, Process, agency_binary, call, first_answer, free_port, model_binary, until

# What the agents of the benches say: one turn, and the hand-off as the text's fenced JSON, so that the raw run needs no tool of ours.
HANDOFF = '```json\n{"summary": "Did what was asked.", "outcome": "done", "verdict": "approved"}\n```'
CHANGE = {"name": "bash", "args": {"command": "date +%s%N >>bench.txt", "description": "Writes a line"}}
WAIT = {"name": "bash", "args": {"command": "sleep 110", "description": "Waits"}}
SCRIPT = {
    "rules": [
        {"name": "read", "match": {"model": "bench-read"}, "steps": [{"text": HANDOFF}]},
        {"name": "write", "match": {"model": "bench-write"}, "steps": [{"tools": [CHANGE]}, {"text": HANDOFF}]},
        {"name": "wait", "match": {"model": "bench-wait"}, "steps": [{"tools": [WAIT], "repeat": True}]},
    ]
}


class Model(Process):
    """The scripted model; `config` is an OpenCode configuration that leads to it."""

    def __init__(self, directory: Path):
        script, raw, self.config = directory / "script.json", directory / "raw.json", directory / "opencode.json"
        script.write_text(json.dumps(SCRIPT))
        super().__init__([model_binary(), "--port", "0", "--script", script, "--print-opencode-config", raw], log=directory / "model.log")
        until("the scripted model", lambda: (directory / "model.log").read_text().count("listening on"))
        config = json.loads(raw.read_text())
        (scripted,) = config["provider"].values()
        own = {rule["match"]["model"]: {**scripted["models"]["m1"], "name": rule["name"]} for rule in SCRIPT["rules"]}
        config |= {"model": "bench/bench-read", "small_model": "bench/bench-read", "provider": {"bench": {**scripted, "models": own}}}
        self.config.write_text(json.dumps(config))


class Agency(Process):
    """A server on a data directory; `seconds_to_answer` is how long it took to answer first."""

    def __init__(self, directory: Path, config: Path | None = None, core: set[int] | None = SERVER_CORE, slots: int = 4):
        self.port, self.data = free_port(), directory / "data"
        self.url = f"http://127.0.0.1:{self.port}"
        (directory / "home").mkdir(parents=True, exist_ok=True)
        (directory / "tmp").mkdir(exist_ok=True)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory / "home"),
            "TMPDIR": str(directory / "tmp"),
            "LANG": "C.UTF-8",
            "AGENCY_SERVER__PORT": str(self.port),
            "AGENCY_DATA_DIR": str(self.data),
            "AGENCY_DATABASE__URL": f"sqlite://{self.data}/agency.db",
            "AGENCY_OPENCODE__BIN": str(OPENCODE),
            "AGENCY_ENGINE__MAX_CONCURRENT": str(slots),
            # What is created is measured, not how many may wait.
            "AGENCY_ENGINE__QUEUE_MAX": "100000",
            **({"AGENCY_OPENCODE__CONFIG": str(config)} if config else {}),
        }
        began = time.monotonic()
        super().__init__([agency_binary(), "serve"], core=core, cwd=directory, env=environment, log=directory / "server.log")
        self.seconds_to_answer = first_answer(self.port, began)

    def get(self, path: str):
        return call(self.url + path)

    def create(self, request: dict) -> dict:
        return call(f"{self.url}/api/v1/pipelines", "POST", request)

    def ended(self, id: int, seconds: float = 180) -> dict:
        """Waits for the end of a pipeline, which must be a good one."""

        def look():
            pipeline = self.get(f"/api/v1/pipelines/{id}")
            return pipeline if pipeline["status"] in ("succeeded", "failed", "cancelled") else None

        pipeline = until(f"pipeline {id} to end", look, seconds, every=0.2)
        if pipeline["status"] != "succeeded":
            raise RuntimeError(f"pipeline {id} ended {pipeline['status']}: {pipeline['status_reason']}")
        return pipeline
