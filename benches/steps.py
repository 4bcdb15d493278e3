"""What a step through the pipeline costs beyond the same prompt sent straight to OpenCode: time, and disk syncs of the server."""

from __future__ import annotations

import base64
import os
import re
import shutil
import statistics
import subprocess
import threading
import time
from datetime import datetime
from pathlib import Path

from agency import Agency, Model
from figures import Row, difference, ratio, shown
from machinery import OPENCODE, Missing, Process, call, program, repository, until

STEPS = 8
# The first steps pay for OpenCode's own warming up, here and there.
WARM_UP_STEPS = 2


def run(directory: Path, rounds: int) -> list[Row]:
    with Model(directory) as model, Agency(directory, model.config, core=None) as server:
        repo = repository(directory / "repo")
        rows = []
        for what, agent, name in [
            ("a step that reads", "architect", "bench-read"),
            ("a step that changes a file and is committed", "developer", "bench-write"),
        ]:
            rows += compare(directory, server, repo, what, {"agent": agent, "model": f"bench/{name}"}, rounds)
        rows.append(syncs(server, repo))
        return rows


def request(repo: Path, step: dict, steps: int = STEPS) -> dict:
    return {"description": "Do it.", "repo": str(repo), "steps": [step] * steps}


def compare(directory: Path, server: Agency, repo: Path, what: str, step: dict, rounds: int) -> list[Row]:
    """Rounds of (pipeline, raw), each on an OpenCode of its own that has just started."""
    first, environment = piped(server, repo, step)
    prompts = [server.get(f"/api/v1/attempts/{attempt['id']}/receipt")["prompt"] for attempt in attempts(first)]
    inside, whole, raw, raw_whole = [], [], [], []
    for number in range(rounds):
        pipeline, _ = piped(server, repo, step)
        inside.append(statistics.median(windows(pipeline)))
        whole.append(statistics.median(distances(pipeline)))
        place = directory / f"raw-{step['agent']}-{number}"
        with Raw(place, environment, repo) as straight:
            times = straight.times(prompts, step)[WARM_UP_STEPS:]
            raw.append(statistics.median(prompt for prompt, _ in times))
            raw_whole.append(statistics.median(session + prompt for prompt, session in times))
    return [
        row(f"{what}: its attempt", inside, raw, "at most 5 ms more"),
        row(f"{what}: from the end of the step before", whole, raw_whole),
    ]


def row(what: str, ours: list[float], raw: list[float], goal: str = "") -> Row:
    return Row(what, shown(ours, "ms"), shown(raw, "ms"), f"{difference(ours, raw, 'ms')}; {ratio(ours, raw)}", goal)


def piped(server: Agency, repo: Path, step: dict) -> tuple[dict, dict]:
    """A pipeline of equal steps, and the environment of the OpenCode that carried it out."""
    id = server.create(request(repo, step))["id"]

    def look():
        running = server.get("/api/v1/opencode")["running"]
        return next((each["pid"] for each in running if each["pipeline_id"] == id), None)

    pid = until("its OpenCode", look)
    pairs = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return server.ended(id), dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def attempts(pipeline: dict) -> list[dict]:
    return [attempt for step in pipeline["steps"] for attempt in step["attempts"]]


