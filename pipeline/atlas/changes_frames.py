"""What changed since the last release, as rows to read: numbers in the unit of each fact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.atlas.compact import seven
from pipeline.atlas.escape import plain
from pipeline.atlas.spec import About, Annex, Field, Places
from pipeline.atlas.words import each_label, say
from pipeline.columns import BY_NAME, LEVELS
from pipeline.numerals import count_of, listed, number, percent

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]
Names = Mapping[str, Mapping[str, str]]
SHARES = ("relative_access_ratio", "quality_share")
# Columns of the tables that are made here.
MADE = ("subject_text", "fact_text", "from_text", "to_text")
NO_RELEASE = "There is no earlier release of this study to compare with."
# What can be said of a change, the surest first; "same" is none.
SUREST = ("beyond", "no_margin", "within", "overlapping", "not_comparable")
APART = "not_comparable"
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
    order = {name: place for place, name in enumerate(SUREST)}
    facts = list(BY_NAME["fact"].values)
    told = rows.to_dict("records")
    return (
        rows.assign(
            subject_text=[_subject(row, names) for row in told],
            fact_text=[fact_of(row) for row in told],
            from_text=[value_of(row, "from") for row in told],
            to_text=[value_of(row, "to") for row in told],
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


def fact_of(row: Mapping[Any, Any]) -> str:
    """What a change is of, with the level where it has one."""
    level = "" if row["fact_level"] == "all" or row["subject_kind"] == "zone" else f", {each_label('level', row['fact_level'])}"  # fmt: skip
    return f"{say('fact', row['fact'])}{level}"


def value_of(row: Mapping[Any, Any], side: str) -> str:
    """A number with its interval, in its unit."""
    form = _tenths if row["fact"] == "quality_share" else percent if row["fact"] in SHARES else number
    low, high = row[f"value_low_{side}"], row[f"value_high_{side}"]
    span = f" ({form(low)} to {form(high)})" if low == low and high == high else ""
    return f"{form(row[f'value_{side}'])}{span}"


def moved(row: Mapping[Any, Any]) -> str:
    """A change in words; numbers that were made in two ways stand apart, since an arrow would compare them."""
    then, now = value_of(row, "from"), value_of(row, "to")
    told = f"then {then}, now {now}" if row["change_evidence"] == APART else f"{then} \u2192 {now}"
    return f"{fact_of(row)}: {told}."


# Facts in the form of a table's column.
FORMS = {"need_rank": "rank", "relative_access_ratio": "percent"}
KINDS = {"neighborhood_id": "neighborhood", "zone_id": "zone", "school_id": "school", "site_id": "site"}


def since_of(places: Places, frame: pd.DataFrame, tables: Tables) -> list[dict[str, Any]]:
    """Each fact of a set of places then and now, in order of the rows; what is the same has no numbers."""
    kind, level = KINDS[places.id], dict(places.only).get("level", "")
    rows = tables["public_changes"]
    rows = rows[rows["subject_kind"].eq(kind)]
    if kind == "zone":
        rows = rows[rows["fact_level"].eq(level)]
    groups = dict(iter(rows.groupby(["fact", "fact_level"], observed=True))) if len(rows) else {}
    told = []
    for fact, own in ((fact, own) for fact in BY_NAME["fact"].values for own in ("all", *LEVELS)):
        if (fact, own) not in groups:
            continue
        known = {row["subject_id"]: row for row in groups[fact, own].to_dict("records")}
        found = [known.get(place) for place in frame[places.id]]
        moved = [row if row and row["change_evidence"] != "same" else None for row in found]
        told.append(
            {
                "what": fact_of({"fact": fact, "fact_level": own, "subject_kind": kind}),
                "form": FORMS.get(fact, "whole"),
                **{side: [_number(row[f"value_{side}"]) if row else None for row in moved] for side in ("from", "to")},
                "evidence": [say("change_evidence", row["change_evidence"]) if row else None for row in found],
                "why": [say("changed_by", row["changed_by"]) if row else None for row in moved],
            }
        )
    return told


def _number(value: float) -> int | float | None:
    return None if value != value else seven(value)


def since_words(tables: Tables) -> dict[str, str]:
    """What a panel and a page of the packet say of the last release, whatever it tells of a place."""
    rows = tables["public_changes"]
    if rows.empty:
        return {"none": NO_RELEASE}
    release = plain(rows["release_id"].iloc[0])
    return {
        "head": release_head(tables),
        "unmoved": say("change_evidence", "same"),
        "apart": say("change_evidence", APART),
        "same": f"Nothing that the release {release} tells of it has changed.",
        "none": f"The release {release} has no numbers of it.",
    }


def _tenths(share: float) -> str:
    return f"{number(100 * share, 1)}%"


def since(tables: Tables) -> str:
    """One sentence on what changed since the last release; that there is none, where there is none."""
    rows = tables["public_changes"]
    if rows.empty:
        return NO_RELEASE
    amount = rows["change_evidence"].value_counts()
    apart, counts = int(amount.get(APART, 0)), int(amount.get("no_margin", 0))
    sure = int(amount.get("beyond", 0))
    surveyed = sure + int(amount.get("within", 0)) + int(amount.get("overlapping", 0))
    parts = [
        f"{number(counts)} {'has' if counts == 1 else 'have'} no margin" if counts else "",
        f"of {number(surveyed)} with a margin {number(sure) if sure else 'none'} moved beyond it" if surveyed else "",
    ]
    moved = f": {listed([part for part in parts if part])}" if counts + surveyed else ""
    other = f"; {number(apart)} were made in another way and cannot be compared" if apart else ""
    return f"Since the release {rows['release_id'].iloc[0]}, {number(counts + surveyed) if counts + surveyed else 'none'} of {count_of(len(rows) - apart, 'number', 'numbers')} moved{moved}{other}."


def of_district(tables: Tables) -> str:
    """What moved in the whole district since the last release, and what cannot be compared; nothing without a release."""
    rows = tables["public_changes"]
    own = rows[rows["subject_kind"].eq("district")].to_dict("records")
    if not own:
        return ""
    own.sort(key=lambda row: (list(BY_NAME["fact"].values).index(row["fact"]), ("all", *LEVELS).index(row["fact_level"])))  # fmt: skip
    said = [moved(row) for row in own if row["change_evidence"] not in ("same", APART)]
    apart: dict[str, list[str]] = {}
    for row in own:
        if row["change_evidence"] == APART:
            level = row["fact_level"]
            apart.setdefault(row["fact"], []).extend([] if level == "all" else [each_label("level", level)])
    said += [
        f"{say('fact', fact)}{f' in {listed(levels)}' if levels else ''}: made in two ways, not comparable."
        for fact, levels in apart.items()
    ]
    return " ".join(said) or "The numbers of the whole district are the same."


def release_head(tables: Tables) -> str:
    """The heading over what changed since the last release."""
    rows = tables["public_changes"]
    return f"Since the release {plain(rows['release_id'].iloc[0])}" if len(rows) else "Since the last release"


FRAMES = {"changes": changes}
