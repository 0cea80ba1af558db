"""How often a 90% margin holds the truth, count by count: Millbrook's, where the truth is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from pipeline import store
from pipeline.town import truth
from pipeline.town.areas import tally
from pipeline.town.facts import VINTAGES
from pipeline.town.survey import counts_by_cell
from pipeline.town.write import town

KEY = ["layer", "area_id", "vintage"]
Read = Callable[[str], pd.DataFrame]


def measure() -> None:
    """Print the table of docs/margins.md from the tables of the last run, which must be of Millbrook."""
    print(as_table(coverage(lambda name: pd.read_parquet(store.path_of(name)))))


def coverage(read: Read) -> pd.DataFrame:
    """Share of neighborhoods and of zones whose interval holds the truth, and how far all together are off.

    Parameters
    ----------
    read : callable
        Gives a processed table of Millbrook by its name.

    Returns
    -------
    DataFrame
        Index count (and ``median_income_usd``, of neighborhoods only); for each kind of place ``held_share`` (missing
        where there is no margin) and ``bias_share``: the sum of the estimates over that of the truth, less 1. Places are
        those of both vintages: neighborhoods, and zones of 2024.
    """
    true = true_counts()
    profiles = {
        "neighborhoods": read("neighborhood_profile").assign(layer="neighborhood").rename(columns={"neighborhood_id": "area_id"}),
        "zones": read("zone_profile").assign(layer=lambda rows: "zone " + rows["level"] + " " + rows["fall_year"].astype("str")).rename(columns={"zone_id": "area_id"}),
    }  # fmt: skip
    found: dict[str, dict[str, float]] = {}
    for kind, profile in profiles.items():
        both = profile.merge(true, on=KEY, suffixes=("", "_true"), validate="1:1")
        for name in true.columns.drop(KEY):
            found.setdefault(name, {}).update(_scores(both, name, kind))
    incomes = truth().neighborhood_incomes.rename(columns={"neighborhood_id": "area_id"}).assign(layer="neighborhood")
    both = read("median_incomes").merge(incomes, on=KEY, suffixes=("", "_true"), validate="1:1")
    found["median_income_usd"] = _scores(both, "median_income_usd", "neighborhoods")
    return pd.DataFrame.from_dict(found, orient="index")


def as_table(scores: pd.DataFrame) -> str:
    """Scores as a table in Markdown.

    >>> scores = {"held_share_neighborhoods": [0.9], "bias_share_neighborhoods": [-0.012], "held_share_zones": [None], "bias_share_zones": [None]}
    >>> print(as_table(pd.DataFrame(scores, index=["homes"])).splitlines()[-1])
    | `homes` | 90% | -1.2% |  |  |
    """
    lines = [
        "| Count | Neighborhoods: holds the truth | all together off by | Zones: holds the truth | all together off by |",
        "| --- | --- | --- | --- | --- |",
    ]
    columns = ("held_share_neighborhoods", "bias_share_neighborhoods", "held_share_zones", "bias_share_zones")
    forms = ("{:.0%}", "{:+.1%}", "{:.0%}", "{:+.1%}")
    for name, row in scores.iterrows():
        cells = ["" if pd.isna(row[c]) else form.format(row[c]) for c, form in zip(columns, forms, strict=True)]
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def _scores(both: pd.DataFrame, name: str, kind: str) -> dict[str, float]:
    known = both[both[name].notna() & both[f"{name}_moe"].notna()]
    apart = (known[name] - known[f"{name}_true"]).abs()
    held = float((apart <= known[f"{name}_moe"]).mean()) if len(known) else np.nan
    bias = float(known[name].sum() / known[f"{name}_true"].sum() - 1) if len(known) else np.nan
    return {f"held_share_{kind}": held, f"bias_share_{kind}": bias}


def true_counts() -> pd.DataFrame:
    """True counts of the neighborhoods and of this year's zones, in the columns of the profiles."""
    made = town()
    number = len(made.people.deprivation)
    layers: list[tuple[str, Any, list[str]]] = [
        ("neighborhood", made.people.neighborhood, [f"N{n + 1:02d}" for n in range(number)])
    ]
    for level in ("elementary", "middle", "high"):
        label = getattr(made.zones, level)
        layers.append(
            (f"zone {level} 2024", label, [made.zones.zone_id(level, zone) for zone in range(label.max() + 1)])
        )
    parts = []
    for vintage, (_, year) in VINTAGES.items():
        counts = counts_by_cell(made.ground, made.people, year)
        for layer, label, ids in layers:
            inside = label >= 0
            sums = {name: tally(label[inside], values[inside], len(ids)) for name, values in counts.items()}
            parts.append(pd.DataFrame({"layer": layer, "area_id": ids, "vintage": vintage, **sums}))
    return pd.concat(parts, ignore_index=True)
