"""Print the hash of every output of the pipeline, to compare two runs."""

from __future__ import annotations

import hashlib

from pipeline import stages, store


def lines() -> list[str]:
    """One line per output: its hash and path, in the order of the stages."""
    found = [stages.find(name) for name in stages.NAMES]
    paths = [store.path_of(output) for stage in found for output in (*stage.writes, *stage.files)]
    return [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.as_posix()}" for path in paths]


if __name__ == "__main__":
    print("\n".join(lines()))
