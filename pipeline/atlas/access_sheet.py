"""The sheet of access to quality seats: its question, its answer and how it is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.atlas.quality_sheets import ACCESS_ANNEXES
from pipeline.atlas.spec import About, Counts, Dots, Field, Layer, Places, Scheme, Sheet, Wide
from pipeline.atlas.words import LABELS, kilometres
from pipeline.columns import LEVELS
from pipeline.numerals import count_of, listed, number, percent

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]
WORSE_BY = 0.05  # a group is named whose share stands out by five points or more

ACCESS = Places(
    key="access",
    caption="Quality seats within reach of each neighborhood",
    noun=("neighborhood", "neighborhoods"),
    table="public_neighborhoods",
    id="neighborhood_id",
    subject_kind="neighborhood",
    sort="access|elementary",
    least_first=True,
    wides=(Wide("public_access", "neighborhood_id", "level", ("relative_access_ratio", "is_poor_access")),),
    fields=(
        Field(
            "access",
            "Access, {each}",
            "percent",
            ("relative_access_ratio",),
            each="level",
            explain="100% is the district's mean; below {poor}, before rounding, is poor",
            made=Counts("reach"),
        ),
        Field("poor", "Poor, {each}", "word", ("is_poor_access",), each="level", always=False),
        Field(
            "agree",
            "Methods that call it poor, {each}",
            "whole",
            ("methods_poor", "methods_known"),
            "of",
            always=False,
            each="level",
        ),
        Field("children", "Children under 18", "whole", ("children_0_17", "children_0_17_moe"), "margin"),
    ),
    layers=(
        Layer(
            "access",
            "Access to quality seats, {each}",
            "access",
            "Quality seats within reach for each child, other children's demand counted, as percent of the district's mean.",
            Scheme("cuts", (0.8, 1.2, 1.6), dark_is_low=True, first="poor_ratio"),
            each="level",
        ),
    ),
)


def answer(tables: Tables, about: About) -> str:
    """What share of children live where access is poor, at the level where it is largest, and of which group more."""
    told = _by_level(tables)
    if not told:
        return "How well quality seats can be reached is not known: the study has no rated schools with seats, or does not know where children live."
    level, share = max(told.items(), key=lambda pair: (pair[1], -LEVELS.index(pair[0])))
    also = ""
    if group := _worst(tables, level, share):
        also = f"; of {_small(LABELS['measure'][group[0]])} it is {percent(group[1])}"
    return f"{percent(share)} of children of {level} school age live where access to quality seats is below {percent(about.rules.poor_ratio)} of the district's mean{also}; measured against that mean, access that is low everywhere is not poor."


def more(tables: Tables, about: About) -> tuple[str, ...]:
    """The other levels, and where all methods agree."""
    told = _by_level(tables)
    if not told:
        return ()
    first = max(told.items(), key=lambda pair: (pair[1], -LEVELS.index(pair[0])))[0]
    others = [f"{percent(share)} in {level} school" for level, share in told.items() if level != first]
    methods = tables["public_access_methods"]
    known = methods[methods["relative_access_ratio"].notna() & methods["level"].eq(first)]
    poor = known.groupby("neighborhood_id")["is_poor_access"].agg(["all", "any"])
    return tuple(
        text
        for text in (
            f"Elsewhere it is {listed(others)}." if others else "",
            f"In {first} school all methods call access poor in {number(poor['all'].sum())} of {count_of(len(poor), 'neighborhood', 'neighborhoods')}, some of them in {number((poor['any'] & ~poor['all']).sum())} more."
            if len(poor) and len(set(known["access_method"])) > 1
            else "",
        )
        if text
    )


def _by_level(tables: Tables) -> dict[str, float]:
    table = tables["public_access_groups"]
    every = table[table["measure"].eq("children") & table["poor_share"].notna()].set_index("level")["poor_share"]
    return {level: float(every[level]) for level in LEVELS if level in every.index}


def _worst(tables: Tables, level: str, share: float) -> tuple[str, float] | None:
    """The group of which most live where access is poor, if it stands out."""
    table = tables["public_access_groups"]
    groups = table[table["level"].eq(level) & table["measure"].ne("children") & table["poor_share"].notna()]
    worst = groups[groups["poor_share"] >= share + WORSE_BY]
    if worst.empty:
        return None
    top = worst.sort_values(["poor_share", "measure"], ascending=[False, True]).iloc[0]
    return str(top["measure"]), float(top["poor_share"])


def _small(words: str) -> str:
    return words[:1].lower() + words[1:]


def _reach(about: About) -> str:
    """How far a school may be to lie within reach, level by level.

    >>> from pipeline.atlas.spec import Rules
    >>> _reach(About("Millbrook", 2024, "2019-2023", None, rules=Rules(access_reach={"elementary": 2400.0, "middle": 5000.0, "high": 8000.0})))
    ' Within reach is 2.4 km in elementary school, 5 km in middle school and 8 km in high school.'
    """
    trips = about.rules.access_reach
    if not trips:
        return ""
    told = [
        f"{kilometres(trip) if about.rules.access_unit == 'm' else count_of(trip, 'minute', 'minutes')} in {level} school"
        for level, trip in trips.items()
    ]
    return f" Within reach is {listed(told)}."


def reading(tables: Tables, about: About) -> tuple[tuple[str, str], ...]:
    """What access is, how the methods differ, and what is said of groups."""
    method = LABELS["access_method"][about.rules.access_method]
    return (
        (
            "Access",
            f"Quality seats within reach, shared among all children within reach of them, as percent of the district's mean. Below {percent(about.rules.poor_ratio)}, before rounding, is called poor.{_reach(about)}",
        ),
        (
            "Quality seat",
            "A seat in a strong school; which schools are strong, the sheet Seats and quality says. They are the dots.",
        ),
        (
            "Three methods",
            f"All count the quality seats within reach and share each among the children who reach it. They differ in how much a far school counts: as much as a near one, by thirds of the reach, or ever less (a Gaussian). The map is drawn by this one: {_small(method)}. Where all three call access poor, the finding does not hang on the method.",
        ),
        (
            "Groups",
            "Census figures of a neighborhood, spread within it as its children are. They say where a group lives, not which schools its children attend.",
        ),
        (
            "Not in it",
            "Whether a seat is free, how safe the way is, buses, and what a school offers: access counts seats and distance alone.",
        ),
    )


def access_sheet(dots: Dots) -> Sheet:
    """The sheet, with the schools drawn as on the sheet of seats."""
    return Sheet(
        "access",
        "Access",
        "Where can children reach seats in good schools?",
        answer,
        (ACCESS,),
        reading,
        ("schools", "relations", "profiles", "quality", "seats", "publish"),
        annexes=ACCESS_ANNEXES,
        dots=dots,
        more=more,
    )
