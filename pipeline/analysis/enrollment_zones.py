"""Common enrollment zones: can every child of several zones be seated by grade, and which children prove that not?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from pipeline.analysis.disclosure import in_tens
from pipeline.analysis.enrollment import latest_flows
from pipeline.analysis.rolls import Rolls
from pipeline.columns import GRADES, joined
from pipeline.errors import Fault, FaultyInput
from pipeline.ledger import Ledger
from pipeline.numerals import count_of, number, of_tens, trimmed

ZONES = ["enrollment_zone", "level", "grade", "zone_ids", "zone_pupils", "zone_seats", "seated_pupils", "short_seats", "zone_offered_seats", "firm_short_seats", "offered_site_ids", "least_limit_m", "cut_neighborhood_ids", "cut_school_ids", "cut_pupils", "cut_seats", "finding", "offer_finding"]  # fmt: skip
# Sums over the grades of a zone.
ALL = {"all_pupils": "zone_pupils", "all_seats": "zone_seats", "all_seated_pupils": "seated_pupils", "all_short_seats": "short_seats", "all_firm_short_seats": "firm_short_seats"}  # fmt: skip
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Seating(NamedTuple):
    """How many are seated, and the children and schools that prove no one else can be: `seat_all`."""

    seated: int
    homes: Flags
    schools: Flags


def seat_all(children: Ints, seats: Ints, home: Ints, school: Ints) -> Seating:
    """Seat as many children as possible at schools they can reach; name those who cannot all be seated.

    The largest flow from homes through trips to seats is the most that can be seated. Where it is less than all
    children, the cut beside it is the proof (Hall's condition): the children of ``homes`` reach no other
    schools than ``schools``, and these have fewer seats than there are children, by exactly those who are left.

    Parameters
    ----------
    children : int array
        Children of each home (a neighborhood).
    seats : int array
        Seats of each school.
    home, school : int array
        One entry for each trip that is short enough.

    References
    ----------
    Ford and Fulkerson (1956), Canadian Journal of Mathematics 8; Hall (1935), Journal of the London Mathematical Society s1-10.

    Examples
    --------
    Two homes of 30 reach one school of 40 seats; a third home reaches the other school.

    >>> found = seat_all(np.array([30, 30, 20]), np.array([40, 50]), np.array([0, 1, 2]), np.array([0, 0, 1]))
    >>> found.seated, found.homes.tolist(), found.schools.tolist()
    (60, [True, True, False], [True, False])
    """
    homes, schools = len(children), len(seats)
    source, sink = homes + schools, homes + schools + 1
    # a trip takes as many as live there, so it never binds
    rows = np.concatenate([np.full(homes, source), home, homes + np.arange(schools)])
    columns = np.concatenate([np.arange(homes), homes + school, np.full(schools, sink)])
    # one more than all who live there: a trip that is full would hide the cut
    room = np.concatenate([children, children[home] + 1, seats]).astype(np.int32)
    shape = (sink + 1, sink + 1)
    network = csr_array((room, (rows, columns)), shape=shape)
    found = maximum_flow(network, source, sink)
    left = csr_array(network - found.flow)
    left.eliminate_zeros()
    reached = np.zeros(sink + 1, dtype=bool)
    reached[breadth_first_order(left, source, return_predecessors=False)] = True
    return Seating(int(found.flow_value), reached[:homes], reached[homes:source])


def latest_grades(found: Rolls) -> pd.DataFrame:
    """Pupils of each school by grade in the latest fall that it reported, suppressed cells filled as in the rolls.

    Returns
    -------
    DataFrame
        By ``school_id``, a column for each of ``GRADES``. A school that never reported has no row.

    Examples
    --------
    >>> counts = np.full((2, len(GRADES), 2), np.nan)
    >>> counts[0, :, 0], counts[1, :, 0], counts[1, :, 1] = 5.0, 4.0, 3.0
    >>> latest_grades(Rolls(np.array(["a", "b"]), np.array([2023, 2024]), counts, np.zeros((2, 2))))["09"].to_dict()
    {'a': 5.0, 'b': 3.0}
    """
    table = pd.DataFrame(columns=list(GRADES), dtype="float64")
    if len(found.years):
        reported = ~np.isnan(found.pupils).any(axis=1)
        last = reported.shape[1] - 1 - reported[:, ::-1].argmax(axis=1)
        counts = found.pupils[np.arange(len(found.schools)), :, last]
        table = pd.DataFrame(counts, index=found.schools, columns=list(GRADES))[reported.any(axis=1)]
    return table.rename_axis("school_id")


def pupils_by_grade(
    gap: pd.DataFrame, flows: pd.DataFrame, rolls: pd.DataFrame, grades: Mapping[str, Sequence[str]], now: int
) -> pd.DataFrame:
    """Resident pupils of each zone by grade, in whole pupils.

    The zone's resident pupils of the level are known; their grades are taken to be those of the schools they
    attend, or, where it is not known which, those of all schools of the level. A level in whose grades no
    school has a pupil is left out: its grades are not known.

    Parameters
    ----------
    gap, flows : DataFrame
        Tables ``service_gap`` and ``flows``; of these the latest year up to ``now``.
    rolls : DataFrame
        `latest_grades`.
    grades : mapping
        Grades of each level.
    now : int
        The study's fall.

    Returns
    -------
    DataFrame
        ``level zone_id grade pupils``; of each zone the grades add up to its resident pupils, rounded.

    Examples
    --------
    >>> gap = pd.DataFrame({"level": ["middle"], "zone_id": ["z"], "resident_pupils": [90.0]})
    >>> flows = pd.DataFrame({"level": ["middle"], "zone_id": ["z"], "school_id": ["s"], "fall_year": 2024, "pupils": [80.0], "pupils_low": 80.0, "pupils_high": 80.0})
    >>> rolls = pd.DataFrame({"07": [20.0], "08": [40.0]}, index=["s"])
    >>> pupils_by_grade(gap, flows, rolls, {"middle": ["07", "08"]}, 2024)["pupils"].tolist()
    [30, 60]
    """
    attended = latest_flows(flows, now)
    found = []
    for level, of_level in grades.items():
        table = rolls[[g for g in GRADES if g in set(of_level)]]
        if not table.to_numpy().sum() > 0:
            continue
        zones = gap[gap["level"].eq(level) & gap["resident_pupils"].notna()].sort_values("zone_id")
        share_of = table.div(table.sum(axis=1).where(table.sum(axis=1) > 0), axis=0)
        goes = attended[attended["level"].eq(level) & attended["pupils"].gt(0)]
        known = share_of.reindex(goes["school_id"]).notna().all(axis=1).to_numpy()
        to = goes[known]
        by_grade = share_of.reindex(to["school_id"]).mul(to["pupils"].to_numpy(float), axis=0)
        of_zone = by_grade.groupby(to["zone_id"].to_numpy(), sort=True).sum()
        parts = of_zone.reindex(zones["zone_id"]).to_numpy(float)
        parts = np.where(np.isnan(parts), table.sum().to_numpy(float), parts)
        for zone_id, pupils, mine in zip(zones["zone_id"], zones["resident_pupils"], parts, strict=True):
            whole = whole_parts(mine, round(float(pupils)))
            found += [(level, zone_id, g, n) for g, n in zip(table.columns, whole.tolist(), strict=True)]
    return pd.DataFrame(found, columns=["level", "zone_id", "grade", "pupils"])


def whole_parts(parts: npt.NDArray[np.float64], total: int) -> Ints:
    """A whole number shared out like ``parts``: rounded down, the rest to the largest remainders, the first of equal ones.

    Nothing is shared out where all parts are nothing.

    >>> whole_parts(np.array([1.0, 1.0, 2.0]), 10).tolist()
    [3, 2, 5]
    """
    if not len(parts) or parts.sum() <= 0:
        return np.zeros(len(parts), dtype=np.int64)
    exact = parts / parts.sum() * total
    down = np.floor(exact + 1e-9).astype(np.int64)
    first = np.lexsort((np.arange(len(parts)), -(exact - down)))
    down[first[: total - int(down.sum())]] += 1
    return np.asarray(down, dtype=np.int64)


def seats_by_grade(offered: pd.DataFrame, rolls: pd.DataFrame, grades: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Seats of each school by grade: its seats of the level shared as its pupils are, in whole seats.

    Where the grades of its pupils are not known, the seats are shared evenly over those of the level: they are there,
    and to leave them out would prove children short who are not.

    Parameters
    ----------
    offered : DataFrame
        `seats.school_seats`.
    rolls : DataFrame
        `latest_grades`.
    grades : mapping
        Grades of each level.

    Examples
    --------
    >>> offered = pd.DataFrame({"school_id": ["s", "t"], "level": "middle", "seats": [100.0, 50.0]})
    >>> rolls = pd.DataFrame({"07": [20.0], "08": [60.0]}, index=["s"])
    >>> seats_by_grade(offered, rolls, {"middle": ["07", "08"]})["seats"].tolist()
    [25, 75, 25, 25]
    """
    found = []
    for level, schools in offered.sort_values(["level", "school_id"]).groupby("level"):
        of_level = [g for g in GRADES if g in set(grades[str(level)])]
        counts = rolls.reindex(schools["school_id"])[of_level].fillna(0.0).to_numpy(float)
        counts = np.where(counts.sum(axis=1, keepdims=True) > 0, counts, 1.0)
        for school_id, seats, parts in zip(schools["school_id"], schools["seats"], counts, strict=True):
            whole = whole_parts(parts, int(np.floor(seats + 1e-9)))
            found += [(level, school_id, g, n) for g, n in zip(of_level, whole.tolist(), strict=True)]
    return pd.DataFrame(found, columns=["level", "school_id", "grade", "seats"])


def without_offer(offered: pd.DataFrame, school_sites: pd.DataFrame, surplus: pd.DataFrame) -> pd.DataFrame:
    """Seats of schools without the rooms of their sites that are on offer, and the site.

    The seats a site offers are taken from its schools and levels by their empty seats. A site that offers
    seats of unknown number takes none away.

    Parameters
    ----------
    offered : DataFrame
        `seats.school_seats`.
    school_sites, surplus : DataFrame
        Tables ``school_sites`` and ``surplus_sites``.

    Returns
    -------
    DataFrame
        ``offered`` with fewer ``seats``, and ``offered_site_id``: the site with rooms on offer, or ``""``.

    Examples
    --------
    >>> offered = pd.DataFrame({"school_id": ["a", "b"], "level": "high", "pupils": [80.0, 90.0], "seats": [100.0, 100.0]})
    >>> at = pd.DataFrame({"school_id": ["a", "b"], "site_id": "1"})
    >>> surplus = pd.DataFrame({"site_id": ["1"], "surplus_status": ["offered"], "surplus_seats": [15.0]})
    >>> without_offer(offered, at, surplus)["seats"].tolist()
    [90.0, 95.0]
    """
    on_offer = surplus[surplus["surplus_status"].eq("offered") & surplus["surplus_seats"].gt(0)]
    site = offered["school_id"].map(school_sites.set_index("school_id")["site_id"])
    given = site.map(on_offer.set_index("site_id")["surplus_seats"]).astype("float64").fillna(0.0)
    empty = (offered["seats"] - offered["pupils"]).clip(lower=0).fillna(0.0)
    together = empty.groupby(site).transform("sum")
    taken = np.minimum((given * empty / together.where(together > 0)).fillna(0.0), empty)
    return offered.assign(seats=offered["seats"] - taken, offered_site_id=site.where(given > 0, "").astype("str"))


def beside_firm(seats: pd.DataFrame, firm: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """Seats by grade with those that are left without the rooms on offer beside them (``firm_seats``, ``offered_site_id``).

    ``seats`` and ``firm`` are `seats_by_grade`, ``sites`` `without_offer`.
    """
    key = ["level", "school_id", "grade"]
    both = seats.merge(firm.rename(columns={"seats": "firm_seats"}), on=key, how="left", validate="one_to_one")
    both["firm_seats"] = np.minimum(both["firm_seats"].fillna(0), both["seats"]).astype(np.int64)
    where = sites[["level", "school_id", "offered_site_id"]]
    return both.merge(where, on=["level", "school_id"], how="left", validate="many_to_one")


def of_the_district(offered: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """Seats of the district's own schools: a charter school cannot be made to promise a place.

    >>> facts = pd.DataFrame({"school_id": ["a", "b"], "sector": ["district", "charter"]})
    >>> of_the_district(pd.DataFrame({"school_id": ["a", "b"], "seats": [9.0, 9.0]}), facts)["school_id"].tolist()
    ['a']
    """
    own = facts.loc[facts["sector"].eq("district"), "school_id"]
    return offered[offered["school_id"].isin(own)].reset_index(drop=True)


def enrollment_zones(
    declared: Sequence[Mapping[str, object]],
    pupils: pd.DataFrame,
    seats: pd.DataFrame,
    crosswalk: pd.DataFrame,
    membership: pd.DataFrame,
    reach: pd.DataFrame,
    *,
    reach_m: Mapping[str, float],
    fall_year: int,
    ledger: Ledger,
) -> pd.DataFrame:
    """Whether every child of each declared union of zones can be seated by grade within the travel limit.

    Parameters
    ----------
    declared : sequence of mapping
        ``name``, ``level`` and ``zones`` (ids) of each.
    pupils, seats : DataFrame
        `pupils_by_grade`, and `beside_firm` of the district's own schools.
    crosswalk, membership, reach : DataFrame
        The tables: where children of a zone live, which schools stand in it, and trips from neighborhoods to schools.
    reach_m : mapping
        Longest trip by level, metres.
    fall_year : int
        School year of the zones in force.

    Returns
    -------
    DataFrame
        Table ``enrollment_zones``: one row for each union and grade, with sums over its grades (``all_...``). ``cut_...`` are the proof where seats are
        short. Children of a zone that no neighborhood is known for count as if they could reach every school of the union.

    Raises
    ------
    FaultyInput
        If a zone that is declared does not exist.

    References
    ----------
    Hall (1935); Ford and Fulkerson (1956), as in `seat_all`.
    """
    lines = []
    for union in declared:
        level, zones = str(union["level"]), sorted(map(str, union["zones"]))  # type: ignore[call-overload]
        of_level = pupils[pupils["level"].eq(level)]
        if of_level.empty:
            ledger.missing_input(
                f"pupils of {level} zones",
                f"resident pupils by zone, or the grades of any pupils, are not known: {union['name']} is not looked at",
            )
            continue
        mine = of_level[of_level["zone_id"].isin(zones)]
        if lost := sorted(set(zones) - set(mine["zone_id"])):
            raise FaultyInput(
                f"siting.enrollment_zones ({union['name']})",
                [
                    Fault(
                        "E-ZONE-UNKNOWN",
                        f"It names {level} zones that do not exist, or whose resident pupils are not known",
                        len(lost),
                        lost[0],
                        f"Name zones of the study's {level} layer.",
                    )
                ],
            )
        inside = membership[membership["level"].eq(level) & membership["zone_id"].isin(zones)]
        held = seats[seats["level"].eq(level) & seats["school_id"].isin(inside["school_id"])]
        homes = _homes(mine, crosswalk, f"zone {level} {fall_year}")
        trips = reach[
            reach["origin_layer"].eq("neighborhood")
            & reach["destination_kind"].eq("school")
            & reach["destination_id"].isin(held["school_id"])
        ]
        for grade in [g for g in GRADES if g in set(mine["grade"])]:
            lines.append(_line(union, level, zones, grade, homes, held, trips, reach_m[level]))
    table = pd.DataFrame(lines, columns=ZONES).astype(
        {"cut_pupils": "float64", "cut_seats": "float64", "least_limit_m": "float64"}
    )
    sums = table.groupby("enrollment_zone")[list(ALL.values())].transform("sum")
    table = table.assign(**{name: sums[column] for name, column in ALL.items()})
    _record(table, ledger)
    return table


def _homes(pupils: pd.DataFrame, crosswalk: pd.DataFrame, layer: str) -> pd.DataFrame:
    """Children by neighborhood and grade, in whole children; ``""`` where it is not known."""
    weights = crosswalk[
        crosswalk["source_layer"].eq(layer)
        & crosswalk["target_layer"].eq("neighborhood")
        & crosswalk["carrier"].eq("children")
    ]
    found = []
    for (zone_id, grade), count in pupils.set_index(["zone_id", "grade"])["pupils"].items():
        of_zone = weights[weights["source_id"].eq(zone_id)].sort_values("target_id")
        parts = of_zone["weight"].to_numpy(float)
        beyond = max(1.0 - float(parts.sum()), 0.0)
        whole = whole_parts(np.append(parts, beyond), int(count))
        found += [(grade, n, c) for n, c in zip([*of_zone["target_id"], ""], whole.tolist(), strict=True) if c]
    table = pd.DataFrame(found, columns=["grade", "neighborhood_id", "children"])
    return table.groupby(["grade", "neighborhood_id"], as_index=False, sort=True)["children"].sum()


def _line(
    union: Mapping[str, object],
    level: str,
    zones: list[str],
    grade: str,
    homes: pd.DataFrame,
    held: pd.DataFrame,
    trips: pd.DataFrame,
    limit_m: float,
) -> list[object]:
    living = homes[homes["grade"].eq(grade)]
    offered = held[held["grade"].eq(grade) & held["seats"].gt(0)].sort_values("school_id")
    origins, schools = living["neighborhood_id"].tolist(), offered["school_id"].tolist()
    metres = trips.set_index(["origin_id", "destination_id"])["distance_m"].to_dict()
    # whoever lives nobody knows where counts as near to all
    far = np.array(
        [[0.0 if not home else metres.get((home, school), np.inf) for school in schools] for home in origins]
    )
    far = far.reshape(len(origins), len(schools))
    children, room = living["children"].to_numpy(np.int64), offered["seats"].to_numpy(np.int64)
    left_rooms = offered["firm_seats"].to_numpy(np.int64)
    found, firm = (seat_all(children, each, *np.nonzero(far <= limit_m)) for each in (room, left_rooms))
    total = int(children.sum())
    short, firm_short = total - found.seated, total - firm.seated
    sites = joined(sorted(set(offered.loc[offered["firm_seats"] < offered["seats"], "offered_site_id"]) - {""}))
    numbers = [float(n) for n in (total, room.sum(), found.seated, short, room.sum() - left_rooms.sum(), firm_short)]
    offer = f"Without the rooms on offer, {left_without(firm_short)}." if firm_short > short else ""
    if not short:
        finding = "Every child can be seated within the travel limit."
        return [union["name"], level, grade, joined(zones), *numbers, sites, np.nan, "", "", np.nan, np.nan, finding, offer]  # fmt: skip
    cut_homes = [name for name, is_in in zip(origins, found.homes, strict=True) if is_in]
    cut_schools = [name for name, is_in in zip(schools, found.schools, strict=True) if is_in]
    pupils, seats = float(children[found.homes].sum()), float(room[found.schools].sum())
    limit = shortest_limit(children, room, far)
    why = proof(pupils, seats, len(cut_homes), len(cut_schools), total == pupils, len(cut_schools) == len(schools))
    reachless = int(children[~(far <= limit_m).any(axis=1)].sum())
    finding = f"{why} {remedy(short, limit, reachless)}"
    return [union["name"], level, grade, joined(zones), *numbers, sites, np.nan if limit is None else limit, joined(filter(None, cut_homes)), joined(cut_schools), pupils, seats, finding, offer]  # fmt: skip


def shortest_limit(children: Ints, seats: Ints, metres: npt.NDArray[np.float64]) -> float | None:
    """The shortest travel limit within which every child finds a seat; none where there are too few seats, or no trips.

    >>> shortest_limit(np.array([30, 30]), np.array([40, 50]), np.array([[500.0, 900.0], [700.0, 2600.0]]))
    900.0
    """
    limits = np.unique(metres[np.isfinite(metres)])
    low, high = 0, len(limits)
    while low < high:
        middle = (low + high) // 2
        if seat_all(children, seats, *np.nonzero(metres <= limits[middle])).seated == children.sum():
            high = middle
        else:
            low = middle + 1
    return float(limits[low]) if low < len(limits) else None


def span(children: float) -> str:
    """How many, as told in tens cut down: between that and nine more.

    >>> span(18.0), span(6.0)
    ('10 to 19', 'fewer than 10')
    """
    return of_tens(float(in_tens(pd.Series([float(children)])).iloc[0]))


def left_without(children: float) -> str:
    """How many are left without a seat, in words."""
    return f"{span(children)} children are left without a seat"


def remedy(short: float, limit_m: float | None, reachless: int) -> str:
    """The smallest change of seats, and of the travel limit, that seats everyone by itself.

    >>> remedy(18.0, None, 0)
    'The smallest change: 10 to 19 more seats in this grade; no travel limit helps by itself.'
    >>> remedy(18.0, 2610.0, 40)
    'The smallest change: a travel limit of 2.7 km; more seats alone do not help who reaches no school.'
    """
    limit = None if limit_m is None else f"a travel limit of {trimmed(np.ceil(limit_m / 100 - 1e-6) / 10)} km"
    if reachless:
        seats = "more seats alone do not help who reaches no school"
        return f"The smallest change: {limit}; {seats}." if limit else f"No travel limit helps by itself, and {seats}."
    seats = f"{span(short)} more seats in this grade"
    return f"The smallest change: {seats}{f', or {limit}' if limit else '; no travel limit helps by itself'}."


def proof(pupils: float, seats: float, homes: int, schools: int, is_all: bool, is_every_school: bool = False) -> str:
    """Why not everyone can be seated, in a sentence; numbers in tens, cut down.

    >>> proof(123.0, 100.0, 2, 1, False)
    '120 children of 2 neighborhoods can reach only 1 school of this zone, with some 100 seats: 20 to 29 children are left without a seat.'
    >>> proof(95.0, 76.0, 7, 2, True, True)
    'Too few seats altogether, some 70 for 90 children: 10 to 19 children are left without a seat.'
    """
    told, room = (float(in_tens(pd.Series([n])).iloc[0]) for n in (pupils, seats))
    children = f"{number(told)} children" if told else "Fewer than 10 children"
    left = left_without(pupils - seats)
    if is_all and is_every_school and schools:
        return f"Too few seats altogether, some {number(room)} for {children[:1].lower()}{children[1:]}: {left}."
    where = "no school of this zone" if not schools else f"only {count_of(schools, 'school', 'schools')} of this zone"
    if is_all:
        who = f"All {children}" if told else children
    else:
        who = f"{children} of {count_of(homes, 'neighborhood', 'neighborhoods')}"
    held = f", with some {number(room)} seats" if schools else ""
    return f"{who} can reach {where}{held}: {left}."


def _record(table: pd.DataFrame, ledger: Ledger) -> None:
    for name, part in table.groupby("enrollment_zone", sort=False):
        if part["short_seats"].sum() > 0:
            grades = part.loc[part["short_seats"] > 0, "grade"].tolist()
            ledger.note("enrollment_zones", f"{name}: not every child can be seated in grades {', '.join(grades)}")
