"""Hamilton-Perry: cohorts followed by hand, caps, synthetic ratios, control, other steps than five years."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.cohort_ratios import Children, births_of, cohort_ratios
from pipeline.analysis.population import projected

CAPS = {"smallest": 0.904, "largest": 1.276}
NAMES = ("children_0_4", "children_5_9", "children_10_14", "children_15_17")


def children(rows: list[list[float]], error: float = 0.0) -> Children:
    counts = np.asarray(rows, dtype="float64")
    return Children(counts, np.full(counts.shape, error))


def ahead(then: list[list[float]], now: list[list[float]], years: float = 5, error: float = 0.0, total: float | None = None, horizons: tuple[float, ...] = (5, 10)) -> dict[float, Children]:  # fmt: skip
    totals = None if total is None else dict.fromkeys(horizons, total)
    found, _ = projected(
        children(then, error), children(now, error), years=years, horizons=horizons, totals=totals, **CAPS
    )
    return found


def test_a_cohort_is_followed_by_hand() -> None:
    # ratios: 5-9 110/100, 10-14 100/100, 15-17 60 over 0.6 x 100; the total is left where the cohorts bring it
    after = ahead([[100.0, 100, 100, 60]], [[120.0, 110, 100, 60]], total=120 + 132 + 110 + 60)[5]
    assert after.counts[0] == pytest.approx([120, 132, 110, 60])
    twice = ahead([[100.0, 100, 100, 60]], [[120.0, 110, 100, 60]], total=120 + 132 + 132 + 66)[10]
    assert twice.counts[0] == pytest.approx([120, 132, 132, 66])
    assert twice.of_band("5-17")[0] == pytest.approx(132 + 132 + 66)
    assert twice.of_band("14-17")[0] == pytest.approx(0.2 * 132 + 66)


def test_without_an_independent_total_the_children_follow_the_line_through_both_vintages() -> None:
    after = ahead([[100.0, 100, 100, 60]], [[120.0, 110, 100, 60]])
    assert after[5].counts.sum() == pytest.approx(390 + 30, abs=1e-9)
    assert after[10].counts.sum() == pytest.approx(390 + 60, abs=1e-9)
    emptying = ahead([[900.0, 900, 900, 500]], [[90.0, 90, 90, 50]])
    assert emptying[5].counts.sum() == 0.0


@given(
    st.lists(st.lists(st.integers(1, 300).map(float), min_size=8, max_size=8), min_size=1, max_size=6),
    st.floats(10, 5000),
)
def test_the_control_total_is_met_and_the_order_of_areas_changes_nothing(rows: list[list[float]], total: float) -> None:
    then, now = [row[:4] for row in rows], [row[4:] for row in rows]
    plain = ahead(then, now, error=3.0, total=total)
    turned = ahead(then[::-1], now[::-1], error=3.0, total=total)
    for horizon in (5, 10):
        assert plain[horizon].counts.sum() == pytest.approx(total, rel=1e-9)
        np.testing.assert_allclose(plain[horizon].counts, turned[horizon].counts[::-1], rtol=1e-9)
        np.testing.assert_allclose(plain[horizon].errors, turned[horizon].errors[::-1], rtol=1e-7, atol=1e-9)


def test_a_wild_ratio_is_capped_and_says_so() -> None:
    ratio = cohort_ratios(children([[10.0, 10, 10, 6]]), children([[10.0, 40, 10, 6]]), 5, 0.904, 1.276)["children_5_9"]
    assert ratio is not None and ratio.own.tolist() == [1.276]
    assert cohort_ratios(children([[10.0, 10, 10, 6], [90.0, 90, 90, 54]]), children([[10.0, 40, 10, 6], [90.0, 90, 90, 54]]), 5, 0.904, 1.276)["children_5_9"].method.tolist() == ["cohort change, capped", "cohort change"]  # type: ignore[union-attr]  # fmt: skip


def test_caps_of_a_longer_step_are_those_of_five_years_to_its_power() -> None:
    ratio = cohort_ratios(
        children([[10.0, 10, 10, 6]] * 2), children([[10.0, 90, 10, 6], [10.0, 0, 10, 6]]), 7, 0.9, 1.2
    )["children_5_9"]
    assert ratio is not None and ratio.own.tolist() == pytest.approx([1.2**1.4, 0.9**1.4])


def test_small_cells_lean_on_the_district_and_on_their_other_ages() -> None:
    """Two big areas differ truly; a small one whose 5-9 jumped by chance is drawn back, most by the wide margin."""
    then = np.array([[400.0, 400, 400, 240], [400.0, 400, 400, 240], [10.0, 10, 10, 6]])
    now = np.array([[400.0, 460, 460, 276], [400.0, 380, 380, 228], [10.0, 12.7, 10, 6]])
    errors = np.array([[2.0] * 4, [2.0] * 4, [6.0] * 4])
    ratio = cohort_ratios(Children(then, errors), Children(now, errors), 5, 0.904, 1.276)["children_5_9"]
    assert ratio is not None
    assert ratio.method[2] == "synthetic"
    assert ratio.own[:2] == pytest.approx([1.15, 0.95], abs=0.01)
    assert abs(ratio.own[2] - ratio.district) < 0.06 < 1.27 - ratio.district


def test_an_area_without_younger_children_takes_the_ratio_of_the_district() -> None:
    ratio = cohort_ratios(children([[0.0, 50, 50, 30], [100.0, 100, 100, 60]]), children([[20.0, 5, 50, 30], [100.0, 115, 100, 60]]), 5, 0.904, 1.276)["children_5_9"]  # fmt: skip
    assert ratio is not None and ratio.method[0] == "ratio of the district"


def test_an_unknown_count_of_one_area_moves_no_children_to_another() -> None:
    """Two areas alike (60 children under 5, ratio 1.1), of which b's 5-9 are not known now."""
    alike = [[50.0, 50, 50, 30]]
    both = ahead(alike * 2, [[60.0, 55, 50, 30], [60.0, np.nan, 50, 30]], total=211.0)
    one = ahead(alike, [[60.0, 55, 50, 30]], total=211.0)
    for horizon in (5, 10):
        assert both[horizon].counts[0] == pytest.approx(one[horizon].counts[0])
    # b's own ratio is not known, but who was under 5 is; who is 5 to 9 is not
    assert both[5].counts[1, 1] == pytest.approx(66.0)
    assert np.isnan(both[5].counts[1, 2])


