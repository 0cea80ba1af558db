"""Rules F-01 to F-03: sites to offer, schools to offer them to, and sites to be measured first."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from pipeline.analysis.recommendations import NAN, SURE, Advice, Names, by_chance, least_sure, sentences, span
from pipeline.numerals import chance, count_of, listed, number

Tested = Mapping[str, str]
AS_CHOSEN = "as chosen then"  # of the back-test: the forecast that the rule would have chosen at the time
LARGE = 200.0  # pupils: the test tells smaller schools apart
HELD, FAIR = 0.8, 0.1  # what an interval should hold, and by how much it may fall short of it
NEARLY = 0.05  # a second site that costs no more than this of a pair's full cost above the first would do as well


def _rooms(site: object) -> tuple[float, float, float]:
    """Free rooms of a site that is offered: the number that counts, and the fewest and most of today and the horizon."""
    own, *both = (float(getattr(site, name, NAN)) for name in _FREE)
    ends = [value for value in both if value == value] or [own]
    return own, min(ends), max(ends)


_FREE = ("surplus_rooms", "surplus_rooms_now", "surplus_rooms_horizon")


def offered_sites(inventory: pd.DataFrame, names: Names, *, rooms: float, tested: Tested | None = None) -> list[Advice]:
    """Rule F-01: consider underutilized and surplus sites for the request for proposals; as sure as the inventory is of their room.

    ``rooms`` is how many must be free. Of a site in use the rule asks the upper end of an interval of its pupils: it is
    medium at most where such intervals held too seldom (``tested``, of `poorly_held`, by site).
    """
    told, tested = [], tested or {}
    for r in inventory[inventory["rfp_status"] == "listed"].sort_values("site_id").itertuples():
        free, low, high = _rooms(r)
        counted = (
            f"From today to the horizon {span(low, high)} are free (at least {number(rooms)} are asked)."
            if free == free
            else ""
        )
        told.append(
            Advice(
                "F-01",
                "site",
                r.site_id,
                f"Consider {names.get(r.site_id, r.site_id)} for the request for proposals: it has room.",
                "surplus_rooms",
                free,
                low,
                high,
                rooms,
                sentences(str(r.reason), counted),
                least_sure(r.confidence_class, *(["medium"] if r.site_id in tested else [])),
                sentences(
                    tested.get(r.site_id, ""),
                    _against_offering(
                        str(r.surplus_case),
                        _doubt(str(r.confidence_rule), r.site_id in tested),
                        str(r.constraint_notes),
                    ),
                ),
            )
        )
    return told


def poorly_held(inventory: pd.DataFrame, hosts: pd.DataFrame, backtest: pd.DataFrame) -> Tested:
    """Of sites in use whose intervals held too seldom in the study's own test: in how many cases.

    Those of schools of their size, by the forecast as it was chosen then, the longest time ahead that was tried; too
    seldom is less often than the 80% that are said by more than `FAIR`.

    Parameters
    ----------
    inventory
        ``site_id surplus_case`` of the table ``rfp_inventory``.
    hosts
        ``site_id pupils`` of the schools at them; the smallest school of a site decides.
    backtest
        The table ``public_backtest``: what is told of the test.

    >>> inventory = pd.DataFrame({"site_id": ["1", "2"], "surplus_case": ["in_use", "empty_site"]})
    >>> hosts = pd.DataFrame({"site_id": ["1"], "pupils": [150.0]})
    >>> test = pd.DataFrame({"method": ["as chosen then"], "size_class": ["under_200"], "horizon_years": [5], "interval_share": [0.63], "interval_cases": [19.0]})
    >>> poorly_held(inventory, hosts, test)
    {'1': 'It rests on the upper end of 80% intervals, which for schools of under 200 pupils held in 63% of 19 cases 5 years ahead.'}
    """
    known = backtest[
        backtest["method"].eq(AS_CHOSEN) & backtest["interval_cases"].gt(0) & backtest["interval_share"].notna()
    ]
    known = known.sort_values("horizon_years").drop_duplicates("size_class", keep="last").set_index("size_class")
    least = hosts.groupby("site_id")["pupils"].min().dropna()
    told = {}
    for site in inventory.loc[inventory["surplus_case"] != "empty_site", "site_id"]:
        if site not in least.index:
            continue
        size = "200_and_over" if least[site] >= LARGE else "under_200"
        if size in known.index and known.loc[size, "interval_share"] < HELD - FAIR:
            row, words = known.loc[size], "200 pupils and over" if size == "200_and_over" else "under 200 pupils"
            told[site] = (
                f"It rests on the upper end of 80% intervals, which for schools of {words} held in "
                f"{chance(row['interval_share'])} of {number(row['interval_cases'])} cases "
                f"{count_of(row['horizon_years'], 'year', 'years')} ahead."
            )
    return told


def _doubt(rule: str, is_tested: bool) -> str:
    """What the inventory doubts; that nothing speaks against a count is not said beside a test that does."""
    return "" if is_tested and rule.startswith("nothing speaks against") else rule


def _against_offering(case: str, doubt: str, constraints: str) -> str:
    """What speaks against offering a site: of an empty one not the plans of a host, for it has none."""
    lacking = (
        "What it costs to open the building again, and other plans for it, are not in the data."
        if case == "empty_site"
        else "Programs that need more room than the loading allows, and plans of the host school, are not in the data."
    )
    return sentences(
        f"How sure is said of the count, not of the building{f' ({doubt})' if doubt else ''}.",
        f"In the way: {constraints}." if constraints else "",
        lacking,
    )


def unmeasured_sites(inventory: pd.DataFrame, names: Names, *, district_id: str, rooms: float) -> list[Advice]:
    """Rule F-03: have the rooms of listed sites counted whose room is not known well enough for rule F-01.

    It rests on no number, but on the record that the sites stand ready and on the want of a number.
    """
    unsure = inventory[(inventory["rfp_status"] == "listed") & ~inventory["confidence_class"].isin(SURE)]
    if unsure.empty:
        return []
    unsure = unsure.sort_values("site_id")
    why = unsure["confidence_rule"].value_counts().sort_index()
    sites = listed([str(names.get(site, site)) for site in unsure["site_id"]], most=20)
    return [
        Advice(
            "F-03",
            "district",
            district_id,
            f"Have the rooms counted before offering {count_of(len(unsure), 'site', 'sites')} of the inventory: {sites}.",
            "surplus_rooms",
            NAN,
            NAN,
            NAN,
            rooms,
            f"They are listed as ready, and their room is not known well enough to advise on: "
            f"{'; '.join(f'{rule} ({amount})' for rule, amount in why.items())}.",
            "high",
            "Some may turn out to have fewer rooms than a school needs, or to cost more to open than to leave empty.",
        )
    ]


def co_locations(
    matches: pd.DataFrame,
    inventory: pd.DataFrame,
    worksheet: pd.DataFrame,
    sites: Names,
    schools: Names,
    *,
    certain: float,
    tested: Tested | None = None,
    weak: Collection[str] = (),
    responses: pd.DataFrame | None = None,
) -> list[Advice]:
    """Rule F-02: talk about sharing a site where a school and a site were matched.

    As sure as the inventory is of the site's room, as the pair holds when the weights are drawn
    anew, and as the rooms a school needs are known by its grades.

    Parameters
    ----------
    matches, inventory, worksheet
        The tables ``colocation_matches``, ``rfp_inventory`` and ``prop39``.
    tested
        `poorly_held`.
    weak
        Schools whose own results are told to be weak.
    responses
        The table ``rfp_scores``: who has answered the request for proposals for which site.
    """
    tested, asking = tested or {}, {} if responses is None else _asking(responses)
    offered = {site.site_id: site for site in inventory.itertuples()}
    asked = {school.school_id: school for school in worksheet.itertuples()}
    told = []
    for r in matches[matches["match_status"] == "matched"].sort_values("school_id").itertuples():
        site = offered.get(r.site_id)
        free, low, high = _rooms(site) if site else (NAN, NAN, NAN)
        needed, firm = float(r.needed_rooms), float(r.pair_share)
        by_grade = "high" if r.rooms_basis in ("declared", "grades") else "medium"
        told.append(
            Advice(
                "F-02",
                "school",
                r.school_id,
                f"Offer {schools.get(r.school_id, r.school_id)} space at {sites.get(r.site_id, r.site_id)}.",
                "surplus_rooms",
                free,
                low,
                high,
                needed,
                sentences(
                    str(r.reason),
                    f"From today to the horizon {span(low, high)} rooms are free for the {number(needed)} it needs."
                    if free == free
                    else "",
                    f"Made in {chance(firm)} of the draws of the weights." if firm == firm else "",
                ),
                least_sure(
                    str(site.confidence_class) if site else "not_known",
                    by_chance(firm, certain=certain),
                    by_grade,
                    *(["medium"] if r.site_id in tested else []),
                ),
                sentences(
                    "Its own results are weak." if r.school_id in weak else "",
                    _others(asking.get(r.site_id, []), r.school_id),
                    tested.get(r.site_id, ""),
                    _law(asked.get(r.school_id), needed),
                    _second(r, sites),
                    f"In the way at the site: {site.constraint_notes}." if site and site.constraint_notes else "",
                    "The match counts rooms and weighs distance, grades, load and move; shared spaces, schedules and consent "
                    "are still to be settled.",
                ),
            )
        )
    return told


def _asking(responses: pd.DataFrame) -> dict[str, list[object]]:
    """Scored responses to the request for proposals by the site they ask for: the school of each, where it is known."""
    scored = responses[responses["proposal_status"] == "scored"]
    return {str(site): list(rows["school_id"]) for site, rows in scored.groupby("site_id")}


def _others(schools: list[object], own: object) -> str:
    """How many others have asked for the rooms by a scored response.

    >>> _others(["a", None, "b"], "a"), _others(["a"], "a")
    ('2 other scored responses to the request for proposals ask for the site.', '')
    """
    others = sum(school != own for school in schools)
    if not others:
        return ""
    asks = "other scored response to the request for proposals asks" if others == 1 else "other scored responses to the request for proposals ask"  # fmt: skip
    return f"{number(others)} {asks} for the site."


def _law(worksheet: object, needed: float) -> str:
    """What Proposition 39 would ask for the school beside the rooms offered; nothing where the law is not the study's."""
    if worksheet is None:
        return ""
    status = getattr(worksheet, "worksheet_status", "")
    if status == "below_threshold":
        return "Its in-district pupils are too few for a request under Proposition 39."
    if status != "computed":
        return "What Proposition 39 would ask for it is not known."
    owed = float(getattr(worksheet, "offered_classrooms", NAN))
    ask = f"Proposition 39 would ask {count_of(int(owed), 'teaching room', 'teaching rooms', '0')}"
    ratio = number(getattr(worksheet, "ada_per_classroom_ratio", NAN), 1)
    more = f"{number(owed - needed)} more than" if owed > needed else "no more than"
    return f"{ask} for its in-district pupils, {more} the {number(needed)} counted here: its comparison schools have {ratio} ADA to a classroom."


def _second(match: object, sites: Names) -> str:
    """The next best site, where it would do nearly as well."""
    site, more = getattr(match, "second_site_id", None), float(getattr(match, "second_cost_change", NAN))
    if not isinstance(site, str) or not more <= NEARLY:
        return ""
    return f"{sites.get(site, site)} would do nearly as well."
