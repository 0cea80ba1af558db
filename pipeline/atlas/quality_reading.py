"""How the sheets of seats and of schools are to be read, with the settings of the study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.atlas.spec import About, Rules
from pipeline.atlas.words import at_least, measure
from pipeline.numerals import count_of, percent

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]
Reading = tuple[tuple[str, str], ...]


def _cut(rules: Rules) -> str:
    result = measure(rules.subjects)
    if rules.cut_share is None:
        return f"The study fixes no cut, so the measure is relative: the share of {result} is at least that of the top quarter of the district's rated schools of the same level. By this rule about a quarter of the schools is always strong, however well or badly the district does."
    least = at_least(rules.cut_share, result)
    fixed = "a fixed cut" if isinstance(rules.cut_share, Mapping) else "a fixed cut, the same for every level"
    return f"{least[0].upper()}{least[1:]}: {fixed}."


def _path(about: About) -> tuple[str, str]:
    rules, result = about.rules, measure(about.rules.subjects)
    return (
        "Five-year path",
        f"A straight line from the school's result in the first year compared {'half-way ' if rules.path == 'half_the_gap' else ''}to the goal of the study, {percent(rules.target_share)} of {result} after {count_of(rules.target_years, 'year', 'years')}. On track: the latest result lies on the line or above, with a probability of at least {percent(rules.path_share)} by the errors of both results. Behind: below it with that probability. Between the two it is too close to call, as it often is of small schools. With a goal far above today's results nearly every school is behind.",
    )


def seats(tables: Tables, about: About) -> Reading:
    """What a quality seat is, when a seat is missing, how the choices are read, and the five-year path."""
    rules = about.rules
    cut = _cut(rules)
    return (
        (
            "Quality seat",
            f"A seat in a strong school. {cut} Small schools are drawn towards the mean of their level first, and must lie above the cut with a probability of at least {percent(rules.probability_share)}. Schools are the dots.",
        ),
        (
            "Seats missing",
            "Resident pupils for whom the zone has no quality seat. A zone with more quality seats than pupils does not help the next zone: a surplus is not set against a gap.",
        ),
        (
            "Seats of charter and citywide schools",
            "A school that takes pupils from the whole district, as many charter schools do, has no zone of its own. Its seats are shared among the zones where its pupils live, by how many come from each, so a zone can have a few quality seats without a strong school in it. Where the study does not know where pupils live and attend, these seats are left out. All other schools count in the zone they stand in.",
        ),
        (
            "Seats in tens",
            "Quality seats are published in tens, because a seat more or less would tell how few pupils of a zone go to one school. Gaps are computed from the published tens.",
        ),
        _path(about),
        (
            "Counted in five ways",
            "Beside the study's own count: every school's seats where it stands, those of citywide schools too; no seats of citywide schools; the seats that a zone's children reach, each shared by all who reach it; and the study's seats against the pupils expected in five years. Where fewer pupils of a zone than may be shown go to citywide schools, their seats are in none of the counts but the one by where schools stand. A zone whose rank hardly moves is short of seats whichever way one counts.",
        ),
        (
            "The cut moved",
            "What counts as a quality school is a choice. The table moves it by some points and leaves all else as it is: if a small move turns the answer, the answer hangs on the choice. A star stands for a cut that is not told, because fewer than three schools lie above it, below it, or between it and the next one: it would tell a single school's result; of a level with few schools only the study's own cut is listed. Seats are in tens here and include those of a few pupils that the zones leave out.",
        ),
    )


def schools(tables: Tables, about: About) -> Reading:
    """What status, its chance, growth, the path and the colors mean, and how pupils in quality seats are counted."""
    rules = about.rules
    colors = (
        (
            "Color",
            f"Computed by the Dashboard's tables ({_table_name(rules.colors)}) from public files; not the Dashboard's own color. A color needs a status, a change since the year before and enough pupils. Where a share is of few pupils (few absent, few without a diploma) its level would say how many, and neither level nor color is shown.",
        ),
    )
    return (
        (
            "Status",
            f"Strong, average or weak by the share of {measure(rules.subjects)}. {_cut(rules)} Small schools are drawn towards the mean of their level first. All schools are classed by the same rules, whoever runs them.",
        ),
        (
            "Chance of it",
            "How likely the true status is of the class shown, to the nearest tenth. A school at 50% stands on the line: next year it may be in the class beside it. No chance is shown where few pupils met, or missed, the standard.",
        ),
        (
            "Growth",
            f"A year's gain of the same pupils from grade to grade, over the gain of the district's pupils at the same steps; in levels with one tested grade, of the whole school. Rising and falling are said from {percent(rules.growth_margin_share)} a year on, after small schools are drawn towards none. Steady means as the district, not standstill.",
        ),
        _path(about),
        *(colors if rules.colors else ()),
        (
            "Pupils in quality seats",
            "Sums of the published numbers of pupils and classes of schools; schools whose number is hidden are left out. Every year is held to the latest year's cut, so that a change is the schools' and not the line's. Groups are in tens; a group is left out where few of it, or few others, are in or out of quality seats.",
        ),
        (
            "Why it changed",
            "A school open in both years adds for having become (or ceased to be) a quality school, and for having grown (or shrunk) as one; schools that opened or closed add or take all their pupils. The parts sum to the change.",
        ),
    )


def _table_name(colors: str) -> str:
    """A color table by its words: state's table and year.

    >>> _table_name("california_dashboard 2023")
    'California Dashboard, 2023'
    """
    name, _, year = colors.partition(" ")
    return f"{name.replace('_', ' ').title()}, {year}"
