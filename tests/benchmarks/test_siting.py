"""The comparison of siting in its small form: optima are spopt's, and a worse plan is an error too large."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks import siting


def test_small_form_finds_the_optima_of_spopt() -> None:
    coverage, median, *assignments = siting.siting(small=True)
    assert (coverage["target"], median["target"]) == (20.0, 30.0)
    assert coverage["size"] == median["size"] == "60 x 25, 5 sites"
    assert max(coverage["max_error"], median["max_error"]) <= siting.MOST_ERROR
    assert {each["target"] for each in assignments} == {"<= 5 s"}
    assert max(each["max_error"] for each in assignments) <= siting.ASSIGNMENT_GAP
    # plenty of rooms, hardly enough, and too few: each says which
    ratios = [float(each["size"].split("rooms/needed ")[1]) for each in assignments]
    assert ratios == sorted(ratios, reverse=True) and ratios[0] > 2 and min(ratios) < 2 and len(set(ratios)) == 3


def test_a_plan_that_is_not_the_best_is_not_met(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = siting.most_covered
    monkeypatch.setattr(siting, "most_covered", lambda *given: replace(honest(*given), objective=1.0))
    coverage = siting.siting(small=True)[0]
    assert coverage["max_error"] > siting.MOST_ERROR and not coverage["met"]
