"""How measurements are taken and told: paired turns on one input, medians, one line for each peer."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results.json"
Result = dict[str, Any]


def seconds(run: Callable[..., Any], *given: Any) -> tuple[float, Any]:
    """Wall-clock seconds of a call, and what it returned."""
    started = time.perf_counter()
    returned = run(*given)
    return time.perf_counter() - started, returned


def in_turns(runs: dict[str, Callable[[], Any]], turns: int) -> tuple[dict[str, float], dict[str, Any]]:
    """Median seconds of each run, all of them once in each turn, and what each returned last.

    A machine that is slow for a while is slow for all of them.
    """
    taken: dict[str, list[float]] = {name: [] for name in runs}
    returned = {}
    for _ in range(turns):
        for name, run in runs.items():
            spent, returned[name] = seconds(run)
            taken[name].append(spent)
    return {name: statistics.median(times) for name, times in taken.items()}, returned


def result(
    name: str,
    size: str,
    ours_s: float,
    peer: str,
    peer_version: str,
    peer_s: float,
    *,
    target: float,
    max_error: float,
    most_error: float,
    unit: str = "s",
) -> Result:
    """One line: ours is to be at least ``target`` times as fast as the peer, with an error of at most ``most_error``.

    Where ``unit`` is not seconds, that many times as small.
    """
    ratio = peer_s / ours_s
    return {
        "name": name,
        "size": size,
        "ours_s": round(ours_s, 4),
        "peer": peer,
        "peer_version": peer_version,
        "peer_s": round(peer_s, 4),
        "ratio": round(ratio, 2),
        "target": round(target, 3),
        "met": bool(ratio >= target and max_error <= most_error),
        "max_error": max_error,
        **({"unit": unit} if unit != "s" else {}),
    }


def within(
    name: str,
    size: str,
    ours_s: float,
    most_s: float,
    *,
    max_error: float | None = None,
    most_error: float = 0.0,
    unit: str = "s",
) -> Result:
    """One line without a peer: ours is to take at most ``most_s`` seconds (or of another unit), with an error of at most ``most_error``."""
    return {
        "name": name,
        "size": size,
        "ours_s": round(ours_s, 3),
        "peer": "",
        "peer_version": "",
        "peer_s": None,
        "ratio": None,
        "target": f"<= {most_s:g} {unit}",
        "met": bool(ours_s <= most_s and (max_error is None or max_error <= most_error)),
        "max_error": max_error,
        **({"unit": unit} if unit != "s" else {}),
    }


def report(found: Iterable[Result], path: Path = RESULTS) -> None:
    """Print results and keep them; of one name and peer, the last measurement stands."""
    found = list(found)
    kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    fresh = {(row["name"], row["size"], row["peer"]) for row in found}
    rows = [row for row in kept if (row["name"], row["size"], row["peer"]) not in fresh] + found
    rows.sort(key=lambda row: (row["name"], row["size"], row["peer"]))
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    for row in found:
        unit = row.get("unit", "s")
        error = "" if row["max_error"] is None else f", error at most {row['max_error']:.1e}"
        against = (
            ""
            if not row["peer"]
            else f"; {row['peer']} {row['peer_version']} {row['peer_s']:.3f} {unit}: {row['ratio']:.1f} times"
        )
        print(
            f"{'met   ' if row['met'] else 'NOT MET'} {row['name']} ({row['size']}): {row['ours_s']:.3f} {unit}{against} (target {row['target']}){error}"
        )
