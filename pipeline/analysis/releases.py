"""What a release says in numbers, and what changed since the last one.

A release is frozen from published tables alone, and only what both releases published is
compared: what is hidden in either is hidden in the comparison. Numbers that a release hid are
kept as hidden, so that a later release of the same year cannot show them (`hidden_then`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import pandas as pd

from pipeline.columns import HIDDEN

# What changed in how the facts of a release are made, each with a line here; the number of lines tells two releases of
# one program from those of two.
METHODS = ("the first register of releases",)
METHOD = len(METHODS)
NAN = float("nan")
KEY = ["subject_kind", "subject_id", "fact_level", "fact"]
ALL = "all"
NUMBERS = ["fact_value", "fact_value_low", "fact_value_high"]
COLUMNS = [*KEY, "period", *NUMBERS, "value_status", "made_by"]
_Row = tuple[str, str, str, str, str, float, float, float, str, str]


def facts(public: Mapping[str, pd.DataFrame], *, fall_year: int, district_id: str) -> pd.DataFrame:
    """The numbers of a release: of the district, neighborhoods and zones, and which counts it hides.

    Parameters
    ----------
    public : published tables by name.

    Returns
    -------
    One row for each subject, level and fact with its period (a fall or a survey's vintage), its
    interval and, in words, how it was made where that differs between studies. Of schools there are only
    the hidden counts, without a value.
    """
    rows = [
        *_neighborhoods(public["public_neighborhoods"], public["public_access"], fall_year),
        *_zones(public["public_zones"], fall_year),
        *_district(public, fall_year, district_id),
        *_hidden_schools(public["public_enrollment"], fall_year),
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.astype({name: "float64" if name in NUMBERS else "str" for name in COLUMNS})


def _neighborhoods(places: pd.DataFrame, access: pd.DataFrame, fall_year: int) -> Iterable[_Row]:
    for r in places.itertuples():
        subject = ("neighborhood", str(r.neighborhood_id), ALL)
        if r.need_rank == r.need_rank:
            ends = (float(r.need_rank), float(r.need_rank_low), float(r.need_rank_high))
            yield (*subject, "need_rank", f"{r.vintage}, {fall_year}", *ends, "reported", "")
        children, margin = float(r.children_0_17), float(r.children_0_17_moe)
        if children == children:
            yield (*subject, "children_0_17", str(r.vintage), children, max(0.0, children - margin), children + margin, "reported", "")  # fmt: skip
    for r in access[access["relative_access_ratio"].notna()].itertuples():
        value = round(float(r.relative_access_ratio), 2)
        yield ("neighborhood", str(r.neighborhood_id), str(r.level), "relative_access_ratio", str(fall_year), value, NAN, NAN, "reported", "")  # fmt: skip


def _zones(zones: pd.DataFrame, fall_year: int) -> Iterable[_Row]:
    for r in zones.itertuples():
        how = str(r.method).partition("; seats")[0]
        for fact in ("resident_pupils", "unmet_seats"):
            value = float(getattr(r, fact))
            if value == value:
                yield ("zone", str(r.zone_id), str(r.level), fact, str(fall_year), round(value), NAN, NAN, "reported", how)  # fmt: skip
            elif fact == "resident_pupils" and how != "not computed":
                yield ("zone", str(r.zone_id), str(r.level), fact, str(fall_year), NAN, NAN, NAN, "suppressed", how)


def _district(public: Mapping[str, pd.DataFrame], fall_year: int, district_id: str) -> Iterable[_Row]:
    subject = ("district", district_id)
    sectors = public["public_sectors"]
    now = sectors[sectors["layer"].eq("district") & sectors["fall_year"].eq(fall_year) & sectors["pupils"].notna()]
    for r in now[now["run_by"].isin(["district", "charter"])].itertuples():
        yield (*subject, ALL, f"{r.run_by}_pupils", str(fall_year), float(r.pupils), NAN, NAN, "reported", "")
    seats = public["public_quality_seats"]
    seats = seats[seats["layer"].eq("district") & seats["run_by"].eq("all") & seats["student_group"].eq("all")]
    for r in seats[seats["fall_year"].eq(seats["fall_year"].max()) & seats["pupils"].gt(0)].itertuples():
        yield (*subject, ALL, "quality_share", str(r.fall_year), round(float(r.quality_pupils) / float(r.pupils), 3), NAN, NAN, "reported", "")  # fmt: skip
    zones = public["public_zones"]
    for level, rows in zones[zones["unmet_seats"].notna()].groupby("level", sort=True):
        how = " and ".join(sorted(set(rows["method"].str.partition("; seats")[0])))
        yield (*subject, str(level), "unmet_seats", str(fall_year), float(round(rows["unmet_seats"].sum())), NAN, NAN, "reported", how)  # fmt: skip
    listed = public["public_rfp"]["rfp_status"].eq("listed").sum()
    if (public["public_rfp"]["rfp_status"] != "not_known").any():
        yield (*subject, ALL, "listed_sites", str(fall_year), float(listed), NAN, NAN, "reported", "")


def _hidden_schools(enrollment: pd.DataFrame, fall_year: int) -> Iterable[_Row]:
    hidden = enrollment["value_text"].eq(HIDDEN) & enrollment["fall_year"].le(fall_year)
    for r in enrollment[hidden].itertuples():
        yield ("school", str(r.school_id), ALL, "pupils", str(r.fall_year), NAN, NAN, NAN, "suppressed", "")  # fmt: skip


def hidden_then(releases: pd.DataFrame, kind: str) -> set[tuple[str, str, str]]:
    """Level, id and period of the subjects of a kind whose count any release has hidden.

    >>> row = {"subject_kind": "zone", "fact_level": "middle", "subject_id": "7", "period": "2023", "value_status": "suppressed"}
    >>> hidden_then(pd.DataFrame([row]), "zone")
    {('middle', '7', '2023')}
    """
    rows = releases[releases["subject_kind"].eq(kind) & releases["value_status"].eq("suppressed")]
    return set(rows[["fact_level", "subject_id", "period"]].itertuples(index=False, name=None))


def changes(releases: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """What changed since the last release that says something else than now.

    Parameters
    ----------
    releases : `facts` of all releases, with ``release_id release_number fall_year method_number``.
    now : `facts` of now.

    Returns
    -------
    The table ``public_changes``; empty without an earlier release.
    """
    found = _compared(releases.iloc[:0].assign(release_id="", method_number=0), now)
    for _, release in sorted(releases.groupby("release_number"), key=lambda pair: -float(str(pair[0]))):
        found = _compared(release, now)
        if found["change_evidence"].ne("same").any():
            break
    return found


def _compared(release: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    told = [frame[frame["value_status"].eq("reported") & frame["fact_value"].notna()] for frame in (release, now)]
    both = told[0].merge(told[1], on=KEY, suffixes=("_from", "_to"), validate="1:1").sort_values(KEY)
    table = both.rename(columns={f"{name}_{end}": f"{name.removeprefix('fact_')}_{end}" for name in NUMBERS for end in ("from", "to")})  # fmt: skip
    table = table.assign(value_change=(table["value_to"] - table["value_from"]).round(6))
    evidence = [_evidence(row) for row in table.to_dict("records")]
    why = [_why(row, found) for row, found in zip(table.to_dict("records"), evidence, strict=True)]
    table = table.assign(
        change_evidence=pd.Series(evidence, index=table.index, dtype="str"),
        changed_by=pd.Series(why, index=table.index, dtype="str"),
    )
    ends = [f"value_{end}{side}" for end in ("low_", "high_") for side in ("from", "to")]
    return table[["release_id", *KEY, "period_from", "period_to", "value_from", "value_to", "value_change", *ends, "change_evidence", "changed_by"]]  # fmt: skip


def _evidence(row: Mapping[str, object]) -> str:
    """Whether a number moved, and beyond its margin: see the values of ``change_evidence``."""
    if row["made_by_from"] != row["made_by_to"]:
        return "not_comparable"
    if row["value_change"] == 0:
        return "same"
    ends = [float(str(row[f"value_{end}_{side}"])) for side in ("from", "to") for end in ("low", "high")]
    if any(map(math.isnan, ends)):
        return "no_margin"
    if row["fact"] != "need_rank" and _overlap(str(row["period_from"]), str(row["period_to"])):
        return "overlapping"
    if row["fact"] == "need_rank":
        return "beyond" if ends[1] < ends[2] or ends[3] < ends[0] else "within"
    # the upper side: the lower one ends at zero, where a small count has less than its margin below it
    margins = [ends[1] - float(str(row["value_from"])), ends[3] - float(str(row["value_to"]))]
    return "beyond" if abs(float(str(row["value_change"]))) > math.hypot(*margins) else "within"


def _overlap(before: str, after: str) -> bool:
    """Whether two survey periods share years, so that their margins say nothing of the difference.

    >>> _overlap("2014-2018", "2018-2022"), _overlap("2014-2018", "2019-2023")
    (True, False)
    """
    return after[:4] <= before[-4:]


def _why(row: Mapping[str, object], evidence: str) -> str:
    """What made the difference: newer data, another method, both, or neither that is on record."""
    if evidence == "same":
        return "nothing"
    is_data = row["period_from"] != row["period_to"]
    is_method = row["made_by_from"] != row["made_by_to"] or float(str(row["method_number"])) != METHOD
    return {(True, True): "both", (True, False): "data", (False, True): "method"}.get((is_data, is_method), "not_known")
