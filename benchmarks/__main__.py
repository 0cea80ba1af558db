"""``python -m benchmarks [NAME ...]``: run the named measurements (all but the country when none is named)."""

from __future__ import annotations

import importlib
import sys

from benchmarks.harness import RESULTS, report

# What each measures, and where; those of the second kind only print.
COMPARISONS = {
    "areas": "areas.file_to_weights",
    "district": "areas.district",
    "rasters": "rasters.zonal_sums",
    "certainty": "certainty.draws",
    "need": "reruns.need",
    "facilities": "reruns.facilities",
    "clusters": "clusters.local_statistics",
    "access": "access.catchments",
    "outlook": "outlook.outlook",
    "siting": "siting.siting",
    "atlas": "atlas.atlas",
    "tiles": "atlas.tiles",
    "country": "country.country",
}
TABLES = {
    "stages": "stages.measure",
    "margins": "margins.measure",
    "history": "history.measure",
    "pockets": "pockets.measure",
}


def main(names: list[str]) -> int:
    """Run measurements by name; an unknown name is refused with those that exist."""
    known = {**COMPARISONS, **TABLES}
    if unknown := [name for name in names if name not in known]:
        print(f"no benchmark called {', '.join(unknown)}; there is: {', '.join(known)}", file=sys.stderr)
        return 2
    for name in names or [name for name in known if name != "country"]:
        module, function = known[name].split(".")
        measure = getattr(importlib.import_module(f"benchmarks.{module}"), function)
        if name in TABLES:
            measure()
        else:
            report(measure(small=False))
            print(f"kept in {RESULTS.name}\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
