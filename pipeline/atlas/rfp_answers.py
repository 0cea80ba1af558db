"""The answer and the guide of the sheet of sites for a request for proposals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.atlas.same_rooms import promised
from pipeline.atlas.spec import About
from pipeline.atlas.tested import tested_years
from pipeline.numerals import count_of, listed, number, percent

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]


def rfp(tables: Tables, about: About) -> str:
    """How many sites are listed, how many rooms they have, and which they are."""
    sites = tables["public_rfp"]
    known = sites[sites["rfp_status"] != "not_known"]
    if known.empty:
        return "This study has no capacities of buildings, so that no site can be listed."
    here = known[known["rfp_status"] == "listed"].sort_values(["surplus_rooms", "site_id"], ascending=[False, True])
    rooms = here["surplus_rooms"]
    some = f" with {count_of(rooms.sum(), 'room', 'rooms')} to offer" if rooms.notna().any() else ""
    less = int(rooms.isna().sum())
    unknown = f" (of {number(less)} of them the rooms are not known)" if less and some else ""
    names = f": {listed(here['name'].tolist())}" if len(here) else ""
    return f"Of {count_of(len(sites), 'site', 'sites')}, {number(len(here)) if len(here) else 'none'} can go into a request for proposals{some}{unknown}{names}."


def rfp_more(tables: Tables, about: About) -> tuple[str, ...]:
    """How many stand empty, for how long rooms stay free, who else uses them, and what is known of the others."""
    sites = tables["public_rfp"]
    known = sites[sites["rfp_status"] != "not_known"]
    if known.empty:
        return ()
    here = known[known["rfp_status"] == "listed"]
    empty = int((here["lease_limit"] == "no_host").sum())
    stand = (
        f" {'All' if empty == len(here) > 1 else number(empty)} of the sites listed {'stands' if empty == 1 else 'stand'} empty."
        if empty
        else ""
    )
    years = here["longest_lease_years"].dropna()
    lease = (
        f" Where a school stays, all rooms told stay free for at least {count_of(years.min(), 'year', 'years')}, fewer for longer."
        if len(years)
        else ""
    )
    apart = int((known["rfp_status"] == "one_definition").sum())
    one = (
        f" {number(apart)} more would be listed if a second way of counting their capacity were known and agreed."
        if apart
        else ""
    )
    lacking = len(sites) - len(known)
    dark = f" Of {count_of(lacking, 'site', 'sites')} too little is known." if lacking else ""
    return tuple(text.strip() for text in (stand, lease, promised(tables), one, dark) if text)


def _untested(tables: Tables) -> str:
    """That leases beyond the years tested rest on intervals that nobody has tried."""
    years = tested_years(tables)
    return (
        ""
        if years is None
        else f" The outlook was tested {count_of(years, 'year', 'years')} ahead; a longer lease rests on intervals that nobody has tried."
    )


def reading(tables: Tables, about: About) -> tuple[tuple[str, str], ...]:
    """What the list, its classes and its terms mean."""
    rules = about.rules
    return (
        (
            "On the list",
            f"Less than {percent(rules.under_ratio)} of the seats are in use by at least {number(rules.definitions)} ways of counting that decide here, it still holds after {number(rules.years_ahead)} years at the upper end of the forecast, and at least {number(rules.surplus_rooms)} rooms are free. Closed and surplus sites of the district that stand empty are on it whole.",
        ),
        (
            "One definition known",
            "All of that holds, but fewer ways of counting can be computed than must agree: mostly because no rooms are known. Such a site is listed apart, with low confidence.",
        ),
        (
            "How sure",
            "Certainty of the count, not fitness of the building: a building in very poor condition can stand empty beyond doubt. High, unless something speaks against it. Medium: the ways of counting disagree, or one lies within five points of the threshold. Low: only one is known, the outlook has no tested interval, no pupils are counted at a site in use, or the capacity of an empty site is not known.",
        ),
        (
            "Longest lease",
            "School years from the next one in which the rooms stay free at the upper end of the forecast. Where the host does not need them back within the outlook, its end is the limit; an empty site has no host that ends it. Fewer rooms stay free longer, so that a lease can be for all rooms or for fewer and longer."
            + _untested(tables),
        ),
        (
            "Seats of an empty building",
            "Nobody is taught there, so that each way of counting takes its lowest number of pupils for a room. Functional capacity takes rooms to be in use part of the day, as in middle and high schools: elementary pupils alone have more seats there, as many as by the state's pupils per room. Responses are counted by the grades they ask for.",
        ),
        (
            "The same rooms elsewhere",
            "The sheets Sharing buildings and Siting use these rooms too, and a common enrollment zone counts all seats of its schools. Each sheet answers its own question: what one gives away, the others no longer have. A packet names who else uses its rooms.",
        ),
        (
            "Need, missing seats, growth",
            "Those of the neighborhood and zone in which the site stands; growth is that of the nearest pocket within the reach of an elementary school.",
        ),
        (
            "",
            "A packet for each listed site, ready to print and attach, is in rfp_packets.html, and as single files in rfp_packets.zip.",
        ),
        (
            "",
            "The list says where room is, not that it should be given: each site needs a visit, and each decision the hearing that the law asks for.",
        ),
    )
