"""How each sheet is to be read: its words and thresholds, with the settings of the study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.atlas import growth_reading
from pipeline.atlas.spec import About
from pipeline.atlas.words import LABELS, VARIED, part_of
from pipeline.numerals import count_of, listed, number, percent

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]
Reading = tuple[tuple[str, str], ...]  # a term, which may be empty, and what it means here


def need(tables: Tables, about: About) -> Reading:
    """What the index, its range and its classes mean."""
    rules = about.rules
    # of a study without counts of children only people count
    children = (
        f" or {number(rules.smallest_children)} children"
        if tables["public_neighborhoods"]["children_0_17"].notna().any()
        else ""
    )
    return (
        (
            "",
            "A dark neighborhood is needier by the indicators of the index, which are listed below with their weights. The index ranks places, it does not measure a child.",
        ),
        (
            "Need index",
            f"{_FAMILIES[rules.family]} {_NORMS[rules.norm]}What each indicator adds stands in a neighborhood's panel; the parts sum to the index.",
        ),
        (
            "Range of a rank",
            f"{_draws(tables, about)} Nine of ten of its ranks lie in the range, half of them on either side of the middle rank. Two neighborhoods whose ranges overlap may well be the other way round.",
        ),
        (
            "High need",
            f"In at least {percent(rules.certain_share)} of the draws the neighborhood is among the neediest {part_of(rules.top_share)}.",
        ),
        (
            "Possibly high need",
            f"It is among them in at least {percent(rules.possible_share)} of the draws, but in fewer than {percent(rules.certain_share)}: the figures leave it open.",
        ),
        (
            "Not high",
            f"It is among them in fewer than {percent(rules.possible_share)} of the draws. That does not say that nobody there is in need.",
        ),
        (
            "Not ranked",
            f"Fewer than {number(rules.smallest_population)} people{children} live there, less than {percent(rules.smallest_inside_share)} of its ground lies in the district, or less than half of the index is known.",
        ),
        (
            "Cluster, outlier",
            "A cluster is said where a neighborhood and those around it together are needier (or less needy) than chance would bring; an outlier where its neighbors are and it is not. Both are corrected for the number of neighborhoods tested, and take the index as it stands, without its range.",
        ),
        (
            "Which choice moves ranks most",
            "Each is drawn anew while the others stay, and the share of the movement of all ranks in which it has a part is measured. The shares overlap, so they need not sum to 100%.",
        ),
    )


_FAMILIES = {
    "percentile": "The mean of the indicators' ranks, from 0 to 100; 100 would be the neediest on every one.",
    "standardised": "The mean of the indicators in standard deviations from their mean: 0 is in the middle, negative is less need.",
    "exponential": "The mean of domains on a scale from 0 to 100 that stretches the neediest tenth over half of its length, so that being middling elsewhere cannot make up for it.",
    "geometric": "The geometric mean of domains, from 0 to 100: little need in one domain makes up less for much in another.",
}
_NORMS = {
    "local": "",
    "statewide": "Each value is held against the areas of the state, not against the other neighborhoods. ",
}


def _draws(tables: Tables, about: About) -> str:
    """What the draws vary in this study, and that they do."""
    factors = set(tables["public_sensitivity"]["factor"])
    varied = [words for factor, words in VARIED.items() if factor in factors] or [VARIED["margins"]]
    how = f"The ranks were drawn {number(about.rules.draws)} times with {listed(varied, len(varied))} varied"
    return f"The census asks a sample of households, and an index is made of choices. {how}{' at once' if len(varied) > 1 else ''}."


def growth(tables: Tables, about: About) -> Reading:
    """What a change is, when it counts as more than chance, and what the outlook is."""
    return (
        *growth_reading.children(tables, about),
        (
            "Pupils expected",
            "Carries each grade forward to the next as it went in past years and adds pupils of planned homes where projects are known. The range holds eight times in ten if the future is like the years the method was tried on. Pupils today are the sum of the counts published for this school year; hidden counts are left out.",
        ),
    )


def facilities(tables: Tables, about: About) -> Reading:
    """What offered, watched and empty mean."""
    rules = about.rules
    falls = tables["public_utilization"]["fall_year"]
    ahead = falls[falls > about.fall_year]
    last = min(int(ahead.min()) + rules.years_ahead - 1, int(ahead.max())) if len(ahead) else None
    horizon = f"fall {last}" if last is not None else "the last year that decides"
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
            f"The fewest by any way of counting that says underutilized, in any year from today to {horizon}, at the upper end of the forecast: what can be given away so long. After that the school there may need some back; the sheet Request for proposals says when. It is less than seats minus pupils today.",
        ),
        (
            "Ways of counting",
            f"Capacity as the district gives it; the state's pupils per room; functional capacity, which allows for rooms that stand empty part of the day; target class sizes; ideal homerooms, of which a share of the rooms is made. {_deciding(rules.judged_by)} Each names its source under the map. The state's pupils per room and functional capacity count the rooms of one inventory and err together; functional capacity counts portables too, so that it is above the state's number at an elementary school with portables.",
        ),
        (
            "",
            "An empty seat on paper may be a room that serves another purpose: each site needs a visit before a decision.",
        ),
    )


def _deciding(ways: tuple[str, ...]) -> str:
    """Which ways of counting decide."""
    names = [LABELS["capacity_definition"][way] for way in ways]
    return f"{listed(names)[:1].upper()}{listed(names)[1:]} decide{'s' if len(names) == 1 else ''} here; any other is shown beside."


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
