"""How often Millbrook's planted pockets are found, and false ones: its survey drawn again, seed by seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from pipeline import store
from pipeline.analysis.age_bands import AGES, BANDS
from pipeline.analysis.area_groups import COUNTS, group_counts
from pipeline.analysis.change_evidence import KEY, change_evidence, together_scores
from pipeline.analysis.growth import school_age_change
from pipeline.analysis.pockets import growth_pockets, pocket_members
from pipeline.analysis.uncertainty import Z90, moe_of_sum
from pipeline.sources.acs_codes import sum_of_lines
from pipeline.town import truth
from pipeline.town.areas import Floats, tally
from pipeline.town.survey import counts_of_tables, margins, sampled
from pipeline.town.write import town

LAYER, BAND, RATE, SMALLEST = "neighborhood", "5-17", 0.1, 25.0
CLASSES = {"high_cv": 0.12, "medium_cv": 0.4}
VINTAGES = {"2014-2018": 2016, "2019-2023": 2021}
SEEDS = 200
# What 200 seeds must show: of planted pockets whose rise, as it arrives, is so many standard errors.
MOST_FALSE, LEAST_FOUND, LEAST_Z = RATE, 0.95, 2 * Z90
WIDTH = np.sqrt(2)  # boys and girls are asked apart: the margin of two equal halves
Read = Callable[[str], pd.DataFrame]


@dataclass(frozen=True)
class Ground:
    """What does not change from seed to seed: true children by block group, the crosswalk, borders, what is planted."""

    children: dict[str, dict[str, Floats]]  # vintage: band: by block group
    geoid: dict[str, np.ndarray]
    crosswalk: pd.DataFrame
    adjacency: pd.DataFrame
    change: pd.Series  # true change of children 5-17 by neighborhood
    planted: tuple[frozenset[str], ...]  # the growing neighborhoods, those that touch together


def of_millbrook(read: Read, *, is_steady: bool = False) -> Ground:
    """The town as it is, or (``is_steady``) one in which the later children lived in both vintages.

    ``read`` gives processed tables of Millbrook by name.
    """
    made, known = town(), truth()
    children, geoids = {}, {}
    for vintage, year in VINTAGES.items():
        counts = counts_of_tables(made.ground, made.people, 2021 if is_steady else year)
        group = made.census.old_group_geoid if year == 2016 else made.census.group_geoid
        geoids[vintage], label = np.unique(group, return_inverse=True)
        cell = label[made.ground.block]
        children[vintage] = {band: tally(cell, counts[band], len(geoids[vintage])) for band in AGES}
    school_age = known.neighborhood_children.assign(
        children=lambda f: f[[band for band in AGES if band != "children_0_4"]].sum(axis=1)
    ).pivot_table(index="neighborhood_id", columns="vintage", values="children", aggfunc="sum")
    change = school_age["2019-2023"] - school_age["2014-2018"]
    adjacency, links = read("adjacency"), read("crosswalk")
    is_used = links["target_layer"].eq(LAYER) & links["carrier"].isin(list(BANDS[BAND]))
    links = links[is_used & links["source_layer"].isin([f"block_group {vintage}" for vintage in VINTAGES])]
    return Ground(children, geoids, links, adjacency, change * (not is_steady), touching(known.growing, adjacency))


def touching(areas: Iterable[str], adjacency: pd.DataFrame) -> tuple[frozenset[str], ...]:
    """The areas in groups of those that touch."""
    ids = pd.Index(sorted(areas))
    borders = adjacency[adjacency["layer"] == LAYER]
    left, right = ids.get_indexer(borders["area_id"]), ids.get_indexer(borders["neighbor_id"])
    both = (left >= 0) & (right >= 0)
    graph = sparse.coo_matrix((np.ones(both.sum()), (left[both], right[both])), shape=(len(ids), len(ids)))
    labels = connected_components(graph, directed=False)[1]
    return tuple(frozenset(ids[labels == label]) for label in range(labels.max() + 1))


def drawn_areas(ground: Ground, seed: int) -> pd.DataFrame:
    """Children by age of every block group and vintage as one sample would have them, with 90% margins."""
    rng = np.random.default_rng([seed, 5])
    parts = []
    for vintage, bands in ground.children.items():
        frame = pd.DataFrame({"area_level": "block_group", "vintage": vintage, "area_geoid": ground.geoid[vintage]})
        lines = []
        for band, true in bands.items():
            by_sex = np.column_stack([sampled(true / 2, rng) for _ in range(2)]).astype("float64")
            frame[band], frame[f"{band}_moe"] = sum_of_lines(by_sex, margins(by_sex).astype("float64"))
            lines.append(by_sex)
        every = np.column_stack(lines)
        frame["children_0_17"], frame["children_0_17_moe"] = sum_of_lines(every, margins(every).astype("float64"))
        parts.append(frame.assign(population=1.0, occupied_homes=np.nan, occupied_homes_moe=np.nan))
    return pd.concat(parts, ignore_index=True)[
        ["area_level", "vintage", "area_geoid", "population", *(n for c in COUNTS for n in (c, f"{c}_moe"))]
    ]


def found_pockets(ground: Ground, seed: int) -> pd.DataFrame:
    """Pockets of one sample, as the stage growth finds them (seats are not known, so children are counted)."""
    areas = drawn_areas(ground, seed)
    before, now = VINTAGES
    each = ground.change.index.to_numpy()
    alone = pd.DataFrame({"group_id": each, "area_id": each})
    profile = group_counts(areas, ground.crosswalk, alone, layer=LAYER, vintages=[before, now])
    change = school_age_change(
        profile, layer=LAYER, area="group_id", before=before, now=now, factors={}, alpha=RATE, bands=[BAND], **CLASSES
    )
    together = together_scores(change, ground.adjacency, areas, ground.crosswalk, layer=LAYER, factors={})
    change = change_evidence(change, ground.adjacency, layer=LAYER, rate=RATE, together=together)
    return growth_pockets(
        change, ground.adjacency, areas, ground.crosswalk, layer=LAYER, age_band=BAND, smallest=SMALLEST, factors={},
        public={}, deaths=[], **CLASSES,
    )  # fmt: skip


@dataclass(frozen=True)
class Weights:
    """Weights from block groups to areas (or groups of them) of one band and vintage, and what must be squared of them."""

    plain: sparse.csr_array
    squared: sparse.csr_array

    def arrived(self, values: Floats, moes: Floats) -> tuple[Floats, Floats]:
        """Counts and 90% margins of the targets; of sources of which none is estimated the largest margin counts once."""
        none = values == 0
        squares = self.squared @ np.where(none, 0.0, moes**2)
        zero = np.where(none, moes, 0.0)
        largest = (self.plain @ sparse.diags_array(zero)).max(axis=1).toarray().ravel() if none.any() else 0.0
        return self.plain @ values, np.sqrt(squares + largest**2)


def weights_of(ground: Ground, members: pd.DataFrame) -> dict[tuple[str, str], Weights]:
    """By vintage and band: from its block groups to the groups of ``members``, in the order of their ids."""
    areas, groups = (pd.Index(np.unique(members[c].to_numpy(dtype=object))) for c in ("area_id", "group_id"))
    places = (areas.get_indexer(members["area_id"]), groups.get_indexer(members["group_id"]))
    of_group = sparse.csr_array(sparse.coo_array((np.ones(len(members)), places), shape=(len(areas), len(groups))))
    found = {}
    for vintage in VINTAGES:
        sources = pd.Index(ground.geoid[vintage])
        for band in BANDS[BAND]:
            rows = ground.crosswalk[
                ground.crosswalk["source_layer"].eq(f"block_group {vintage}") & ground.crosswalk["carrier"].eq(band)
            ]
            places = (sources.get_indexer(rows["source_id"]), areas.get_indexer(rows["target_id"]))
            known = places[1] >= 0
            entries = (rows["weight"].to_numpy()[known], (places[0][known], places[1][known]))
            weight = sparse.csr_array(sparse.coo_array(entries, shape=(len(sources), len(areas)))) @ of_group
            found[vintage, band] = Weights(sparse.csr_array(weight.T), sparse.csr_array((weight * weight).T))
    return found


def changed(weights: dict[tuple[str, str], Weights], areas: pd.DataFrame) -> tuple[Floats, Floats]:
    """Change of the children of the band in each group, and its standard error."""
    totals, errors = [], []
    for vintage in VINTAGES:
        rows = areas[areas["vintage"] == vintage]
        parts = [weights[vintage, b].arrived(rows[b].to_numpy(), rows[f"{b}_moe"].to_numpy()) for b in BANDS[BAND]]
        counts = np.column_stack([count for count, _ in parts])
        totals.append(counts.sum(axis=1))
        errors.append(moe_of_sum(counts, np.column_stack([moe for _, moe in parts])) / Z90)
    return totals[1] - totals[0], np.hypot(*errors)


def quick_members(ground: Ground, seed: int, alone: dict[tuple[str, str], Weights], near: dict[tuple[str, str], Weights]) -> pd.DataFrame:  # fmt: skip
    """Areas of the pockets of one sample: as `found_pockets`, with sums by matrices made once."""
    areas = drawn_areas(ground, seed)
    change, error = changed(alone, areas)
    both, both_error = changed(near, areas)
    before, now = VINTAGES
    table = pd.DataFrame({"area_id": np.unique(ground.change.index.to_numpy(dtype=object)), "children_change": change})
    table = table.assign(
        layer=LAYER,
        age_band=BAND,
        vintage_from=before,
        vintage_to=now,
        change_z=change / error,
        reliability_class="medium",
    )
    together = table[KEY].assign(together_z=both / both_error)
    table = change_evidence(table, ground.adjacency, layer=LAYER, rate=RATE, together=together)
    members = pocket_members(table, ground.adjacency, layer=LAYER).merge(table[["area_id", "children_change"]], on="area_id", validate="1:1")  # fmt: skip
    size = members.groupby(["pocket_kind", "group_id"])["children_change"].transform("sum").abs()
    return members[size >= SMALLEST]


def by_seed(ground: Ground, seeds: Iterable[int]) -> pd.DataFrame:
    """One row per seed: pockets and areas found, false ones, and which planted pockets were found.

    A pocket is false if its children did not truly change in its direction; so is an area in a pocket. A planted pocket
    is found if growing pockets hold at least half of its neighborhoods.
    """
    each = ground.change.index.to_numpy()
    borders = ground.adjacency[ground.adjacency["layer"] == LAYER]
    itself = pd.DataFrame({"group_id": each, "area_id": each})
    next_to = borders.rename(columns={"area_id": "group_id", "neighbor_id": "area_id"})[["group_id", "area_id"]]
    alone, near = weights_of(ground, itself), weights_of(ground, pd.concat([itself, next_to], ignore_index=True))
    rows = []
    for seed in seeds:
        members = quick_members(ground, seed, alone, near)
        sign = members["pocket_kind"].map({"growing": 1.0, "shrinking": -1.0})
        true = ground.change.reindex(members["area_id"]).to_numpy() * sign.to_numpy()
        of_pocket = pd.Series(true).groupby([members["pocket_kind"].to_numpy(), members["group_id"].to_numpy()]).sum()
        grown = set(members.loc[members["pocket_kind"] == "growing", "area_id"])
        rows.append(
            {
                "seed": seed,
                "pockets": len(of_pocket),
                "false_pockets": int((of_pocket <= 0).sum()),
                "areas": len(members),
                "false_areas": int((true <= 0).sum()),
                "growing": grown & set().union(*ground.planted),
                "is_shrinking_found": bool((sign < 0).any()),
                **{f"planted_{n}": len(grown & p) >= len(p) / 2 for n, p in enumerate(ground.planted, start=1)},
            }
        )
    return pd.DataFrame(rows)


def arrived_rises(ground: Ground) -> list[float]:
    """Rise of each planted pocket over its standard error, as it arrives without any sampling: through the crosswalk.

    A survey area that reaches beyond a pocket takes a part of its rise along; what is left may be less than a sample shows.
    """
    parts = []
    for vintage, bands in ground.children.items():
        frame = pd.DataFrame({"vintage": vintage, **bands})
        parts.append(frame.assign(**{f"{band}_moe": WIDTH * margins(true / 2) for band, true in bands.items()}))
    members = [(f"{n:03d}", area) for n, areas in enumerate(ground.planted) for area in areas]
    change, error = changed(
        weights_of(ground, pd.DataFrame(members, columns=["group_id", "area_id"])), pd.concat(parts)
    )
    return [float(z) for z in change / error]


def summary(ground: Ground, seeds: pd.DataFrame, steady: pd.DataFrame) -> dict[str, float]:
    """Shares over the seeds: how often each planted pocket is found, and how often a pocket is false.

    ``false_pocket_share`` and ``false_area_share`` are means over seeds of the false ones among those found (none found:
    none false); ``steady_share`` is of seeds in which a town without any change shows a pocket.
    """
    planted = len(set().union(*ground.planted))
    rises = arrived_rises(ground)
    return {
        **{f"planted_{n} z": z for n, z in enumerate(rises, start=1)},
        **{f"planted_{n} found_share": float(seeds[f"planted_{n}"].mean()) for n in range(1, len(rises) + 1)},
        "planted_area_share": float(seeds["growing"].map(len).mean() / planted),
        "shrinking_found_share": float(seeds["is_shrinking_found"].mean()),
        "false_pocket_share": float((seeds["false_pockets"] / seeds["pockets"].clip(lower=1)).mean()),
        "false_area_share": float((seeds["false_areas"] / seeds["areas"].clip(lower=1)).mean()),
        "steady_share": float((steady["pockets"] > 0).mean()),
    }


def fault_of(found: dict[str, float], seeds: int) -> str:
    """What a summary lacks of what is promised; empty where nothing.

    Among towns without change chance may exceed the rate by three standard errors of so many seeds.
    """
    most = MOST_FALSE + 3 * float(np.sqrt(MOST_FALSE * (1 - MOST_FALSE) / seeds))
    told = {name.split(" ")[0] for name, z in found.items() if name.endswith(" z") and z >= LEAST_Z}
    faults = [f"{name} in {share:.1%} of seeds" for name, share in found.items() if name.endswith(" found_share") and name.split(" ")[0] in told and share < LEAST_FOUND]  # fmt: skip
    faults += [
        f"{name} {found[name]:.1%}" for name in ("false_pocket_share", "false_area_share") if found[name] > MOST_FALSE
    ]
    faults += [f"a pocket in {found['steady_share']:.1%} of steady towns"] if found["steady_share"] > most else []
    return "; ".join(faults)


def measure() -> None:
    """Print what 200 seeds show, from the tables of the last run, which must be of Millbrook; fail if it is too little.

    Raises
    ------
    SystemExit
        If a planted pocket that arrives with 3.3 standard errors is found in fewer than 95% of seeds, or false ones beyond
        the rate.
    """

    def read(name: str) -> pd.DataFrame:
        return pd.read_parquet(store.path_of(name))

    ground, steady = of_millbrook(read), of_millbrook(read, is_steady=True)
    found = summary(ground, by_seed(ground, range(SEEDS)), by_seed(steady, range(SEEDS)))
    for name, share in found.items():
        print(f"{name}: {share:.1f} standard errors" if name.endswith(" z") else f"{name}: {share:.1%}")
    if fault := fault_of(found, SEEDS):
        raise SystemExit(f"pockets over {SEEDS} seeds: {fault}")
