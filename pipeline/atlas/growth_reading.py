"""How the sheet of growth is to be read, with the settings of the study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.atlas.growth_frames import is_tested
from pipeline.atlas.periods import latest
from pipeline.atlas.spec import About
from pipeline.numerals import count_of, number, percent

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]
Reading = tuple[tuple[str, str], ...]


def children(tables: Tables, about: About) -> Reading:
    """What a change, a pocket, a driver and an expected number are, and how sure."""
    luck = percent(about.rules.growth_alpha)
    return (
        (
            "",
            "The map compares two survey periods that do not overlap. Both are estimates from a sample, so a change may be chance."
            if is_tested(tables)
            else "This study has no counts of children of two survey periods that can be compared. Growth was not tested, and the map shows need alone. What follows says how growth would be read.",
        ),
        (
            "May be chance",
            f"Hatched. Had other households been asked, the change could have come out as none. Where many areas are compared at once some differ by luck alone, so the test is corrected for the number of comparisons: of the changes called beyond chance, at most {luck} are expected to be luck. A change larger than its own margin of error can therefore still be hatched. It does not mean that nothing changed.",
        ),
        (
            "Ages",
            "Surveys publish children of 10 to 14 and of 15 to 17. For 10 to 13 and 14 to 17, children are taken as spread evenly within these, so that both rest on the same figures: their margins must not be added. 5 to 17 has the published margin.",
        ),
        (
            "Pocket of change",
            f"Outlined in black: adjoining neighborhoods that are believed to have changed the same way, and together took, or freed, at least {number(about.rules.smallest_seats)} seats. A neighborhood is believed by one of three tests: its own change; the cluster of rises or falls it lies in; or the change of it and its neighbors as one. By itself a neighborhood of a pocket may therefore be chance. Together the tests are held to the same share of luck, {luck}, so that each is stricter than the one test of single changes: a neighborhood that changed beyond chance by itself may be in no pocket. A pocket is counted as one area with a margin of its own, and its change is larger than that margin. {_pairs(tables, about)}",
        ),
        (
            "Seats taken or freed",
            f"Children times the share of the district's children whom public schools teach{_share(tables)}, to the nearest ten; the range follows the margin of the change. It is what happened between the two surveys, not what is to come. It says nothing of which school; schools opened or closed meanwhile or since, and rooms that stand empty, are not set against it.",
        ),
        (
            "What drives it",
            "The change of school-age children has three parts that add up to it. Cohorts growing up: those who grew into school age less those who grew out, as if nobody had moved; it follows births of earlier years. Homes: what homes that were added or lost bring at as many children per home as before, and no more than all who came or left; where it is all of them, other moves stand at none. Other moves: families who came or left besides. A part is called the driver if it makes half of the change and its margin allows it; else it cannot be told, as in most single neighborhoods. It shows where children came from, not why families moved.",
        ),
        (
            "Families moving",
            "Children who moved in less those who moved away, by age: how many there are beyond those who would have grown into it had nobody moved or died. It takes in the errors of both surveys.",
        ),
        (
            "Growth and need",
            "Growing: beyond chance by itself, or in a growing pocket. High need: in nearly all draws of the index, as on the sheet Need; possible need does not count. Where both are high new seats would meet the greatest need.",
        ),
        (
            "Children expected",
            "Each age group is carried forward as it changed between the survey periods; in small areas, where that is mostly luck, it follows the district more than the area's own past. Areas are held to the total of the district. It is no plan: homes to be built are not in it. The years are counted from the middle of the later survey, so that they differ from those of the sheet Outlook. It forecasts children from surveys, the sheet Outlook pupils from enrollment, with transitional kindergarten and pupils from elsewhere; the two are made apart and need not fit.",
        ),
        ("How sure the outlook is", _sure(tables)),
    )


def _pairs(tables: Tables, about: About) -> str:
    """How many pairs of survey periods there are, if more than the map's."""
    if not is_tested(tables):
        return "This study has no two survey periods to look for pockets in."
    change = tables["public_growth"]
    pairs = change[["vintage_from", "vintage_to"]].drop_duplicates()
    earlier = len(pairs) - len(latest(pairs, about).drop_duplicates())
    if earlier < 1:
        return "The study compares one pair of survey periods."
    return f"The map shows the latest pair of survey periods; pockets of {count_of(earlier, 'earlier pair', 'earlier pairs')} stand in a table of their own."


def _share(tables: Tables) -> str:
    shares = tables["public_pockets"].sort_values("vintage_to")["public_share"].dropna()
    return f" ({percent(shares.iloc[-1])})" if len(shares) else ""


def _sure(tables: Tables) -> str:
    """What the range is made of in this study, and how much of it says something."""
    outlook = tables["public_population"]
    rows = outlook[(outlook["layer"] == "neighborhood") & (outlook["age_band"] == "5-17")]
    bases = set(outlook["error_basis"])
    start = "The true number should lie in the range eight times in ten. The range allows for the margins of both surveys and for the error of the method. "
    if "back_test" in bases:
        basis = (
            "That error is what the method missed by when it forecast the study's own latest survey from earlier ones."
        )
    elif "stated" in bases:
        basis = (
            "That error is a figure the study states; it could not be tested here, for want of a third survey period."
        )
    else:
        return f"{start}This study has no such outlook."
    basis += " Both are those of neighborhoods: for the district, whose neighborhoods err by turns, the range is rather too wide."
    if rows.empty:
        return start + basis
    last = rows[rows["year"] == rows["year"].max()]
    told = int(last["is_beyond_interval"].sum())
    said = f" In {number(told) if told else 'none'} of {count_of(len(last), 'neighborhood', 'neighborhoods')} today's number lies outside the range for {int(last['year'].iloc[0])}: elsewhere the forecast cannot tell a rise from a fall."
    return start + basis + said