def milliseconds(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000


def windows(pipeline: dict) -> list[float]:
    each = [milliseconds(attempt["finished_at"]) - milliseconds(attempt["started_at"]) for attempt in attempts(pipeline)]
    return each[WARM_UP_STEPS:]


def distances(pipeline: dict) -> list[float]:
    ends = [milliseconds(attempt["finished_at"]) for attempt in attempts(pipeline)]
    return [later - earlier for earlier, later in zip(ends, ends[1:])][WARM_UP_STEPS - 1 :]


class Raw(Process):
    """OpenCode with the same environment and configuration, but a home and a worktree of its own."""

    def __init__(self, place: Path, environment: dict, repo: Path):
        home = Path(environment["HOME"])
        shutil.copytree(home, place / "home", ignore=shutil.ignore_patterns("*.db*", "log", "storage"), symlinks=True)
        self.tree = place / "tree"
        subprocess.run(["git", "clone", "--quiet", str(repo), str(self.tree)], check=True)
        mine = {name: value.replace(str(home), str(place / "home")) for name, value in environment.items() if not name.startswith("THEAGENCY")}
        user = mine.get("OPENCODE_SERVER_USERNAME", "opencode")
        self.headers = {"authorization": "Basic " + base64.b64encode(f"{user}:{mine['OPENCODE_SERVER_PASSWORD']}".encode()).decode()}
        log = place / "opencode.log"
        super().__init__([OPENCODE.resolve(), "serve", "--hostname", "127.0.0.1", "--port", "0"], cwd=self.tree, env=mine, log=log)
        self.url = until("OpenCode", lambda: re.search(r"listening on (http://\S+)", log.read_text())).group(1)

    def times(self, prompts: list[str], step: dict) -> list[tuple[float, float]]:
        """Milliseconds of each prompt, and of making the session that it is sent in: an attempt has its session when it begins."""
        provider, _, name = step["model"].partition("/")
        query = f"?directory={self.tree}"
        times = []
        for prompt in prompts:
            body = {"agent": step["agent"], "model": {"providerID": provider, "modelID": name}, "parts": [{"type": "text", "text": prompt}]}
            began = time.monotonic()
            session = call(f"{self.url}/session{query}", "POST", {"title": "bench"}, self.headers)["id"]
            opened = time.monotonic()
            answer = call(f"{self.url}/session/{session}/message{query}", "POST", body, self.headers)
            times.append(((time.monotonic() - opened) * 1000, (opened - began) * 1000))
            if answer["info"].get("error") or not answer["info"]["time"].get("completed"):
                raise RuntimeError(f"the raw run failed: {answer['info']}")
        return times


def syncs(server: Agency, repo: Path) -> Row:
    """Syncs of the server per step: what a long chain has more than a short one, so that what a pipeline costs once is not counted."""
    goal = "at most 2"
    try:
        strace = program("strace")
    except Missing as missing:
        return Row("disk syncs of the server for a step", "not counted", "", str(missing), goal)
    step = {"agent": "architect", "model": "bench/bench-read"}
    (short, _), (long, other) = (counted(strace, server, repo, step, steps) for steps in (2, 2 + STEPS))
    told = f"{long} in {2 + STEPS} steps, {short} in 2; {other} more where the log was written into the database"
    return Row("disk syncs of the server for a step", f"{(long - short) / STEPS:.2f}", "0 by itself", told, goal)


def counted(strace: str, server: Agency, repo: Path, step: dict, steps: int) -> tuple[int, int]:
    """fsync and fdatasync calls of the server's own threads during one pipeline: those that a durable write costs, and those of checkpoints.

    SQLite checkpoints by the page and not by the step. It then syncs the log once before it writes into the database, the database after that,
    and the log's new first page with the next commit.
    """
    log = server.data.parent / f"syncs-{steps}.log"
    command = [strace, "-f", "-qq", "-e", "trace=fsync,fdatasync,pwrite64", "-y", "-s", "0", "-o", log, "-p", server.pid]
    threads, done = set(), threading.Event()

    def watch():
        while not done.wait(0.05):
            threads.update(os.listdir(f"/proc/{server.pid}/task"))

    watching = threading.Thread(target=watch)
    with Process(command) as tracing:
        until("strace to attach", lambda: f"TracerPid:\t{tracing.pid}" in Path(f"/proc/{server.pid}/status").read_text())
        watching.start()
        server.ended(server.create(request(repo, step, steps))["id"])
        done.set()
        watching.join()
    calls = [line.split(maxsplit=1) for line in log.read_text().splitlines()]
    mine = [text for thread, text in calls if thread in threads and "/agency.db" in text]
    synced = [number for number, text in enumerate(mine) if re.match(r"(fsync|fdatasync)\(", text)]
    durable = sum("-wal>" in mine[number] and not of_checkpoint(mine, number) for number in synced)
    return durable, len(synced) - durable


def of_checkpoint(calls: list[str], number: int) -> bool:
    """Whether a sync of the log comes before writes into the database, or after those of the log's header."""
    before, after = calls[number - 1 : number] or [""], calls[number + 1 : number + 2] or [""]
    return bool(re.match(r"pwrite64\(\d+<[^>]*agency\.db>", after[0]) or re.search(r'-wal>, "".*, 32, 0\)', before[0]))
