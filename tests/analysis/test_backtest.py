"""Back-test: errors by hand, the choice of a method, and the falls of Baltimore and New York."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.history import of_baltimore, of_new_york, tables
from benchmarks.plain_outlook import plain_forecast
from pipeline.analysis.backtest import AS_CHOSEN, backtest, metric
from pipeline.analysis.backtest import Tested as BackTest
from pipeline.analysis.calibration import held
from pipeline.analysis.choice import DEFAULT, JUDGED, best_methods, chosen_then
from pipeline.analysis.hidden_years import starts, tally
from pipeline.analysis.methods import METHODS
from pipeline.analysis.progression import Settings
from pipeline.analysis.tallies import BY_FORECAST, GROUPS
from pipeline.columns import GRADES
from pipeline.tables import BY_TABLE, check

KG = GRADES.index("KG")
DOC = Path(__file__).resolve().parents[2] / "docs/outlook.md"


def one_school(counts: list[float]) -> tuple[np.ndarray, np.ndarray]:
    pupils = np.zeros((1, len(GRADES), len(counts)))
    pupils[0, KG] = counts
    return pupils, np.arange(2025 - len(counts), 2025)


def some_schools(falls: int = 9, schools: int = 14) -> tuple[np.ndarray, np.ndarray]:
    """Schools of kindergarten to grade 5, two of them new and one gone."""
    rng = np.random.default_rng(11)
    pupils = np.zeros((schools, len(GRADES), falls))
    drift = np.exp(rng.normal(0, 0.08, (schools, 1, falls)).cumsum(axis=2))
    pupils[:, KG : KG + 6] = rng.poisson(rng.uniform(20, 120, (schools, 1, 1)) * drift, (schools, 6, falls))
    pupils[:2, :, :3] = np.nan
    pupils[2, :, -2:] = np.nan
    return pupils, np.arange(2025 - falls, 2025)


def row(table: pd.DataFrame, method: str, horizon: int, group: str) -> pd.Series:
    return table.set_index(["method", "horizon_years", "size_class"]).loc[(method, horizon, group)]


def test_errors_of_no_change_by_hand() -> None:
    found = backtest(*one_school([300.0, 300.0, 330.0, 297.0]), Settings()).table
    check(BY_TABLE["backtest"], found)
    naive = row(found, "no change", 1, "200_to_499")
    assert naive["cases"] == 2  # from the second fall, and from the third
    assert naive["mean_absolute_error_share"] == pytest.approx((30 / 330 + 33 / 297) / 2)
    assert naive["mean_error_change"] == pytest.approx((-30 / 330 + 33 / 297) / 2)
    assert naive["weighted_error_share"] == pytest.approx(63 / 627)
    assert naive["median_error_share"] == pytest.approx(np.log(330 / 300), abs=0.002)
    assert naive["against_no_change_ratio"] == 1.0
    assert (naive["first_start"], naive["last_start"]) == (2022, 2023)


def test_a_steady_school_is_forecast_without_error_by_every_method() -> None:
    found = backtest(*one_school([300.0] * 12), Settings()).table
    assert set(found["horizon_years"]) == {1, 3, 5, 10}
    assert set(found["method"]) == {*METHODS, AS_CHOSEN}
    assert found["mean_absolute_error_share"].max() == pytest.approx(0.0, abs=1e-12)


def test_falls_left_out_are_neither_start_nor_target() -> None:
    counts = [300.0, 300.0, 300.0, 100.0, 300.0, 300.0]
    found = backtest(*one_school(counts), Settings(leave_out=(2022,))).table
    assert row(found, "no change", 1, "200_to_499")["mean_absolute_error_share"] == 0.0
    assert (
        row(backtest(*one_school(counts), Settings()).table, "no change", 1, "200_to_499")["mean_absolute_error_share"]
        > 0
    )


def test_a_school_that_closes_is_no_case_for_schools_but_its_pupils_count_in_the_district() -> None:
    stays, years = one_school([300.0] * 4)
    closes, _ = one_school([300.0] * 4)
    closes[:, :, 3] = np.nan
    found = backtest(np.concatenate([stays, closes]), years, Settings()).table
    assert row(found, "no change", 1, "200_to_499")["left_cases"] == 1
    assert row(found, "no change", 1, "200_to_499")["cases"] == 3  # two schools once, one school once
    assert row(found, "no change", 1, "district")["mean_absolute_error_share"] == pytest.approx((0 + 1) / 2)


def test_a_school_that_did_not_report_a_fall_is_in_neither_the_districts_forecast_nor_what_happened() -> None:
    stays, years = one_school([300.0] * 6)
    silent, _ = one_school([300.0] * 6)
    silent[:, :, 3] = np.nan
    found = backtest(np.concatenate([stays, silent]), years, Settings()).table
    for method in METHODS:
        tested = row(found, method, 1, "district")
        assert tested["cases"] == 4
        assert tested["mean_absolute_error_share"] == pytest.approx(0.0, abs=1e-12)


def test_every_method_has_the_same_cases_and_a_forecast_of_nobody_is_off_by_all() -> None:
    found = backtest(*one_school([300.0, 100.0, 100.0]), Settings()).table  # last year's change expects nobody
    assert row(found, "last year's change", 1, "under_200")["mean_absolute_error_share"] == 1.0
    table = backtest(*some_schools(), Settings()).table
    own = table[(table["method"] != AS_CHOSEN) & ~table["size_class"].isin(BY_FORECAST)]
    cases = own.groupby(["size_class", "horizon_years"])["cases"]
    assert (cases.min() == cases.max()).all()


def test_two_falls_are_too_few_to_test() -> None:
    assert check(BY_TABLE["backtest"], backtest(*one_school([300.0, 310.0]), Settings()).table).empty


@pytest.mark.parametrize("method", ["no change", "mean cohort survival", "half-way from shrunk survival to no change"])
def test_errors_agree_with_a_plain_loop(method: str) -> None:
    pupils, years = some_schools()
    found = backtest(pupils, years, Settings(leave_out=(2020,))).table
    errors: dict[tuple[str, int], list[float]] = {}
    for base, ahead in starts(years, (2020,)):
        schools, district = plain_forecast(method, pupils, years, base, max(ahead), 4, (2020,))
        for h in ahead:
            for s in range(len(pupils)):
                expected, actual = schools[s, :, h - 1].sum(), pupils[s, :, base + h].sum()
                if expected > 0 and actual > 0:
                    size = pupils[s, :, base].sum()
                    group = "under_200" if size < 200 else "200_to_499" if size < 500 else "500_and_over"
                    errors.setdefault((group, h), []).append(abs(actual - expected) / actual)
            for g in range(len(GRADES)):
                actual = np.nansum(pupils[:, g, base + h])
                if district[g, h - 1] > 0 and actual > 0:
                    errors.setdefault(("district_grade", h), []).append(abs(actual - district[g, h - 1]) / actual)
    assert len(errors) > 8
    for (group, h), off in errors.items():
        ours = row(found, method, h, group)
        assert ours["cases"] == len(off)
        assert ours["mean_absolute_error_share"] == pytest.approx(np.mean(off), rel=1e-12)


def test_groups_are_sums_of_their_classes() -> None:
    table = (
        backtest(*some_schools(), Settings()).table.set_index(["size_class", "method", "horizon_years"]).sort_index()
    )
    for whole, parts in GROUPS.items():
        if len(parts) > 1:
            for column in ("cases", "interval_cases"):
                sums = sum(
                    table.loc[p, column].reindex(table.loc[whole].index).fillna(0) for p in parts if p in table.index
                )
                pd.testing.assert_series_equal(table.loc[whole, column], sums, check_names=False)


def test_what_happens_later_does_not_change_an_earlier_start() -> None:
    """Neither its errors, nor the method chosen at it, nor the interval it would have had."""
    pupils, years = some_schools(falls=12)
    changed = pupils.copy()
    changed[:, :, -1] *= 3
    before, after = tally(pupils, years, Settings()), tally(changed, years, Settings())
    early = before.pairs.sum(axis=1) < 2024
    assert 0 < early.sum() < len(early)
    np.testing.assert_array_equal(before.sums[:, early], after.sums[:, early])
    assert (before.sums[:, ~early] != after.sums[:, ~early]).any()
    known = before.pairs[:, 0] < 2024
    np.testing.assert_array_equal(chosen_then(before)[known], chosen_then(after)[known])
    for ours, theirs in zip(held(before), held(after), strict=True):
        np.testing.assert_array_equal(ours[:, early], theirs[:, early])


def test_threads_and_chunks_change_no_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    pupils, years = some_schools()
    whole = tally(pupils, years, Settings())
    monkeypatch.setattr("pipeline.analysis.hidden_years.CHUNK", 3)
    declared = np.zeros((len(pupils), len(years)), dtype=bool)
    one, two = (tally(pupils, years, Settings(declared=declared), workers=n) for n in (1, 2))
    assert one.sums.tobytes() == two.sums.tobytes()
    assert one.counts.tobytes() == two.counts.tobytes()
    np.testing.assert_allclose(one.sums, whole.sums, rtol=1e-9)
    np.testing.assert_array_equal(one.left, whole.left)


def test_the_order_of_schools_does_not_matter() -> None:
    pupils, years = some_schools()
    one, two = (backtest(p, years, Settings()) for p in (pupils, pupils[::-1]))
    assert one.method == two.method
    pd.testing.assert_frame_equal(one.table, two.table, rtol=1e-9)


def test_a_study_may_name_its_method_and_short_histories_take_the_default() -> None:
    pupils, years = some_schools()
    named = backtest(pupils, years, Settings(), method="median cohort survival")
    assert named.method == "median cohort survival"
    chosen = named.table[named.table["is_chosen"]]
    assert set(chosen["method"]) == {"median cohort survival", AS_CHOSEN}
    same = [
        row(named.table, m, 1, "under_200")["mean_absolute_error_share"] for m in ("median cohort survival", AS_CHOSEN)
    ]
    assert same[0] == same[1]
    short = backtest(pupils[:, :, -4:], years[-4:], Settings())
    assert short.method == DEFAULT
    assert not named.table["is_judged"].any() and not short.table["is_judged"].any()  # no errors decided


def test_the_errors_that_decided_are_marked() -> None:
    """Of seven falls one year ahead can be tried from five, three years ahead from three, and five years ahead from one."""
    pupils, years = some_schools(7, 30)
    table = backtest(pupils, years, Settings()).table
    judged = table[table["is_judged"]]
    assert set(judged["horizon_years"]) == {1, 3} and set(judged["method"]) == {*METHODS, AS_CHOSEN}
    assert set(judged["size_class"]) <= set(JUDGED) and (judged["cases"] >= 10).all()


def test_the_choice_is_what_erred_least_by_then() -> None:
    """Of a city that grows by the same number each year last year's change is right, and nothing else is."""
    pupils = np.zeros((12, len(GRADES), 9))
    pupils[:, KG : KG + 2] = 100 + 10 * np.arange(9) + 5 * np.arange(12)[:, None, None]
    found = tally(pupils, np.arange(2016, 2025), Settings())
    assert set(best_methods(found, 2024).values()) == {"last year's change", DEFAULT}  # there are no large schools
    assert best_methods(found, 2024)["all"] == "last year's change"
    then = chosen_then(found)
    assert found.methods[then[found.pairs[:, 0] == 2017][0]] == DEFAULT
    assert found.methods[then[found.pairs[:, 0] == 2022][0]] == "last year's change"


