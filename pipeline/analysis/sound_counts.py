"""Counts against one another: parts within their universe, shapes for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pipeline.columns import BY_NAME, CENSUS_COUNTS
from pipeline.errors import ContractError, Fault

if TYPE_CHECKING:
    from pipeline.ledger import Ledger

LEAST_MATCH, FULL_MATCH = 0.95, 0.995
# A part this many times its universe, and this many people more, is of another file.
GROSS_RATIO, GROSS_EXCESS = 1.5, 10.0
MOST_GROSS = 0.05
MOST_SHAPELESS = 0.02
# How a reader's ledger line begins when shapes were left out because they lie far from the study.
FAR_SHAPES = "shapes more than 25 km from the study's box"
PAIRS = tuple((name, over) for name in CENSUS_COUNTS if (over := BY_NAME[name].over) is not None and over != name)


def require_parts(counts: pd.DataFrame, ledger: Ledger, *, of: str = "") -> None:
    """Refuse counts of which a part does not fit into what it is part of.

    Every count is compared with its universe in the same area. Of two samples a part may be larger
    by chance, so what stays within both margins is passed over, and more is a line of the ledger.

    Parameters
    ----------
    counts : DataFrame
        Input table ``area_counts``, or ``norm_area_counts``.
    of : str
        Whose areas these are, where not the study's own; the refusal and the ledger say so.

    Raises
    ------
    ContractError
        If in more than 5% of the areas of a layer a part is half as large again as its universe,
        or the parts of all areas together exceed their universes by more than 5%: names each pair.
    """
    faults = []
    for (level, vintage), layer in counts.groupby(["area_level", "vintage"], sort=True):
        for part, over in PAIRS:
            known = layer[layer[part].notna() & layer[over].notna()]
            value, universe = known[part], known[over]
            margin = np.hypot(known[f"{part}_moe"].fillna(0.0), known[f"{over}_moe"].fillna(0.0))
            beyond = value > universe + np.maximum(margin, 1.0)
            if not beyond.any():
                continue
            gross = beyond & (value > GROSS_RATIO * universe) & (value > universe + GROSS_EXCESS)
            too_many = float(value.sum()) > (1 + MOST_GROSS) * float(universe.sum()) + GROSS_EXCESS
            listed = gross if gross.any() else beyond
            first = known[listed].sort_values("area_geoid").iloc[0]
            example = f"area_geoid={first['area_geoid']}: {part} {first[part]:,.0f}, {over} {first[over]:,.0f}"
            if too_many or gross.sum() > MOST_GROSS * len(known):
                faults.append(
                    Fault(
                        "E-PART-EXCEEDS",
                        f"{part} exceeds {over}, of which it is a part, in {level} {vintage}",
                        int(listed.sum()),
                        example,
                        "The tables are of different years or places, or a column is not what it is mapped to: fetch them again.",
                    )
                )
            else:
                ledger.note(
                    f"{part} of {level} {vintage}" + (f", {of}" if of else ""),
                    f"exceeds {over} by more than both margins in {int(beyond.sum())} of {len(known)} areas",
                    item=str(first["area_geoid"]),
                )
    if faults:
        raise ContractError("the census counts" + (f" of {of}" if of else ""), faults)


def require_match(shapes: pd.DataFrame, counts: pd.DataFrame, ledger: Ledger) -> None:
    """Refuse counts and shapes of one level and vintage that are not of the same areas.

    Only counties that both have are compared: a state's counts hold far more areas than the shapes
    near the study. Where shapes were left out because they lie far away, counts without a shape
    are as they should be.

    Parameters
    ----------
    shapes, counts : DataFrame
        Input tables ``area_shapes`` and ``area_counts``.
    ledger : Ledger
        Takes a note for each layer of which less than 99.5% has counts.

    Raises
    ------
    ContractError
        If less than 95% of a layer's shapes have counts, or if more than 2% of the people counted
        have no shape; says how many, with the first.
    """
    far = ledger.frame()["reason"].str.startswith(FAR_SHAPES).any()
    faults = []
    for (level, vintage), drawn in shapes.groupby(["area_level", "vintage"], sort=True):
        counted = counts[(counts["area_level"] == level) & (counts["vintage"] == vintage)]
        if counted.empty:
            continue
        name = f"{level} {vintage}"
        theirs, ours = _county(counted["area_geoid"]), _county(drawn["area_geoid"])
        common = set(theirs) & set(ours)
        near = drawn[ours.isin(common)] if common else drawn
        found = near["area_geoid"].isin(counted["area_geoid"])
        share = float(found.mean())
        lacking = f"area_geoid={near.loc[~found, 'area_geoid'].min()}"
        if share < LEAST_MATCH:
            faults.append(
                Fault(
                    "E-UNMATCHED-SHAPES",
                    f"only {int(found.sum()):,} of {len(near):,} shapes of {name} have counts",
                    int((~found).sum()),
                    lacking,
                    "Shapes and counts are of different years or counties: fetch both for the same vintage.",
                )
            )
            continue
        if share < FULL_MATCH:
            what = f"{int(found.sum()):,} of {len(near):,} have counts: are they of the same year?"
            ledger.note(f"shapes of {name}", what, item=lacking)
        beside = counted[theirs.isin(common)]
        shapeless = ~beside["area_geoid"].isin(drawn["area_geoid"])
        people = beside["population"].fillna(0.0)
        if shapeless.any() and not far and float(people[shapeless].sum()) > MOST_SHAPELESS * float(people.sum()):
            first = beside[shapeless].sort_values("area_geoid").iloc[0]
            faults.append(
                Fault(
                    "E-NO-SHAPE",
                    f"areas of {name} have people but no shape: {people[shapeless].sum():,.0f} of {people.sum():,.0f} people",
                    int(shapeless.sum()),
                    f"area_geoid={first['area_geoid']}, {first['population']:,.0f} people",
                    "The shapes are incomplete or of another year: fetch the whole file of the vintage.",
                )
            )
    if faults:
        raise ContractError("the census areas", faults)


def _county(geoids: pd.Series) -> pd.Series:
    """State and county of the Bureau's ids, "" for the ids of others."""
    return geoids.str[:5].where(geoids.str.fullmatch(r"\d{11,12}"), "")
