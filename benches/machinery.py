"""Processes, ports, HTTP and git, with the standard library alone. Every wait has a limit."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
OPENCODE = Path(os.environ.get("AGENCY_OPENCODE__BIN", ROOT / "node_modules/.bin/opencode"))
# The server works on one core and whoever asks it on the other, so that neither takes the other's time.
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, CLIENT_CORE = {CORES[0]}, {CORES[-1]}
ANSWER_SECONDS_MAX = 60
READY_SECONDS_MAX = 30


class Missing(Exception):
    """Something that a part needs is not on this machine."""


def agency_binary() -> Path:
    """The release build, else the debug build; `AGENCY_BIN` names another."""
    named = os.environ.get("AGENCY_BIN")
    for path in [Path(named)] if named else [TARGET / "release/agency", TARGET / "debug/agency"]:
        if path.exists():
            return path
    raise Missing("there is no agency binary: run `just build`")


def model_binary() -> Path:
    """The scripted model in any build."""
    for build in ["release", "debug"]:
        path = TARGET / build / "agency-scripted-model"
        if path.exists():
            return path
    raise Missing("there is no agency-scripted-model: run `cargo build -p agency-scripted-model`")


def program(name: str) -> str:
    found = shutil.which(name)
    if not found:
        raise Missing(f"{name} is not installed (Debian: apt-get install {name})")
    return found


class Process:
    """A child in a process group of its own, ended with its group."""

    def __init__(self, command: list, core: set[int] | None = None, **options):
        self.log = open(options.pop("log", os.devnull), "ab")
        pin = (lambda: os.sched_setaffinity(0, core)) if core else None
        self.child = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
            preexec_fn=pin,
            **options,
        )

    @property
    def pid(self) -> int:
        return self.child.pid

    def rss_megabytes(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def stop(self) -> None:
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(15)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.child.wait()
        self.log.close()

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_) -> None:
        self.stop()


def free_port() -> int:
    """Below the range from which the system hands out ports by itself."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def call(url: str, method: str = "GET", body=None, headers=None):
    """One request; the answer's JSON, or its text."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"accept": "application/json", **({} if data is None else {"content-type": "application/json"}), **(headers or {})}
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS_MAX) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{method} {url}: {error.code} {error.read().decode(errors='replace')}") from None
    return json.loads(text) if text[:1] in b'{["tfn0123456789' and text else text.decode()


def until(what: str, look, seconds: float = READY_SECONDS_MAX, every: float = 0.02):
    """Asks until the answer is true, and answers it."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            answer = look()
            if answer:
                return answer
        except (OSError, urllib.error.URLError):
            pass
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(every)


def first_answer(port: int, began: float, path: str = "/health") -> float:
    """Seconds from `began` until GET `path` is answered with 200."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode()

    def look():
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(request)
            return b" 200 " in connection.recv(200)

    until(f"the first answer on port {port}", look, every=0.001)
    return time.monotonic() - began


def repository(path: Path) -> Path:
    """A small repository with one commit."""
    git = ["git", "-C", str(path)]
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(path)], check=True)
    (path / "README.md").write_text("# Bench\n")
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "-c", "user.name=Bench", "-c", "user.email=bench@example.org", "commit", "--quiet", "-m", "Begin"], check=True)
    return path
