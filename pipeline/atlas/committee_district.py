"""The district's leaf of the committee's packet: the neediest places, the largest gaps, the most rooms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.atlas.changes_frames import NO_RELEASE, of_district, release_head
from pipeline.atlas.committee_parts import (
    LEVELS,
    gap_now,
    in_other_ways,
    is_known,
    reliability,
    short,
    whole_sentences,
    with_margin,
)
from pipeline.atlas.escape import plain
from pipeline.atlas.growth_frames import pockets_now
from pipeline.atlas.leaves import Figure, Grid, Lines
from pipeline.atlas.spec import About
from pipeline.atlas.words import is_estimated, part_of, say, told
from pipeline.columns import OFFERED_STATUSES
from pipeline.numerals import chance, count_of, listed, number, percent, signed

Tables = Mapping[str, Any]
NEEDIEST, GAPS_OF_A_LEVEL, ROOMS = 10, 2, 5
LONGEST_LINE = 320  # letters of a quoted line or a lack
SAID_ABOVE = ("need", "gap")  # topics of the figures and tables of the page


def warning(tables: Tables) -> str:
    """What makes all pages approximate."""
    zones = tables["public_zones"]
    drawn = zones["is_approximate"].astype(bool)
    return "Approximate: zones are drawn by the nearest school, since none are published." if len(zones) and drawn.all() else ""  # fmt: skip


def figures(tables: Tables, about: About) -> tuple[Figure, ...]:
    """High need, missing seats, growth and rooms of the whole district."""
    return _need(tables, about), _seats(tables), _growth(tables, about), _rooms(tables)


def _need(tables: Tables, about: About) -> Figure:
    places, rules = tables["public_neighborhoods"], about.rules
    ranked = places[places["need_rank"].notna()]
    if ranked.empty:
        return Figure("High need", "Not known", "", "No neighborhood could be ranked.", is_weak=True)
    sure = ranked[ranked["need_class"] == "high"]
    possible = int((ranked["need_class"] == "possible").sum())
    value = f"{number(len(sure))} of {number(len(ranked))}"
    if ranked["need_rank_low"].isna().all():
        return Figure("High need", value, f"{number(possible)} possibly", "Margins of error are not published: nobody can say how sure a rank is.", is_weak=True)  # fmt: skip
    children, everyone = sure["children_0_17"].sum(), places["children_0_17"].sum()
    home = (
        f"{number(children)} of all {number(everyone)} children ({chance(children / everyone)})" if everyone > 0 else ""
    )
    return Figure(
        "High need",
        value,
        home,
        f"Among the neediest {part_of(rules.top_share)} in at least {percent(rules.certain_share)} of draws; {number(possible)} more possibly.",
    )


def _seats(tables: Tables) -> Figure:
    zones, variants = tables["public_zones"], tables["public_gap_variants"]
    sums = {level: rows["unmet_seats"].sum() for level, rows in zones[zones["unmet_seats"].notna()].groupby("level")}
    known = [level for level in LEVELS if level in sums]
    if not known:
        return Figure("Missing seats", "Not known", "", "Seats or resident pupils are not known.", is_weak=True)
    first, rest = known[0], known[1:]
    ways = gap_now(variants)
    by_way = ways[ways["level"] == first].groupby("variant")["unmet_seats"].sum()
    others = "; ".join(f"{level} {number(sums[level])}" for level in rest)
    of_first = zones[(zones["level"] == first) & zones["unmet_seats"].notna()]
    guessed = is_estimated(of_first["method"])
    who = "Resident pupils, as estimated from children with no known margin," if guessed else "Resident pupils"
    return Figure(
        f"Missing seats, {first} school",
        f"about {number(sums[first])}" if guessed else number(sums[first]),
        in_other_ways((float(by_way.min()), float(by_way.max())) if len(by_way) > 1 else None, number),
        f"{who} without a seat in a quality school of their zone.{f' Also: {others}.' if others else ''}",
    )


def _growth(tables: Tables, about: About) -> Figure:
    pockets = pockets_now(tables, about)
    if tables["public_growth_need"].empty or tables["public_growth_need"]["children_change"].isna().all():
        return Figure("Growth", "Not known", "", "The study has no counts of children at two times.", is_weak=True)
    kinds = pockets["pocket_kind"].value_counts()
    rising, falling = (count_of(int(kinds.get(kind, 0)), "pocket", "pockets") for kind in ("growing", "shrinking"))
    said = [
        f"{word}: {listed([_change(row) for row in rows], 3)} children."
        for word, kind in (("Growing", "growing"), ("Shrinking", "shrinking"))
        if (rows := pockets[pockets["pocket_kind"] == kind].to_dict("records"))
    ]
    return Figure(
        "Growth",
        f"{rising[:1].upper()}{rising[1:]} growing",
        f"{falling} shrinking",
        f"A pocket is several adjoining neighborhoods that change alike, beyond chance. {' '.join(said)}"
        if said
        else "No change of children beyond chance, in no part of the district.",
    )


def _change(pocket: Any) -> str:
    change, margin = signed(pocket["children_change"]), pocket["children_change_moe"]
    return f"{change} \u00b1 {number(margin)}" if is_known(margin) else change


def _rooms(tables: Tables) -> Figure:
    rows = tables["public_rfp"]
    offered = rows[rows["rfp_status"].isin(OFFERED_STATUSES)]
    if rows.empty:
        return Figure("Rooms", "Not known", "", "The study has no inventory of buildings.", is_weak=True)
    sure = int((offered["confidence_class"] == "high").sum())
    return Figure(
        "Rooms to offer",
        count_of(len(offered), "site", "sites").capitalize(),
        f"{_sum(offered['surplus_rooms'], 'room', 'rooms')}, {_sum(offered['surplus_seats'], 'seat', 'seats')}"
        if len(offered)
        else f"of {number(len(rows))}",
        f"The count is of high certainty at {number(sure) if sure else 'none'} of them; what is hidden is not in the sums."
        if len(offered)
        else "No site is underutilized by enough ways of counting.",
    )


def _sum(amounts: Any, one: str, many: str) -> str:
    """What is told of some amounts, added; where nothing is told there is no sum.

    >>> import pandas as pd
    >>> _sum(pd.Series([3.0, None]), "room", "rooms"), _sum(pd.Series([None, None], dtype="float64"), "room", "rooms")
    ('3 rooms', 'rooms not shown')
    """
    amount = amounts.sum(min_count=1)
    return count_of(amount, one, many) if is_known(amount) else f"{many} not shown"


def neediest(tables: Tables, pages: Mapping[str, int]) -> Grid:
    """The first neighborhoods by rank, each with the page that tells more."""
    places = tables["public_neighborhoods"]
    ranked = places[places["need_rank"].notna()].sort_values(["need_rank", "neighborhood_id"], kind="stable")
    rows = tuple(
        (
            number(row.need_rank),
            short(row.name),
            f"{number(row.need_rank_low)} to {number(row.need_rank_high)}" if is_known(row.need_rank_low) else "not known",
            say("need_class", row.need_class),
            with_margin(row.children_0_17, row.children_0_17_moe),
            say("reliability_class", row.reliability_class),
            number(pages[row.neighborhood_id]),
        )
        for row in ranked.head(NEEDIEST).itertuples()
    )  # fmt: skip
    return Grid(
        "Neighborhoods of the highest rank",
        ("Rank", "Neighborhood", "Rank may be", "What can be said", "Children under 18", "Reliability", "Page"),
        rows,
        (0.08, 0.25, 0.13, 0.17, 0.17, 0.12, 0.08),
        (0, 4, 6),
        empty="No neighborhood could be ranked.",
    )


def gaps(tables: Tables) -> Grid:
    """The zones of each level that miss most seats."""
    zones, variants = tables["public_zones"], tables["public_gap_variants"]
    spread = (
        gap_now(variants).groupby(["level", "zone_id"])["unmet_seats"].agg(["min", "max", "count"]).to_dict("index")
    )
    rows = []
    for level in LEVELS:
        some = zones[(zones["level"] == level) & (zones["unmet_seats"] > 0)]
        some = some.sort_values(["service_gap_rank", "zone_id"], kind="stable").head(GAPS_OF_A_LEVEL)
        for zone in some.to_dict("records"):
            way = spread.get((level, zone["zone_id"]))
            rows.append(
                (
                    say("level", level),
                    short(zone["name"] if isinstance(zone["name"], str) else zone["zone_id"]),
                    number(zone["unmet_seats"]),
                    _ways(way),
                    percent(zone["service_level_ratio"]) if is_known(zone["service_level_ratio"]) else "not known",
                )
            )
    return Grid(
        "Zones that miss most seats",
        ("Level", "Zone", "Missing seats", "By other ways", "Service level"),
        tuple(rows),
        (0.19, 0.37, 0.14, 0.17, 0.13),
        (2, 3, 4),
        empty="No zone is known to miss a seat.",
    )


def _ways(way: Any) -> str:
    """Between which numbers the ways to count a zone's missing seats lie.

    >>> _ways({"min": 50.0, "max": 90.0, "count": 4}), _ways({"min": 50.0, "max": 50.0, "count": 4}), _ways(None)
    ('50 to 90', 'the same by 4 ways', 'one way only')
    """
    if not way or way["count"] < 2:
        return "one way only"
    low, high = number(way["min"]), number(way["max"])
    return f"{low} to {high}" if low != high else f"the same by {number(way['count'])} ways"


def rooms(tables: Tables) -> Grid:
    """The sites with most rooms to offer."""
    rows = tables["public_rfp"]
    offered = rows[rows["rfp_status"].isin(OFFERED_STATUSES)].sort_values(["surplus_rooms", "site_id"], ascending=[False, True], kind="stable")  # fmt: skip
    return Grid(
        "Sites with most rooms to offer",
        ("Site", "Request for proposals", "Rooms", "Seats", "Certainty of the count"),
        tuple(
            (
                short(site["name"] if isinstance(site["name"], str) else site["site_id"]),
                say("rfp_status", site["rfp_status"]),
                number(site["surplus_rooms"]) if is_known(site["surplus_rooms"]) else "not shown",
                number(site["surplus_seats"]) if is_known(site["surplus_seats"]) else "not shown",
                say("confidence_class", site["confidence_class"]),
            )
            for site in offered.head(ROOMS).to_dict("records")
        ),
        (0.38, 0.22, 0.1, 0.1, 0.2),
        (2, 3),
        empty="No site of this study can be listed for a request for proposals.",
    )


def since(tables: Tables) -> Lines:
    """What moved in the whole district since the last release, in one line."""
    told = of_district(tables)
    empty = "The release has no numbers of the whole district." if len(tables["public_changes"]) else NO_RELEASE
    return Lines(release_head(tables), (told,) if told else (), empty)


def quotes(tables: Tables) -> Lines:
    """The lines for the committee that the study can say."""
    lines = tables["public_lines"].sort_values("line", kind="stable")
    lines = lines[~lines["topic"].isin(SAID_ABOVE)]
    said = [f"{whole_sentences(row.statement, LONGEST_LINE)} {reliability(row.reliability_class)}" for row in lines.itertuples() if row.is_told]  # fmt: skip
    return Lines("To quote", tuple(said), "The data of this study allow no line to quote.")


def lacking(tables: Tables) -> Lines:
    """What the study lacks, in one line."""
    missing = tables["public_missing"].sort_values("line", kind="stable")
    names = [told(plain(name)) for name in missing.loc[missing["entry"] == "missing_input", "subject_name"]]
    names = list(dict.fromkeys(names))
    most = next((most for most in range(8, 1, -1) if len(listed(names, most)) <= LONGEST_LINE), 1)
    said = (f"Not available in this study: {listed(names, most)}. The sheet Quality of the data says what follows from it.",) if names else ()  # fmt: skip
    return Lines("What is not known", said, "Every kind of file that the method asks for was there.")
