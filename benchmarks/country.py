"""A country of 51 states from the town generator, profiled state by state: time, memory, the same bytes."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from pipeline.country import partitions, profile_country
from pipeline.partition_results import LEDGER, PROFILE
from pipeline.partitions import Done, write_partition
from pipeline.town import country as town

ROOT = Path(__file__).resolve().parent.parent
BUILT = ROOT / "build" / "country"
WORKERS = 2
MINUTES, GIGABYTES, SPREAD = 15, 2.0, 1.25


def country(small: bool) -> list[dict[str, Any]]:
    """Build the country where it is not built yet, and profile it.

    Full: 5, 10, 20 and all 51 states of 157,000 blocks on two processes; six states by 1, 2
    and 4 processes, and by two of which one is killed. Small: three states of 600 blocks.
    """
    states, blocks = (3, 600) if small else (len(town.STATES), town.BLOCKS)
    steps, few = ((1, 3), 3) if small else ((5, 10, 20, states), 6)
    with tempfile.TemporaryDirectory(dir=_folder()) as scratch:
        work = Path(scratch)
        built = work / "country" if small else BUILT
        rows = [_row("country: build", f"{states} states", build(built, states, blocks))]
        # every process finds the compiled code in its cache, as in any run but the first
        _run(built, 1, work / "first")
        costs = []
        for number in steps:
            seconds, done, files = _run(built, number, work / "out")
            # of the processor: what else the machine does at the time is no matter
            costs.append(sum(one.processor_seconds for one in done) / number)
            numbers = f"{sum(one.blocks for one in done):,} blocks, {sum(one.areas for one in done):,} areas, {sum(one.zones for one in done):,} zones"
            target = f"<= {MINUTES} min; {costs[-1]:.2f} processor seconds for each state"
            rows.append(
                _row("country: profile", f"{number} states, {numbers}", seconds, target, seconds <= 60 * MINUTES)
            )
        peak, spread = max(one.peak_bytes for one in done) / 1e9, max(costs) / min(costs)
        target = f"<= {GIGABYTES} GB; {peak:.2f}"
        rows.append(_row("country: most memory of a task", f"{states} states", 0.0, target, peak <= GIGABYTES))
        target = f"<= {SPREAD}; {spread:.3f}"
        size = f"processor seconds for each of {', '.join(map(str, steps))} states, most over least"
        rows.append(_row("country: linear", size, 0.0, target, small or spread <= SPREAD))
        names = partitions(built)[:few]
        expected = {name: digest for name, digest in files.items() if name.split("/")[0] in names}
        rows += _same_bytes(built, few, expected, work)
    return rows


def build(root: Path, states: int, blocks: int) -> float:
    """Make the states that are not there yet (all, if they were made by other code); returns the seconds it took."""
    made = root / "made.json"
    print_of_code = {"code": _fingerprint(), "blocks": blocks}
    if not made.exists() or json.loads(made.read_text()) != print_of_code:
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        made.write_text(json.dumps(print_of_code))
    started = time.perf_counter()
    missing = [n for n in range(states) if not (_state(root, n) / "zones.parquet").exists()]
    with ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(_make, missing, [root] * len(missing), [blocks] * len(missing)))
    return time.perf_counter() - started


def _make(number: int, root: Path, blocks: int) -> None:
    made = town.state(number, blocks)
    write_partition(_state(root, number), made.blocks, made.areas, made.zones)


def _state(root: Path, number: int) -> Path:
    return root / f"state={town.STATES[number]}"


def _fingerprint() -> str:
    """Hash of a small state: what is built has been made by code that makes the same."""
    tiny = town.state(0, 300)
    parts = []
    for layer in (tiny.blocks, tiny.areas, tiny.zones):
        parts += [layer.drop(columns="geometry").to_csv(index=False).encode(), *layer.geometry.to_wkb()]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def _folder() -> Path:
    (ROOT / "build").mkdir(exist_ok=True)
    return ROOT / "build"


def _run(built: Path, number: int, out: Path, **how: Any) -> tuple[float, list[Done], dict[str, str]]:
    """Profile the first states: seconds, what the tasks tell, and the hash of each file written."""
    some = out.with_name(f"{out.name}_in")
    for folder in (some, out):
        shutil.rmtree(folder, ignore_errors=True)
    some.mkdir(parents=True)
    for name in partitions(built)[:number]:
        (some / name).symlink_to((built / name).resolve(), target_is_directory=True)
    started = time.perf_counter()
    done = profile_country(some, out, **{"workers": WORKERS, **how})
    seconds = time.perf_counter() - started
    files = {
        str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(out.rglob("*"))
        if p.is_file()
    }
    if len(files) != 2 * number or {Path(name).name for name in files} != {PROFILE, LEDGER}:
        raise RuntimeError(f"{number} states left {len(files)} files: {sorted(files)[:4]}")
    return seconds, done, files


def _same_bytes(built: Path, number: int, expected: dict[str, str], work: Path) -> list[dict[str, Any]]:
    """The same files by 1, 2 (above) and 4 processes, and by two of which one is killed at work."""
    rows = []
    for workers in (1, 4):
        seconds, _, files = _run(built, number, work / "many", workers=workers)
        name = f"country: {workers} instead of {WORKERS} processes"
        rows.append(_row(name, f"{number} states", seconds, "the same bytes", files == expected))
    seconds, files, killed = _with_a_kill(built, number, work / "killed")
    met = files == expected and killed == 1
    rows.append(_row("country: a killed process", f"{number} states, {killed} killed", seconds, "the same bytes", met))
    return rows


def _with_a_kill(built: Path, number: int, out: Path) -> tuple[float, dict[str, str], int]:
    """Run on two processes and kill one of them while it has work: the scheduler gives it to another."""
    from distributed import LocalCluster

    killed = []
    over = threading.Event()
    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, memory_limit="2GB"
    ) as cluster:

        def kill() -> None:
            while not over.wait(0.01):
                busy = [w for w in cluster.scheduler.workers.values() if w.processing]
                if busy:
                    over.wait(0.2)  # well into its task
                    victim = next(n for n in cluster.workers.values() if n.worker_address == busy[0].address)
                    os.kill(victim.pid, signal.SIGKILL)
                    killed.append(victim.pid)
                    return

        watch = threading.Thread(target=kill, daemon=True)
        watch.start()
        try:
            seconds, _, files = _run(built, number, out, scheduler=cluster.scheduler_address)
        finally:
            over.set()
            watch.join()
    return seconds, files, len(killed)


def _row(name: str, size: str, seconds: float, target: str = "", met: bool = True) -> dict[str, Any]:
    return {
        "name": name,
        "size": size,
        "ours_s": round(seconds, 2),
        "peer": "",
        "peer_version": "",
        "peer_s": None,
        "ratio": None,
        "target": target,
        "met": bool(met),
        "max_error": None,
    }
