"""The benchmark of zonal sums in its small form: what it says is right; how fast it is, is not asked."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from benchmarks import rasters


def test_zones_are_a_sound_coverage_of_many_vertices() -> None:
    zones = rasters.wiggly_zones(60, 50_000.0, np.random.default_rng(1))
    assert zones.is_valid.all() and shapely.coverage_is_valid(zones.geometry.to_numpy())
    assert zones.count_coordinates().mean() > 500
    again = rasters.wiggly_zones(60, 50_000.0, np.random.default_rng(1))
    assert zones.geometry.equals(again.geometry)


def test_small_form_agrees_with_exactextract() -> None:
    results = rasters.zonal_sums(small=True)
    assert [result["target"] for result in results] == [10.0, pytest.approx(1 / 1.3)]
    for result in results:
        assert 0 < result["max_error"] <= 1e-7
        assert result["ratio"] == pytest.approx(result["peer_s"] / result["ours_s"])
