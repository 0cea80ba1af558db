"""Rules F-01 to F-03: sites to offer, schools to offer them to, and sites to be measured first."""

from __future__ import annotations

import pandas as pd

from pipeline.analysis.recommendations import NAN, SURE, Advice, Names, by_chance, least_sure, sentences, span
from pipeline.numerals import chance, count_of, listed, number

NEARLY = 0.05  # a second site that costs no more than this of a pair's full cost above the first would do as well


def _rooms(site: object) -> tuple[float, float, float]:
    """Free rooms of a site that is offered: the number that counts, and the fewest and most of today and the horizon."""
    own, *both = (float(getattr(site, name, NAN)) for name in _FREE)
    ends = [value for value in both if value == value] or [own]
    return own, min(ends), max(ends)


_FREE = ("surplus_rooms", "surplus_rooms_now", "surplus_rooms_horizon")


def offered_sites(inventory: pd.DataFrame, names: Names, *, rooms: float) -> list[Advice]:
    """Rule F-01: consider underutilized and surplus sites for the request for proposals; as sure as the inventory is of their room.

    ``rooms`` is how many must be free.
    """
    told = []
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
                r.confidence_class,
                _against_offering(str(r.surplus_case), str(r.confidence_rule), str(r.constraint_notes)),
            )
        )
    return told


def _against_offering(case: str, doubt: str, constraints: str) -> str:
    """What speaks against offering a site: of an empty one not the plans of a host, for it has none."""
    lacking = (
        "What it costs to open the building again, and other plans for it, are not in the data."
        if case == "empty_site"
        else "Programs that need more room than the loading allows, and plans of the host school, are not in the data."
    )
    return sentences(
        f"How sure is said of the count, not of the building ({doubt}).",
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
) -> list[Advice]:
    """Rule F-02: talk about sharing a site where a school and a site were matched.

    As sure as the inventory is of the site's room, as the pair holds when the weights are drawn
    anew, and as the rooms a school needs are known by its grades.

    Parameters
    ----------
    matches, inventory, worksheet
        The tables ``colocation_matches``, ``rfp_inventory`` and ``prop39``.
    """
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
                    str(site.confidence_class) if site else "not_known", by_chance(firm, certain=certain), by_grade
                ),
                sentences(
                    _law(asked.get(r.school_id), needed),
                    _second(r, sites),
                    f"In the way at the site: {site.constraint_notes}." if site and site.constraint_notes else "",
                    "The match counts rooms and weighs distance, grades, load and move; shared spaces, schedules and consent "
                    "are still to be settled.",
                ),
            )
        )
    return told


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
