"""Which evidence places which counts, and in what order."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from pipeline.analysis.evidence import Floats
from pipeline.columns import CHILD_COUNTS

# Kinds of evidence that know the ground and not who lives there.
BY_GROUND = ("habitable_area", "area")


def ladder(carrier: str, order: Iterable[str]) -> list[str]:
    """Ways to place the counts of a carrier, best first, by the study's order of evidence.

    The counted themselves come before whoever stands in for them: children of the age in question
    before all children, adults before people, homes (for what is counted by home) before people.

    >>> ladder("children_5_9", ["children_by_block", "people_by_block", "area"])
    ['children_5_9_by_block', 'children_by_block', 'people_by_block', 'area']
    >>> ladder("homes", ["children_by_block", "people_by_block", "homes_by_block", "area"])
    ['homes_by_block', 'people_by_block', 'area']
    """
    order = list(order)
    own = {
        "children_by_block": [f"{carrier}_by_block"] if carrier in CHILD_COUNTS else [],
        "people_by_block": ["adults_by_block"] if carrier == "adults" and "children_by_block" in order else [],
        "people_by_raster": [f"{carrier}_by_raster"] if carrier in CHILD_COUNTS else [],
    }
    is_child = carrier == "children" or carrier in CHILD_COUNTS
    steps = [
        step
        for kind in order
        for step in [*own.get(kind, []), *([kind] if is_child or kind != "children_by_block" else [])]
    ]
    if carrier == "homes":
        steps.sort(key=lambda step: not step.startswith("homes_"))
    return [*steps, *(["area"] if "area" not in steps else [])]


def block_amounts(blocks: pd.DataFrame) -> dict[str, Floats]:
    """What each kind of evidence by block counts."""
    columns = {
        "children_by_block": blocks["children_0_17"],
        "adults_by_block": (blocks["population"] - blocks["children_0_17"]).clip(lower=0.0),
        "people_by_block": blocks["population"],
        "homes_by_block": blocks["homes"],
        **{f"{name}_by_block": blocks[name] for name in CHILD_COUNTS},
    }
    return {kind: amounts.to_numpy(dtype="float64") for kind, amounts in columns.items() if amounts.notna().any()}
