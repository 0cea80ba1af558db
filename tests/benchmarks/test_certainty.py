"""The benchmark of draws in its small form: its ranks are those of the families."""

from __future__ import annotations

from benchmarks.certainty import draws


def test_small_form_agrees_with_the_families() -> None:
    of_state, of_district = draws(small=True)
    assert of_state["max_error"] == 0
    assert of_state["size"] == "300 areas x 15 indicators x 100 draws"
    assert of_state["met"] and of_district["met"]
