"""The small country: the same bytes for 1, 2 and 4 processes, and when one is killed at work."""

from __future__ import annotations

from benchmarks.country import country


def test_the_bytes_are_the_same_however_many_processes_work_or_die() -> None:
    rows = {row["name"]: row for row in country(small=True)}
    assert set(rows) == {
        "country: build",
        "country: profile",
        "country: most memory of a task",
        "country: linear",
        "country: 1 instead of 2 processes",
        "country: 4 instead of 2 processes",
        "country: a killed process",
    }
    assert [name for name, row in rows.items() if not row["met"]] == []
    assert rows["country: a killed process"]["size"] == "3 states, 1 killed"
    assert {"name", "size", "ours_s", "peer", "peer_version", "peer_s", "ratio", "target", "met", "max_error"} == set(
        rows["country: profile"]
    )
