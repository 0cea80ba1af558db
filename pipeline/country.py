"""Many partitions at once: a state or a country, on the processes of this machine or on a cluster.

What goes to a task is two paths and what comes back is a few numbers; each task reads its own
partition and writes its own results. Partitions do not wait for each other, and one that cannot be
used does not keep the others from being done: it is named at the end.

Within a district nothing of this is used: there the compiled code runs in threads, and starting
a worker would take longer than the work.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from math import fsum
from pathlib import Path
from typing import Any

from pipeline.errors import MissingInput, PipelineError, refusal_of
from pipeline.partition_keys import require_separate, shared_zones
from pipeline.partition_layers import AREAS, BLOCKS, ZONES
from pipeline.partition_results import sweep
from pipeline.partitions import Done, profile_partition

HERE = "synchronous"
PATIENCE = "20s"  # with a scheduler that does not answer
LAYOUT = (
    f"Each partition is a folder with {BLOCKS}, {AREAS} and {ZONES} (see README.md, 'Where it outgrows one machine')."
)


def profile_country(
    root: Path, out: Path | None = None, *, scheduler: str = "", workers: int = 2, memory_limit: str = "2GB"
) -> list[Done]:
    """Count who lives in each zone of every partition; prints a line as each is done.

    A zone whose id stands in several partitions has a row in each: how many there are is printed,
    with the first. Rows are not added up here, since two districts may give one id to two zones.

    Parameters
    ----------
    root : Path
        Folder whose folders are the partitions.
    out : Path, optional
        Where the results go, in a folder of each partition's name; empty: beside its layers.
    scheduler : str
        Address of a dask scheduler (``tcp://host:8786``) whose workers see the same paths; empty:
        processes of this machine, for more than one partition; ``synchronous``: one after
        another in this process.
    workers, memory_limit : int, str
        Processes of this machine, and the memory each may use.

    Returns
    -------
    list of Done
        In the order of the partitions' names, whatever order they were done in.

    Raises
    ------
    PipelineError
        If some partition could not be used: names each and why. The others are written.
    """
    root, out = root.resolve(), (out or root).resolve()
    names = partitions(root)
    require_separate(root, names)
    if shared := shared_zones(root, names):
        print(shared, flush=True)
    paths = {name: (str(root / name), str(out / name)) for name in names}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for _, folder in paths.values():
            sweep(Path(folder))
    except OSError as error:
        raise PipelineError(refusal_of(error, f"{out} cannot be written")) from error
    if scheduler == HERE or (len(names) == 1 and not scheduler):
        done = [_told(profile_partition(*paths[name])) for name in names]
    else:
        with _client(scheduler, min(workers, len(names)), memory_limit) as client:
            done = list(map(_told, _distributed(client, paths, memory_limit)))
    done.sort(key=lambda one: one.name)
    refused = [f"\n- {one.name}: {one.refusal}" for one in done if one.refusal]
    if refused:
        what = f"{len(refused)} of {len(done)} partitions could not be used; the others are written."
        raise PipelineError(what + "".join(refused))
    return done


def partitions(root: Path) -> list[str]:
    """Names of the partitions in a folder, in order: folders that hold one of the three layers.

    Raises
    ------
    MissingInput
        If there is none.
    """
    names = (
        sorted(p.name for p in root.iterdir() if any((p / f).is_file() for f in (BLOCKS, AREAS, ZONES)))
        if root.is_dir()
        else []
    )
    if not names:
        raise MissingInput(f"{root} holds no partition. {LAYOUT}")
    return names


def total(done: Iterable[Done]) -> dict[str, tuple[float, float, float]]:
    """Children of all partitions by layer: in all, in zones, outside; the same whatever was done first."""
    parts: dict[str, list[tuple[float, float, float]]] = {}
    for one in done:
        for layer, *numbers in one.balances:
            parts.setdefault(layer, []).append((numbers[0], numbers[1], numbers[2]))
    return {layer: tuple(map(fsum, zip(*rows, strict=True))) for layer, rows in sorted(parts.items())}  # type: ignore[misc]


def summary(done: list[Done]) -> str:
    """What a run has done, as text."""
    lines = [
        f"{len(done)} partitions: {sum(d.blocks for d in done):,} blocks, {sum(d.areas for d in done):,} census areas, {sum(d.zones for d in done):,} zones"
    ]
    for layer, (whole, inside, outside) in total(done).items():
        lines.append(f"  {layer}: {inside:,.0f} of {whole:,.0f} children, {outside:,.0f} outside")
    return "\n".join(lines)


def _told(done: Done) -> Done:
    what = (
        "could not be used"
        if done.refusal
        else f"{done.blocks:,} blocks, {done.zones:,} zones in {done.seconds:.1f} s, {done.peak_bytes / 1e9:.2f} GB"
    )
    if done.bare_zones:
        what += f"; zones without people, which have no profile: {len(done.bare_zones):,} (first: {done.bare_zones[0]})"
    print(f"{done.name}: {what}", flush=True)
    return done


def _distributed(client: Any, paths: dict[str, tuple[str, str]], memory_limit: str) -> Iterator[Done]:
    """Results as they come; a partition whose workers die again and again is named, and ends nobody else's work."""
    from dask.base import tokenize
    from distributed import KilledWorker, as_completed

    futures = {
        client.submit(profile_partition, *both, key=f"profile-{name}-{tokenize(both)}"): name
        for name, both in paths.items()
    }
    for future in as_completed(list(futures), loop=client.loop):
        name = futures[future]
        if future.status == "finished":
            yield future.result()
        elif isinstance(error := future.exception(), KilledWorker):
            yield Done(
                name,
                refusal=f"its workers ended before it was done, most likely for want of memory ({memory_limit} each). Raise compute.memory_limit or divide the partition.",
            )
        else:
            error.add_note(f"while profiling partition {name}")
            raise error


@contextmanager
def _client(address: str, workers: int, memory_limit: str) -> Iterator[Any]:
    """A running scheduler, or a cluster of this machine that ends with the work."""
    from distributed import Client, LocalCluster

    if address:
        try:
            client = Client(address, timeout=PATIENCE, set_as_default=False)
        except OSError as error:
            raise PipelineError(
                f"no dask scheduler answers at {address} (compute.scheduler). Start one with `dask scheduler` and `dask worker`, or leave it empty."
            ) from error
        with client:
            yield client
        return
    # each worker takes its share of the cores for the threads of the compiled code
    threads = max(1, (os.cpu_count() or 1) // workers)
    with (
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            memory_limit=memory_limit,
            host="127.0.0.1",
            dashboard_address=None,
            env={"NUMBA_NUM_THREADS": str(threads)},
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client
