"""The FastAPI peer as a process, in a virtual environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from machinery import SERVER_CORE, Process, call, first_answer, free_port

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
REQUIREMENTS = HERE / "requirements.txt"


def prepare() -> None:
    """Installs the pinned packages once, and again when the pins change."""
    stamp = VENV / "requirements.txt"
    if stamp.exists() and stamp.read_text() == REQUIREMENTS.read_text():
        return
    print("==> FastAPI, uvicorn and SQLAlchemy for the comparison: some 30 MB, half a minute", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    subprocess.run([VENV / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS], check=True)
    stamp.write_text(REQUIREMENTS.read_text())


class Peer(Process):
    """uvicorn with one worker, as one process is compared with one process."""

    def __init__(self, database: Path, core: set[int] | None = SERVER_CORE):
        prepare()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [VENV / "bin/uvicorn", "fastapi_peer:app", "--host", "127.0.0.1", "--port", self.port, "--log-level", "error", "--no-access-log"]
        began = time.monotonic()
        environment = {**os.environ, "PEER_DATABASE": str(database)}
        super().__init__(command, core=core, cwd=HERE, env=environment, log=database.parent / "peer.log")
        self.seconds_to_answer = first_answer(self.port, began)

    def get(self, path: str):
        return call(self.url + path)
