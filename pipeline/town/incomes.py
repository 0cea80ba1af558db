"""Household incomes of Millbrook: what is earned where, and the survey's table of it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.special import ndtr

from pipeline.town import files
from pipeline.town.areas import Floats, Ints, tally
from pipeline.town.census import Census
from pipeline.town.ground import Ground
from pipeline.town.people import People
from pipeline.town.survey import PEOPLE_PER_HOME, sampled_table

TABLE = "b19001"
BOUNDS_USD = np.array([10, 15, 20, 25, 30, 35, 40, 45, 50, 60, 75, 100, 125, 150, 200]) * 1000.0
SPREAD = 0.72  # of the logarithm of incomes within a neighborhood
_SEARCH = 60  # halvings: far below a cent


def typical_usd(people: People, year: int) -> Floats:
    """Median household income of each cell's neighborhood, lognormal around it."""
    grown = 1.0 if year == 2021 else 0.82
    return np.asarray(118_000.0 * np.exp(-1.15 * people.deprivation)[people.home_area] * grown)


def households(people: People, year: int) -> Floats:
    """Households by cell."""
    return np.asarray(people.people[year] / PEOPLE_PER_HOME)


def median_usd(people: People, year: int, label: Ints, number: int) -> Floats:
    """True median income of all households of each area; missing where nobody lives.

    ``label`` is the area of each cell, -1 for none; ``number`` how many areas there are.
    """
    inside = label >= 0
    homes, middle = households(people, year)[inside], np.log(typical_usd(people, year)[inside])
    label = label[inside]
    total = tally(label, homes, number)
    low, high = np.full(number, np.log(1_000.0)), np.full(number, np.log(1_000_000.0))
    for _ in range(_SEARCH):
        half = (low + high) / 2
        below = tally(label, homes * ndtr((half[label] - middle) / SPREAD), number) < total / 2
        low, high = np.where(below, half, low), np.where(below, high, half)
    return np.where(total > 0, np.exp(low), np.nan)


def write_incomes(ground: Ground, people: People, census: Census, folder: files.Out, rng: np.random.Generator) -> None:
    """Table B19001 of both vintages: households by bracket of income, block groups and tracts."""
    for year, edition, group in ((2016, 2018, census.old_group_geoid), (2021, 2023, census.group_geoid)):
        geoid, label = np.unique(group, return_inverse=True)
        frame = income_table(_by_bracket(people, year, label[ground.block], len(geoid)), geoid, rng)
        folder.text(f"acsdt5y{edition}-{TABLE}.dat", frame, delimiter="|")


def income_table(brackets: dict[int, Floats], geoid: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """One vintage of the table, from the true households of each line by block group."""
    return sampled_table(TABLE, brackets, {1: sorted(brackets)}, geoid, rng)


def _by_bracket(people: People, year: int, label: Ints, number: int) -> dict[int, Floats]:
    """True households of lines 2 to 17 by area."""
    homes, middle = households(people, year), np.log(typical_usd(people, year))
    below = [ndtr((np.log(bound) - middle) / SPREAD) for bound in BOUNDS_USD]
    ends = [np.zeros(len(homes)), *below, np.ones(len(homes))]
    return {
        line: tally(label, homes * (high - low), number) for line, (low, high) in enumerate(pairwise(ends), start=2)
    }
