"""The benchmark of the outlook in its small form: it agrees with a plain loop, whatever the threads."""

from __future__ import annotations

from benchmarks.outlook import outlook


def test_small_form_agrees_with_a_plain_loop() -> None:
    of_district, of_country = outlook(small=True)
    assert of_district["max_error"] <= 1e-9
    assert of_country["max_error"] <= 1e-9
    assert of_district["size"].startswith("60 schools x 13 grades x 23 falls, 10 years ahead, 9 methods")
    assert of_district["met"] and of_country["met"]
