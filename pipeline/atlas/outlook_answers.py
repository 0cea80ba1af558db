"""The answers of the sheets of the outlook and of its errors, with their numbers, from the published tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.atlas.answers import pupils_today
from pipeline.atlas.outlook_frames import NAIVE, first_fall, method_in_force
from pipeline.atlas.spec import About
from pipeline.atlas.words import LABELS
from pipeline.numerals import chance, count_of, listed, number, school_year

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]
# Sizes of which the page of errors speaks first: the first of these with a number.
FIRST = ("200_and_over", "under_200", "district_grade", "school_grade", "district")
# Intervals that rest on errors of other units than their own.
BORROWED = ("other_sizes", "beyond_tested", "borrowed_from_schools")
HELD = 0.8  # an interval is said to hold eight times in ten
# A warning is for what is plainly worse: by five points, and by more than luck in one of twenty tests.
WORSE_BY, Z_ONE_SIDED = 0.05, 1.645
_OF = {
    "district": "the district's total",
    "district_grade": "the district's grades",
    "200_and_over": "schools of 200 pupils and over",
    "under_200": "schools under 200 pupils",
    "school_grade": "single grades of schools",
}


def outlook(tables: Tables, about: About) -> str:
    """The district's number in five and ten years with its interval."""
    rows = tables["public_outlook"]
    rows = rows[(rows["unit_kind"] == "district") & rows["pupils_projected"].notna()].set_index("fall_year")
    if rows.empty:
        return "No pupils can be forecast: the study has too few years of enrollment by grade."
    base = first_fall(tables, about)
    told = [
        f"{number(rows.loc[base + years, 'pupils_projected'])} in {school_year(base + years)}{_span(rows.loc[base + years])}"
        for years in (5, 10)
        if base + years in rows.index
    ]
    if not told:
        last = int(rows.index.max())
        told = [f"{number(rows.loc[last, 'pupils_projected'])} in {school_year(last)}{_span(rows.loc[last])}"]
    today = pupils_today(tables, about)
    start = f"{number(today)} pupils today (the sum of the published counts); " if today is not None else ""
    first = f"{start}the district can expect {' and '.join(told)}{_held_less(tables)}."
    return f"{first[:1].upper()}{first[1:]}"


def outlook_more(tables: Tables, about: About) -> tuple[str, ...]:
    """How many are in transitional kindergarten, how wrong such forecasts were, and the zones that change."""
    rows = tables["public_outlook"]
    if rows[(rows["unit_kind"] == "district") & rows["pupils_projected"].notna()].empty:
        return ()
    base = first_fall(tables, about)
    return tuple(
        text.strip() for text in (_transitional(tables, base), _tested(tables), *_changing(tables)) if text.strip()
    )


def _transitional(tables: Tables, base: int) -> str:
    """How many of the pupils expected are in transitional kindergarten while a law opens it to more birthdays."""
    rows = tables["public_outlook_grades"]
    rows = rows[(rows["grade"] == "TK") & (rows["rule"] == "phase_in")].set_index("fall_year")["pupils_projected"]
    return (
        f" {number(rows[base + 5])} of those in {school_year(base + 5)} are in transitional kindergarten, which the law opens to more birthdays: an increase there is no growth."
        if base + 5 in rows.index and rows[base + 5] == rows[base + 5]
        else ""
    )


def _span(row: pd.Series) -> str:
    low, high = row["pupils_projected_low"], row["pupils_projected_high"]
    return f" ({number(low)} to {number(high)} eight times in ten)" if low == low and high == high else ""


def _tested(tables: Tables) -> str:
    """How far off the district's total was, five years ahead and ten, beside the naive forecasts."""
    tested = tables["public_backtest"]
    used = method_in_force(tables)
    own = tested[(tested["method"] == used) & (tested["size_class"] == "district")].set_index("horizon_years")
    if own.empty:
        return " Such forecasts could not be tested on past years of this study."
    horizons = [years for years in (5, 10) if years in own.index] or [int(own.index.max())]
    parts = []
    for years in horizons:
        naive = tested[tested["method"].isin(NAIVE) & (tested["size_class"] == "district")]
        naive = naive[naive["horizon_years"] == years].set_index("method")["mean_absolute_error_share"]
        beside = " and ".join(f"{name} by {_share(naive[name])}" for name in NAIVE if name in naive.index)
        cases = count_of(own.loc[years, "cases"], "past forecast", "past forecasts")
        parts.append(
            f"{count_of(years, 'year', 'years')} ahead its total was missed by {_share(own.loc[years, 'mean_absolute_error_share'])} on average ({cases}{f'; {beside}' if beside else ''})"
        )
    beyond = "" if 10 in own.index else "; further ahead could not be tested"
    return f" On past years, {', and '.join(parts)}{beyond}."


def _share(value: float) -> str:
    return f"{number(100 * value, 1)}%"


