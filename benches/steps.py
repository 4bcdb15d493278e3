"""What a step through the pipeline costs beyond the same prompt sent straight to OpenCode: time, and disk syncs of the server."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import threading
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from agency import Agency, Model
from figures import Row, middle_half, shown
from handoff_tool import HandoffTool
from machinery import ANSWER_SECONDS_MAX, OPENCODE, Missing, Process, call, program, repository, until

STEPS = 16
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


def request(repo: Path, steps: list[dict]) -> dict:
    return {"description": "Do it.", "repo": str(repo), "steps": steps}


@dataclass
class Turn:
    """Milliseconds of one attempt, and of the same prompt sent straight until it is answered: with a hand-off tool on offer as in the attempt, and without."""

    ours: float
    offered: float
    bare: float


def compare(directory: Path, server: Agency, repo: Path, what: str, step: dict, rounds: int) -> list[Row]:
    turns = []
    for number in range(rounds):
        turns += taken_in_turns(directory / f"{step['agent']}-{number}", server, repo, step)
    ours, offered, bare = ([getattr(turn, side) for turn in turns] for side in ("ours", "offered", "bare"))
    return [
        row(f"{what}, and the prompt with a hand-off tool on offer", ours, offered, "at most 5 ms more"),
        row(f"{what}, and the prompt without one", ours, bare),
    ]


def row(what: str, ours: list[float], raw: list[float], goal: str = "") -> Row:
    return Row(what, shown(ours, "ms"), shown(raw, "ms"), middle_half(ours, raw), goal)


def taken_in_turns(place: Path, server: Agency, repo: Path, step: dict) -> list[Turn]:
    """A pipeline of equal steps with a check after each that waits for us; meanwhile the prompt of the step before it goes straight to two other OpenCodes.

    All are processes of their own that began together and have answered the same prompts, and what a pair is compared by lies within a second: a
    machine that grows slower for a minute does so for both. (A gate would not do: a pipeline that waits for a person gives its OpenCode up.)
    """
    place.mkdir()
    pipes = [place / f"go-on-{number}" for number in range(STEPS)]
    for pipe in pipes:
        os.mkfifo(pipe)
    id = server.create(request(repo, [each for pipe in pipes for each in (step, {"check": f"cat {pipe}"})]))["id"]
    turns = []
    with ExitStack() as stack:
        environment, tool = environment_of(server, id), stack.enter_context(HandoffTool())
        offering, bare = (stack.enter_context(Raw(place / name, environment, repo, url)) for name, url in [("offering", tool), ("bare", None)])
        for number, pipe in enumerate(pipes):
            with at_check(pipe):
                attempt = server.get(f"/api/v1/pipelines/{id}")["steps"][2 * number]["attempts"][-1]
                prompt = server.get(f"/api/v1/attempts/{attempt['id']}/receipt")["prompt"]
                # Who comes second finds a warmer machine.
                times = {raw: raw.time(prompt, step) for raw in ([offering, bare] if number % 2 else [bare, offering])}
            turns.append(Turn(milliseconds(attempt["finished_at"]) - milliseconds(attempt["started_at"]), times[offering], times[bare]))
    server.ended(id)
    return turns[WARM_UP_STEPS:]


@contextmanager
def at_check(pipe: Path):
    """While a check reads from its pipe: it ends when we close that."""

    def look():
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return None

    end = until("a check to begin", look)
    try:
        yield
    finally:
        os.close(end)


def environment_of(server: Agency, id: int) -> dict:
    """The environment of the OpenCode that carries a pipeline out."""

    def look():
        running = server.get("/api/v1/opencode")["running"]
        return next((each["pid"] for each in running if each["pipeline_id"] == id), None)

    pid = until("its OpenCode", look)
    pairs = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def milliseconds(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000


class Raw(Process):
    """OpenCode with the same environment and configuration, but a home and a worktree of its own."""

    def __init__(self, place: Path, environment: dict, repo: Path, tool: str | None):
        """`tool`: where the MCP server of a tool is that it offers."""
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
        threading.Thread(target=self.watch, daemon=True).start()
        if tool:
            config = {"type": "remote", "url": tool, "oauth": False, "timeout": 1000 * ANSWER_SECONDS_MAX}
            servers = call(f"{self.url}/mcp?directory={self.tree}", "POST", {"name": "agency", "config": config}, self.headers)
            if servers["agency"]["status"] != "connected":
                raise RuntimeError(f"the raw OpenCode does not offer the tool: {servers}")

    def watch(self) -> None:
        """Reads the event stream, as whoever looks on does, until it ends."""
        request = urllib.request.Request(f"{self.url}/event?directory={self.tree}", headers=self.headers)
        try:
            for _line in urllib.request.urlopen(request, timeout=ANSWER_SECONDS_MAX):
                pass
        except OSError:
            pass

    def time(self, prompt: str, step: dict) -> float:
        """Milliseconds of a prompt until it is answered. The session is made before: an attempt has its own when it begins."""
        provider, _, name = step["model"].partition("/")
        query = f"?directory={self.tree}"
        body = {"agent": step["agent"], "model": {"providerID": provider, "modelID": name}, "parts": [{"type": "text", "text": prompt}]}
        session = call(f"{self.url}/session{query}", "POST", {"title": "bench"}, self.headers)["id"]
        began = time.monotonic()
        answer = call(f"{self.url}/session/{session}/message{query}", "POST", body, self.headers)
        took = (time.monotonic() - began) * 1000
        if answer["info"].get("error") or not answer["info"]["time"].get("completed"):
            raise RuntimeError(f"the raw run failed: {answer['info']}")
        return took


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
        server.ended(server.create(request(repo, [step] * steps))["id"])
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
