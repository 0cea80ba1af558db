"""Recommendations: what a rule says, the number it rests on, how sure that is and what speaks against it.

The rules themselves stand in ``advice_on_need``, ``advice_on_seats``, ``advice_on_growth``,
``advice_on_rooms`` and ``advice_on_schools``. Each computes the reliability of what it found; here
is the one gate through which all of them pass: nothing whose reliability is low or not known is
recommended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import pandas as pd

from pipeline.analysis.uncertainty import years_of
from pipeline.columns import RELIABILITY
from pipeline.numerals import MINUS, number, school_year

RULES = ("N-01", "Z-01", "G-01", "G-02", "G-03", "F-01", "F-02", "F-03", "Q-01", "Q-02")
SURE = ("high", "medium")
NAN = float("nan")
Names = dict[Any, str]


@dataclass(frozen=True)
class Advice:
    """One recommendation; ``rule_value`` is a number of the published column ``rule_measure``, NaN where not known."""

    rule_id: str
    subject_kind: str
    subject_id: str
    statement: str
    rule_measure: str
    rule_value: float
    rule_value_low: float
    rule_value_high: float
    rule_threshold: float
    evidence: str
    reliability_class: str
    counter_evidence: str


COLUMNS = ["recommendation_id", *(field.name for field in fields(Advice))]
NUMBERS = ["rule_value", "rule_value_low", "rule_value_high", "rule_threshold"]


def least_sure(*classes: str) -> str:
    """The least reliability of some: a recommendation is no surer than the weakest number it needs.

    >>> least_sure("high", "medium"), least_sure("high", "not_known")
    ('medium', 'not_known')
    """
    return max(classes, key=RELIABILITY.index)


def by_chance(chance: float, *, certain: float) -> str:
    """How sure something is that holds in a share of draws: from ``certain`` on high, above one half medium.

    >>> by_chance(0.9, certain=0.8), by_chance(0.6, certain=0.8), by_chance(0.5, certain=0.8), by_chance(float("nan"), certain=0.8)
    ('high', 'medium', 'low', 'not_known')
    """
    if chance != chance:
        return "not_known"
    return "high" if chance >= certain else "medium" if chance > 0.5 else "low"


def span(low: float, high: float) -> str:
    """An interval of whole numbers within a sentence; one number where the ends are told alike.

    >>> span(691.0, 1121.0), span(7.0, 7.2), span(-402.0, -98.0)
    ('691 to 1,121', '7', '\\u2212402 to \\u221298')
    """
    ends = [number(end).replace("-", MINUS) for end in (low, high)]
    return ends[0] if ends[0] == ends[1] else " to ".join(ends)


def sentences(*texts: str) -> str:
    """Sentences in a row, those that say nothing left out.

    >>> sentences("One.", "", "Two.")
    'One. Two.'
    """
    return " ".join(text for text in texts if text)


def table(*rules: Iterable[Advice]) -> pd.DataFrame:
    """The recommendations of all rules as one table, without those that rest on an unreliable number.

    >>> sure, unsure = (Advice("F-01", "site", "7", "Consider it.", "surplus_rooms", 8, 7, 8, 6, "8 rooms.", known, "None.") for known in ("high", "low"))
    >>> table([sure, unsure])["recommendation_id"].tolist()
    ['F-01 7']
    """
    told = [advice for rule in rules for advice in rule if advice.reliability_class in SURE]
    rows = [(f"{each.rule_id} {each.subject_id}", *vars(each).values()) for each in told]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame = frame.astype({name: "float64" if name in NUMBERS else "str" for name in COLUMNS})
    again = frame.groupby("recommendation_id").cumcount()
    frame["recommendation_id"] = frame["recommendation_id"].where(
        again == 0, frame["recommendation_id"] + " " + (again + 1).astype("str")
    )
    return frame


def held_back(*rules: Iterable[Advice]) -> list[tuple[str, int]]:
    """How many findings each rule kept to itself, because the number they need is unreliable or not known."""
    counts = Counter(advice.rule_id for rule in rules for advice in rule if advice.reliability_class not in SURE)
    return sorted(counts.items())


def count_by_rule(recommendations: pd.DataFrame) -> list[tuple[str, int]]:
    """How many recommendations each rule gave, by rule."""
    counts = recommendations["rule_id"].value_counts().sort_index()
    return [(str(rule), int(amount)) for rule, amount in counts.items()]


OLD_YEARS = 5


def survey_age(vintage: str, fall_year: int) -> str:
    """That children are counted by a survey whose last year lies five years or more before the school year.

    >>> survey_age("2014-2018", 2024)
    'Its children are those of a survey that ended in 2018, 6 years before 2024-25.'
    >>> survey_age("2019-2023", 2024)
    ''
    """
    last = years_of(vintage)[1]
    if fall_year - last < OLD_YEARS:
        return ""
    return f"Its children are those of a survey that ended in {last}, {fall_year - last} years before {school_year(fall_year)}."


def names_by_id(frame: pd.DataFrame, *ids: str) -> Names:
    """Names by id (or tuple of ids); rows without a name keep their id.

    Examples
    --------
    >>> names_by_id(pd.DataFrame({"site_id": ["7"], "name": ["Mill Street"]}), "site_id")
    {'7': 'Mill Street'}
    """
    keys = (
        frame[ids[0]]
        if len(ids) == 1
        else pd.Series(list(zip(*(frame[i] for i in ids), strict=True)), index=frame.index)
    )
    names = frame["name"].where(frame["name"].notna(), frame[ids[-1]])
    return dict(zip(keys, names, strict=True))
