"""How each sheet is to be read: its words and thresholds, with the settings of the study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.atlas.spec import About
from pipeline.atlas.words import count_of, measure, number, part_of, percent

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]
Reading = tuple[tuple[str, str], ...]  # a term, which may be empty, and what it means here


def need(tables: Tables, about: About) -> Reading:
    """What the index, its range and its classes mean."""
    rules = about.rules
    return (
        (
            "",
            "A dark neighborhood is needier by the indicators of the index, which are listed below with their weights. The index ranks places, it does not measure a child.",
        ),
        (
            "Range of a rank",
            "The census asks a sample of households, so the rank of a neighborhood is a range: two neighborhoods whose ranges overlap may well be the other way round.",
        ),
        (
            "High need",
            f"In at least {percent(rules.certain_share)} of the draws within the margins of error the neighborhood is among the neediest {part_of(rules.top_share)}.",
        ),
        (
            "Possibly high need",
            f"It is among them in at least {percent(rules.possible_share)} of the draws, but in fewer than {percent(rules.certain_share)}: the figures leave it open.",
        ),
        (
            "Not high",
            f"It is among them in fewer than {percent(rules.possible_share)} of the draws. That does not say that nobody there is in need.",
        ),
    )


def growth(tables: Tables, about: About) -> Reading:
    """What a change is, when it counts as more than chance, and what the outlook is."""
    return (
        (
            "",
            "The map compares two survey periods that do not overlap. Both are estimates from a sample, so a change may be chance.",
        ),
        (
            "Hatched",
            f"The change may be chance. Where many areas are compared at once some differ by luck alone, so the test is corrected for the number of comparisons: of the changes called beyond chance, at most {percent(about.rules.growth_alpha)} are expected to be luck. A change larger than its own margin of error can therefore still be hatched.",
        ),
        (
            "Pocket of change",
            "Outlined in black: a group of adjoining neighborhoods whose number of children together grew, or shrank, beyond chance.",
        ),
        (
            "Pupils expected",
            "Carries each grade forward to the next as it went in past years and adds pupils of planned homes where projects are known. The range holds eight times in ten if the future is like the years the method was tried on. Pupils today are the sum of the counts published for this school year; hidden counts are left out.",
        ),
    )


def seats(tables: Tables, about: About) -> Reading:
    """What a quality seat is, when a seat is missing, and how the five-year path is read."""
    rules = about.rules
    result = measure(rules.subjects)
    if rules.cut_share is None:
        cut = f"The study fixes no cut, so the measure is relative: the share of {result} is at least that of the top quarter of the district's rated schools of the same level. By this rule about a quarter of the schools is always strong, however well or badly the district does."
    else:
        cut = f"At least {percent(rules.cut_share)} of {result}: a fixed cut, the same for every level."
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
        (
            "Access",
            "Quality seats within reach, shared among all children within reach of them, as percent of the district's mean. Below 50%, before rounding, is called poor.",
        ),
        (
            "Five-year path",
            f"A straight line from the school's result in the first year compared to the goal of the study, {percent(rules.target_share)} of {result} after {count_of(rules.target_years, 'year', 'years')}. On track: the latest result lies on the line or above. Behind: below it. With a goal far above today's results nearly every school is behind.",
        ),
    )


def facilities(tables: Tables, about: About) -> Reading:
    """What offered, watched and empty mean."""
    rules = about.rules
    last = tables["public_utilization"]["fall_year"].max() if len(tables["public_utilization"]) else None
    horizon = f"fall {int(last)}" if last is not None and last > about.fall_year else "the last year of the outlook"
    ways = count_of(rules.definitions, "way", "ways")
    agree = "agrees" if rules.definitions == 1 else "agree"
    return (
        (
            "Can be offered",
            f"Less than {percent(rules.under_ratio)} of the seats are in use, {ways} of counting capacity {agree} on it, it still holds in {horizon} at the upper end of the forecast, and at least {number(rules.surplus_rooms)} rooms are free. Closed and surplus sites of the district that stand empty are offered whole.",
        ),
        (
            "Watch",
            "Underutilized today, but one of those conditions fails: the counts disagree, the school may fill up again, or few rooms are free. Swing space, which houses schools during renovation, is watched too.",
        ),
        (
            "In use",
            "No way of counting puts the site below that share, or it is leased or not the district's: no seats of it are offered.",
        ),
        (
            "Empty seats",
            f"What can be given away without taking it back: the fewest by any way of counting that says underutilized, today or in {horizon} at the upper end of the forecast. It is less than seats minus pupils today.",
        ),
        (
            "Ways of counting",
            "Capacity as the district gives it; the state's pupils per room; functional capacity, which allows for rooms that stand empty part of the day.",
        ),
        (
            "",
            "An empty seat on paper may be a room that serves another purpose: each site needs a visit before a decision.",
        ),
        (
            "Missing seats it could hold",
            "In the table of sites for new quality seats: missing seats within reach, of the levels the site can serve, in tens, but no more than its empty seats. Where those are not known, neither is what the site could hold. Two sites near each other count the same children.",
        ),
    )


def quality_of_data(tables: Tables, about: About) -> Reading:
    """Why a number may be absent, and where the rest of the record is."""
    return (
        (
            "",
            "A number that is not there has a reason: it was never published, it was hidden because few pupils stand behind it, or the survey is too small to give it.",
        ),
        ("", "A star (*) stands for a number that is not shown."),
        (
            "Repaired, joined or left out",
            "What was mended or dropped on the way is counted line by line in data/processed/quality.json. That file is not public, because its lines may name small counts; ask whoever prepared the study.",
        ),
    )
