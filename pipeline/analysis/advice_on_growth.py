"""Rules G-01 to G-03: seats where children grow in number, free rooms where they fall, good seats where need is high too."""

from __future__ import annotations

import pandas as pd

from pipeline.analysis.disclosure import to_nearest
from pipeline.analysis.quotes import ages
from pipeline.analysis.recommendations import Advice, Names, sentences, span
from pipeline.columns import parted
from pipeline.numerals import listed, number, signed

NO_FORECAST = (
    "A change between survey periods, not a forecast: schools opened since and projects built or dropped alter it."
)


def growing_pockets(pockets: pd.DataFrame, names: Names, *, smallest: float) -> list[Advice]:
    """Rules G-01 and G-02: plan seats where children grow in number; expect rooms where they fall.

    As sure as the change of the pocket as a whole. ``smallest`` is how many children make a pocket.
    """
    told = []
    # seats are told in tens: exact ones are a share of few schools' pupils
    pockets = pockets.assign(**{name: to_nearest(pockets[name], 10.0) for name in _SEATS})
    for r in pockets.sort_values("pocket_id").itertuples():
        growing = r.pocket_kind == "growing"
        areas = parted(r.area_ids)
        where = listed([names.get(area, area) for area in areas], most=50)
        act = (
            f"Plan seats in {where}, unless schools have been opened for it"
            if growing
            else f"Expect free rooms in {where}, unless schools have been closed for it"
        )
        change, margin = float(r.children_change), float(r.children_change_moe)
        low, high = change - margin, change + margin
        told.append(
            Advice(
                "G-01" if growing else "G-02",
                "neighborhood",
                areas[0],
                f"{act}: {number(abs(change))} {'more' if growing else 'fewer'} children aged {ages(r.age_band)}.",
                "children_change",
                change,
                low,
                high,
                smallest if growing else -smallest,
                f"{number(r.children_from)} in {r.vintage_from}, {number(r.children_to)} in {r.vintage_to}: {signed(change)} "
                f"({span(low, high)}, 90% margin); beyond chance, after correcting for the number of comparisons, and at least "
                f"{number(smallest)} children.",
                r.reliability_class,
                sentences(
                    NO_FORECAST,
                    _seats(r),
                    "The outlook of a zone follows the district's cohorts and cannot tell it.",
                ),
            )
        )
    return told


def _seats(pocket: object) -> str:
    """How many public seats a pocket's children make, at both ends: not every child goes to a public school."""
    change, low, high = (float(getattr(pocket, name)) for name in _SEATS)
    if change != change:
        return "How many of them go to public schools is not known."
    ends = f" ({span(low, high)})" if low == low and high == high else ""
    return f"At the share that goes to public schools that is about {signed(change)} pupils{ends}."


_SEATS = ("seats_change", "seats_change_low", "seats_change_high")


def growth_and_need(crossed: pd.DataFrame, names: Names, *, smallest: float) -> list[Advice]:
    """Rule G-03: plan good seats where children grow in number and need is high.

    Neighborhoods of table ``growth_need`` where both are high; as sure as the change.
    """
    both = crossed[crossed["cross_class"] == "both_high"]
    told = []
    for r in both.sort_values(["need_rank", "neighborhood_id"]).itertuples():
        change, margin = float(r.children_change), float(r.children_change_moe)
        low, high = change - margin, change + margin
        told.append(
            Advice(
                "G-03",
                "neighborhood",
                r.neighborhood_id,
                f"Plan quality seats in {names.get(r.neighborhood_id, r.neighborhood_id)}: need is high and there are "
                f"{number(change)} more children aged {ages(r.age_band)}.",
                "children_change",
                change,
                low,
                high,
                smallest,
                f"Need rank {number(r.need_rank)}, high in nearly all draws; {signed(change)} children from {r.vintage_from} to "
                f"{r.vintage_to} ({span(low, high)}, 90% margin), in a pocket of at least {number(smallest)}.",
                r.reliability_class,
                sentences(NO_FORECAST, "The rank rests on the study's weights."),
            )
        )
    return told
