"""Start to first answer and memory of a server that has just answered, beside the peer on the same database."""

from __future__ import annotations

from pathlib import Path

from agency import Agency
from figures import Row, difference, ratio, shown
from peer import Peer


def run(directory: Path, rounds: int) -> list[Row]:
    fresh, warm, memory, peer_start, peer_memory = [], [], [], [], []
    for number in range(rounds):
        place = directory / f"start-{number}"
        with Agency(place, core=None) as server:
            fresh.append(server.seconds_to_answer * 1000)
        with Agency(place, core=None) as server:
            warm.append(server.seconds_to_answer * 1000)
            server.get("/api/v1/pipelines")
            memory.append(server.rss_megabytes())
        with Peer(place / "data/agency.db", core=None) as peer:
            peer_start.append(peer.seconds_to_answer * 1000)
            peer.get("/api/v1/pipelines")
            peer_memory.append(peer.rss_megabytes())
    theirs = shown(peer_start, "ms", 0)
    return [
        Row("start to first answer, new data directory", shown(fresh, "ms", 0), theirs, ratio(fresh, peer_start), "at most 150 ms"),
        Row("start to first answer, existing data directory", shown(warm, "ms", 0), theirs, ratio(warm, peer_start), "at most 150 ms"),
        Row("memory (RSS) after the first list", shown(memory, "MB"), shown(peer_memory, "MB"), difference(memory, peer_memory, "MB"), "at most 40 MB"),
    ]
