"""Capacity of sites by several definitions side by side, and how full they are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.analysis.rolls import rolls
from pipeline.columns import GRADES
from pipeline.ledger import Ledger

# Rooms a school teaches in: these two everywhere, specialised ones (laboratories, shops) in secondary grades.
TEACHING = ("classroom", "special_day", "specialised")
_PRESCHOOL = GRADES.index("PK")
_TAUGHT = np.array([grade not in ("PK", "UG") for grade in GRADES])


def pupils_now(
    enrollment: pd.DataFrame,
    totals: pd.DataFrame,
    schools: pd.DataFrame,
    *,
    fall_year: int,
    bands: Mapping[str, tuple[str, ...]],
    last_elementary_grade: str,
    ledger: Ledger,
) -> pd.DataFrame:
    """Pupils of each school at the latest count, once per school.

    Suppressed grades are filled as in `rolls`; where the grades are not known the published
    total counts. Schools that are closed or planned have none. Online schools take no seats
    in a building and are left out.

    Parameters
    ----------
    enrollment, totals, schools : DataFrame
        Tables ``enrollment``, ``enrollment_groups`` and ``school_facts``.
    fall_year : int
        The study's fall; the latest fall up to it that has pupils is used.
    bands : mapping
        Grades of each level.
    last_elementary_grade : str
        Highest grade that the loading rule counts as elementary.

    Returns
    -------
    DataFrame
        By ``school_id``: ``pupils`` (NaN: open, but not known), ``half_width`` of what
        suppression leaves open, ``preschool_share`` of the pupils, ``elementary_pupils`` and
        ``secondary_pupils`` (by the bands), ``lower_grade_pupils`` and ``upper_grade_pupils``
        (by the loading rule; the sixth grade of a middle school is secondary by the one and
        can be elementary by the other).
    """
    whole = totals[(totals["student_group"] == "all") & (totals["fall_year"] <= fall_year)]
    latest = max(
        [int(f["fall_year"].max()) for f in (whole, enrollment[enrollment["fall_year"] <= fall_year]) if len(f)],
        default=fall_year,
    )
    if latest < fall_year:
        ledger.note(
            "utilization",
            f"the latest enrollment is of fall {latest}, not {fall_year}: its pupils are taken as today's",
        )
    found = rolls(enrollment, totals, first_year=latest, last_year=latest, ledger=ledger)
    counts = found.pupils[:, :, 0] if len(found.years) else np.empty((0, len(GRADES)))
    elementary = np.array([grade in bands["elementary"] for grade in GRADES])
    secondary = np.array([grade in (*bands["middle"], *bands["high"]) for grade in GRADES])
    lower = _TAUGHT & (np.arange(len(GRADES)) <= GRADES.index(last_elementary_grade))
    sums = counts.sum(axis=1)
    by_grade = pd.DataFrame(
        {
            "pupils": sums,
            "half_width": found.half_width[:, 0] if len(found.years) else np.empty(0),
            "preschool_share": np.divide(counts[:, _PRESCHOOL], sums, out=np.zeros_like(sums), where=sums > 0),
            "elementary_pupils": counts[:, elementary].sum(axis=1),
            "secondary_pupils": counts[:, secondary].sum(axis=1),
            "lower_grade_pupils": counts[:, lower].sum(axis=1),
            "upper_grade_pupils": counts[:, _TAUGHT & ~lower].sum(axis=1),
        },
        index=pd.Index(found.schools, name="school_id"),
    )
    seated = schools[~schools["is_virtual"].astype(bool)].set_index("school_id")
    table = by_grade.reindex(seated.index)
    published = whole[whole["fall_year"] == latest].set_index("school_id")["pupils"].reindex(seated.index)
    table["pupils"] = table["pupils"].fillna(published)
    table.loc[(seated["school_status"] != "open") & table["pupils"].isna(), "pupils"] = 0.0
    # a school without grades on its roll has its published total, or is closed: both are known exactly
    table["half_width"] = table["half_width"].where(table["half_width"].notna() | table["pupils"].isna(), 0.0)
    table["preschool_share"] = table["preschool_share"].fillna(0.0)
    return table


def site_use(school_sites: pd.DataFrame, pupils: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """Pupils at each site: all schools of the building together, each once.

    A closed or surplus site without schools has none; any other site without schools is not
    known. One school whose pupils are not known makes the site's unknown.

    Returns
    -------
    DataFrame
        By ``site_id``: ``pupils``, ``pupils_without_preschool``, ``half_width``,
        ``elementary_share`` (by the bands) and ``lower_grade_share`` (by the loading rule), both
        NaN where nobody is taught.

    Examples
    --------
    >>> at = pd.DataFrame({"school_id": ["a", "b"], "site_id": ["1", "1"]})
    >>> pupils = pd.DataFrame({"pupils": [300.0, 100.0], "half_width": 0.0, "preschool_share": [0.1, 0.0],
    ...     "elementary_pupils": [270.0, 0.0], "secondary_pupils": [0.0, 90.0], "lower_grade_pupils": [270.0, 0.0],
    ...     "upper_grade_pupils": [0.0, 90.0]}, index=pd.Index(["a", "b"], name="school_id"))
    >>> sites = pd.DataFrame({"site_id": ["1", "2", "3"], "site_status": ["open", "surplus", "open"]})
    >>> site_use(at, pupils, sites)["pupils"].tolist()
    [400.0, 0.0, nan]
    """
    here = school_sites.merge(pupils, left_on="school_id", right_index=True, how="inner", validate="one_to_one")
    here["pupils_without_preschool"] = here["pupils"] * (1 - here["preschool_share"])
    groups = here.groupby("site_id")
    sums = groups[["elementary_pupils", "secondary_pupils", "lower_grade_pupils", "upper_grade_pupils"]].sum()
    use = pd.DataFrame(
        {c: groups[c].agg(lambda part: part.sum(skipna=False)) for c in ("pupils", "pupils_without_preschool")}
    )
    use["half_width"] = groups["half_width"].sum()
    for share, part, rest in (
        ("elementary_share", "elementary_pupils", "secondary_pupils"),
        ("lower_grade_share", "lower_grade_pupils", "upper_grade_pupils"),
    ):
        taught = sums[part] + sums[rest]
        use[share] = (sums[part] / taught).where(taught > 0)
    use = use.reindex(sites["site_id"])
    empty = sites["site_status"].isin(["closed", "surplus"]).to_numpy() & ~use.index.isin(here["site_id"])
    use.loc[empty, ["pupils", "pupils_without_preschool", "half_width"]] = 0.0
    return use


def room_loading(
    use: pd.DataFrame, *, elementary_loading: float, secondary_loading: float, use_ratio: float
) -> pd.DataFrame:
    """Pupils per classroom of each site by every definition, from the grades taught there.

    The loading follows the grades of the rule; the share of the day a room can be scheduled
    lowers it for secondary pupils alone, who change rooms with each period. Where nobody is
    taught the lowest number counts.

    Parameters
    ----------
    use : DataFrame
        `site_use`: ``elementary_share`` and ``lower_grade_share``.
    elementary_loading, secondary_loading : float
        Pupils per room in the lower and upper grades of the rule.
    use_ratio : float
        Share of the day a secondary room can be scheduled.

    Returns
    -------
    DataFrame
        By site: ``given``, ``state_loading`` and ``functional``; a given capacity has no rooms,
        and the state's loading stands in.

    Examples
    --------
    >>> use = pd.DataFrame({"elementary_share": [1.0, 0.0, None], "lower_grade_share": [1.0, 0.5, None]}, index=["K-5", "6-7", "closed"])
    >>> room_loading(use, elementary_loading=25.0, secondary_loading=27.0, use_ratio=0.8)[["state_loading", "functional"]].to_numpy().tolist()
    [[25.0, 25.0], [26.0, 20.8], [25.0, 20.0]]
    """
    lower, elementary = use["lower_grade_share"], use["elementary_share"]
    mixed = lower * elementary_loading + (1 - lower) * secondary_loading
    state = mixed.fillna(min(elementary_loading, secondary_loading))
    scheduled = (elementary + (1 - elementary) * use_ratio).fillna(use_ratio)
    return pd.DataFrame({"given": state, "state_loading": state, "functional": state * scheduled})


def capacities(
    sites: pd.DataFrame,
    rooms: pd.DataFrame,
    loading: pd.DataFrame,
    elementary_share: pd.Series,
    *,
    special_day_loading: float,
    counts_portables: bool,
) -> pd.DataFrame:
    """Seats of each site by every definition that can be computed for it.

    - ``given``: as the district or state gives it.
    - ``state_loading``: classrooms by the loading of their grades, special-day rooms by theirs;
      specialised rooms only for secondary pupils; portables if the rule in force counts them.
    - ``functional``: all such rooms, portables included; those of secondary pupils times the
      share of the day in which a room can be scheduled.

    Preschool, shared and other rooms never count. A site without any room in the inventory has
    no room-based capacity (not zero).

    Parameters
    ----------
    sites, rooms : DataFrame
        Tables ``site_facts`` and ``rooms``.
    loading : DataFrame
        By site: pupils per classroom by definition (`room_loading`).
    elementary_share : Series
        By site: share of its pupils at the elementary level (`site_use`).
    special_day_loading : float
        Pupils per special-day room.
    counts_portables : bool
        Whether portables count under state loading.

    Returns
    -------
    DataFrame
        ``site_id capacity_definition capacity_seats``, only where known.

    References
    ----------
    California Education Code 17071.25 (25 pupils per room in K-6, 27 in 7-12, where permanent;
    the board sets the loading of special-day classes) and 17071.30 (portables); California Code
    of Regulations, title 2, 1859.31 (rooms counted) and 1859.35 (the same numbers, and 13 or 9
    pupils in special-day rooms).

    Examples
    --------
    >>> sites = pd.DataFrame({"site_id": ["1"], "given_capacity_seats": [None]})
    >>> rooms = pd.DataFrame({"site_id": "1", "room_type": ["classroom", "classroom", "preschool"], "is_portable": [False, True, False], "rooms": [10.0, 2.0, 1.0]})
    >>> loading = pd.DataFrame({"state_loading": [27.0], "functional": [24.0]}, index=["1"])
    >>> capacities(sites, rooms, loading, pd.Series({"1": 0.0}), special_day_loading=13.0,
    ...            counts_portables=False)[["capacity_definition", "capacity_seats"]].to_dict("records")
    [{'capacity_definition': 'functional', 'capacity_seats': 288.0}, {'capacity_definition': 'state_loading', 'capacity_seats': 270.0}]
    """
    loading = loading.reindex(sites["site_id"])
    state = loading["state_loading"]
    per_room = {
        "classroom": state,
        "special_day": state * 0 + special_day_loading,
        "specialised": (1 - elementary_share.reindex(sites["site_id"]).fillna(1.0)) * state,
    }
    counted = rooms[rooms["room_type"].isin(TEACHING)]
    fixed, every = (_rooms_by_type(part, sites) for part in (counted[~counted["is_portable"].astype(bool)], counted))
    seats = {
        "given": sites.set_index("site_id")["given_capacity_seats"].astype("float64"),
        "state_loading": sum(per_room[t] * (every if counts_portables else fixed)[t] for t in TEACHING),
        "functional": sum(per_room[t] * every[t] for t in TEACHING) * loading["functional"] / state,
    }
    inventoried = loading.index.isin(rooms["site_id"])
    frames = [
        pd.DataFrame({"site_id": values.index, "capacity_definition": name, "capacity_seats": values.to_numpy()})[
            (name == "given") | inventoried
        ]
        for name, values in seats.items()
    ]
    table = pd.concat(frames, ignore_index=True).dropna(subset=["capacity_seats"])
    return table.sort_values(["site_id", "capacity_definition"], kind="stable").reset_index(drop=True)


def _rooms_by_type(rooms: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """Rooms by site and type; a site with an inventory and no such room has zero."""
    table = rooms.pivot_table(index="site_id", columns="room_type", values="rooms", aggfunc="sum", fill_value=0.0)
    return table.reindex(index=sites["site_id"], columns=list(TEACHING), fill_value=0.0).astype("float64")
