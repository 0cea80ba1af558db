"""The comparison of catchments in its small form, and all three forms of them against access."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import access
from pipeline.analysis.catchments import Decay, catchment, gaussian, thirds, zones


def test_small_form_agrees_with_access() -> None:
    (found,) = access.catchments(small=True)
    assert found["peer"] == "access" and found["target"] == 10.0
    assert found["max_error"] <= access.MOST_ERROR
    assert found["size"] == "1,700 homes, 2,000 schools, within 5 km"


def test_a_ratio_that_is_wrong_is_an_error_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = access.catchment
    monkeypatch.setattr(access, "catchment", lambda *given: honest(*given) * 1.001)
    (found,) = access.catchments(small=True)
    assert found["max_error"] > access.MOST_ERROR and not found["met"]


@pytest.mark.parametrize(
    "decay",
    [thirds(5_000.0), zones((1_000.0, 5_000.0), (1.0, 0.3)), gaussian(5_000.0)],
    ids=["E2SFCA", "E2SFCA, two zones", "Gaussian"],
)
@pytest.mark.parametrize(("homes", "schools"), [(300, 200), (2_500, 900)], ids=["all pairs", "grid"])
def test_decaying_forms_agree_with_access(homes: int, schools: int, decay: Decay) -> None:
    here, there = access.scattered(homes, 60_000.0, 3), access.scattered(schools, 60_000.0, 4)
    theirs = access.by_access(here, there, decay.reach, access.weigher(decay))
    assert np.isfinite(theirs).all() and theirs.max() > 0
    assert access.error_of(catchment(*here, *there, decay), theirs) <= access.MOST_ERROR