def test_the_metric_holds_the_table() -> None:
    table = backtest(*some_schools(), Settings()).table
    found = metric(table)
    assert set(found) == {*METHODS, AS_CHOSEN}
    of_row = found["no change"]["district_grade"]["3"]
    assert of_row["mean_absolute_error_share"] == round(
        row(table, "no change", 3, "district_grade")["mean_absolute_error_share"], 6
    )
    assert set(of_row) == {"cases", "mean_absolute_error_share", "mean_error_change", "interval_share"}


@pytest.fixture(scope="module")
def baltimore(request: pytest.FixtureRequest) -> Callable[[tuple[int, ...]], BackTest]:
    found: dict[tuple[int, ...], BackTest] = {}

    def test(leave_out: tuple[int, ...]) -> BackTest:
        if leave_out not in found:
            folder = request.getfixturevalue("shared_data")("baltimore")
            counts = of_baltimore(folder)
            assert len(counts.years) == 23
            assert np.nansum(counts.totals[:, -1]) == pytest.approx(76_807, abs=200)
            found[leave_out] = backtest(counts.pupils, counts.years, Settings(leave_out=leave_out))
            check(BY_TABLE["backtest"], found[leave_out].table)
        return found[leave_out]

    return test


@pytest.mark.parametrize("leave_out", [(2020,), ()])
@pytest.mark.parametrize("horizon", [1, 3, 5])
@pytest.mark.parametrize("group", ["district_grade", "200_and_over"])
def test_baltimore_is_forecast_better_than_by_either_naive_forecast(
    baltimore: Callable[[tuple[int, ...]], BackTest], leave_out: tuple[int, ...], horizon: int, group: str
) -> None:
    """By the method in force, and by the rule that chooses it, which at each start knew the past only."""
    tested = baltimore(leave_out)
    for method in (tested.method, AS_CHOSEN):
        found = row(tested.table, method, horizon, group)
        assert found["against_no_change_ratio"] < 1
        assert found["against_last_change_ratio"] < 1
        assert 0.75 <= found["interval_share"] <= 0.85
        assert found["interval_cases"] > 200


