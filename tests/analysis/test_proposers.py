"""Proposers that are not the school whose id they give."""

from __future__ import annotations

import pandas as pd

from pipeline.analysis import proposers
from pipeline.ledger import Ledger

SCHOOLS = pd.DataFrame(
    {
        "school_id": ["a", "b", "0"], "name": ["Oak Street Charter", "Cedar Grove Charter", "District Office"],
        "is_place": [True, True, False], "is_virtual": False,
    }
)  # fmt: skip
ASKED = pd.DataFrame(
    {
        "proposal_id": ["P-3", "P-2", "P-1", "P-4"], "school_id": ["99", "b", "a", None],
        "name": ["Nobody's School", "Puentes", "Oak Street Charter", "A New One"],
    }
)  # fmt: skip


def test_an_id_in_no_directory_is_no_school_without_a_record() -> None:
    why = pd.Series(["", "", "The site is not on the list.", ""])
    found = proposers.unknown_schools(ASKED, SCHOOLS, why)
    assert found.tolist() == ["Its school_id 99 is no school of the directory.", "", "The site is not on the list.", ""]


def test_an_office_is_no_school() -> None:
    office = ASKED[:1].assign(school_id="0")
    assert proposers.unknown_schools(office, SCHOOLS, pd.Series([""])).str.startswith("Its school_id 0 is").all()


def test_the_name_of_another_school_is_told_on_the_row() -> None:
    scores = proposers.with_names(ASKED.assign(reason="Scored."), SCHOOLS)
    told = scores.set_index("proposal_id")["reason"]
    assert told["P-2"] == "Scored. The directory calls the school of this school_id Cedar Grove Charter."
    assert told.drop("P-2").eq("Scored.").all()


def test_both_are_in_the_ledger_with_the_first_proposal() -> None:
    ledger = Ledger()
    proposers.record(ASKED, SCHOOLS, ledger)
    lines = ledger.frame()
    assert lines[["entry", "item"]].to_numpy().tolist() == [["loss", "P-3"], ["note", "P-2"]]
    assert "1 give the id of a school" in lines["reason"][1]
    assert "first: Puentes gives b, Cedar Grove Charter" in lines["reason"][1]
    honest = Ledger()
    proposers.record(ASKED[2:], SCHOOLS, honest)
    assert honest.frame().empty


def test_a_study_without_proposals_has_none_to_tell() -> None:
    none = ASKED[:0].assign(reason=pd.Series(dtype="str"))
    assert proposers.with_names(none, SCHOOLS).empty
    assert proposers.unknown_schools(none, SCHOOLS, pd.Series(dtype="str")).empty