def _changing(tables: Tables) -> tuple[str, ...]:
    """How many zones, or schools, change beyond their interval in five years."""
    table = tables["public_outlook_change"]
    near = table[table["horizon_years"] == 5]
    kind = "zone" if (near["unit_kind"] == "zone").any() else "school"
    rows = near[near["unit_kind"] == kind]
    if rows.empty:
        return ()
    sure = rows[rows["outlook_evidence"].isin(["beyond_chance", "borrowed"])]
    up, down = int((sure["expected_change"] > 0).sum()), int((sure["expected_change"] < 0).sum())
    places = {"zone": ("attendance zone", "attendance zones"), "school": ("school", "schools")}[kind]
    ways = [f"{number(up) if up else 'none'} can expect more pupils", f"{number(down) if down else 'none'} fewer"]
    told = f" Of {count_of(len(rows), *places)}, {' and '.join(ways)} beyond their interval in five years; of the others it may be no change."
    if kind == "zone":
        return (
            told,
            f"Zones follow the district's cohorts, and their intervals are borrowed from schools.{_schools_held(tables)}",
        )
    return told, _schools_held(tables)


def _held_less(tables: Tables) -> str:
    """A warning where intervals rest on other units' errors, and those of schools held less often than they say."""
    if not tables["public_outlook"]["interval_basis"].isin(BORROWED).any():
        return ""
    size, rows = judged(tables)
    rows = rows[rows["interval_share"].notna() & rows["interval_cases"].gt(0)]
    luck = (HELD * (1 - HELD) / rows["interval_cases"]) ** 0.5
    short = rows[rows["interval_share"].lt(HELD - WORSE_BY) & rows["interval_share"].lt(HELD - Z_ONE_SIDED * luck)]
    if size not in ("200_and_over", "under_200") or short.empty:
        return ""
    return f"; in tests such intervals of {size_words(size)} held less often: {_cases_held(short)}"


def _schools_held(tables: Tables) -> str:
    """How often the intervals of schools held in tests on past years."""
    size, rows = judged(tables)
    known = rows[rows["interval_share"].notna() & rows["interval_cases"].gt(0)]
    if size not in ("200_and_over", "under_200") or known.empty:
        return ""
    return f" In tests those of {size_words(size)} held {_cases_held(known)}, where 80% should."


def _cases_held(rows: pd.DataFrame) -> str:
    """In what part of the cases intervals held, by years ahead."""
    return listed(
        [
            f"{chance(row['interval_share'])} of cases {count_of(row['horizon_years'], 'year', 'years')} ahead"
            for row in rows.to_dict("records")
        ]
    )


def how_wrong(tables: Tables, about: About) -> str:
    """How far off past forecasts were beside the naive ones."""
    return _judgement(tables)[0]


def how_wrong_more(tables: Tables, about: About) -> tuple[str, ...]:
    """Whether it beat the naive forecasts, and how often the intervals held."""
    return tuple(text.strip() for text in _judgement(tables)[1:])


def _judgement(tables: Tables) -> tuple[str, ...]:
    tested = tables["public_backtest"]
    used = method_in_force(tables)
    known = tested[tested["mean_absolute_error_share"].notna()]
    size, rows = judged(tables)
    if not size:
        return (
            "No forecast could be tested against what happened: the study has too few years, so how wrong the outlook may be is not known.",
        )
    lines, better, is_compared = [], [], False
    for row in rows.to_dict("records"):
        years = row["horizon_years"]
        naive = known[
            known["method"].isin(NAIVE) & (known["size_class"] == size) & (known["horizon_years"] == years)
        ].set_index("method")["mean_absolute_error_share"]
        beside = ", ".join(f"{name} {_share(naive[name])}" for name in NAIVE if name in naive.index)
        lines.append(
            f"{count_of(years, 'year', 'years')} ahead by {_share(row['mean_absolute_error_share'])}{f' ({beside})' if beside else ''}"
        )
        is_compared |= len(naive) > 0
        if len(naive) and (row["mean_absolute_error_share"] < naive).all():
            better.append(years)
    first = f"Tried on past years, the method used here ({used}) missed {size_words(size)} {listed(lines)}."
    verdict = (
        " No naive forecast could be tried beside it."
        if not is_compared
        else " It was better than both naive forecasts at every horizon."
        if len(better) == len(rows)
        else f" It was better than both naive forecasts {listed([f'{number(years)}' for years in better])} {'year' if better == [1] else 'years'} ahead, not at the other horizons."
        if better
        else " It was better than both naive forecasts at no horizon."
    )
    return first, verdict, _held(rows)


def judged(tables: Tables) -> tuple[str, pd.DataFrame]:
    """The size class that is spoken of, and the errors of the method used in it, by horizon."""
    tested = tables["public_backtest"]
    own = tested[(tested["method"] == method_in_force(tables)) & tested["mean_absolute_error_share"].notna()]
    size = next((name for name in FIRST if (own["size_class"] == name).any()), "")
    return size, own[own["size_class"] == size].sort_values("horizon_years")


def size_words(size: str) -> str:
    """What is forecast in a size class, within a sentence.

    >>> size_words("200_and_over"), size_words("grade_under_25")
    ('schools of 200 pupils and over', 'one grade of a school, under 25 pupils')
    """
    return _OF.get(size) or LABELS["size_class"][size]


def _held(rows: pd.DataFrame) -> str:
    """How often intervals made of what was known then held what happened."""
    known = rows[rows["interval_share"].notna() & rows["interval_cases"].gt(0)]
    if known.empty:
        return " How often its intervals would have held could not be tried."
    parts = [
        f"{chance(row['interval_share'])} of {number(row['interval_cases'])} cases {count_of(row['horizon_years'], 'year', 'years')} ahead"
        for row in known.to_dict("records")
    ]
    return (
        f" Intervals that should hold eight times in ten, made of what was known at the time, held in {listed(parts)}."
    )
