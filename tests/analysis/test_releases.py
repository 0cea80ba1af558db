"""Releases: what is kept, what is compared, and that nothing hidden comes to light between two of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis import publication as public
from pipeline.analysis import releases
from pipeline.analysis.disclosure import HIDDEN
from pipeline.analysis.publication_gap import told_gap
from pipeline.tables import BY_TABLE, check, empty


def published(**changed: Any) -> dict[str, pd.DataFrame]:
    """Two neighborhoods, two zones of which one is hidden, a district with one hidden school."""
    tables: dict[str, Any] = {
        "public_neighborhoods": pd.DataFrame(
            {
                "neighborhood_id": ["n1", "n2"],
                "vintage": "2019-2023",
                "need_rank": [1.0, np.nan],
                "need_rank_low": [1.0, np.nan],
                "need_rank_high": [3.0, np.nan],
                "children_0_17": [400.0, 300.0],
                "children_0_17_moe": [60.0, 80.0],
            }
        ),
        "public_access": pd.DataFrame(
            {
                "neighborhood_id": ["n1"],
                "level": ["middle"],
                "relative_access_ratio": [0.4321],
                "is_poor_access": [True],
            }
        ),
        "public_zones": pd.DataFrame(
            {
                "level": "middle",
                "fall_year": 2022,
                "zone_id": ["1", "2"],
                "resident_pupils": [500.0, np.nan],
                "unmet_seats": [200.0, np.nan],
                "method": "residents counted; seats: given",
            }
        ),
        "public_sectors": pd.DataFrame(
            {
                "layer": "district",
                "fall_year": 2024,
                "run_by": ["district", "charter", "private"],
                "pupils": [900.0, 100.0, np.nan],
            }
        ),
        "public_quality_seats": pd.DataFrame(
            {
                "layer": ["district"],
                "run_by": "all",
                "student_group": "all",
                "fall_year": 2024,
                "pupils": 1000.0,
                "quality_pupils": 300.0,
            }
        ),
        "public_rfp": pd.DataFrame({"rfp_status": ["listed", "not_listed"]}),
        "public_enrollment": pd.DataFrame(
            {"school_id": ["a", "b", "b"], "fall_year": [2024, 2024, 2025], "value_text": ["900", HIDDEN, HIDDEN]}
        ),
    }
    return tables | changed


def frozen(tables: dict[str, pd.DataFrame], name: str = "2023-24", place: int = 1, method: int = releases.METHOD, fall: int = 2024) -> pd.DataFrame:  # fmt: skip
    table = releases.facts(tables, fall_year=fall, district_id="9").assign(
        release_id=name, release_number=place, fall_year=fall, method_number=method
    )
    return check(BY_TABLE["release_facts"], table)


def compared(before: pd.DataFrame, **changed: Any) -> pd.DataFrame:
    table, _ = public.changes(published(**changed), before, fall_year=2024, district_id="9")
    return check(BY_TABLE["public_changes"], table).set_index(["subject_id", "fact"])


def test_a_release_keeps_published_numbers_and_what_was_hidden() -> None:
    kept = frozen(published()).set_index(["subject_id", "fact", "fact_level"])
    assert kept.loc[("n1", "need_rank", "all"), releases.NUMBERS].tolist() == [1.0, 1.0, 3.0]
    assert kept.loc[("n1", "children_0_17", "all"), releases.NUMBERS].tolist() == [400.0, 340.0, 460.0]
    assert kept.loc[("n1", "relative_access_ratio", "middle"), "fact_value"] == 0.43
    assert kept.loc[("1", "resident_pupils", "middle"), ["fact_value", "made_by"]].tolist() == [500.0, "residents counted"]  # fmt: skip
    assert kept.loc[("9", "quality_share", "all"), "fact_value"] == 0.3
    hidden = kept[kept["value_status"].eq("suppressed")]
    assert hidden.index.tolist() == [("b", "pupils", "all"), ("2", "resident_pupils", "middle")]
    assert hidden["fact_value"].isna().all() and hidden["period"].tolist() == ["2024", "2024"]
    assert ("n2", "need_rank", "all") not in kept.index


def test_without_a_release_there_is_nothing_to_tell() -> None:
    assert compared(empty("release_facts", "")).empty


def test_a_number_that_is_hidden_in_either_release_is_not_compared() -> None:
    zones = published()["public_zones"]
    shown = zones.assign(resident_pupils=[np.nan, 40.0], unmet_seats=[np.nan, 30.0])
    assert not {"1", "2"} & set(compared(frozen(published(public_zones=shown))).index.get_level_values(0))


@pytest.mark.parametrize(
    ("before", "margin", "vintage", "evidence", "why"),
    [
        (400.0, 60.0, "2019-2023", "same", "nothing"),
        (200.0, 60.0, "2014-2018", "beyond", "data"),
        (330.0, 60.0, "2014-2018", "within", "data"),
        (200.0, 60.0, "2018-2022", "overlapping", "data"),
        (200.0, np.nan, "2014-2018", "no_margin", "data"),
    ],
)
def test_a_survey_number_moves_beyond_its_margins_or_not(
    before: float, margin: float, vintage: str, evidence: str, why: str
) -> None:
    places = published()["public_neighborhoods"]
    first = places["neighborhood_id"].eq("n1")
    then = places.assign(
        children_0_17=places["children_0_17"].mask(first, before),
        children_0_17_moe=places["children_0_17_moe"].mask(first, margin),
        vintage=vintage,
    )
    row = compared(frozen(published(public_neighborhoods=then))).loc[("n1", "children_0_17")]
    assert (row["change_evidence"], row["changed_by"]) == (evidence, why)


def test_a_small_count_has_its_whole_margin_though_its_interval_ends_at_zero() -> None:
    """Of 50 ± 80, then 130 ± 40, the change of 80 is less than its margin, 89."""
    places = published()["public_neighborhoods"]
    then = places.assign(children_0_17=[50.0, 300.0], children_0_17_moe=[80.0, 80.0], vintage="2014-2018")
    now = places.assign(children_0_17=[130.0, 300.0], children_0_17_moe=[40.0, 80.0])
    kept = frozen(published(public_neighborhoods=then))
    assert kept.set_index(["subject_id", "fact"]).loc[("n1", "children_0_17"), releases.NUMBERS].tolist() == [50.0, 0.0, 130.0]  # fmt: skip
    row = compared(kept, public_neighborhoods=now).loc[("n1", "children_0_17")]
    assert (row["value_change"], row["change_evidence"]) == (80.0, "within")


def test_ranks_are_apart_where_their_intervals_are() -> None:
    places = published()["public_neighborhoods"]
    for low, high, evidence in ((4.0, 9.0, "beyond"), (3.0, 9.0, "within")):
        then = places.assign(need_rank=[5.0, np.nan], need_rank_low=[low, np.nan], need_rank_high=[high, np.nan])
        row = compared(frozen(published(public_neighborhoods=then), fall=2023)).loc[("n1", "need_rank")]
        assert (row["change_evidence"], row["changed_by"], row["value_change"]) == (evidence, "data", -4.0)


def test_another_way_of_counting_is_no_change() -> None:
    zones = published()["public_zones"]
    then = zones.assign(
        method="children of these ages x pupils per child; seats: given", resident_pupils=[420.0, np.nan]
    )
    row = compared(frozen(published(public_zones=then))).loc[("1", "resident_pupils")]
    assert (row["change_evidence"], row["changed_by"]) == ("not_comparable", "method")
    row = compared(frozen(published(public_zones=then), fall=2023)).loc[("1", "resident_pupils")]
    assert row["changed_by"] == "both"


def test_why_is_said_only_where_it_is_on_record() -> None:
    sectors = published()["public_sectors"].assign(pupils=[880.0, 90.0, np.nan])
    corrected = compared(frozen(published(public_sectors=sectors)))
    assert corrected.loc[("9", "charter_pupils"), ["change_evidence", "changed_by"]].tolist() == ["no_margin", "not_known"]  # fmt: skip
    other = compared(frozen(published(public_sectors=sectors), method=releases.METHOD + 1))
    assert other.loc[("9", "charter_pupils"), "changed_by"] == "method"


def test_a_release_that_says_the_same_as_now_is_passed_over() -> None:
    sectors = published()["public_sectors"].assign(pupils=[880.0, 90.0, np.nan])
    both = pd.concat([frozen(published(public_sectors=sectors), fall=2024), frozen(published(), "2024-25", 2)])
    assert set(compared(both)["release_id"]) == {"2023-24"}
    assert set(compared(frozen(published(), "2024-25", 2))["change_evidence"]) == {"same"}


def test_what_a_release_hid_stays_hidden_in_its_year() -> None:
    """School c was hidden to protect a; by a correction a is large now: c alone would tell what a was."""
    then = {("all", "c", "2024")}
    groups = pd.DataFrame(
        {
            "school_id": ["a", "b", "c", "d"],
            "fall_year": 2024,
            "student_group": "all",
            "pupils": [90.0, 200.0, 30.0, 400.0],
            "pupils_low": [90.0, 200.0, 30.0, 400.0],
            "value_status": "reported",
        }
    )
    told, line = public.enrollment(groups, 11, before=then)
    assert told["value_text"].tolist() == ["*", "200", "*", "400"]  # beside c the next smallest
    assert (line["primary_hidden_cells"], line["complementary_hidden_cells"]) == (1, 1)
    assert "*" not in set(public.enrollment(groups.assign(fall_year=2025), 11, before=then)[0]["value_text"])


def test_a_zone_that_a_release_hid_stays_hidden_in_its_year() -> None:
    gap = pd.DataFrame(
        {"level": "middle", "zone_id": ["1", "2", "3"], "is_approximate": False, "resident_pupils": [60.0, 70.0, 900.0], "quality_seats": 10.0, "citywide_seats": 0.0, "citywide_pupils": 0.0, "method": "residents counted"}
    )  # fmt: skip
    told, primary, extra = told_gap(gap, 11, 2024, {("middle", "2", "2024")})
    assert told["resident_pupils"].isna().tolist() == [True, True, False]
    assert (int(primary.sum()), int(extra.sum())) == (1, 1)
    assert told_gap(gap, 11, 2025, {("middle", "2", "2024")})[0]["resident_pupils"].notna().all()
