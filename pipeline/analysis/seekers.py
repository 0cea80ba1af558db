"""Who looks for space: charter schools outside the district's buildings, or those that have asked."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.rolls import Rolls
from pipeline.analysis.room_need import Loading, pupils_of_levels, rooms_of_grades, rooms_of_levels
from pipeline.analysis.schools import in_buildings
from pipeline.columns import LEVELS, parted
from pipeline.ledger import Ledger
from pipeline.numerals import number

BAND_PUPILS = [f"{level}_pupils" for level in LEVELS]
SERVES = [f"serves_{level}" for level in LEVELS]
COLUMNS = [
    *("school_id", "name", *BAND_PUPILS, "needed_seats", "needed_rooms", "rooms_basis", *SERVES),
    *("is_school", "community_ids"),
]


def pupils_at_schools(found: Rolls, pupils: pd.Series, schools: pd.DataFrame, loading: Loading) -> pd.DataFrame:
    """Pupils of each school by level, and the rooms they need.

    Parameters
    ----------
    found : Rolls
        Enrollment of one fall (`rolls.rolls`).
    pupils : Series
        Pupils by school at the latest count (table ``school_pupils``): what counts where grades are not known.
    schools : DataFrame
        Table ``school_facts``.
    loading : Loading
        Pupils per room.

    Returns
    -------
    DataFrame
        By ``school_id``: pupils by level, ``needed_seats``, ``needed_rooms`` and ``rooms_basis``:
        ``grades``, or ``total`` where only a total is known, all of it loaded like the level of the
        school that takes fewest to a room. Empty numbers where nothing is known.
    """
    ids = schools.sort_values("school_id", kind="stable")["school_id"]
    serves = schools.set_index("school_id").loc[ids, SERVES].to_numpy(dtype=bool)
    at = pd.Index(found.schools).get_indexer(ids) if len(found.schools) else np.full(len(ids), -1)
    last = found.pupils[:, :, -1] if len(found.years) else np.empty((0, 0))
    levels, rooms = np.full((len(ids), len(LEVELS)), np.nan), np.full(len(ids), np.nan)
    graded = at >= 0
    graded[graded] = ~np.isnan(last[at[graded]]).any(axis=1)
    if graded.any():
        levels[graded], rooms[graded] = (
            pupils_of_levels(last[at[graded]], loading.bands),
            rooms_of_grades(last[at[graded]], loading),
        )
    total = pupils.reindex(ids).to_numpy(dtype="float64")
    rest = ~graded & ~np.isnan(total)
    fewest = np.array([loading.of_level(level) for level in LEVELS])
    slot = np.argmin(np.where(serves | ~serves.any(axis=1, keepdims=True), fewest, np.inf), axis=1)
    levels[rest] = 0.0
    levels[rest, slot[rest]] = total[rest]
    rooms[rest] = rooms_of_levels(levels[rest], loading)
    table = pd.DataFrame(levels, columns=BAND_PUPILS, index=pd.Index(ids.to_numpy(), name="school_id"))
    return table.assign(
        needed_seats=_whole(levels.sum(axis=1)),
        needed_rooms=rooms,
        rooms_basis=pd.Series(np.where(graded, "grades", "total"), index=table.index, dtype="str"),
    )


def _whole(pupils: np.ndarray) -> np.ndarray:
    """Pupils rounded up; nobody is 0 and not -0."""
    seats: np.ndarray = np.ceil(pupils - 1e-9) + 0.0
    return seats


def seekers(
    schools: pd.DataFrame,
    school_sites: pd.DataFrame,
    sites: pd.DataFrame,
    need: pd.DataFrame,
    requests: pd.DataFrame,
    loading: Loading,
    ledger: Ledger,
) -> pd.DataFrame:
    """Schools and programs that look for space, with their pupils by level and the rooms they need.

    Where the study lists who has asked (table ``space_requests``), these and no others; else open
    charter schools with a place that are not in a building of the district. Where it is not known
    in which building a charter school is, it may ask. A request may give pupils and rooms;
    what it leaves empty is taken from the school of that id.

    Parameters
    ----------
    schools, school_sites, sites : DataFrame
        Tables ``school_facts``, ``school_sites`` and ``site_facts``.
    need : DataFrame
        `pupils_at_schools`.
    requests : DataFrame
        Table ``space_requests``.

    Returns
    -------
    DataFrame
        One row per seeker, by id: ``needed_seats`` (whole pupils), ``needed_rooms``, ``rooms_basis``
        (``declared``, ``grades``, ``levels`` or ``total``), the levels it serves, ``is_school``
        (has a present place of its own) and ``community_ids``. A seeker whose pupils are
        not known is left out, with a ledger line.

    References
    ----------
    California Education Code 47614 (who may ask a district for facilities).
    """
    if len(requests):
        asking = _requested(requests, schools, need, loading)
        _record_few_rooms(asking, ledger)
    else:
        asking = _charters(schools, school_sites, sites)
    if not len(requests):
        asking = asking.merge(need, left_on="school_id", right_index=True, how="left", validate="one_to_one")
    unknown = asking["needed_seats"].isna() | asking["needed_rooms"].isna()
    if unknown.any():
        ledger.loss(
            "colocation_matches",
            "schools that look for space whose pupils are not known: matched with nobody",
            count=float(unknown.sum()),
            unit="schools",
            item=str(asking.loc[unknown, "school_id"].min()),
        )
    return asking.loc[~unknown, COLUMNS].sort_values("school_id", kind="stable").reset_index(drop=True)


def _charters(schools: pd.DataFrame, school_sites: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    open_charters = in_buildings(schools, "charter")
    owned = sites.loc[sites["is_district_owned"].astype(bool), "site_id"]
    housed = school_sites.loc[school_sites["site_id"].isin(owned), "school_id"]
    asking = open_charters[~open_charters["school_id"].isin(housed)]
    return asking[["school_id", "name", *SERVES]].assign(is_school=True, community_ids="")


def record_communities(asking: pd.DataFrame, neighborhoods: pd.Series, ledger: Ledger) -> None:
    """Note neighborhoods that schools want to serve and that the study does not have.

    Parameters
    ----------
    asking : DataFrame
        `seekers`.
    neighborhoods : Series
        Ids of the study's neighborhoods.

    Examples
    --------
    >>> asking = pd.DataFrame({"school_id": ["a", "b", "c"], "community_ids": ["N01; ZZZ", "", "YYY"]})
    >>> ledger = Ledger()
    >>> record_communities(asking, pd.Series(["N01", "N02"]), ledger)
    >>> ledger.frame()[["item", "reason"]].to_numpy().tolist()
    [['a', '2 name neighborhoods that the study does not have: ZZZ, YYY; 1 of them name no other, so that these count from elsewhere (community_basis)']]
    """
    known = set(neighborhoods.dropna())
    lost = {
        str(row.school_id): [name for name in parted(row.community_ids) if name not in known]
        for row in asking.sort_values("school_id", kind="stable").itertuples()
    }
    lost = {school: names for school, names in lost.items() if names}
    if lost:
        asked = asking.set_index("school_id")["community_ids"]
        alone = sum(len(names) == len(parted(asked[school])) for school, names in lost.items())
        every = list(dict.fromkeys(name for names in lost.values() for name in names))
        told = f"{len(lost)} name neighborhoods that the study does not have: {', '.join(every[:5])}"
        only = f"; {alone} of them name no other, so that these count from elsewhere (community_basis)" if alone else ""
        ledger.note("communities to serve", told + only, item=next(iter(lost)))


def _record_few_rooms(asking: pd.DataFrame, ledger: Ledger) -> None:
    """Note requests for fewer rooms than their pupils need; they are matched by the rooms they ask for."""
    few = asking[asking["needed_rooms"] < asking["computed_rooms"]].sort_values("school_id", kind="stable")
    if len(few):
        row = few.iloc[0]
        ledger.note(
            "space_requests",
            f"{len(few)} ask for fewer rooms than their pupils need at the study's pupils per room; first: {row['school_id']} asks for "
            f"{number(row['needed_rooms'])} and {number(row['needed_seats'])} pupils need {number(row['computed_rooms'])}",
            item=str(row["school_id"]),
        )


def _requested(requests: pd.DataFrame, schools: pd.DataFrame, need: pd.DataFrame, loading: Loading) -> pd.DataFrame:
    """Requests, with what they leave empty taken from the school of that id."""
    facts = schools.set_index("school_id").reindex(requests["school_id"]).reset_index()
    now = need.reindex(requests["school_id"]).reset_index()
    own = requests.reset_index(drop=True)
    declared = own[BAND_PUPILS].notna().any(axis=1)
    table = own[["school_id"]].assign(
        name=own["name"].fillna(facts["name"]).fillna(own["school_id"]),
        is_school=facts["school_status"].eq("open"),
        community_ids=own["community_ids"].fillna(""),
    )
    for band in BAND_PUPILS:
        table[band] = own[band].fillna(0.0).where(declared, now[band])
    levels = table[BAND_PUPILS].to_numpy(dtype="float64")
    by_level = pd.Series(rooms_of_levels(levels, loading), index=table.index)
    table["needed_seats"] = _whole(levels.sum(axis=1))
    computed = by_level.where(declared, now["needed_rooms"])
    table["computed_rooms"] = computed
    table["needed_rooms"] = own["needed_rooms"].fillna(computed)
    basis = pd.Series(np.where(declared, "levels", now["rooms_basis"].fillna("total")), index=table.index, dtype="str")
    table["rooms_basis"] = basis.mask(own["needed_rooms"].notna(), "declared")
    for serves, band in zip(SERVES, BAND_PUPILS, strict=True):
        taught = facts[serves].eq(True)
        table[serves] = (table[band] > 0).where(declared, taught)
    return table