def test_steps_of_seven_years_leave_a_steady_town_as_it_is_and_meet_five_and_ten_on_the_way() -> None:
    steady = [[100.0, 100, 100, 60]]
    after = ahead(steady, steady, years=7, horizons=(5, 7, 10, 14))
    for horizon in (5, 7, 10, 14):
        assert after[horizon].counts[0] == pytest.approx(steady[0])
    grown = ahead([[100.0, 100, 100, 60]], [[100.0, 100, 110, 66]], years=7, total=None, horizons=(0.0, 3.5, 7))
    assert grown[0.0].counts[0] == pytest.approx([100, 100, 110, 66])
    assert grown[3.5].counts.sum() == pytest.approx(376 + 8)


def test_errors_grow_with_the_margins_and_are_unknown_without_them() -> None:
    then, now = [[100.0, 100, 100, 60], [90.0, 80, 80, 50]], [[120.0, 110, 100, 60], [90.0, 85, 80, 50]]
    narrow, wide = (ahead(then, now, error=e)[10].errors for e in (3.0, 12.0))
    assert (wide > narrow).all() and (narrow > 0).all()
    assert np.isnan(ahead(then, now, error=np.nan)[5].errors).all()
    assert not np.isnan(ahead(then, now, error=np.nan)[5].counts).any()


def test_the_ratio_of_one_area_alone_is_not_taken_as_exact() -> None:
    ratios = cohort_ratios(
        children([[100.0, 100, 100, 60]], 5.0), children([[100.0, 100, 100, 60]], 5.0), 5, 0.904, 1.276
    )
    for name in NAMES[1:]:
        ratio = ratios[name]
        assert ratio is not None and ratio.error[0] > 0.02


def women(
    then: list[float], now: list[float], mothers: list[float], error: float = 0.0
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    sides = {"then 10-39": then, "now 10-39": now, "now 15-44": mothers}
    return {name: (np.array(counts), np.full(len(counts), error)) for name, counts in sides.items()}


def test_children_under_5_follow_the_women_of_childbearing_age() -> None:
    births = births_of(women([200.0, 200.0], [240.0, 200.0], [200.0, 200.0]), 5)
    # of the 400 of then 400 are mothers now; 440 will be: a fifth more in the first area
    assert births is not None and births.factor.tolist() == pytest.approx([1.2, 1.0])
    steady = [[100.0, 100, 100, 60]] * 2
    found, _ = projected(
        children(steady),
        children(steady),
        years=5,
        horizons=(5, 10),
        totals={5: 740.0, 10: 760.0},
        births=births,
        **CAPS,
    )
    assert found[5].counts[:, 0].tolist() == pytest.approx([120.0, 100.0])
    # the second step: those born by then are 5 to 9, and women are held
    assert found[10].counts[0].tolist() == pytest.approx([120.0, 120.0, 100.0, 60.0])


def test_small_numbers_of_women_lean_on_all_areas_and_unknown_ones_tell_nothing() -> None:
    noisy = births_of(women([200.0, 200.0], [240.0, 200.0], [200.0, 200.0], error=90.0), 5)
    assert noisy is not None and noisy.factor.tolist() == pytest.approx([1.1, 1.1])
    assert (noisy.error > 0.1).all()
    assert births_of(women([np.nan], [np.nan], [np.nan]), 5) is None
    assert births_of(women([200.0], [200.0], [200.0]), 7) is None
