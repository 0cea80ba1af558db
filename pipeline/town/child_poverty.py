"""Table B17024 of Millbrook: people by age and by income over the poverty line, tracts only as the Bureau prints it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from pipeline.town import files
from pipeline.town.areas import Floats, tally
from pipeline.town.census import Census
from pipeline.town.ground import Ground
from pipeline.town.people import BANDS, People
from pipeline.town.survey import counts_of_tables, sampled_table

TABLE = "b17024"
LINES = 12  # of each age: three below the poverty line, five more below twice of it, four above
_POOR, _NEAR, _ABOVE = (0.43, 0.24, 0.33), (0.27, 0.25, 0.25, 0.10, 0.13), (0.32, 0.24, 0.17, 0.27)
_CHILDREN = (1 / 3, 1 / 3, 1 / 3)  # under 6, 6 to 11, 12 to 17
_ADULTS = (0.12, 0.18, 0.17, 0.16, 0.16, 0.12, 0.09)


def write_child_poverty(
    ground: Ground, people: People, census: Census, folder: files.Out, rng: np.random.Generator
) -> None:
    """Both vintages of the table."""
    for year, edition, group in ((2016, 2018, census.old_group_geoid), (2021, 2023, census.group_geoid)):
        geoid, label = np.unique(group, return_inverse=True)
        truth = counts_of_tables(ground, people, year)
        by_group = {name: tally(label[ground.block], values, len(geoid)) for name, values in truth.items()}
        frame = sampled_table(TABLE, leaves(by_group), sums(), geoid, rng)
        folder.text(f"acsdt5y{edition}-{TABLE}.dat", frame, delimiter="|")


def leaves(truth: dict[str, Floats]) -> dict[int, Floats]:
    """True people of each line that is no sum."""
    young: Floats = np.sum([truth[band] for band in BANDS], axis=0)
    below_200 = np.maximum(truth["below_200"] - truth["child_below_200"], truth["adult_poor"])
    out: dict[int, Floats] = {}
    first = 2
    for whole, poor, below, ages in (
        (young, truth["child_poor"], truth["child_below_200"], _CHILDREN),
        (truth["adults"], truth["adult_poor"], below_200, _ADULTS),
    ):
        for of_age in ages:
            lines = [poor * share for share in _POOR]
            lines += [(below - poor) * share for share in _NEAR]
            lines += [np.maximum(whole - below, 0) * share for share in _ABOVE]
            out.update({first + 1 + n: of_age * people for n, people in enumerate(lines)})
            first += 1 + LINES
    return out


def sums() -> dict[int, Iterable[int]]:
    """Lines that are sums of others, the total last."""
    ages = range(2, 2 + (1 + LINES) * (len(_CHILDREN) + len(_ADULTS)), 1 + LINES)
    return {**{first: range(first + 1, first + 1 + LINES) for first in ages}, 1: ages}
