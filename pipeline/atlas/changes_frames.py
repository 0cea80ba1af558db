"""What changed since the last release, as rows to read: numbers in the unit of each fact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.atlas.spec import About, Annex, Field
from pipeline.atlas.words import count_of, each_label, listed, number, percent, say
from pipeline.columns import BY_NAME

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]
Names = Mapping[str, Mapping[str, str]]
SHARES = ("relative_access_ratio", "quality_share")
# Columns of the tables that are made here.
MADE = ("subject_text", "fact_text", "from_text", "to_text")
MOST = 200  # rows of a page: the workbook has all

CHANGES = Annex(
    "changes",
    "What changed since the last release",
    "public_changes",
    (
        Field("release", "Release", "text", ("release_id",)),
        Field("subject", "Where", "text", ("subject_text",)),
        Field("fact", "What", "text", ("fact_text",)),
        Field("from", "Then", "text", ("from_text",)),
        Field("to", "Now", "text", ("to_text",)),
        Field("evidence", "Beyond its margin", "word", ("change_evidence",)),
        Field("why", "Made by", "word", ("changed_by",)),
    ),
    empty="There is no earlier release to compare with, or nothing has changed since.",
)


def changes(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """What is not the same as in the last release: the district first, then the surest and largest."""
    rows = tables["public_changes"]
    rows = rows[rows["change_evidence"].ne("same")]
    order = {
        name: place for place, name in enumerate(("beyond", "no_margin", "within", "overlapping", "not_comparable"))
    }
    facts = list(BY_NAME["fact"].values)
    told = rows.to_dict("records")
    return (
        rows.assign(
            subject_text=[_subject(row, names) for row in told],
            fact_text=[_fact(row) for row in told],
            from_text=[_told(row, "from") for row in told],
            to_text=[_told(row, "to") for row in told],
            first=rows["subject_kind"].ne("district"),
            sure=rows["change_evidence"].map(order),
            which=rows["fact"].map(facts.index),
            size=-rows["value_change"].abs(),
        )
        .sort_values(["first", "sure", "which", "size", "subject_id"], kind="stable")
        .head(MOST)
    )


def _subject(row: Mapping[Any, Any], names: Names) -> str:
    if row["subject_kind"] == "district":
        return "The district"
    key = f"{row['fact_level']} {row['subject_id']}" if row["subject_kind"] == "zone" else row["subject_id"]
    return names[row["subject_kind"]].get(key, row["subject_id"])


def _fact(row: Mapping[Any, Any]) -> str:
    level = "" if row["fact_level"] == "all" or row["subject_kind"] == "zone" else f", {each_label('level', row['fact_level'])}"  # fmt: skip
    return f"{say('fact', row['fact'])}{level}"


def _told(row: Mapping[Any, Any], side: str) -> str:
    """A number with its interval, in its unit."""
    form = _tenths if row["fact"] == "quality_share" else percent if row["fact"] in SHARES else number
    low, high = row[f"value_low_{side}"], row[f"value_high_{side}"]
    span = f" ({form(low)} to {form(high)})" if low == low and high == high else ""
    return f"{form(row[f'value_{side}'])}{span}"


def _tenths(share: float) -> str:
    return f"{number(100 * share, 1)}%"


def since(tables: Tables) -> str:
    """One sentence on what changed since the last release; that there is none, where there is none."""
    rows = tables["public_changes"]
    if rows.empty:
        return "There is no earlier release of this study to compare with."
    amount = rows["change_evidence"].value_counts()
    apart, counts = int(amount.get("not_comparable", 0)), int(amount.get("no_margin", 0))
    sure = int(amount.get("beyond", 0))
    surveyed = sure + int(amount.get("within", 0)) + int(amount.get("overlapping", 0))
    parts = [
        f"{number(counts)} {'has' if counts == 1 else 'have'} no margin" if counts else "",
        f"of {number(surveyed)} with a margin {number(sure) if sure else 'none'} moved beyond it" if surveyed else "",
    ]
    moved = f": {listed([part for part in parts if part])}" if counts + surveyed else ""
    other = f"; {number(apart)} were made in another way and cannot be compared" if apart else ""
    return f"Since the release {rows['release_id'].iloc[0]}, {number(counts + surveyed) if counts + surveyed else 'none'} of {count_of(len(rows) - apart, 'number', 'numbers')} moved{moved}{other}."


FRAMES = {"changes": changes}
