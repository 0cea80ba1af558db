"""The American Community Survey of Millbrook: tables with sampling error and margins to match.

An estimate is the truth seen through a sample: a number of answering households, each standing
for about `WEIGHT` people. Margins are 90% ones of exactly that sampling, so that they can be
tested; the codes the Bureau writes where there is no number stand where it would write them.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from pipeline.town import files
from pipeline.town.areas import Floats, tally
from pipeline.town.census import Census
from pipeline.town.ground import Ground
from pipeline.town.people import BANDS, BEFORE, NOW, People

WEIGHT = 6.0
PEOPLE_PER_HOME = 2.71
ZERO_MARGIN = 12
_SEXES = 2
_TRACTS_ONLY = ("b17024", "b18101")


def rates(deprivation: Floats) -> dict[str, Floats]:
    """What deprivation means in a neighborhood, as shares of the people or homes concerned."""
    d = deprivation
    return {
        "poverty": 0.03 + 0.31 * d,
        "child_poverty": np.clip(0.03 + 0.45 * d, 0, 0.8),
        "below_200": 0.10 + 0.50 * d,
        "child_below_200": 0.14 + 0.62 * d,
        "no_diploma": 0.03 + 0.36 * d,
        "limited_english": 0.01 + 0.21 * d**1.2,
        "no_vehicle": 0.02 + 0.18 * d**1.3,
        "renter": 0.18 + 0.58 * d,
        "crowded": 0.01 + 0.15 * d**1.2,
        "single_parent": 0.14 + 0.38 * d,
        "disability": 0.075 + 0.10 * d,
        "unemployment": 0.035 + 0.085 * d,
    }


def counts_of_tables(ground: Ground, people: People, year: int) -> dict[str, Floats]:
    """Counts by cell behind the tables of one vintage."""
    rate = {name: value[people.home_area] for name, value in rates(people.deprivation).items()}
    persons = people.people[year]
    years = NOW if year == 2021 else BEFORE
    bands = {band: people.children(band, years) for band in BANDS}
    young: Floats = np.sum(list(bands.values()), axis=0)
    poor_then = 1.0 if year == 2021 else 1.12
    homes = persons / PEOPLE_PER_HOME
    return {
        **bands,
        "adults": np.maximum(persons - young, 0),
        "persons": persons,
        "child_below_200": young * np.clip(rate["child_below_200"] * poor_then, 0, 0.95),
        "child_poor": young * np.clip(rate["child_poverty"] * poor_then, 0, 0.9),
        "adult_poor": np.maximum(persons - young, 0) * rate["poverty"] * 0.86 * poor_then,
        "below_200": persons * np.clip(rate["below_200"], 0, 0.95),
        "homes": homes,
        **{name: homes * rate[name] for name in ("limited_english", "no_vehicle", "renter", "crowded")},
        "no_diploma": np.maximum(persons - young, 0) * 0.88 * rate["no_diploma"],
        "grown": np.maximum(persons - young, 0) * 0.88,
        "parents": young / 1.93,
        "single": young / 1.93 * rate["single_parent"],
        "disabled": persons * rate["disability"],
        "labor": np.maximum(persons - young, 0) * 0.65,
        "jobless": np.maximum(persons - young, 0) * 0.65 * rate["unemployment"],
    }


_ADULTS = np.array([2, 2.2, 1.1, 1.1, 3.4, 7.5, 7.6, 7.2, 6.9, 6.4, 6.2, 6.3, 2.4, 3.4, 2.1, 2.7, 3.6, 2.2, 1.9])
_ADULTS = _ADULTS / _ADULTS.sum()


def counts_by_cell(ground: Ground, people: People, year: int) -> dict[str, Floats]:
    """True counts by cell under the names of the data dictionary, for one vintage (its middle year)."""
    t = counts_of_tables(ground, people, year)
    bands = {band: t[band] for band in BANDS}
    return {
        "population": t["persons"],
        **bands,
        "children_0_17": sum(bands.values(), np.zeros(len(t["persons"]))),
        "children_in_poverty": t["child_poor"],
        "children_below_200_poverty": t["child_below_200"],
        "people_in_poverty": t["child_poor"] + t["adult_poor"],
        "households": t["homes"],
        "limited_english_households": t["limited_english"],
        "adults_25_plus": t["grown"],
        "adults_without_diploma": t["no_diploma"],
        "families_with_children": t["parents"],
        "single_parent_families": t["single"],
        "occupied_homes": t["homes"],
        "homes_without_vehicle": t["no_vehicle"],
        "renter_homes": t["renter"],
        "crowded_homes": t["crowded"],
        "unemployed_people": t["jobless"],
        "people_with_disability": t["disabled"],
    }


def _b01001(t: dict[str, Floats]) -> dict[int, Floats]:
    leaves: dict[int, Floats] = {}
    for offset in (2, 26):
        leaves.update({offset + 1 + n: t[band] / _SEXES for n, band in enumerate(BANDS)})
        leaves.update({offset + 5 + n: t["adults"] * share / _SEXES for n, share in enumerate(_ADULTS)})
    return leaves


def _b17001(t: dict[str, Floats]) -> dict[int, Floats]:
    ages = np.array([5, 1, 6, 3, 1, 2]) / 18
    adult = np.array([0.13, 0.19, 0.17, 0.16, 0.16, 0.11, 0.08])
    leaves: dict[int, Floats] = {}
    young = sum(t[band] for band in BANDS)
    for first, child, grown in (
        (4, t["child_poor"], t["adult_poor"]),
        (33, young - t["child_poor"], t["adults"] - t["adult_poor"]),
    ):
        for offset in (first, first + 14):
            leaves.update({offset + n: np.maximum(child, 0) * share / _SEXES for n, share in enumerate(ages)})
            leaves.update({offset + 6 + n: np.maximum(grown, 0) * share / _SEXES for n, share in enumerate(adult)})
    return leaves


def _c17002(t: dict[str, Floats]) -> dict[int, Floats]:
    poor = t["child_poor"] + t["adult_poor"]
    near = np.maximum(t["below_200"] - poor, 0)
    shares = {4: 0.24, 5: 0.25, 6: 0.36, 7: 0.15}
    return {
        2: poor * 0.44,
        3: poor * 0.56,
        **{n: near * s for n, s in shares.items()},
        8: np.maximum(t["persons"] - poor - near, 0),
    }


def _b15003(t: dict[str, Floats]) -> dict[int, Floats]:
    low = np.array([8, 1, 1, 2, 3, 3, 4, 12, 5, 6, 10, 11, 12, 12, 20], dtype=float)
    high = np.array([27, 3, 8, 19, 11, 20, 8, 3, 2], dtype=float)
    leaves = {2 + n: t["no_diploma"] * share for n, share in enumerate(low / low.sum())}
    leaves.update({17 + n: (t["grown"] - t["no_diploma"]) * share for n, share in enumerate(high / high.sum())})
    return leaves


def _b16002(t: dict[str, Floats]) -> dict[int, Floats]:
    limited = t["limited_english"]
    other = limited * 1.6
    leaves = {2: np.maximum(t["homes"] - limited - other, 0)}
    for first, share in ((4, 0.72), (7, 0.07), (10, 0.17), (13, 0.04)):
        leaves.update({first: limited * share, first + 1: other * share})
    return leaves


def _b08201(t: dict[str, Floats]) -> dict[int, Floats]:
    cars = [t["no_vehicle"], *((t["homes"] - t["no_vehicle"]) * s for s in (0.33, 0.39, 0.19, 0.09))]
    by_size = {7: 0.24, 13: 0.32, 19: 0.17, 25: 0.27}
    return {first + 1 + n: value * share for first, share in by_size.items() for n, value in enumerate(cars)}


def _b25003(t: dict[str, Floats]) -> dict[int, Floats]:
    return {2: t["homes"] - t["renter"], 3: t["renter"]}


def _b25014(t: dict[str, Floats]) -> dict[int, Floats]:
    leaves: dict[int, Floats] = {}
    for first, homes, crowded in (
        (3, t["homes"] - t["renter"], t["crowded"] * 0.3),
        (9, t["renter"], t["crowded"] * 0.7),
    ):
        rest = np.maximum(homes - crowded, 0)
        parts = (rest * 0.66, rest * 0.34, crowded * 0.66, crowded * 0.25, crowded * 0.09)
        leaves.update({first + n: part for n, part in enumerate(parts)})
    return leaves


def _b11003(t: dict[str, Floats]) -> dict[int, Floats]:
    childless = t["homes"] * 0.34
    leaves: dict[int, Floats] = {}
    for first, parents, without in (
        (4, t["parents"] - t["single"], 0.78),
        (11, t["single"] * 0.24, 0.07),
        (17, t["single"] * 0.76, 0.15),
    ):
        leaves.update({first + n: parents * share for n, share in enumerate((0.22, 0.20, 0.58))})
        leaves[first + 3] = childless * without
    return leaves


def _b18101(t: dict[str, Floats]) -> dict[int, Floats]:
    young = t["children_5_9"] + t["children_10_14"] + t["children_15_17"]
    groups = [t["children_0_4"], young, *(t["adults"] * s for s in (0.31, 0.48, 0.13, 0.08))]
    share = np.array([0.02, 0.14, 0.12, 0.33, 0.18, 0.21])
    leaves: dict[int, Floats] = {}
    for offset in (4, 23):
        for n, (people, part) in enumerate(zip(groups, share, strict=True)):
            ill = np.minimum(t["disabled"] * part, people * 0.9)
            leaves.update({offset + 3 * n: ill / _SEXES, offset + 1 + 3 * n: (people - ill) / _SEXES})
    return leaves


def _b23025(t: dict[str, Floats]) -> dict[int, Floats]:
    work = t["labor"] - t["jobless"]
    return {4: work, 5: t["jobless"], 6: t["labor"] * 0.003, 7: t["adults"] * 1.02 - t["labor"]}


# table: leaves, and which columns are sums (total first: summed last)
_PARENTS: dict[str, dict[int, Iterable[int]]] = {
    "b01001": {26: range(27, 50), 2: range(3, 26), 1: (2, 26)},
    "b17001": {46: range(47, 60), 32: range(33, 46), 31: (32, 46), 17: range(18, 31), 3: range(4, 17), 2: (3, 17), 1: (2, 31)},
    "c17002": {1: range(2, 9)},
    "b15003": {1: range(2, 26)},
    "b16002": {12: (13, 14), 9: (10, 11), 6: (7, 8), 3: (4, 5), 1: (2, 3, 6, 9, 12)},
    "b08201": {
        **{first: range(first + 1, first + 6) for first in (25, 19, 13, 7)},
        **{2 + n: tuple(first + 1 + n for first in (7, 13, 19, 25)) for n in range(5)},
        1: (7, 13, 19, 25),
    },
    "b25003": {1: (2, 3)},
    "b25014": {8: range(9, 14), 2: range(3, 8), 1: (2, 8)},
    "b11003": {16: range(17, 20), 15: (16, 20), 10: range(11, 14), 9: (10, 14), 8: (9, 15), 3: range(4, 7), 2: (3, 7), 1: (2, 8)},
    "b18101": {**{first: (first + 1, first + 2) for first in (*range(3, 21, 3), *range(22, 40, 3))}, 21: range(22, 40, 3), 2: range(3, 21, 3), 1: (2, 21)},
    "b23025": {3: (4, 5), 2: (3, 6), 1: (2, 7)},
}  # fmt: skip
_LEAVES = {
    "b01001": _b01001, "b17001": _b17001, "c17002": _c17002, "b15003": _b15003, "b16002": _b16002, "b08201": _b08201,
    "b25003": _b25003, "b25014": _b25014, "b11003": _b11003, "b18101": _b18101, "b23025": _b23025,
}  # fmt: skip
TABLES = tuple(_LEAVES)


def write_survey(ground: Ground, people: People, census: Census, folder: files.Out, rng: np.random.Generator) -> None:
    """The eleven tables of both vintages, block groups and tracts, as table-based summary files."""
    for year, edition, group in ((2016, 2018, census.old_group_geoid), (2021, 2023, census.group_geoid)):
        truth = counts_of_tables(ground, people, year)
        geoid, label = np.unique(group, return_inverse=True)
        by_group = {name: tally(label[ground.block], values, len(geoid)) for name, values in truth.items()}
        for table in TABLES:
            folder.text(f"acsdt5y{edition}-{table}.dat", survey_table(table, by_group, geoid, rng), delimiter="|")


def survey_table(table: str, truth: dict[str, Floats], geoid: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """One table of one vintage: estimates and margins of block groups and tracts."""
    return sampled_table(table, _LEAVES[table](truth), _PARENTS[table], geoid, rng)


def sampled_table(
    table: str, leaves: dict[int, Floats], sums: dict[int, Iterable[int]], geoid: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """A table seen through the sample: true leaves by block group, and which lines are sums of others."""
    estimate = {n: sampled(np.maximum(values, 0), rng) for n, values in leaves.items()}
    for parent, parts in sums.items():
        estimate[parent] = np.sum([estimate[n] for n in parts], axis=0)
    columns = sorted(estimate)
    values = pd.DataFrame({n: estimate[n] for n in columns}, index=pd.Index(geoid))
    tracts = values.groupby(values.index.str[:11], sort=True).sum()
    tracts.index = "1400000US" + tracts.index
    values.index = "1500000US" + values.index
    both = tracts if table in _TRACTS_ONLY else pd.concat([tracts, values])
    margin = margins(both.to_numpy())
    out: dict[str, object] = {"GEO_ID": both.index}
    for at, n in enumerate(columns):
        out[f"{table.upper()}_E{n:03d}"] = both[n].to_numpy()
        out[f"{table.upper()}_M{n:03d}"] = margin[:, at]
    return _with_codes(table, pd.DataFrame(out))


def sampled(truth: Floats, rng: np.random.Generator) -> np.ndarray:
    """An unbiased estimate whose variance is WEIGHT times the truth."""
    answers = rng.poisson(truth / WEIGHT * 1.04)
    spread = rng.normal(1, 0.2 / np.sqrt(np.maximum(answers, 1)))
    return np.round(answers * WEIGHT / 1.04 * np.clip(spread, 0.5, 1.5)).astype(np.int64)


def margins(estimate: np.ndarray) -> np.ndarray:
    """90% margins of estimates, of the sampling that `sampled` does."""
    return np.where(estimate > 0, np.ceil(1.645 * np.sqrt(WEIGHT * (estimate + 3))), ZERO_MARGIN).astype(int)


def _with_codes(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The Bureau's codes: the park has no households to ask; one tract's total is held to a control."""
    name = table.upper()
    park = frame["GEO_ID"].str.contains("US06999980000")
    if table in ("b16002", "b08201", "b19001"):
        frame.loc[park, [c for c in frame if c.startswith(f"{name}_E")]] = -666666666
        frame.loc[park, [c for c in frame if c.startswith(f"{name}_M")]] = -222222222
    if table == "b11003":
        frame.loc[park, [c for c in frame if c.startswith(f"{name}_M")]] = -333333333
    if table == "b01001":
        # the first tract holds the county's only town of record: its total is a control, not a sample
        frame.loc[frame["GEO_ID"] == "1400000US06999000100", f"{name}_M001"] = -555555555
    return frame
