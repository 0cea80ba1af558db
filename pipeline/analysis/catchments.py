"""Seats within reach per child where every child competes: floating catchments without lists of pairs.

Three forms differ only in what a trip weighs: all trips within reach alike (2SFCA), less in each
farther zone (E2SFCA), or falling smoothly with its length (Gaussian). What a trip costs is a straight
line between two points (`catchment`), or supplied, as minutes on foot or by bus (`catchment_by_times`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = npt.NDArray[np.float64]
# Up to this many pairs all of them are weighed at once in numpy (16 MB); beyond, the compiled grid is faster.
MOST_PAIRS = 2_000_000
# Luo & Qi (2009): weights of three zones, for trips that few people make when they are long, and for others.
STEEP, SLOW = (1.0, 0.42, 0.09), (1.0, 0.68, 0.22)


@dataclass(frozen=True)
class Decay:
    """What a trip weighs by its length: `limits` rise and are met, beyond the last the weight is 0.

    ``limits`` are metres or minutes, as the trips are; ``spread`` above 0 is the standard deviation of
    a Gaussian that takes the place of the zones' ``weights`` within the last limit.
    """

    limits: tuple[float, ...]
    weights: tuple[float, ...]
    spread: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no decay: limits that do not rise, weights that do or are below 0, or not one for each."""
        rising = all(a < b for a, b in zip((0.0, *self.limits), self.limits, strict=False))
        finite = bool(np.isfinite([*self.limits, *self.weights, self.spread]).all())
        falling = list(self.weights) == sorted(self.weights, reverse=True) and min(self.weights, default=0.0) >= 0.0
        sound = falling and len(self.limits) == len(self.weights) > 0 and self.spread >= 0.0
        if not (rising and finite and sound):
            raise ValueError(
                f"a decay needs limits that rise from above 0 and as many weights, of at least 0, that do not rise; given are limits {self.limits}, weights {self.weights}, spread {self.spread:g}"
            )

    @property
    def reach(self) -> float:
        """Longest trip that counts."""
        return self.limits[-1]

    def of(self, cost: Floats) -> Floats:
        """Weight of each trip.

        >>> zones((10.0, 20.0, 30.0)).of(np.array([0.0, 10.0, 10.5, 30.0, 31.0])).tolist()
        [1.0, 1.0, 0.42, 0.09, 0.0]
        """
        if self.spread > 0.0:
            return np.where(cost <= self.reach, np.exp(-0.5 * (cost / self.spread) ** 2), 0.0)
        weight: Floats = np.array([*self.weights, 0.0])[np.searchsorted(self.limits, cost)]
        return weight


def within(reach: float) -> Decay:
    """2SFCA (Luo & Wang 2003): every trip within reach counts fully.

    >>> within(1000.0).of(np.array([0.0, 1000.0, 1000.1])).tolist()
    [1.0, 1.0, 0.0]
    """
    return Decay((reach,), (1.0,))


def zones(limits: tuple[float, ...], weights: tuple[float, ...] = STEEP) -> Decay:
    """E2SFCA (Luo & Qi 2009): one weight for each zone of trips, nearest first.

    >>> zones((500.0, 1000.0), (1.0, 0.5)).reach
    1000.0
    """
    return Decay(limits, weights)


def thirds(reach: float, weights: tuple[float, ...] = STEEP) -> Decay:
    """E2SFCA with zones of equal width.

    >>> thirds(30.0).limits
    (10.0, 20.0, 30.0)
    """
    return Decay(tuple(reach * (k + 1) / len(weights) for k in range(len(weights))), weights)


def gaussian(reach: float, spread: float | None = None) -> Decay:
    """Smooth decay, exp(-d² / 2s²) within reach and 0 beyond; s is half the reach unless given.

    With s at half the reach the longest trip weighs 0.135: it counts, though little.

    >>> gaussian(1000.0).of(np.array([0.0, 1000.0, 1001.0])).round(3).tolist()
    [1.0, 0.135, 0.0]
    """
    spread = reach / 2 if spread is None else spread
    if not spread > 0.0:
        raise ValueError(f"the spread of a Gaussian must be above 0, not {spread:g}")
    return Decay((reach,), (1.0,), spread)


