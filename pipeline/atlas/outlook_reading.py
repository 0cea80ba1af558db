"""How the sheets of the outlook and of its errors are to be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.atlas.outlook_frames import AS_CHOSEN, judged_years, method_in_force
from pipeline.atlas.spec import About
from pipeline.numerals import count_of, listed, number

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]
Reading = tuple[tuple[str, str], ...]

_HOW = {
    "no change": "It expects each grade to have what it has now.",
    "last year's change": "It expects last year's change of each grade again each year.",
    "pooled cohort survival": "It moves each grade up by what a grade kept of the grade below in recent years, all years together.",
    "mean cohort survival": "It moves each grade up by the mean of what a grade kept of the grade below in recent years.",
    "median cohort survival": "It moves each grade up by the median of what a grade kept of the grade below in recent years.",
    "recent-weighted cohort survival": "It moves each grade up by what a grade kept of the grade below in recent years, the latest weighing most.",
    "shrunk cohort survival": "It moves each grade up by what a grade kept of the grade below in recent years, small schools drawn to the district.",
    "last count held to the district's cohorts": "Each school keeps what it has now, and all are scaled to the cohorts of the district.",
    "half-way from shrunk survival to no change": "It lies half-way between moving each grade up as in recent years, and no change.",
}


def outlook(tables: Tables, about: About) -> Reading:
    """What an expected number is, its interval, both ways of counting, scenarios and the state's form."""
    used = method_in_force(tables)
    method = f"{_chosen(tables, used)} {_HOW.get(used, '')} " if used else ""
    return (
        (
            "",
            "An outlook carries forward what is known; it does not know what will be decided. Closures, openings and boundary changes are in it where the study declares them, and planned homes where projects are known.",
        ),
        (
            "Pupils expected",
            f"{method}Kindergarten comes of births, of young children or of its recent counts; pupils of planned homes are added as far as they exceed the growth that the trend already has. That part could not be tried on past years: it rests on the projects that the study lists and its pupils per home.",
        ),
        (
            "Eight times in ten",
            "The interval is as wide as forecasts of units of this size were wrong on past years, and grows with the years ahead. It holds errors of the method, not what nobody declared: a school may close.",
        ),
        (
            "Hatched",
            "The interval holds today's number, so that more pupils, fewer or as many are all in keeping with past errors; or the year lies further ahead than forecasts could be tested, and the interval is grown from nearer years; or it is a zone, whose forecast could not be tested at all.",
        ),
        (
            "Zones",
            "The pupils who live in a zone, whichever public school they attend: the number now is that of this school year. They move up as the district's cohorts do: the map shows where many young or many older pupils live today, not which zone gains or loses families, and cannot show a zone that shrinks while the district grows. Where the sheet Growth finds otherwise, that is the finding for the zone. The intervals are those of schools of the same size.",
        ),
        (
            "By where pupils live",
            "A second way of counting a school: the cohorts of all zones, sent to school as they go today. Where it differs much from the school's own cohorts, the school draws from zones that grow or shrink unlike itself. Flows are mostly known for one year, so that this way could not be tested; it is not used.",
        ),
        (
            "What if",
            "The outlook again with one thing changed, in tens. A scenario is not a forecast, and its interval says how wrong the method was, not how likely the scenario is. Another share at zones' own schools, and a new school, move pupils between schools and leave the district's number as it is.",
        ),
        (
            "At the zone's own school",
            "To the nearest five points: told more closely, it would say how few pupils of other zones attend the school.",
        ),
        *_form(tables),
        (
            "A star",
            "Schools and zones with a small or hidden number are hidden in every year and every scenario, and so is the next smallest where a total would give them away.",
        ),
    )


def _chosen(tables: Tables, used: str) -> str:
    """That the method in force erred least, and at which years ahead; or that it was not chosen by its errors."""
    if not judged_years(tables)[0]:
        return f"The method here is {used}: the study names it, or its past is too short to choose one by."
    return f"The method here, {used}, erred least on this study's own past.{_decided(tables)}"


def _decided(tables: Tables) -> str:
    """Which years ahead decided, where some were tried too seldom."""
    decided, left = judged_years(tables)
    if not decided or not left:
        return ""
    told, few = (listed([number(year) for year in years]) for years in (decided, left))
    return f" Of errors 1, 3 and 5 years ahead, only those at {told} decided here: at {few} there were too few cases."


def _form(tables: Tables) -> Reading:
    if tables["public_state_projection"].empty:
        return ()
    return (
        (
            "The state's own projection",
            "As the state's form for school building aid computes it, for comparison; the outlook does not use it. The form counts transitional kindergarten with kindergarten, and reads the years in which it was opened to more birthdays as growth that goes on: its kindergarten and the grades that follow are to be read with that in mind.",
        ),
    )


def how_wrong(tables: Tables, about: About) -> Reading:
    """How the test was made, what its numbers mean, and what it cannot tell."""
    tested = tables["public_backtest"]
    used = method_in_force(tables)
    years = (
        f"Forecasts start from the falls {int(tested['first_start'].min())} to {int(tested['last_start'].max())}; years that the study leaves out, as those of the pandemic, are neither start nor target. "
        if len(tested)
        else ""
    )
    longest = (
        f"The longest horizon that the years allow is {count_of(tested['horizon_years'].max(), 'year', 'years')}. "
        if len(tested)
        else ""
    )
    coarse = (
        f" Small counts of schools (under {number(about.smallest_cell)} pupils) are not published; errors over cases with such a school are in whole percents."
        if about.smallest_cell
        else ""
    )
    chosen = f"Chosen here: {used}. {_HOW.get(used, '')} " if used else ""
    return (
        (
            "How it was tried",
            f"From every past fall each method forecasts as if the later falls were not known, and is held against what happened. {years}{longest}",
        ),
        (
            "Mean error",
            "By how many percent the forecast missed what happened, up or down, averaged over all cases. 5% of a school of 400 is 20 pupils. A few bad misses of small schools weigh on it; the median error, and the pupils missed of all pupils, stand beside it.",
        ),
        (
            "No change, last year's change",
            "Two forecasts that need no method: what there is now, and last year's change again each year. A method that does not beat both is not worth its trouble for that size and horizon; a ratio below 1 says that it does.",
        ),
        (
            "How the method is chosen",
            f"{chosen}The study takes the method with the least mean error at 1, 3 and 5 years against the better of the two naive forecasts, over grades and schools of all sizes, unless it names one.{_decided(tables)}",
        ),
        (
            AS_CHOSEN[:1].upper() + AS_CHOSEN[1:],
            "A winner looks better than it is, being picked by the cases it is shown with. This row takes at each start the method that would have been picked by what was known then: it is the honest measure of the choice.",
        ),
        (
            "80% interval held",
            "In how many cases the interval, made at each start of what had happened by then, held what came. It should be about 80%; of a few cases, as of the district's total, it can be anything.",
        ),
        (
            "Schools gone by then",
            "Schools that closed are no cases, so that the errors are those of schools that stayed. No interval tells of a closure.",
        ),
        (
            "Few cases",
            f"Errors over fewer than ten forecasts of schools are not told, nor those from which they could be computed with the numbers of other rows.{coarse}",
        ),
    )
