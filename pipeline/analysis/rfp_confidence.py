"""How sure the verdict on a site is, by a rule that can be read beside it, and what stands in its way."""

from __future__ import annotations

import pandas as pd

from pipeline.numerals import number, percent

# Utilization so near to the study's threshold (five in a hundred seats) may lie on either side of it next year.
NEAR_RATIO = 0.05
CLASSES = ("low", "medium", "high")


def confidence(
    surplus: pd.DataFrame, utilization: pd.DataFrame, *, fall_year: int, horizon: int | None, under_ratio: float
) -> pd.DataFrame:
    """A class of confidence for the verdict on each site, and the rule that gave it.

    High, unless something speaks against it: *medium* where the definitions disagree, or one lies within five points
    of the threshold today; *low* where only one definition is known, where the horizon has no tested interval, where a site in use
    has no pupils, or where an empty site has no known capacity. A site of which nothing is known has no class. What the records
    say outright (leased, swing space, not the district's) is high.

    Parameters
    ----------
    surplus : DataFrame
        Table ``surplus_sites``.
    utilization : DataFrame
        Rows of ``utilization`` by the definitions that decide.
    fall_year : int
        The fall taken as today.
    horizon : int, optional
        Last fall that decides.
    under_ratio : float
        The study's threshold.

    Returns
    -------
    DataFrame
        ``site_id confidence_class confidence_rule``.

    Examples
    --------
    >>> surplus = pd.DataFrame({"site_id": ["1"], "surplus_case": ["in_use"], "definitions_under": [0.0], "definitions_known": [2.0]})
    >>> use = pd.DataFrame({"site_id": "1", "fall_year": [2024, 2024], "utilization_ratio": [0.78, 0.95], "utilization_high_ratio": None, "pupils": 390.0})
    >>> confidence(surplus, use, fall_year=2024, horizon=2029, under_ratio=0.75).iloc[0].tolist()
    ['1', 'medium', 'a definition lies within 5 points of the threshold of 75%']
    """
    today = utilization[utilization["fall_year"] == fall_year]
    ahead = utilization[
        (utilization["fall_year"] > fall_year)
        & (utilization["fall_year"] <= (horizon or fall_year))
        & (utilization["pupils"] > 0)
    ]
    near = (today["utilization_ratio"] - under_ratio).abs() < NEAR_RATIO
    close = set(today.loc[near, "site_id"])
    counted = set(today["site_id"])
    used = set(today.loc[today["pupils"] > 0, "site_id"])
    tested = set(ahead["site_id"]) - set(ahead.loc[ahead["utilization_high_ratio"].isna(), "site_id"])
    rows = []
    for row in surplus.itertuples():
        site, under, known = row.site_id, float(row.definitions_under), float(row.definitions_known)
        found = _against(
            str(row.surplus_case),
            known,
            is_disputed=0 < under < known,
            is_near=site in close,
            is_unused=site in counted and site not in used,
            is_untested=under > 0 and site in used and site not in tested,
            under_ratio=under_ratio,
        )
        worst = min((CLASSES.index(level) for level, _ in found), default=2)
        why = "; ".join(text for _, text in found)
        level, rule = (CLASSES[worst], why) if found else ("high", "nothing speaks against the count")
        if row.surplus_case == "no_numbers":
            level, rule = "not_known", "nothing is known of its pupils or its capacity"
        rows.append((site, level, rule))
    return pd.DataFrame(rows, columns=["site_id", "confidence_class", "confidence_rule"]).astype("str")


def _against(
    case: str,
    known: float,
    *,
    is_disputed: bool,
    is_near: bool,
    is_unused: bool,
    is_untested: bool,
    under_ratio: float,
) -> list[tuple[str, str]]:
    if case in ("not_owned", "leased", "swing"):
        return []
    if case == "empty_site":
        if not known:
            return [("low", "its capacity is not known")]
        return [("medium", "its capacity is known by one definition only")] if known < 2 else []
    against = (
        (known < 2, "low", "only one capacity definition is known"),
        (is_disputed, "medium", "the capacity definitions disagree"),
        (
            is_unused,
            "low",
            "no pupils are counted there, though the site is in use: a school has closed, or its count is missing",
        ),
        (
            is_near,
            "medium",
            f"a definition lies within {number(100 * NEAR_RATIO)} points of the threshold of {percent(under_ratio)}",
        ),
        (is_untested, "low", "the outlook of its schools has no tested interval"),
    )
    return [(level, text) for holds, level, text in against if holds]


def constraints(sites: pd.DataFrame, schools_here: pd.Series, rooms: pd.DataFrame, places: pd.DataFrame) -> pd.Series:
    """What stands in the way of using a site, in words; empty where nothing is known to.

    Parameters
    ----------
    sites : DataFrame
        Table ``site_facts``.
    schools_here : Series
        By site: schools at it.
    rooms : DataFrame
        Table ``rooms``.
    places : DataFrame
        Table ``site_places``.

    Examples
    --------
    >>> sites = pd.DataFrame({"site_id": ["1"], "site_status": ["open"], "is_district_owned": [True], "condition_class": ["poor"]})
    >>> rooms = pd.DataFrame({"site_id": ["1", "1"], "room_type": "classroom", "is_portable": [True, False], "rooms": [3.0, 9.0]})
    >>> places = pd.DataFrame({"site_id": ["1"], "neighborhood_id": ["n"]})
    >>> constraints(sites, pd.Series({"1": 2}), rooms, places).tolist()
    ['building in poor condition; 2 schools share the site; 3 of 12 rooms are portables']
    """
    inventoried = rooms.groupby("site_id")["rooms"].sum()
    portable = rooms[rooms["is_portable"].astype(bool)].groupby("site_id")["rooms"].sum()
    placed = set(places.loc[places["neighborhood_id"].notna(), "site_id"])
    texts = []
    for site in sites.itertuples():
        found = []
        if not site.is_district_owned:
            found.append("not owned by the district")
        if site.site_status in ("leased", "swing"):
            found.append("leased to others" if site.site_status == "leased" else "kept as swing space")
        if site.condition_class in ("poor", "very_poor"):
            found.append(f"building in {site.condition_class.replace('_', ' ')} condition")
        elif site.condition_class == "not_known":
            found.append("condition of the building not known")
        schools = int(schools_here.get(site.site_id, 0))
        if schools > 1:
            found.append(f"{schools} schools share the site")
        if portable.get(site.site_id, 0.0) > 0:
            found.append(f"{number(portable[site.site_id])} of {number(inventoried[site.site_id])} rooms are portables")
        if site.site_id not in inventoried:
            found.append("no inventory of rooms")
        if site.site_id not in placed:
            found.append("in no neighborhood of the study")
        texts.append("; ".join(found))
    return pd.Series(texts, index=sites.index, dtype="str")