def catchment(
    demand_xy: Floats, demand: Floats, supply_xy: Floats, supply: Floats, decay: Decay, *, detour_factor: float = 1.0
) -> Floats:
    """Access of each place of demand: seats per child within reach, competition counted.

    A school's seats are divided by the children within reach of it, each weighed by the trip;
    each place adds up these ratios over the schools in its reach, weighed likewise.

    Parameters
    ----------
    demand_xy, supply_xy : arrays (n, 2), (m, 2)
        Points in one projected CRS, metres.
    demand, supply : arrays (n,), (m,)
        Children and seats, at least 0. Unknown counts (NaN) must be left out by the caller,
        with a record.
    decay : Decay
        In metres of road.
    detour_factor : float
        Metres of road per metre in a straight line.

    Returns
    -------
    array (n,)
        Seats per child; 0 where no school is within reach. Children times access add up to the
        seats of all schools that at least one child can reach, whatever the decay.

    Raises
    ------
    ValueError
        For counts that are unknown or negative, points that are unknown, or lengths that differ.

    References
    ----------
    Luo & Wang (2003), Environment and Planning B 30(6); Luo & Qi (2009), Health & Place 15(4).

    Examples
    --------
    >>> homes, schools = np.array([[0.0, 0.0], [900.0, 0.0]]), np.array([[400.0, 0.0]])
    >>> catchment(homes, np.array([100.0, 50.0]), schools, np.array([75.0]), within(1000.0)).tolist()
    [0.5, 0.5]
    """
    demand, supply = _counts("demand", demand), _counts("supply", supply)
    places = [_points("demand", demand_xy, len(demand)), _points("supply", supply_xy, len(supply))]
    if not len(demand) or not len(supply):
        return np.zeros(len(demand))
    here, there = (points * detour_factor for points in places)
    if len(demand) * len(supply) <= MOST_PAIRS:
        weight = decay.of(np.hypot(*(here[:, None, :] - there[None, :, :]).transpose(2, 0, 1)))
        reaching = np.einsum("ij,i->j", weight, demand)
        access: Floats = np.einsum("ij,j->i", weight, _share(supply, reaching))
        return access
    from pipeline.analysis.catchment_grid import two_steps  # the compiler is for large inputs alone

    return two_steps(here, demand, there, supply, decay)


def catchment_by_times(times: csr_array, demand: Floats, supply: Floats, decay: Decay) -> Floats:
    """As `catchment`, over supplied trips.

    Parameters
    ----------
    times : csr_array (n, m)
        Minutes (or metres) from each place of demand to each school. A stored 0 is a trip that takes
        no time; a pair that is not stored is out of reach. The way there counts in both steps: the
        way back may take another time, and is not asked. Each pair is stored once.
    demand, supply, decay
        As for `catchment`, with the decay in the unit of the trips.

    Raises
    ------
    ValueError
        Moreover for trips that are negative or unknown, and for pairs stored twice.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> times = csr_array((np.array([0.0, 12.0]), np.array([0, 0]), np.array([0, 1, 2])), shape=(2, 1))
    >>> catchment_by_times(times, np.array([100.0, 50.0]), np.array([75.0]), within(10.0)).tolist()
    [0.75, 0.0]
    """
    demand, supply = _counts("demand", demand), _counts("supply", supply)
    minutes, school = np.asarray(times.data, dtype="float64"), np.asarray(times.indices)
    if times.shape != (len(demand), len(supply)):
        raise ValueError(
            f"trips are given for {times.shape[0]:,} places and {times.shape[1]:,} schools, counts for {len(demand):,} and {len(supply):,}"
        )
    _refuse("trips", ~(minutes >= 0.0), "unknown or negative", minutes)
    home = np.repeat(np.arange(len(demand)), np.diff(times.indptr))
    order = np.lexsort((school, home))
    home, school, minutes = home[order], school[order], minutes[order]
    twice = (home[1:] == home[:-1]) & (school[1:] == school[:-1])
    if twice.any():
        first = int(np.flatnonzero(twice)[0])
        raise ValueError(
            f"{int(twice.sum()):,} trips are given twice; the first is from place {home[first]} to school {school[first]}: keep the shortest of them"
        )
    weight = decay.of(minutes)
    reaching = np.zeros(len(supply))
    np.add.at(reaching, school, weight * demand[home])
    access = np.zeros(len(demand))
    np.add.at(access, home, weight * _share(supply, reaching)[school])
    return access


def _share(supply: Floats, reaching: Floats) -> Floats:
    """Seats per child of each school; 0 where no child can reach it."""
    return np.divide(supply, reaching, out=np.zeros(len(supply)), where=reaching > 0)


def _counts(name: str, values: Floats) -> Floats:
    values = np.asarray(values, dtype="float64")
    _refuse(name, ~(np.isfinite(values) & (values >= 0.0)), "unknown, infinite or negative", values)
    return values


def _points(name: str, points: Floats, count: int) -> Floats:
    points = np.asarray(points, dtype="float64").reshape(-1, 2)
    if len(points) != count:
        raise ValueError(f"{name}: {len(points):,} points for {count:,} counts")
    _refuse(f"points of {name}", ~np.isfinite(points.sum(axis=1)), "unknown", points)
    return points


def _refuse(name: str, wrong: npt.NDArray[np.bool_], how: str, values: Floats) -> None:
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            f"{name}: {int(wrong.sum()):,} of {len(wrong):,} are {how}; the first is number {first} ({values[first]}). Leave them out, with a record"
        )
