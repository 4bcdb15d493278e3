#!/usr/bin/env python3
"""Measures theAgency beside its peers and writes the table of docs/PERFORMANCE.md. See benches/README.md."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import serving
import starting
import steps
from figures import Row, table
from machinery import OPENCODE, ROOT, Missing, agency_binary

PARTS = {"steps": steps.run, "start": starting.run, "serve": serving.run}
PAGE = ROOT / "docs" / "PERFORMANCE.md"
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="which parts; all of them where none is named")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of (theAgency, peer); 5 by default")
    parser.add_argument("--print", action="store_true", help="print the table and leave docs/PERFORMANCE.md as it is")
    arguments = parser.parse_args()
    parts = arguments.parts or list(PARTS)
    load = os.getloadavg()
    rows: list[Row] = []
    for name in parts:
        print(f"==> {name}", file=sys.stderr, flush=True)
        began = time.monotonic()
        rows += measure(name, arguments.rounds)
        print(f"    {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    text = f"{circumstances(load, arguments.rounds)}\n\n{table(rows)}"
    print(text)
    # A part alone would leave a page that speaks of half of it.
    if not arguments.print and set(parts) == set(PARTS):
        write(text)
    return 0


def measure(name: str, rounds: int) -> list[Row]:
    directory = Path(tempfile.mkdtemp(prefix="agency-bench-"))
    try:
        return PARTS[name](directory, rounds)
    except Missing as missing:
        return [Row(name, "not measured", "", str(missing))]
    except BaseException:
        for log in directory.rglob("server.log"):
            sys.stderr.write(f"── {log}\n{log.read_text(errors='replace')[-4000:]}\n")
        raise
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def circumstances(load: tuple[float, float, float], rounds: int) -> str:
    binary = agency_binary()
    build = "release" if "release" in binary.parts else "debug: these figures say little about a release"
    processor = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), platform.machine())
    memory = next(int(line.split()[1]) / 1024**2 for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    commit = said(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"])
    return "\n".join(
        [
            f"- Date: {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC, {rounds} rounds; load average before: {', '.join(f'{value:.2f}' for value in load)}",
            f"- Machine: {processor}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GB, Linux {platform.release()}",
            f"- theAgency: {said([str(binary), '--version'])} at {commit}, {build}; OpenCode {said([str(OPENCODE), '--version'])}",
            f"- Peer: {', '.join(line for line in (ROOT / 'benches/requirements.txt').read_text().splitlines() if not line.startswith('#'))}; Python {platform.python_version()}",
        ]
    )


def said(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def write(text: str) -> None:
    page = PAGE.read_text()
    before, rest = page.split(BEGIN)
    _old, after = rest.split(END)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")
    print(f"wrote {PAGE.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
