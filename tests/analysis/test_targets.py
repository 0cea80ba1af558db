"""Five-year targets: benchmarks, and an on-track test that allows for error."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipeline.analysis.targets import path_target, quality_targets, unit_status

RULES = {
    "first": 2021,
    "latest": 2023,
    "target_share": 0.8,
    "target_years": 5,
    "path": "to_the_target",
    "path_share": 0.8,
}


def units(shares: dict[int, float | None], pupils: float = 100.0, subjects: str = "ela math") -> pd.DataFrame:
    known = {fall: share for fall, share in shares.items() if share is not None}
    return pd.DataFrame({"unit_kind": "school", "unit_id": "a", "fall_year": list(known), "subjects": subjects, "status_share": list(known.values()), "pupils_tested": pupils})  # fmt: skip


def rows(shares: dict[int, float | None], pupils: float = 100.0, **changes: object) -> pd.DataFrame:
    return quality_targets(units(shares, pupils), **{**RULES, **changes}).set_index("fall_year")  # type: ignore[arg-type]


def test_a_benchmark_for_every_year_and_the_last_is_the_target() -> None:
    table = rows({2021: 0.3, 2022: 0.35, 2023: 0.52})
    assert table["target_share"].round(9).tolist() == [0.3, 0.4, 0.5, 0.6, 0.7, 0.8]
    assert table["is_interim"].tolist() == [True] * 5 + [False]
    assert table["status_share"].tolist()[:3] == [0.3, 0.35, 0.52] and table["status_share"].iloc[3:].isna().all()
    assert table["path_status"].tolist()[3:] == ["not_known"] * 3 and table["path_status"].iloc[0] == "not_known"
    half = rows({2021: 0.3, 2023: 0.52}, path="half_the_gap")
    assert half["target_share"].round(9).tolist() == [0.3, 0.35, 0.4, 0.45, 0.5, 0.55]
    assert half.loc[2022, "path_status"] == "not_known"
    above = rows({2021: 0.9, 2023: 0.85})
    assert above["target_share"].eq(0.8).all()


def test_small_schools_are_not_called_behind_by_noise() -> None:
    #  4 points below the benchmark: 24 pupils may have had a bad day, 4,000 have not
    small, large = (rows({2021: 0.3, 2023: 0.46}, n).loc[2023] for n in (24.0, 4000.0))
    assert (small["path_status"], large["path_status"]) == ("not_sure", "behind")
    assert large["on_track_probability_share"] < 0.01 < small["on_track_probability_share"] < 0.5
    assert rows({2021: 0.3, 2023: 0.56}, 4000.0).loc[2023, "path_status"] == "on_track"


def test_the_probability_by_hand() -> None:
    #  the benchmark of 2023 moves by 3/5 of the base's error: b + 2/5 (0.8 - b)
    found = rows({2021: 0.3, 2023: 0.46}).loc[2023, "on_track_probability_share"]
    p, b = 46.5 / 101, 30.5 / 101
    error = np.sqrt(p * (1 - p) / 100 + 0.36 * b * (1 - b) / 100)
    assert found == pytest.approx(stats.norm.cdf((0.46 - 0.5) / error))
    q = 85.5 / 101
    fixed = rows({2021: 0.9, 2023: 0.85}).loc[2023, "on_track_probability_share"]
    assert fixed == pytest.approx(stats.norm.cdf(0.05 / np.sqrt(q * (1 - q) / 100)))


def test_the_probability_is_how_often_the_truth_keeps_to_the_path() -> None:
    #  schools that stand exactly on their path: half of the results lie on either side of the benchmark
    rng = np.random.default_rng(1)
    parts = [
        pd.DataFrame({"unit_kind": "school", "unit_id": [f"s{i}" for i in range(2000)], "fall_year": fall, "subjects": "ela", "status_share": rng.binomial(300, true, 2000) / 300, "pupils_tested": 300.0})
        for fall, true in ((2021, 0.3), (2023, 0.5))
    ]  # fmt: skip
    table = quality_targets(pd.concat(parts), **RULES).query("fall_year == 2023")  # type: ignore[arg-type]
    assert stats.kstest(table["on_track_probability_share"], "uniform").statistic < 0.04
    said = table["path_status"].value_counts(normalize=True)
    assert said["not_sure"] == pytest.approx(0.6, abs=0.04)  # and of a fifth each the one or the other
    assert said["behind"] == pytest.approx(0.2, abs=0.03) and said["on_track"] == pytest.approx(0.2, abs=0.03)


@given(st.floats(0, 1), st.floats(0.05, 1), st.integers(1, 10))
def test_benchmarks_never_fall_and_never_pass_the_target(base: float, target: float, years: int) -> None:
    for path in ("to_the_target", "half_the_gap"):
        steps = [
            float(path_target(pd.Series([base]), years=k, target_share=target, target_years=years, path=path).iloc[0])
            for k in range(years + 3)
        ]
        assert all(a <= b + 1e-12 for a, b in itertools.pairwise(steps))
        assert max(steps) <= target + 1e-12
    assert path_target(pd.Series([0.9, np.nan]), years=2, target_share=0.8, target_years=5).fillna(-1).tolist() == [
        0.8,
        -1,
    ]
    assert path_target(pd.Series([0.3]), years=9, target_share=0.8, target_years=5).tolist() == [0.8]


def test_other_subjects_are_another_measure() -> None:
    mixed = pd.concat([units({2021: 0.3}), units({2023: 0.6}, subjects="ela")])
    table = quality_targets(mixed, **RULES).set_index("fall_year")  # type: ignore[arg-type]
    assert table.loc[2023, "path_status"] == "not_known"
    points = units({2021: 0.3, 2023: 0.6}, pupils=np.nan)
    assert quality_targets(points, **RULES)["path_status"].eq("not_known").all()  # type: ignore[arg-type]
    assert quality_targets(units({2022: 0.3}), **RULES).empty  # type: ignore[arg-type]


def test_levels_and_district_are_the_means_of_pupils() -> None:
    status = pd.DataFrame(
        {
            "school_id": ["a", "b", "c", "d"],
            "fall_year": 2023,
            "subjects": "ela",
            "status_share": [0.2, 0.6, 0.5, 0.9],
            "pupils_tested": [100.0, 300.0, 50.0, np.nan],
        }
    )
    schools = pd.DataFrame({"school_id": ["a", "b", "c", "d"], "level": ["high", "high", "all", "middle"]})
    found = unit_status(status, schools, "d9").set_index(["unit_kind", "unit_id"])
    assert found.loc[("level", "high"), "status_share"] == pytest.approx(0.5)
    assert found.loc[("district", "d9"), ["status_share", "pupils_tested"]].tolist() == pytest.approx([0.5, 450])
    assert len(found) == 6 and ("level", "all") not in found.index and ("level", "middle") not in found.index
