"""Documented exclusions of sites, and blanket ones that are refused."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.analysis.exclusions import check_exclusions, excluded_pairs, record_exclusions, refuse_class_by_name
from pipeline.errors import ContractError
from pipeline.ledger import Ledger
from pipeline.tables import empty

SITES = pd.DataFrame({"site_id": ["s1", "s2"]})


def rows(*lines: tuple[str, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(lines, columns=["site_id", "school_id"])
    return frame.assign(reason="Kept for a clinic.", documented_in="Board item 7", documented_on="2024-05-01")


@pytest.mark.parametrize(
    "line",
    [
        ("s1", "charter"),
        ("s1", "Charter schools"),
        ("s1", "charter school"),
        ("s1", "All the private schools"),
        ("All Sites", None),
        ("*", "a"),
        ("all", None),
        ("s2", "All"),
        ("s1", "middle"),
    ],
)
def test_a_class_of_schools_is_refused_by_name(line: tuple[str, str | None]) -> None:
    with pytest.raises(ContractError, match="names a class of schools or all sites") as caught:
        check_exclusions(rows(("s1", "a"), line), SITES)
    assert f"site {line[0]}" in str(caught.value)
    assert "never for what kind of school it is" in str(caught.value)


def test_unknown_sites_and_undocumented_exclusions_are_refused_in_one_message() -> None:
    with pytest.raises(ContractError) as caught:
        check_exclusions(rows(("s9", "a"), ("s1", None)).assign(documented_in=["x", " "]), SITES)
    assert "in no inventory (once; first: site s9" in str(caught.value)
    assert "no document" in str(caught.value)
    check_exclusions(rows(("s1", None), ("s2", "a")), SITES)
    check_exclusions(empty("site_exclusions", ""), SITES, set(), now=2024)


@pytest.mark.parametrize(
    "reason", ["No charters here", "not for a private school", "Kept without any charter schools."]
)
def test_a_class_in_the_reason_is_refused_where_no_school_is_named(reason: str) -> None:
    with pytest.raises(ContractError, match="E-EXCLUDED-CLASS"):
        check_exclusions(rows(("s1", None)).assign(reason=reason), SITES)
    check_exclusions(rows(("s1", "a")).assign(reason=reason), SITES)
    check_exclusions(rows(("s1", None)).assign(reason="Leased to a charter school; no water in wing B"), SITES)


def test_a_school_that_nobody_knows_is_refused_and_the_file_is_named() -> None:
    with pytest.raises(
        ContractError, match=r"(?s)ex\.csv \(source ex\) cannot.*E-EXCLUDED-SCHOOL.*site s2, school 'z'"
    ):
        check_exclusions(rows(("s1", "a"), ("s2", "z")), SITES, {"a"}, subject="ex.csv (source ex)")
    check_exclusions(rows(("s1", "a"), ("s2", None)), SITES, {"a"})


@pytest.mark.parametrize(
    ("date", "is_sound"), [("2024-13-45", False), ("2026-01-01", False), ("2025-12-31", True), ("2023-02-29", False)]
)
def test_a_document_has_a_day_of_the_calendar_that_has_come(date: str, is_sound: bool) -> None:
    dated = rows(("s1", "a")).assign(documented_on=date)
    if is_sound:
        check_exclusions(dated, SITES, now=2024)
        return
    with pytest.raises(ContractError, match=f"E-EXCLUDED-DATE.*{date}"):
        check_exclusions(dated, SITES, now=2024)


def test_the_same_exclusion_twice_is_refused() -> None:
    for line in (("s1", "a"), ("s1", None)):
        with pytest.raises(ContractError, match=r"E-KEY-DUP.*once; first: site s1"):
            check_exclusions(rows(line, line, ("s2", "a")), SITES)


def test_all_who_ask_listed_one_by_one_is_a_class_in_disguise() -> None:
    asking = pd.DataFrame({"school_id": ["a", "b"]})
    with pytest.raises(ContractError, match="closed to all 2 schools that ask, one by one"):
        refuse_class_by_name(rows(("s1", "a"), ("s1", "b")), asking)
    refuse_class_by_name(rows(("s1", "a"), ("s1", "b"), ("s1", None)), asking)
    refuse_class_by_name(rows(("s1", "a"), ("s2", "b")), asking)
    refuse_class_by_name(rows(("s1", "a")), asking[:1])


def test_an_exclusion_bars_its_site_for_all_or_for_one() -> None:
    pairs = pd.DataFrame({"school_id": ["a", "a", "b", "b"], "site_id": ["s1", "s2", "s1", "s2"]})
    found = excluded_pairs(pairs, rows(("s1", "a"), ("s2", None)))
    assert found.notna().tolist() == [True, True, False, True]
    assert found[0] == "Kept for a clinic (Board item 7, 2024-05-01)"


def test_exclusions_that_bar_nothing_are_counted() -> None:
    ledger = Ledger()
    asking, offered = pd.DataFrame({"school_id": ["a"]}), pd.DataFrame({"site_id": ["s1"]})
    record_exclusions(rows(("s1", "a"), ("s1", "z"), ("s2", None)), asking, offered, ledger)
    record_exclusions(rows(), asking, offered, ledger)
    assert ledger.frame()[["total", "inside", "outside"]].to_numpy().tolist() == [[3.0, 1.0, 2.0]]
