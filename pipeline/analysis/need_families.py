"""The need index by every family and norm: what a neighborhood scores, where it stands, and what makes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.analysis.families import FAMILIES, Family, Reference, area_weights, child_levels, contributions, normalise
from pipeline.analysis.indicator_values import census_shares
from pipeline.analysis.indicators import BY_INDICATOR, need_signed
from pipeline.analysis.ranks import SMALLEST_KNOWN_WEIGHT, Floats, descending_rank, row_sums
from pipeline.errors import ConfigError, ContractError, Fault
from pipeline.ledger import Ledger
from pipeline.numerals import percent

Norm = Literal["local", "statewide"]
NORMS: tuple[Norm, ...] = ("local", "statewide")

# Of fewer areas a place in the state says nothing: the smallest states have more than a hundred tracts.
FEWEST_AREAS = 30

_SCORES = ["family_score", "family_rank", "family_percentile", "family_level"]
_PARTS = ["percentile_share", "contribution_index"]


@dataclass(frozen=True)
class Measured:
    """What is known of the neighborhoods before anything is ranked; arrays are indicators x neighborhoods.

    ``shares`` are as published, ``needy`` with high meaning needier (empty for small places and for those mostly
    outside the district);
    ``weights`` sum to 1 over the indicators.
    """

    ids: pd.Index
    names: tuple[str, ...]
    population: pd.Series
    children: pd.Series
    is_small: npt.NDArray[np.bool_]
    is_outside: npt.NDArray[np.bool_]
    is_approximate: npt.NDArray[np.bool_]
    shares: Floats
    margins: Floats
    needy: Floats
    weights: Floats

    @property
    def domains(self) -> list[str]:
        """Domain of each indicator."""
        return [BY_INDICATOR[name].domain for name in self.names]


def measured(
    profile: pd.DataFrame,
    values: pd.DataFrame,
    weights: Mapping[str, float],
    *,
    smallest_population: float,
    smallest_children: float,
    smallest_inside_share: float,
) -> Measured:
    """Arrange the values of the indicators in use; places with too few people or children, or mostly outside, are set aside.

    Parameters
    ----------
    profile
        ``neighborhood_profile`` of one vintage; ``children_0_17`` may be absent. Neighborhoods of fewer people
        than ``smallest_population`` (or none) or fewer children than ``smallest_children`` are set aside, and those
        with less than ``smallest_inside_share`` of their ground in the district; one of unknown numbers is not.
    values
        ``neighborhood_id indicator indicator_share indicator_share_moe``.
    weights
        indicator: weight; they sum to 1.
    """
    areas = profile.sort_values("neighborhood_id").reset_index(drop=True)
    ids, names = pd.Index(areas["neighborhood_id"].astype("str")), tuple(weights)
    small = few_live(areas, smallest_population=smallest_population, smallest_children=smallest_children).to_numpy()
    outside = (areas["inside_share"] < smallest_inside_share).to_numpy() & ~small
    shares, margins = (wide(values, ids, names, column) for column in ("indicator_share", "indicator_share_moe"))
    return Measured(
        ids=ids,
        names=names,
        population=areas["population"].astype("float64"),
        children=areas.get("children_0_17", areas["population"]).astype("float64"),
        is_small=small,
        is_outside=outside,
        is_approximate=areas["is_approximate"].to_numpy(dtype=bool),
        shares=shares,
        margins=margins,
        needy=np.where(small | outside, np.nan, need_signed(shares, names)),
        weights=np.array([weights[name] for name in names], dtype="float64"),
    )


def few_live(areas: pd.DataFrame, *, smallest_population: float, smallest_children: float) -> pd.Series:
    """Which areas have too few people, or too few children, to be ranked; a number that is not known is not few.

    The question is where children need better schools: a jail or a dormitory has people, and an index, but no children.

    Examples
    --------
    >>> areas = pd.DataFrame({"population": [2604.0, 900.0, 30.0, 900.0], "children_0_17": [0.0, 10.0, 20.0, None]})
    >>> few_live(areas, smallest_population=50.0, smallest_children=10.0).tolist()
    [True, False, True, False]
    >>> few_live(areas[["population"]], smallest_population=50.0, smallest_children=10.0).tolist()
    [False, False, True, False]
    """
    few = areas["population"] < max(smallest_population, 1e-9)
    return few | (areas["children_0_17"] < smallest_children) if "children_0_17" in areas else few


def wide(values: pd.DataFrame, ids: pd.Index, names: Sequence[str], column: str) -> Floats:
    """Indicators x areas of one column of the values; empty where there is no row."""
    cells = values.set_index(["neighborhood_id", "indicator"])[column]
    wanted = pd.MultiIndex.from_product([pd.Index(names, dtype="str"), ids]).swaplevel()
    table: Floats = cells.reindex(wanted).to_numpy(dtype="float64").reshape(len(names), len(ids))
    return table


def state_reference(
    areas: pd.DataFrame, told: Measured, ledger: Ledger, *, smallest_population: float, smallest_children: float
) -> Reference | None:
    """The state's areas that neighborhoods are held against, without those of too few people or children.

    Parameters
    ----------
    areas
        Rows of ``norm_counts`` of one vintage and level.

    Returns
    -------
    Reference or None
        Values and weights of the indicators in use; an area needs half of what the state has of
        them. Empty where the state has less than half of the index by weight: it would be
        another index. What it lacks is recorded.

    Raises
    ------
    ContractError
        If an indicator is known of some areas of the state, and of fewer than 30.
    """
    few = few_live(areas, smallest_population=smallest_population, smallest_children=smallest_children)
    peopled = areas[areas["population"].notna() & ~few]
    shares = census_shares(peopled.rename(columns={"area_geoid": "neighborhood_id"}))
    ids = pd.Index(peopled["area_geoid"].astype("str"))
    values = need_signed(wide(shares, ids, told.names, "indicator_share"), told.names)
    known_areas = np.isfinite(values).sum(axis=1)
    _require_many(told.names, known_areas)
    has = np.asarray(known_areas > 0)
    lacking = [name for name, known in zip(told.names, has, strict=True) if not known]
    held = float(told.weights[has].sum())
    if len(peopled) and lacking:
        ledger.note(
            "need index held against the state",
            f"the state's areas have {percent(held)} of the index by weight, without {', '.join(lacking)}"
            + ("" if held >= SMALLEST_KNOWN_WEIGHT - 1e-12 else ": less than half, so it is not computed"),
        )
    if held < SMALLEST_KNOWN_WEIGHT - 1e-12:
        return None
    return Reference(values, area_weights(values, np.where(has, told.weights, 0.0) / held))


def _require_many(names: Sequence[str], known: npt.NDArray[np.int_]) -> None:
    few = [(name, int(count)) for name, count in zip(names, known, strict=True) if 0 < count < FEWEST_AREAS]
    if few:
        fault = Fault(
            "E-FEW-AREAS",
            f"an indicator is known of fewer than {FEWEST_AREAS} areas of the state, against which no neighborhood can be ranked",
            len(few),
            f"{few[0][0]}, of {few[0][1]} areas with enough people",
            "Give a source of norm_area_counts with the areas of the whole state, or leave it out.",
        )
        raise ContractError("norm_area_counts", [fault])


def of_norm(norm: Norm, state: Reference | None, vintage: str) -> Reference | None:
    """The areas that the study's own index is held against; empty: the neighborhoods themselves.

    Raises
    ------
    ConfigError
        If the study asks for the state and there is too little of it.

    >>> of_norm("local", None, "2019-2023") is None
    True
    """
    if norm == "local":
        return None
    if state is None:
        raise ConfigError(
            f"params.yaml, need.norm: statewide needs counts of the state's areas for {vintage} that hold at least half of the index by weight, and there are none. Give a source that feeds norm_area_counts, or write need.norm: local."
        )
    return state


def scored(told: Measured, family: Family, reference: Reference | None, *, winsor_sd: float) -> tuple[Floats, Floats]:
    """Weights of the indicators in each neighborhood, and what each adds to the score of a family.

    Held against the state, only indicators that the state has are counted.
    """
    needy = told.needy
    if reference is not None:
        needy = np.where(np.isfinite(reference.values).any(axis=1, keepdims=True), needy, np.nan)
    weights = area_weights(needy, told.weights)
    return weights, contributions(needy, weights, told.domains, family, reference, winsor_sd=winsor_sd)


def need_families(
    told: Measured, state: Reference | None, ledger: Ledger, *, winsor_sd: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables ``need_families`` and ``family_contributions``: all families, by both norms side by side.

    Scores are 0 to 100, but for the standardised family, whose scores are in standard deviations
    and may be negative. The percentile (1 to 100) and the level (1 to 5, 5 the neediest) count
    children, and people where no children are known. Without a state there is the local norm only.
    """
    children = told.children if told.children.notna().any() else told.population
    if len(children) and told.children.isna().all():
        ledger.note("levels of the need index", "children are not counted: a fifth of the people lives in each level")
    kinds = [(norm, family) for norm in NORMS if norm == "local" or state is not None for family in FAMILIES]
    scores: list[Floats] = []
    parts: list[Floats] = []
    for norm, family in kinds:
        reference = state if norm == "statewide" else None
        ranks = normalise(told.needy, "percentile", None if reference is None else reference.values)
        adds = scored(told, family, reference, winsor_sd=winsor_sd)[1]
        score = row_sums(adds.T)
        scores.append(np.stack([score, descending_rank(score), *child_levels(score, children.to_numpy())], axis=1))
        parts.append(np.stack([ranks, adds], axis=2))
    of_area = _key(kinds, told.ids, 1)
    of_part = _key(kinds, told.ids, len(told.names))
    of_part["indicator"] = np.tile(np.repeat(np.array(told.names, dtype=object), len(told.ids)), len(kinds))
    return (
        of_area.join(pd.DataFrame(np.concatenate(scores), columns=_SCORES)),
        of_part.join(pd.DataFrame(np.concatenate(parts).reshape(-1, 2), columns=_PARTS)),
    )


def _key(kinds: list[tuple[Norm, Family]], ids: pd.Index, times: int) -> pd.DataFrame:
    each = len(ids) * times
    return pd.DataFrame(
        {
            "neighborhood_id": np.tile(ids.to_numpy(), len(kinds) * times),
            "family": np.repeat(np.array([family for _, family in kinds], dtype=object), each),
            "norm": np.repeat(np.array([norm for norm, _ in kinds], dtype=object), each),
        }
    )
