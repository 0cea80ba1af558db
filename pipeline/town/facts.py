"""What is true of the town: the numbers that its files only sample, and the patterns planted in it."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from pipeline.town.areas import Flags, Ints, tally
from pipeline.town.hosts import best_hosts
from pipeline.town.incomes import median_usd
from pipeline.town.people import BANDS, BEFORE, NOW
from pipeline.town.survey import counts_by_cell
from pipeline.town.write import Town, town

VINTAGES = MappingProxyType({"2014-2018": (BEFORE, 2016), "2019-2023": (NOW, 2021)})


@dataclass(frozen=True)
class Truth:
    """The truth about the town, by block, area, zone and neighborhood.

    Children are means over the five years of a vintage and need not be whole. Zone totals
    count what lies inside the zone's drawing: children in a gap or in the park are in none.
    """

    children_by_block: pd.DataFrame  # block_geoid, vintage, population, children_0_4 .. children_15_17
    area_counts: pd.DataFrame  # area_level, vintage, area_geoid, the counts of the census tables
    zone_children: pd.DataFrame  # level, fall_year, zone_id, vintage, children_*
    neighborhood_children: pd.DataFrame  # neighborhood_id, vintage, population, children_*
    neighborhood_incomes: pd.DataFrame  # neighborhood_id, vintage, median_income_usd
    deprivation: pd.Series  # neighborhood_id: 0 (well off) .. 1
    growing: tuple[str, ...]  # neighborhoods planted as growth pockets
    shrinking: tuple[str, ...]
    neediest: tuple[str, ...]  # neighborhoods planted as the neediest
    surplus_sites: tuple[str, ...]  # sites with room to offer, open and closed
    best_hosts: dict[str, str]  # charter without a district site: its site in the best matching
    quality: pd.DataFrame  # school_id, subject, year, true share meeting the standard


def truth(size: int | None = None) -> Truth:
    """The truth about Millbrook, or about a town of another size.

    >>> truth().surplus_sites[-2:]  # a closed school and a site declared surplus
    ('S901', 'S903')
    """
    made = town(size)
    cells = {vintage: _cells(made, vintage) for vintage in VINTAGES}
    number = len(made.people.deprivation)
    ids = np.array([f"N{n + 1:02d}" for n in range(number)])
    there = np.isin(np.arange(number), made.people.neighborhood)

    def named(flag: Flags) -> tuple[str, ...]:
        return tuple(str(i) for i in ids[flag & there])

    blocks = pd.concat(
        [
            _totals(frame, made.ground.block, made.census.block_geoid, "block_geoid", vintage)
            for vintage, frame in cells.items()
        ],
        ignore_index=True,
    )
    neighborhoods = pd.concat(
        [_totals(frame, made.people.neighborhood, ids, "neighborhood_id", vintage) for vintage, frame in cells.items()],
        ignore_index=True,
    )
    built = made.facilities
    return Truth(
        blocks,
        _areas(made),
        _zones(made, cells),
        neighborhoods[neighborhoods["neighborhood_id"].isin(ids[there])].reset_index(drop=True),
        _incomes(made, ids[there]),
        pd.Series(
            made.people.deprivation[there], index=pd.Index(ids[there], name="neighborhood_id"), name="deprivation"
        ),
        named(made.people.is_growing),
        named(made.people.is_shrinking),
        named(made.people.is_needy),
        built.surplus if built else (),
        best_hosts(made.ground, made.people, made.zones, made.schools, built) if built and made.schools else {},
        _quality(made),
    )


def _cells(made: Town, vintage: str) -> pd.DataFrame:
    years, middle = VINTAGES[vintage]
    frame = pd.DataFrame({band: made.people.children(band, years) for band in BANDS})
    frame.insert(0, "population", made.people.people[middle])
    return frame


def _totals(cells: pd.DataFrame, label: Ints, ids: np.ndarray, name: str, vintage: str) -> pd.DataFrame:
    inside = label >= 0
    sums = {c: tally(label[inside], cells[c].to_numpy()[inside], len(ids)) for c in cells}
    return pd.DataFrame({name: ids, "vintage": vintage, **sums})


def _incomes(made: Town, ids: np.ndarray) -> pd.DataFrame:
    """True median incomes of the neighborhoods that are there."""
    every = {f"N{n + 1:02d}": n for n in range(len(made.people.deprivation))}
    parts = [
        pd.DataFrame(
            {
                "neighborhood_id": ids,
                "vintage": vintage,
                "median_income_usd": median_usd(made.people, year, made.people.neighborhood, len(every))[
                    [every[str(i)] for i in ids]
                ],
            }
        )
        for vintage, (_, year) in VINTAGES.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _zones(made: Town, cells: dict[str, pd.DataFrame]) -> pd.DataFrame:
    drawn, parts = made.zones, []
    for level, label, fall in (
        ("elementary", drawn.elementary, 2024),
        ("middle", drawn.middle, 2024),
        ("high", drawn.high, 2024),
        ("elementary", drawn.last_year, 2023),
    ):
        ids = np.array([drawn.zone_id(level, zone) for zone in range(int(label.max()) + 1)])
        for vintage, frame in cells.items():
            part = _totals(frame, label, ids, "zone_id", vintage)
            part.insert(0, "level", level)
            part.insert(1, "fall_year", fall)
            parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _areas(made: Town) -> pd.DataFrame:
    parts = []
    for vintage, group in (("2014-2018", made.census.old_group_geoid), ("2019-2023", made.census.group_geoid)):
        counts = counts_by_cell(made.ground, made.people, VINTAGES[vintage][1])
        for level, length in (("block_group", 12), ("tract", 11)):
            geoid, label = np.unique(np.array([g[:length] for g in group]), return_inverse=True)
            cell = label[made.ground.block]
            sums = {name: tally(cell, values, len(geoid)) for name, values in counts.items()}
            parts.append(pd.DataFrame({"area_level": level, "vintage": vintage, "area_geoid": geoid, **sums}))
    return pd.concat(parts, ignore_index=True)


def _quality(made: Town) -> pd.DataFrame:
    from pipeline.town.results import YEARS, meeting_share

    if made.schools is None:
        return pd.DataFrame(columns=["school_id", "subject", "year", "meeting_share"])
    parts = [
        pd.DataFrame(
            {
                "school_id": made.schools.table["school_id"],
                "subject": subject,
                "year": year,
                "meeting_share": meeting_share(made.schools, test, year),
            }
        )
        for subject, test in (("ela", 1), ("math", 2))
        for year in YEARS
    ]
    return pd.concat(parts, ignore_index=True)
