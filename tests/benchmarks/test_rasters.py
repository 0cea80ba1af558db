"""The benchmark of zonal sums in its small form: what it says is right; how fast it is, is not asked."""

from __future__ import annotations

import pytest
import shapely

from benchmarks import rasters


def test_zones_are_a_sound_coverage_of_many_vertices_that_reaches_past_the_raster() -> None:
    zones = rasters.zones_over(500, 60)
    assert zones.is_valid.all() and shapely.coverage_is_valid(zones.geometry.to_numpy())
    assert zones.count_coordinates().mean() > 500
    assert zones.total_bounds[0] < rasters.WEST
    assert zones.geometry.equals(rasters.zones_over(500, 60).geometry)


def test_small_form_agrees_with_exactextract() -> None:
    results = rasters.zonal_sums(small=True)
    assert [result["target"] for result in results] == [10.0, pytest.approx(1 / 1.3, abs=1e-3)]
    for result in results:
        assert 0 < result["max_error"] <= 1e-7
        assert result["ratio"] == pytest.approx(result["peer_s"] / result["ours_s"], rel=0.05)