def test_what_is_not_better_in_baltimore_is_known(baltimore: Callable[[tuple[int, ...]], BackTest]) -> None:
    """The total of a city in one number, and schools under 200: named in docs/outlook.md."""
    tested = baltimore((2020,))
    assert tested.method == "half-way from shrunk survival to no change"
    assert row(tested.table, tested.method, 1, "district")["against_last_change_ratio"] > 1
    assert row(tested.table, tested.method, 5, "district")["against_no_change_ratio"] > 1
    assert row(tested.table, tested.method, 1, "under_200")["against_no_change_ratio"] > 1


def test_new_york_is_forecast_better_one_year_ahead(shared_data: Callable[[str], Path]) -> None:
    counts = of_new_york(shared_data("nyc-nycschools"))
    assert counts.years.tolist() == [2016, 2017, 2018, 2019, 2020]
    tested = backtest(counts.pupils, counts.years, Settings(leave_out=(2020,)))
    assert set(tested.table["horizon_years"]) == {1}
    assert tested.method == DEFAULT  # two later falls are too few to choose by
    for group in ("district_grade", "200_and_over"):
        found = row(tested.table, tested.method, 1, group)
        assert found["against_no_change_ratio"] < 1
        assert found["against_last_change_ratio"] < 1
    assert 0.75 <= row(tested.table, tested.method, 1, "200_and_over")["interval_share"] <= 0.85


def test_the_tables_of_the_guide_are_those_that_are_counted(shared_data: Callable[[str], Path]) -> None:
    text = DOC.read_text(encoding="utf-8")
    for name, table in tables(shared_data("baltimore").parent).items():
        assert table in text, f"{name}: write it again with python -m benchmarks history"
