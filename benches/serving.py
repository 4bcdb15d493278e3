"""Requests per second: /health, the list, and create, beside the FastAPI peer on a copy of the same database."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
from pathlib import Path

from agency import Agency, Model
from figures import Row, ratio
from machinery import CLIENT_CORE, program, repository, until
from peer import Peer

PIPELINES = 120
SECONDS = 4


def run(directory: Path, rounds: int) -> list[Row]:
    wrk = program("wrk")
    with Model(directory) as model:
        repo = repository(directory / "repo")
        # The one slot is taken for the whole time, so that what is created waits in the queue and no agent works beside the measurement.
        with Agency(directory, model.config, slots=1) as server:
            fill(server, repo)
            copy = directory / "peer" / "agency.db"
            copy_database(server.data / "agency.db", copy)
            with Peer(copy) as peer:
                return list(measured(wrk, directory, server, peer, repo, rounds))


def fill(server: Agency, repo: Path) -> None:
    waiting = {"description": "Wait.", "repo": str(repo), "steps": [{"agent": "developer", "model": "bench/bench-wait"}]}
    first = server.create(waiting)["id"]
    until("the slot to be taken", lambda: server.get(f"/api/v1/pipelines/{first}")["steps"][0]["attempts"])
    for number in range(PIPELINES):
        server.create({"description": f"Write the note {number}.\n\n{'Some words of a request. ' * 20}", "repo": str(repo), "template": "quick_fix"})


def copy_database(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True)
    with sqlite3.connect(source) as here, sqlite3.connect(target) as there:
        here.backup(there)


def measured(wrk: str, directory: Path, server: Agency, peer: Peer, repo: Path, rounds: int):
    body = json.dumps({"description": "Write one more note.", "repo": str(repo), "template": "quick_fix"})
    script = directory / "post.lua"
    script.write_text(f'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.body = {json.dumps(body)}\n')
    cases = [
        ("GET /health, 32 connections", "/health", "/health", 32, None, "at least 5×"),
        ("list of 50, 32 connections", "/api/v1/pipelines", "/api/v1/pipelines", 32, None, "at least 8×"),
        ("create, 1 connection", "/api/v1/pipelines", "/api/v1/pipelines", 1, script, "at least 3×"),
        ("create, 16 connections", "/api/v1/pipelines", "/api/v1/pipelines", 16, script, "at least 6×"),
        ("create, 16 connections; the peer does not look at the repository", "/api/v1/pipelines", "/api/v1/pipelines?git=false", 16, script, ""),
    ]
    for what, ours, theirs, connections, lua, goal in cases:
        mine, others = [], []
        for _ in range(rounds):
            mine.append(load(wrk, server.url + ours, connections, lua))
            others.append(load(wrk, peer.url + theirs, connections, lua))
        yield Row(what, rate(mine), rate(others), ratio([one[0] for one in mine], [one[0] for one in others]), goal)


def rate(results: list[tuple[float, str]]) -> str:
    middle = sorted(results)[len(results) // 2]
    return f"{middle[0]:,.0f}/s, p99 {middle[1]}"


def load(wrk: str, url: str, connections: int, script: Path | None) -> tuple[float, str]:
    """Requests per second and the 99th percentile of one burst, all of which must be answered well."""
    command = [wrk, "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", "--timeout", "30s", *(["-s", script] if script else []), url]
    pin = lambda: os.sched_setaffinity(0, CLIENT_CORE)  # noqa: E731
    text = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True, preexec_fn=pin).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"{url} was not answered well:\n{text}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)), re.search(r"99%\s+(\S+)", text).group(1)
