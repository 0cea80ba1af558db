"""Proposals: which are refused, which cannot be considered, and what each part finds, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.proposal_rooms import proposal_rooms
from pipeline.analysis.proposals import PARTS, check_proposals, eligible, record, score_parts
from pipeline.analysis.rolls import Rolls
from pipeline.analysis.room_need import Loading
from pipeline.columns import GRADES
from pipeline.errors import ContractError
from pipeline.ledger import Ledger

BANDS = {"elementary": ("KG", "01"), "middle": ("06", "07"), "high": ("09",)}
INVENTORY = pd.DataFrame(
    {
        "site_id": ["1", "2", "3", "4"], "rfp_status": ["listed", "listed", "not_listed", "one_definition"],
        "surplus_rooms": [8.0, np.nan, 9.0, 6.0], "neighborhood_id": ["n", "x", "n", "n"],
    }
)  # fmt: skip
ACCESS = pd.DataFrame(
    {"neighborhood_id": "n", "level": ["elementary", "middle"], "relative_access_ratio": [0.5, 3.0], "is_poor_access": True}
)  # fmt: skip
QUALITY = pd.DataFrame({"school_id": ["s", "m", "w"], "quality_class": ["strong", "middle", "weak"]})


LOADING = Loading(dict.fromkeys(("KG", "01", "06", "07", "09"), 25.0), 1.0, 0.8, BANDS)
NOBODY = Rolls(np.array([]), np.array([]), np.empty((0, len(GRADES), 0)), np.empty((0, 0)))


def space(rows: pd.DataFrame) -> pd.DataFrame:
    return proposal_rooms(rows, NOBODY, LOADING)


def proposal(**change: Any) -> pd.DataFrame:
    plain = {
        "proposal_id": "p", "site_id": "1", "name": "A School", "school_id": "s", "grade_low": "KG", "grade_high": "01",
        "enrollment_in_hand": 75.0, "rooms_asked": 6.0, **change,
    }  # fmt: skip
    return pd.DataFrame([plain])


def parts(row: pd.DataFrame, needed: float = 3.0, per_room: float = 25.0, **taught: set[str]) -> dict[str, float]:
    found = score_parts(
        row, INVENTORY, QUALITY, ACCESS, {"1": {"elementary"}, **taught},
        pd.DataFrame({"needed_rooms": needed, "pupils_per_room": per_room}, index=row.index), bands=BANDS,
        without_record=0.25,
    )  # fmt: skip
    assert found["rubric_part"].tolist() == list(PARTS)
    return found.set_index("rubric_part")["part_share"].to_dict()


def test_the_parts_of_a_proposal_by_hand() -> None:
    assert parts(proposal()) == {
        "quality_record": 1.0,
        "match_with_need": 0.75,  # half of the district's mean access: 1 - 0.5 / 2
        "grades": 1.0,
        "enrollment_in_hand": 0.5,  # 75 pupils, 6 rooms of 25
        "use_of_space": 0.75,
    }


def test_grades_of_two_levels_share_need_and_fit() -> None:
    found = parts(proposal(grade_high="07"))
    # KG and 1 find 0.75 each; 6 and 7 lie in three times the mean: nothing. Of eight grades of the span four have a level
    assert (found["match_with_need"], found["grades"]) == (pytest.approx(0.375), 0.5)


@pytest.mark.parametrize(("school", "record_is"), [("m", 0.5), ("w", 0.0), ("nobody", 0.25), (None, 0.25)])
def test_a_record_is_that_of_the_school_and_else_the_studys(school: str | None, record_is: float) -> None:
    assert parts(proposal(school_id=school))["quality_record"] == record_is


def test_what_cannot_be_known_is_empty_and_what_is_not_stated_is_nothing() -> None:
    found = parts(proposal(site_id="2", enrollment_in_hand=np.nan))
    assert np.isnan(found["match_with_need"]) and np.isnan(found["use_of_space"])
    assert (found["enrollment_in_hand"], found["grades"]) == (0.0, 1.0)
    assert np.isnan(parts(proposal(site_id="2"), per_room=np.nan)["enrollment_in_hand"])


def test_more_pupils_than_seats_find_less_than_as_many() -> None:
    assert parts(proposal(enrollment_in_hand=150.0))["enrollment_in_hand"] == 1.0
    assert parts(proposal(enrollment_in_hand=300.0), needed=12.0)["enrollment_in_hand"] == 0.5


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, ""),
        ({"site_id": "4", "rooms_asked": 6.0}, ""),
        ({"site_id": "2", "rooms_asked": 90.0}, ""),  # its rooms are not known
        ({"site_id": "3"}, "The site is not on the list."),
        ({"site_id": "9"}, "The site is in no inventory."),
        ({"rooms_asked": 9.0}, "It asks for 9 rooms, and the site has 8 to offer."),
        ({"grade_low": "06", "grade_high": "07"}, "Other grades: the school at the site teaches elementary grades."),
        ({"grade_high": "07"}, ""),  # some of its grades are taught there
        ({"site_id": "4", "grade_low": "06", "grade_high": "07"}, ""),  # nobody is taught there
        ({"enrollment_in_hand": 201.0}, "Its 201 pupils would need 9 rooms, and the site has 8 to offer."),
        ({"enrollment_in_hand": 200.0}, ""),  # more than it asks for, not more than there are
        ({"enrollment_in_hand": np.nan}, ""),
    ],
)
def test_what_can_be_considered(change: dict[str, Any], says: str) -> None:
    asked = proposal(**change)
    found = eligible(asked, INVENTORY, space(asked)["needed_rooms"], {"1": {"elementary"}}, bands=BANDS, levels_apart=0)
    assert found.tolist() == [says]


def test_a_study_may_let_neighboring_levels_share() -> None:
    asked = proposal(grade_low="06", grade_high="07")
    rooms = space(asked)["needed_rooms"]
    for apart, is_allowed in ((0, False), (1, True)):
        found = eligible(asked, INVENTORY, rooms, {"1": {"elementary"}}, bands=BANDS, levels_apart=apart)
        assert (found.item() == "") == is_allowed


def test_rooms_are_those_of_the_grades_its_school_has_on_roll() -> None:
    on_roll = np.zeros((1, len(GRADES), 1))
    on_roll[0, [GRADES.index("KG"), GRADES.index("07")], 0] = 75.0, 25.0
    found = Rolls(np.array(["s"]), np.array([2024]), on_roll, np.zeros((1, 1)))
    row = proposal(grade_high="07", enrollment_in_hand=100.0)
    # 75 of 100 at 25 a room; 25 at 20 a room: 3 and 2 rooms, on average 100 / (3 + 1.25)
    assert proposal_rooms(row, found, LOADING).iloc[0].tolist() == [5.0, pytest.approx(100 / 4.25)]
    # without its school: evenly over KG, 1, 6 and 7 and the eight grades of the span
    assert proposal_rooms(proposal(grade_high="07", school_id=None), found, LOADING)["needed_rooms"].item() > 3


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", " @SUM(A1)", "-2", "\uff1d1"])
def test_a_proposer_whose_name_is_a_formula_is_refused(name: str) -> None:
    with pytest.raises(ContractError, match="E-FORMULA") as refused:
        check_proposals(proposal(name=name), "proposals.xlsx (source proposals)")
    assert str(refused.value).startswith("proposals.xlsx (source proposals) cannot be used")
    assert "proposal p" in str(refused.value) and "Ask the proposer for a name" in str(refused.value)


def test_grades_that_run_backwards_are_refused_and_honest_names_are_not() -> None:
    with pytest.raises(ContractError, match="grade_low lies above grade_high"):
        check_proposals(proposal(grade_low="08", grade_high="KG"))
    check_proposals(proposal(name="St. Mary's - North (planned)"))


def test_proposals_that_cannot_be_considered_are_counted() -> None:
    ledger = Ledger()
    both = pd.concat([proposal(), proposal(proposal_id="q", site_id="9")], ignore_index=True)
    rooms = space(both)["needed_rooms"]
    record(both, eligible(both, INVENTORY, rooms, {}, bands=BANDS, levels_apart=0), ledger)
    lines = ledger.frame()
    assert lines["item"].tolist() == ["q"]
    assert lines[["total", "outside"]].max().max() == 1.0
