"""The comparisons of areas in their small form: what they say is right; how fast it is, is not asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import areas
from benchmarks.__main__ import main
from benchmarks.harness import report, result


def test_file_to_weights_agrees_with_geos_and_keeps_every_child() -> None:
    found = areas.file_to_weights(small=True)
    assert [row["peer"] for row in found] == ["tobler", "geopandas", "shapely"]
    assert all(row["max_error"] <= areas.MOST_ERROR for row in found)


def test_a_district_in_a_fresh_process_agrees_with_geos() -> None:
    (row,) = areas.district(small=True)
    assert row["max_error"] <= areas.MOST_ERROR


def test_a_weight_that_is_wrong_is_an_error_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = areas.ours
    monkeypatch.setattr(areas, "ours", lambda folder: honest(folder) * 0.999)
    assert all(row["max_error"] >= 1.0 and not row["met"] for row in areas.file_to_weights(small=True))


def test_results_are_kept_by_name_and_the_last_measurement_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "results.json"
    how = {"target": 2.0, "max_error": 1e-12, "most_error": 1e-9}
    slow, fast = (result("x", "1 x 1", ours_s, "peer", "1.0", 1.0, **how) for ours_s in (1.0, 0.25))
    report([slow, result("y", "1 x 1", 1.0, "peer", "1.0", 4.0, **how)], path)
    report([fast], path)
    assert [(row["name"], row["met"]) for row in json.loads(path.read_text())] == [("x", True), ("y", True)]
    assert "NOT MET x (1 x 1): 1.000 s; peer 1.0 1.000 s: 1.0 times (target 2.0)" in capsys.readouterr().out
    assert not result("x", "1", 0.1, "p", "1", 1.0, target=2.0, max_error=1e-8, most_error=1e-9)["met"]


def test_an_unknown_benchmark_is_refused_with_those_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["speed"]) == 2
    assert (
        "no benchmark called speed; there is: areas, district, rasters, certainty, need, facilities, clusters, access, outlook, siting, atlas, tiles, country, stages, margins, history, pockets"
        in capsys.readouterr().err
    )
