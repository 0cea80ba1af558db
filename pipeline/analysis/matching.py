"""Co-location: schools that look for space matched to surplus sites, exactly, with a reason for each."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, vstack

from pipeline.columns import LEVELS
from pipeline.ledger import Ledger

COLUMNS = [
    "school_id",
    "match_status",
    "site_id",
    "matched_school_id",
    "needed_seats",
    "surplus_seats",
    "travel_m",
    "reason",
]
# Two equally good matchings are told apart by the order of ids: this much per place in the order, in metres.
TIE_M = 1e-3


def seekers(
    schools: pd.DataFrame, school_sites: pd.DataFrame, sites: pd.DataFrame, pupils: pd.Series, *, smallest_school: float
) -> pd.DataFrame:
    """Schools that may ask for space: open charter schools with a place, large enough, not in a building of the district.

    Where it is not known in which building a charter school is, it may ask.

    Parameters
    ----------
    schools, school_sites, sites : DataFrame
        Tables ``school_facts``, ``school_sites`` and ``site_facts``.
    pupils : Series
        Pupils by school.
    smallest_school : float
        Pupils a school must have.

    Returns
    -------
    DataFrame
        ``school_id``, ``needed_seats`` (whole pupils) and the levels it serves.

    References
    ----------
    California Education Code 47614 (a charter school with 80 pupils of the district may ask for
    facilities); California Code of Regulations, title 5, 11969.
    """
    open_charters = schools[
        (schools["sector"] == "charter")
        & (schools["school_status"] == "open")
        & schools["is_place"].astype(bool)
        & ~schools["is_virtual"].astype(bool)
    ]
    owned = sites.loc[sites["is_district_owned"].astype(bool), "site_id"]
    housed = school_sites.loc[school_sites["site_id"].isin(owned), "school_id"]
    asking = open_charters[~open_charters["school_id"].isin(housed)]
    needed = np.ceil(asking["school_id"].map(pupils).astype("float64"))
    asking = asking.assign(needed_seats=needed)[needed >= smallest_school]
    return (
        asking[["school_id", "needed_seats", *(f"serves_{level}" for level in LEVELS)]]
        .sort_values("school_id", kind="stable")
        .reset_index(drop=True)
    )


def hosts(surplus: pd.DataFrame, school_sites: pd.DataFrame, schools: pd.DataFrame, pupils: pd.Series) -> pd.DataFrame:
    """Offered sites, their free seats, the largest school at each, and the levels taught there.

    An empty site suits every level. A site whose free seats are not known stays in the list, so
    that a school near it can be told; it is matched with nobody.
    """
    offered = surplus[surplus["surplus_status"] == "offered"]
    here = school_sites.merge(schools, on="school_id", how="inner", suffixes=("", "_listed"), validate="one_to_one")
    here = here[(here["school_status"] == "open") & here["site_id"].isin(offered["site_id"])]
    here = here.assign(pupils=here["school_id"].map(pupils)).sort_values(
        ["site_id", "pupils", "school_id"], ascending=[True, False, True], kind="stable"
    )
    largest = here.drop_duplicates("site_id").set_index("site_id")["school_id"]
    table = offered[["site_id", "surplus_seats"]].sort_values("site_id", kind="stable").reset_index(drop=True)
    table["matched_school_id"] = table["site_id"].map(largest).astype("str")
    for level in LEVELS:
        taught = here.loc[here[f"serves_{level}"].astype(bool), "site_id"]
        table[f"serves_{level}"] = table["site_id"].isin(taught) | ~table["site_id"].isin(here["site_id"])
    return table


def colocation_matches(
    seeking: pd.DataFrame,
    offered: pd.DataFrame,
    distance: pd.DataFrame,
    *,
    travel_m: float,
    schools: Mapping[str, str] = {},
    sites: Mapping[str, str] = {},
) -> pd.DataFrame:
    """The matching that seats most pupils, and among those the one with the least travel.

    Each school goes to one site or none; the schools at a site fit into its free seats; school
    and host teach a level in common; the site lies within ``travel_m``. Solved exactly, in two
    passes: first the most pupils seated, then, with as many seated, the fewest pupil-metres.
    Ties go by id.

    Parameters
    ----------
    seeking : DataFrame
        `seekers`.
    offered : DataFrame
        `hosts`.
    distance : DataFrame
        Table ``school_site_distance``.
    travel_m : float
        Longest distance from where the school is now.
    schools, sites : mapping
        Names by id, for the reasons; what has none goes by its id.

    Returns
    -------
    DataFrame
        Table ``colocation_matches``: one row per seeking school, with the rule that binds where
        it has no match.

    References
    ----------
    Ross and Soland (1975), Mathematical Programming 8 (generalised assignment); solved by
    HiGHS branch and bound with no gap allowed.

    Examples
    --------
    >>> level = {"serves_elementary": True, "serves_middle": False, "serves_high": False}
    >>> seeking = pd.DataFrame({"school_id": ["a", "b"], "needed_seats": [100.0, 150.0], **level})
    >>> offered = pd.DataFrame({"site_id": ["1", "2"], "surplus_seats": [160.0, 110.0], "matched_school_id": [None, "h"], **level})
    >>> trips = pd.DataFrame({"school_id": list("aabb"), "site_id": list("1212"), "distance_m": [100.0, 900.0, 500.0, 400.0]})
    >>> colocation_matches(seeking, offered, trips, travel_m=2000.0)[["school_id", "site_id", "travel_m"]].to_dict("records")
    [{'school_id': 'a', 'site_id': '2', 'travel_m': 900.0}, {'school_id': 'b', 'site_id': '1', 'travel_m': 500.0}]
    """
    reachable = distance[(distance["distance_m"] <= travel_m)].merge(seeking, on="school_id", validate="many_to_one")
    pairs = reachable.merge(offered, on="site_id", suffixes=("", "_host"), validate="many_to_one")
    pairs = pairs.sort_values(["school_id", "site_id"], kind="stable").reset_index(drop=True)
    common = np.zeros(len(pairs), dtype=bool)
    for level in LEVELS:
        common |= pairs[f"serves_{level}"].to_numpy(dtype=bool) & pairs[f"serves_{level}_host"].to_numpy(dtype=bool)
    fits = (pairs["needed_seats"] <= pairs["surplus_seats"]).to_numpy()
    chosen = pairs[common & fits].reset_index(drop=True)
    matched = chosen[_assign(chosen)]
    rows = []
    for school in seeking.itertuples():
        mine = pairs["school_id"] == school.school_id
        match = matched[matched["school_id"] == school.school_id]
        if len(match):
            rows.append(_matched(match.iloc[0], schools))
        else:
            suitable = pairs[mine & common]
            reason = _unmatched(school, offered, pairs[mine], suitable, matched, travel_m, schools, sites)
            rows.append(
                {
                    "school_id": school.school_id,
                    "match_status": "unmatched",
                    "needed_seats": school.needed_seats,
                    "reason": reason,
                }
            )
    numbers = ("needed_seats", "surplus_seats", "travel_m")
    return pd.DataFrame(rows, columns=COLUMNS).astype({c: "float64" if c in numbers else "str" for c in COLUMNS})


def _assign(pairs: pd.DataFrame) -> np.ndarray:
    """Which of the allowed pairs to take."""
    if pairs.empty:
        return np.zeros(0, dtype=bool)
    count = len(pairs)
    school, site = (pairs[c].astype("category").cat.codes.to_numpy() for c in ("school_id", "site_id"))
    needed = pairs["needed_seats"].to_numpy()
    once = coo_array((np.ones(count), (school, np.arange(count))), shape=(school.max() + 1, count))
    room = coo_array((needed, (site, np.arange(count))), shape=(site.max() + 1, count))
    seats = pairs.groupby(site)["surplus_seats"].first().to_numpy()
    rules = [LinearConstraint(vstack([once, room]).tocsr(), ub=np.concatenate([np.ones(school.max() + 1), seats]))]
    most = _solve(-needed, rules)
    rules.append(LinearConstraint(needed[None, :], lb=float(needed[most].sum())))
    return _solve(needed * pairs["distance_m"].to_numpy() + np.arange(count) * TIE_M, rules)


def _solve(cost: np.ndarray, rules: list[LinearConstraint]) -> np.ndarray:
    result = milp(
        cost, constraints=rules, integrality=np.ones(len(cost)), bounds=Bounds(0, 1), options={"mip_rel_gap": 0.0}
    )
    if result.x is None:
        raise RuntimeError(f"the matching has no solution, though matching nobody is one: {result.message}")
    taken: np.ndarray = result.x > 0.5
    return taken


def _matched(pair: pd.Series, schools: Mapping[str, str]) -> dict[str, object]:
    host = pair["matched_school_id"]
    beside = f"beside {schools.get(host, host)}" if isinstance(host, str) else "at an empty site"
    reason = f"{pair['needed_seats']:,.0f} of {pair['surplus_seats']:,.0f} free seats, {beside}, {pair['distance_m'] / 1000:,.1f} km from its place now."
    return {
        **{c: pair[c] for c in COLUMNS if c in pair.index},
        "match_status": "matched",
        "travel_m": pair["distance_m"],
        "reason": reason,
    }


def _unmatched(
    school: object,
    offered: pd.DataFrame,
    near: pd.DataFrame,
    suitable: pd.DataFrame,
    matched: pd.DataFrame,
    travel_m: float,
    schools: Mapping[str, str],
    sites: Mapping[str, str],
) -> str:
    """The first rule that leaves the school without a site, with the number that would have to change."""
    needed = float(school.needed_seats)  # type: ignore[attr-defined]  # a row of seekers
    within = f"within {travel_m / 1000:,.1f} km"
    unknown = int(near["surplus_seats"].isna().sum())
    besides = f" ({unknown} more {within}, but their free seats are not known)" if unknown else ""
    if offered["surplus_seats"].isna().all():
        return f"No site with a known number of free seats is offered{besides}."
    if len(near) == unknown:
        return f"No offered site with a known number of free seats lies {within} of the school's place{besides}."
    suitable = suitable.dropna(subset=["surplus_seats"])
    if suitable.empty:
        return f"None of the {len(near) - unknown} offered sites {within} teaches a level that the school teaches{besides}."
    largest = float(suitable["surplus_seats"].max())
    if largest < needed:
        return f"It needs {needed:,.0f} seats; the largest suitable site {within} has {largest:,.0f} free{besides}."
    room = suitable.loc[suitable["surplus_seats"] >= needed, "site_id"]
    takers = matched.loc[matched["site_id"].isin(room), "school_id"].sort_values()
    fit = ", ".join(sites.get(site, site) for site in room)
    return f"The sites that would fit ({fit}) seat more pupils when given to {', '.join(schools.get(taker, taker) for taker in takers)}."


def record(matches: pd.DataFrame, ledger: Ledger) -> None:
    """How many of the pupils whose schools look for space were given one."""
    if matches.empty:
        ledger.note("colocation_matches", "no charter school with a place of its own looks for space")
        return
    seated = matches.loc[matches["match_status"] == "matched", "needed_seats"].sum()
    reason = "pupils of schools that look for space and were matched to a site"
    ledger.match(
        "colocation_matches",
        total=float(matches["needed_seats"].sum()),
        matched=float(seated),
        unit="pupils",
        reason=reason,
    )
