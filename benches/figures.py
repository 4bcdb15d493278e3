"""Numbers from rounds: medians, spreads, and the table that they end in."""

from __future__ import annotations

import statistics
from dataclasses import dataclass


@dataclass
class Row:
    """One line of the table. `ours` and `theirs` are texts with units; `verdict` compares, or counts."""

    what: str
    ours: str
    theirs: str
    verdict: str
    goal: str = ""


def spread(values: list[float]) -> tuple[float, float, float]:
    """Lowest, median, highest."""
    return min(values), statistics.median(values), max(values)


def shown(values: list[float], unit: str, digits: int = 1) -> str:
    """`median unit`."""
    return f"{statistics.median(values):.{digits}f} {unit}"


def ratio(ours: list[float], theirs: list[float]) -> str:
    """Median and spread of the ratios of rounds that ran side by side."""
    low, middle, high = spread([one / other for one, other in zip(ours, theirs, strict=True)])
    return f"{middle:.2f}× ({low:.2f}–{high:.2f})"


def difference(ours: list[float], theirs: list[float], unit: str) -> str:
    """Median and spread of the differences of rounds that ran side by side."""
    low, middle, high = spread([one - other for one, other in zip(ours, theirs, strict=True)])
    return f"{middle:+.1f} {unit} ({low:+.1f} to {high:+.1f})"


def middle_half(ours: list[float], theirs: list[float]) -> str:
    """Median and middle half of the differences of pairs in milliseconds, and the median of their ratios."""
    differences = [one - other for one, other in zip(ours, theirs, strict=True)]
    low, middle, high = statistics.quantiles(differences, n=4)
    times = statistics.median(one / other for one, other in zip(ours, theirs, strict=True))
    return f"{middle:+.1f} ms (half of {len(differences)} pairs: {low:+.1f} to {high:+.1f}); {times:.2f}×"


def table(rows: list[Row]) -> str:
    """Markdown."""
    lines = ["| what | theAgency | peer | comparison: median (spread over the rounds) | goal |", "| --- | --- | --- | --- | --- |"]
    lines += [f"| {row.what} | {row.ours} | {row.theirs} | {row.verdict} | {row.goal} |" for row in rows]
    return "\n".join(lines)
