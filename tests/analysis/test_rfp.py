"""The inventory for a request for proposals: every site once, with a place on the list and a reason."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis import rfp
from pipeline.analysis.rfp_confidence import confidence, constraints
from pipeline.columns import BY_NAME
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check, empty

YEARS = {"fall_year": 2024, "horizon": 2029, "under_ratio": 0.75}


def surplus(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=["site_id", "surplus_case", "definitions_under", "definitions_known"])
    return frame.assign(
        reason="why", surplus_seats=200.0, surplus_rooms=8.0, surplus_rooms_now=9.0, surplus_rooms_horizon=8.0,
        rooms_needed_back_year=pd.array([2031] * len(frame), dtype="Int64"), longest_lease_years=6.0,
        lease_limit="host_needs_rooms",
    )  # fmt: skip


def use(*rows: tuple[str, int, float, float | None]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=["site_id", "fall_year", "utilization_ratio", "utilization_high_ratio"])
    return frame.assign(pupils=frame["utilization_ratio"] * 400, capacity_definition="given").astype(
        {"utilization_high_ratio": "float64"}
    )


def sites(*ids: str, **other: object) -> pd.DataFrame:
    plain = {
        "site_status": "open", "is_district_owned": True, "condition_class": "good", "condition_index": 0.1,
        "building_m2": 3000.0, "land_m2": 9000.0, "year_built": 1960, **other,
    }  # fmt: skip
    return pd.DataFrame({"site_id": list(ids)}).assign(**plain)


NOWHERE = pd.DataFrame({"site_id": ["a", "b"], "neighborhood_id": ["n", None], "zone_id": [None, None]})
ROOMS = pd.DataFrame({"site_id": ["a"], "room_type": ["classroom"], "is_portable": [False], "rooms": [12.0]})


def around(places: pd.DataFrame) -> pd.DataFrame:
    tables = (empty(name, "") for name in ("need", "service_gap", "growth_pockets", "seat_access", "reach"))
    return rfp.surroundings(places, *tables, levels=("elementary",), reach_m=2400.0)


def inventory(cases: pd.DataFrame) -> pd.DataFrame:
    listed = sites(*cases["site_id"])
    here = pd.Series(dtype="float64")
    found = rfp.rfp_inventory(
        listed,
        cases,
        pd.Series(dtype="str"),
        confidence(cases, use(), **YEARS),
        constraints(listed, here, ROOMS, NOWHERE),
        here,
        around(pd.DataFrame({"site_id": cases["site_id"], "neighborhood_id": None, "zone_id": None}, dtype="str")),
        pd.Series("8 rooms for 6 years", index=cases["site_id"]),
    )
    return check(BY_TABLE["rfp_inventory"], found)


def test_every_case_of_a_site_has_a_place_on_the_list() -> None:
    cases = BY_NAME["surplus_case"].values
    assert set(rfp.HORIZON) == set(cases)
    found = inventory(surplus(*((f"s{n:02d}", case, 1.0, 1.0) for n, case in enumerate(cases))))
    assert dict(zip(found["surplus_case"], found["rfp_status"], strict=True)) == {
        **dict.fromkeys(cases, "not_listed"),
        "surplus": "listed", "empty_site": "listed", "one_definition": "one_definition", "no_numbers": "not_known",
    }  # fmt: skip
    assert (found["reason"] == "why").all()
    offered = found["rfp_status"].isin(["listed", "one_definition"])
    assert (found["lease_offer"].notna() == offered).all()


def test_a_site_is_offered_whole_for_some_years_or_in_part_for_more() -> None:
    """Free at the upper end: 9.6 rooms, then 9.1, then 8.7; by a definition that does not say underutilized, none."""
    rows = [(2024, 0.5, 9.6, None), (2025, 0.5, 9.6, 9.1), (2026, 0.6, 9.6, 8.7)]
    full = pd.DataFrame(rows, columns=["fall_year", "utilization_ratio", "surplus_rooms", "surplus_rooms_low"])
    full = full.assign(site_id="a", capacity_seats=500.0, pupils=250.0, utilization_high_ratio=np.nan)
    both = pd.concat(
        [
            full.assign(capacity_definition="given"),
            full.assign(
                capacity_definition="functional", utilization_ratio=0.9, surplus_rooms=0.0, surplus_rooms_low=0.0
            ),
        ]
    )
    cases = surplus(("a", "surplus", 1.0, 2.0), ("empty", "empty_site", 2.0, 2.0)).assign(surplus_rooms=9.0)
    cases.loc[1, "lease_limit"] = "no_host"
    rule = {"fall_year": 2024, "judged_by": ("given", "functional"), "under_ratio": 0.75, "smallest_rooms": 6.0}
    assert rfp.lease_offers(cases, both, **rule).to_dict() == {"a": "9 rooms for 1 year, or 8 for 2"}


@pytest.mark.parametrize(
    ("case", "rows", "known", "is_class", "says"),
    [
        ("surplus", [(2024, 0.5, None), (2029, 0.5, 0.6)], 2.0, "high", "nothing speaks against the count"),
        ("surplus", [(2024, 0.72, None), (2029, 0.5, 0.6)], 2.0, "medium", "within 5 points of the threshold of 75%"),
        ("surplus", [(2024, 0.5, None), (2029, 0.5, None)], 2.0, "low", "no tested interval"),
        ("one_definition", [(2024, 0.5, None), (2029, 0.5, 0.6)], 1.0, "low", "only one capacity definition"),
        ("surplus", [(2024, 0.0, None), (2029, 0.0, None)], 2.0, "low", "no pupils are counted there"),
        ("leased", [], 0.0, "high", "nothing speaks against the count"),
        ("empty_site", [(2024, 0.0, None)], 2.0, "high", "nothing speaks against the count"),
        ("empty_site", [], 0.0, "low", "capacity is not known"),
        ("empty_site", [(2024, 0.0, None)], 1.0, "medium", "by one definition only"),
        ("no_numbers", [], 0.0, "not_known", "nothing is known"),
    ],
)  # fmt: skip
def test_confidence_by_its_rules(
    case: str, rows: list[tuple[int, float, float | None]], known: float, is_class: str, says: str
) -> None:
    found = confidence(surplus(("a", case, known, known)), use(*(("a", *row) for row in rows)), **YEARS).iloc[0]
    assert found["confidence_class"] == is_class
    assert says in found["confidence_rule"]


def test_the_worst_of_several_doubts_counts_and_all_are_said() -> None:
    rows = use(("a", 2024, 0.74, None), ("a", 2029, 0.5, None))
    found = confidence(surplus(("a", "definitions_disagree", 1.0, 2.0)), rows, **YEARS).iloc[0]
    assert found["confidence_class"] == "low"
    assert found["confidence_rule"].count(";") == 2


def test_constraints_are_named_and_none_is_an_empty_text() -> None:
    listed = sites("a", "b").assign(condition_class=["good", "not_known"], site_status=["open", "leased"])
    found = constraints(listed, pd.Series({"b": 2.0}), ROOMS, NOWHERE).tolist()
    assert found[0] == ""
    assert found[1] == (
        "leased to others; condition of the building not known; 2 schools share the site; no inventory of rooms; "
        "in no neighborhood of the study"
    )


def test_growth_is_that_of_the_pocket_a_site_stands_in_and_else_the_nearest_within_reach() -> None:
    places = pd.DataFrame(
        {"site_id": ["in", "near", "far"], "neighborhood_id": ["n 1", "n9", "n9"], "zone_id": None}
    ).astype("str")
    pockets = pd.DataFrame(
        {
            "pocket_id": ["grow", "shrink"], "pocket_kind": ["growing", "shrinking"], "area_ids": ["n 1; n2", "n3"],
            "vintage_to": "2019-2023", "reliability_class": ["high", "low"],
        }
    )  # fmt: skip
    reach = pd.DataFrame(
        [("n3", "in", 10.0), ("n3", "near", 900.0), ("n2", "near", 800.0), ("n 1", "far", 2500.0)],
        columns=["origin_id", "destination_id", "distance_m"],
    ).assign(origin_layer="neighborhood", destination_kind="site")
    other = (empty(name, "") for name in ("need", "service_gap"))
    found = rfp.surroundings(
        places, *other, pockets, empty("seat_access", ""), reach, levels=("elementary",), reach_m=2400.0
    ).set_index("site_id")
    assert found.loc["in", ["pocket_id", "pocket_distance_m"]].tolist() == ["grow", 0.0]
    assert found.loc["near", ["pocket_id", "pocket_distance_m"]].tolist() == ["grow", 800.0]
    assert pd.isna(found.loc["far", "pocket_id"])


def test_the_ledger_counts_the_list_and_sites_without_a_place() -> None:
    ledger = Ledger()
    rfp.record(inventory(surplus(("a", "surplus", 2.0, 2.0), ("b", "in_use", 0.0, 2.0))), ledger)
    lines = ledger.frame()
    assert "1 sites: listed (surplus)" in lines["reason"].tolist()
    assert lines.loc[lines["entry"] == "absence", "total"].tolist() == [2.0]
    assert not np.isnan(lines.loc[lines["entry"] == "absence", "total"]).any()
