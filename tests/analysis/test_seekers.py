"""Who looks for space: charters outside the district's buildings, or those that asked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis import seekers
from pipeline.analysis.rolls import Rolls
from pipeline.analysis.room_need import Loading
from pipeline.columns import GRADES
from pipeline.ledger import Ledger
from pipeline.tables import empty

BANDS = {"elementary": ("KG", "01"), "middle": ("06",), "high": ("09",)}
LOADING = Loading({"KG": 25.0, "01": 25.0, "06": 25.0, "09": 27.0}, 1.0, 0.8, BANDS)
ROWS = [("housed", "charter", "open", True, False), ("asks", "charter", "open", True, False), ("unknown", "charter", "open", True, False),
        ("online", "charter", "open", True, True), ("shut", "charter", "closed", True, False), ("own", "district", "open", True, False),
        ("rents", "charter", "open", True, False)]  # fmt: skip
SCHOOLS = pd.DataFrame(ROWS, columns=["school_id", "sector", "school_status", "is_place", "is_virtual"]).assign(
    name=lambda f: f["school_id"].str.title(), serves_elementary=True, serves_middle=False, serves_high=False
)
AT = pd.DataFrame({"school_id": ["housed", "own", "rents"], "site_id": ["1", "1", "2"]})
SITES = pd.DataFrame({"site_id": ["1", "2"], "is_district_owned": [True, False]})
PUPILS = pd.Series({"housed": 200.0, "asks": 120.5, "online": 300.0, "shut": 0.0, "own": 300.0, "rents": 90.0})


def need(schools: pd.DataFrame = SCHOOLS) -> pd.DataFrame:
    counts = np.zeros((1, len(GRADES), 1))
    counts[0, GRADES.index("KG"), 0] = 120.5
    rolls = Rolls(np.array(["asks"], dtype=object), np.array([2024]), counts, np.zeros((1, 1)))
    return seekers.pupils_at_schools(rolls, PUPILS, schools, LOADING)


def found(requests: pd.DataFrame, schools: pd.DataFrame = SCHOOLS, ledger: Ledger | None = None) -> pd.DataFrame:
    return seekers.seekers(schools, AT, SITES, need(schools), requests, LOADING, ledger or Ledger()).set_index(
        "school_id"
    )


def test_only_open_charters_outside_district_buildings_ask_and_those_not_known_are_told() -> None:
    ledger = Ledger()
    asking = found(empty("space_requests", ""), ledger=ledger)
    assert asking[["needed_seats", "needed_rooms", "rooms_basis"]].to_numpy().tolist() == [
        [121.0, 5.0, "grades"],
        [90.0, 4.0, "total"],  # 90 / 25
    ]
    lines = ledger.frame()
    assert lines["item"].tolist() == ["unknown"]
    assert "pupils are not known" in lines["reason"].item()


def test_where_requests_are_listed_they_alone_ask_with_what_they_declare() -> None:
    rows = {"school_id": ["asks", "own", "New STEM"], "name": [None, None, "New STEM"], "elementary_pupils": [None, None, 100.0],
            "middle_pupils": [None, None, 30.0], "high_pupils": None, "needed_rooms": [None, 3.0, None], "community_ids": [None, None, "N1; N2"]}  # fmt: skip
    requests = pd.DataFrame(rows).astype({c: "float64" for c in rows if c.endswith(("pupils", "rooms"))})
    asking = found(requests)
    assert list(asking.index) == ["New STEM", "asks", "own"]
    new = asking.loc["New STEM"]
    # 100 / 25 and 30 / (25 x 0.8)
    assert (new["needed_seats"], new["needed_rooms"], new["rooms_basis"], new["is_school"]) == (
        130.0,
        6.0,
        "levels",
        False,
    )
    assert new["serves_middle"]
    assert not new["serves_high"]
    assert asking.loc["own", ["needed_seats", "needed_rooms", "rooms_basis"]].tolist() == [300.0, 3.0, "declared"]
    assert asking.loc["asks", "needed_rooms"] == 5.0


def test_a_request_for_fewer_rooms_than_its_pupils_need_is_told() -> None:
    ledger = Ledger()
    rows = {"school_id": ["NEW", "asks"], "name": None, "elementary_pupils": [100.0, 50.0], "middle_pupils": np.nan, "high_pupils": np.nan,
            "needed_rooms": [3.0, 2.0], "community_ids": None}  # fmt: skip
    found(pd.DataFrame(rows), ledger=ledger)
    line = ledger.frame().iloc[0]
    assert (len(ledger.frame()), line["entry"], line["item"]) == (1, "note", "NEW")
    assert "first: NEW asks for 3 and 100 pupils need 4" in line["reason"]


def test_a_school_without_pupils_needs_no_seats_and_not_minus_none() -> None:
    nobody = seekers.pupils_at_schools(Rolls(np.array([]), np.array([]), np.empty((0, len(GRADES), 0)), np.empty((0, 0))),
                                       pd.Series({"own": 0.0}), SCHOOLS, LOADING)  # fmt: skip
    assert f"{nobody.loc['own', 'needed_seats']:,.0f}" == "0"


@pytest.mark.parametrize("sector", ["charter", "district"])
def test_who_runs_a_school_that_asked_changes_nothing(sector: str) -> None:
    requests = empty("space_requests", "")
    requests = pd.concat([requests, pd.DataFrame({"school_id": ["asks", "own"]})]).reset_index(drop=True)
    pd.testing.assert_frame_equal(found(requests), found(requests, SCHOOLS.assign(sector=sector)))
