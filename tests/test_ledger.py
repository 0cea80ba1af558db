"""The child ledger: what goes in arrives, lies outside or has no place; nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import LedgerError
from pipeline.ledger import Ledger

COUNT = st.floats(0, 1e7)


@given(COUNT, COUNT, COUNT)
def test_a_balance_that_adds_up_is_kept(inside: float, outside: float, unlocated: float) -> None:
    ledger = Ledger()
    ledger.balance(
        "children",
        total=inside + outside + unlocated,
        inside=inside,
        outside=outside,
        unlocated=unlocated,
        unit="children",
    )
    assert ledger.frame()["entry"].tolist() == ["balance"]


def test_a_lost_child_is_an_error() -> None:
    with pytest.raises(LedgerError, match=r"100\.000000 children went in.*1\.000000 are lost"):
        Ledger().balance("children", total=100, inside=98, outside=1, unit="children")


@pytest.mark.parametrize("part", ["total", "inside", "outside", "unlocated"])
@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_no_balance(part: str, wrong: float) -> None:
    numbers = {"total": 0.0, "inside": 0.0, "outside": 0.0, "unlocated": 0.0, part: wrong}
    with pytest.raises(LedgerError, match=f"children of high zones: {part} is {wrong}"):
        Ledger().balance("children of high zones", **numbers, unit="children")


def test_what_is_no_number_is_no_match() -> None:
    with pytest.raises(LedgerError, match="schools: total is nan, matched is inf"):
        Ledger().match("schools", total=float("nan"), matched=float("inf"), unit="schools")
    with pytest.raises(LedgerError, match="11 of 10 schools were matched"):
        Ledger().match("schools", total=10, matched=11, unit="schools")


def test_lines_are_numbered_in_order() -> None:
    ledger = Ledger()
    ledger.note("zones", "approximate")
    ledger.loss("schools", "no coordinates", count=2, unit="schools")
    ledger.match("enrollment", total=10, matched=8, unit="schools")
    frame = ledger.frame()
    assert frame["line"].tolist() == [1, 2, 3]
    assert frame["outside"].tolist()[2] == 2
    assert frame.dtypes.map(str)[["total", "inside"]].tolist() == ["float64", "float64"]
