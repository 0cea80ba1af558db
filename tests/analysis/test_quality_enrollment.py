"""Pupils in quality seats by hand, and the law that the parts of a change make the whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.analysis.quality_enrollment import (
    PARTS,
    attended,
    quality_change,
    quality_enrollment,
    record_quality_enrollment,
)
from pipeline.ledger import Ledger

SETTINGS: Any = {"district_id": "d", "zones_fall": 2024, "now": 2024}


def facts(ids: list[str], **changes: Any) -> pd.DataFrame:
    frame = pd.DataFrame({"school_id": ids, "sector": "district", "school_status": "open"})
    frame = frame.assign(
        opened_fall=pd.array([None] * len(ids), dtype="Int64"), closed_fall=pd.array([None] * len(ids), dtype="Int64")
    )
    return frame.assign(**changes)


def counts(*rows: tuple[str, int, float | None], group: str = "all") -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["school_id", "fall_year", "pupils"]).astype({"pupils": "float64"})
    hidden = frame["pupils"].isna()
    return frame.assign(
        student_group=group,
        pupils_low=frame["pupils"].fillna(1.0),
        pupils_high=frame["pupils"].fillna(9.0),
        value_status=np.where(hidden, "suppressed", "reported"),
    )


def ratings(*rows: tuple[str, int, bool | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["school_id", "fall_year", "good"])
    is_rated = frame["good"].notna()
    return frame.assign(
        quality_class=np.where(is_rated, "strong", "not_rated"), is_quality=frame["good"].eq(True)
    ).drop(columns="good")


NO_FLOWS = counts().assign(level="", zone_id="")


def lies(**neighborhood: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"school_id": list(neighborhood), "level": "high", "neighborhood_id": list(neighborhood.values())}
    )


def district(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["layer"].eq("district") & table["run_by"].eq("all") & table["student_group"].eq("all")]


def test_pupils_are_counted_for_the_district_the_schools_neighborhood_and_the_zone_of_residence() -> None:
    groups = counts(("a", 2024, 40.0), ("b", 2024, 30.0), ("p", 2024, 99.0))
    flows = counts(("a", 2024, 25.0), ("b", 2024, 5.0), ("p", 2024, 9.0)).assign(level="high", zone_id="z")
    schools = facts(["a", "b", "p"], sector=["district", "charter", "private"])
    pupils = attended(groups, flows, schools, lies(a="n"), **SETTINGS)
    table = quality_enrollment(pupils, ratings(("a", 2024, True), ("b", 2024, None))).set_index(
        ["layer", "area_id", "run_by"]
    )
    assert table.loc[("district", "d", "all"), ["pupils", "quality_pupils", "unrated_pupils"]].tolist() == [70, 40, 30]
    assert table.loc[("district", "d", "charter"), ["pupils", "quality_pupils", "unrated_pupils"]].tolist() == [
        30,
        0,
        30,
    ]
    assert table.loc[("neighborhood", "n", "all"), ["pupils", "quality_pupils"]].tolist() == [40, 40]
    assert table.loc[("zone high 2024", "z", "all"), ["pupils", "quality_pupils"]].tolist() == [30, 25]


def test_a_hidden_count_makes_an_interval_and_a_fall_without_results_takes_the_latest_before_it() -> None:
    groups = counts(("a", 2024, 40.0), ("b", 2024, None), ("a", 2021, 7.0))
    pupils = attended(groups, NO_FLOWS, facts(["a", "b"]), lies(), **SETTINGS)
    table = quality_enrollment(pupils, ratings(("a", 2022, False), ("a", 2023, True), ("b", 2023, True)))
    row = district(table).iloc[0]
    assert len(district(table)) == 1  # nothing is known of 2021
    assert (row["fall_year"], row["results_fall"]) == (2024, 2023)
    assert np.isnan(row["quality_pupils"]) and (row["quality_pupils_low"], row["quality_pupils_high"]) == (41, 49)
    ledger = Ledger()
    record_quality_enrollment(table, pd.DataFrame(), ledger)
    assert "41 to 49 of 41 to 49 pupils, by the results of fall 2023" in ledger.frame()["reason"].iloc[0]
    assert "results of one fall only" in ledger.frame()["reason"].iloc[1]


def test_the_change_of_five_schools_by_hand() -> None:
    #  i improves (100 -> 120); g grows and is good (50 -> 80); o opens good with 30; c closes, was good with 20;
    #  r is rated in the second fall only, good with 10 -> 12
    before = [("i", 2022, 100.0), ("g", 2022, 50.0), ("c", 2022, 20.0), ("r", 2022, 10.0)]
    after = [("i", 2023, 120.0), ("g", 2023, 80.0), ("o", 2023, 30.0), ("r", 2023, 12.0)]
    groups = counts(*before, *after)
    schools = facts(list("igocr"), closed_fall=pd.array([None, None, None, 2023, None], dtype="Int64"))
    quality = ratings(
        ("i", 2022, False),
        ("g", 2022, True),
        ("c", 2022, True),
        ("i", 2023, True),
        ("g", 2023, True),
        ("o", 2023, True),
        ("r", 2023, True),
    )
    pupils = attended(groups, NO_FLOWS, schools, lies(), **SETTINGS)
    row = district(quality_change(pupils, groups, schools, quality, Ledger())).iloc[0]
    assert row[PARTS].tolist() == [110.0, 10.0 + 30.0, 30.0, -20.0, 12.0]
    assert row["pupils_change"] == (120 + 80 + 30 + 12) - (50 + 20)
    table = quality_enrollment(pupils, quality)
    assert row["pupils_change"] == district(table).set_index("fall_year")["quality_pupils"].diff().loc[2023]


def test_a_school_that_the_directory_says_was_open_did_not_open_and_did_not_close() -> None:
    #  n has no count of 2022 though it opened in 2010; m none of 2023 though it is open
    groups = counts(("k", 2022, 5.0), ("k", 2023, 5.0), ("n", 2023, 70.0), ("m", 2022, 60.0))
    schools = facts(list("knm"), opened_fall=pd.array([None, 2010, None], dtype="Int64"))
    quality = ratings(*((s, f, True) for s in "knm" for f in (2022, 2023)))
    pupils = attended(groups, NO_FLOWS, schools, lies(), **SETTINGS)
    ledger = Ledger()
    row = district(quality_change(pupils, groups, schools, quality, ledger)).iloc[0]
    assert row[["pupils_change", *PARTS]].eq(0).all()
    line = ledger.frame().iloc[0]
    assert (line["entry"], line["total"]) == ("absence", 2)


def test_a_group_published_in_one_fall_only_did_not_appear_from_nowhere() -> None:
    groups = pd.concat(
        [counts(("a", 2022, 50.0), ("a", 2023, 50.0)), counts(("a", 2023, 20.0), group="low_income")], ignore_index=True
    )
    schools = facts(["a"])
    pupils = attended(groups, NO_FLOWS, schools, lies(), **SETTINGS)
    table = quality_change(pupils, groups, schools, ratings(("a", 2022, True), ("a", 2023, True)), Ledger())
    assert set(table["student_group"]) == {"all"}


def test_three_falls_of_results_give_two_steps_and_the_whole() -> None:
    groups = counts(("a", 2021, 10.0), ("a", 2022, 20.0), ("a", 2023, 40.0))
    pupils = attended(groups, NO_FLOWS, facts(["a"]), lies(), **SETTINGS)
    quality = ratings(("a", 2021, True), ("a", 2022, True), ("a", 2023, True))
    table = district(quality_change(pupils, groups, facts(["a"]), quality, Ledger()))
    assert table[["fall_from", "fall_to", "pupils_change"]].to_numpy().tolist() == [
        [2021, 2022, 10],
        [2022, 2023, 20],
        [2021, 2023, 30],
    ]


CELL = st.one_of(st.none(), st.just("hidden"), st.integers(0, 500).map(float))
SCHOOL = st.tuples(
    CELL, CELL, st.sampled_from([True, False, None]), st.sampled_from([True, False, None]), st.booleans()
)


@given(st.lists(SCHOOL, min_size=1, max_size=6))
@settings(max_examples=15)
def test_the_parts_make_the_whole_and_the_label_of_the_operator_moves_no_total(schools: list[Any]) -> None:
    ids = [f"s{i}" for i in range(len(schools))]
    rows, rated = [], []
    for name, (before, after, was, now, _) in zip(ids, schools, strict=True):
        rows += [
            (name, fall, None if cell == "hidden" else cell)
            for fall, cell in ((2022, before), (2023, after))
            if cell is not None
        ]
        rated += [(name, 2022, was), (name, 2023, now)]
    groups, quality = counts(*rows), ratings(*rated)
    labels = ["charter" if charter else "district" for *_, charter in schools]
    tables = []
    for sector in (labels, ["district" if label == "charter" else "charter" for label in labels]):
        listed = facts(ids, sector=sector)
        pupils = attended(groups, NO_FLOWS, listed, lies(**dict.fromkeys(ids[:2], "n")), **SETTINGS)
        tables.append((quality_change(pupils, groups, listed, quality, Ledger()), quality_enrollment(pupils, quality)))
    (change, table), (other, other_table) = tables
    assert np.allclose(change[PARTS].sum(axis=1), change["pupils_change"], atol=1e-9, rtol=0)
    unit = ["layer", "area_id", "student_group"]
    by_operator = change[change["run_by"].ne("all")].groupby(unit)["pupils_change"].sum()
    whole = change[change["run_by"].eq("all")].set_index(unit)["pupils_change"]
    assert by_operator.to_dict() == pytest.approx(whole.to_dict())
    for first, second in ((change, other), (table, other_table)):
        totals = [part[part["run_by"].eq("all")].reset_index(drop=True) for part in (first, second)]
        pd.testing.assert_frame_equal(*totals)
    assert (table["quality_pupils_low"] <= table["pupils_low"]).all()
