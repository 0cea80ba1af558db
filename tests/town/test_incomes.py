"""Incomes of the town: a table that adds up, is unbiased and leaves every other file as it was."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.town import truth
from pipeline.town.incomes import BOUNDS_USD, _by_bracket, households, income_table, median_usd
from pipeline.town.write import town


def test_deprived_neighborhoods_earn_less_and_everyone_earns_more_than_before() -> None:
    known = truth()
    incomes = known.neighborhood_incomes.set_index(["vintage", "neighborhood_id"])["median_income_usd"]
    now, before = incomes["2019-2023"], incomes["2014-2018"]
    assert (now > before).all()
    assert np.corrcoef(now, known.deprivation[now.index])[0, 1] < -0.95


def test_the_true_median_halves_the_households_of_each_area() -> None:
    people = town().people
    label = np.where(people.neighborhood >= 0, people.neighborhood % 2, -1)
    medians = median_usd(people, 2021, label, 2)
    brackets = _by_bracket(people, 2021, label * (label >= 0), 2)
    for area in (0, 1):
        below = sum(brackets[line][area] for line in brackets if line <= 11)  # under 60,000
        upto = below + brackets[12][area] + brackets[13][area]  # under 100,000
        assert below < sum(b[area] for b in brackets.values()) / 2 < upto
        assert 60_000 < medians[area] < 100_000


def test_brackets_hold_every_household_and_rise() -> None:
    people = town().people
    brackets = _by_bracket(people, 2021, np.zeros(len(people.neighborhood), dtype=np.int64), 1)
    assert sorted(brackets) == list(range(2, 18)) and (np.diff(BOUNDS_USD) > 0).all()
    assert sum(float(b[0]) for b in brackets.values()) == pytest.approx(households(people, 2021).sum(), rel=1e-12)


def test_the_survey_of_incomes_is_unbiased() -> None:
    geoid = np.array([f"06999000100{n}" for n in range(1, 5)])
    true = {line: np.full(4, 10.0 + line) for line in range(2, 18)}
    generator = np.random.default_rng(2)
    rounds = np.stack([income_table(true, geoid, generator).filter(regex="E0").to_numpy()[1:] for _ in range(300)])
    assert rounds.mean(axis=(0, 1))[1:] == pytest.approx([10 + line for line in range(2, 18)], rel=0.1)
    assert rounds.mean(axis=(0, 1))[0] == pytest.approx(sum(10 + line for line in range(2, 18)), rel=0.02)
