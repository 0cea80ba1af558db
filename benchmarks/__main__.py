"""``python -m benchmarks [NAME ...]``: run the named measurements (all when none is named)."""

from __future__ import annotations

import sys

from benchmarks import stages

BENCHMARKS = {"stages": stages.measure}


def main(names: list[str]) -> int:
    """Run measurements by name; an unknown name is refused with those that exist."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark called {', '.join(unknown)}; there is: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    for name in names or list(BENCHMARKS):
        BENCHMARKS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
