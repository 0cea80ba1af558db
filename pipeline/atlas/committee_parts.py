"""The parts of a neighborhood's leaf: its figures with their certainty, why, what is near, what changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.atlas.changes_frames import SUREST, moved, release_head, since_words
from pipeline.atlas.escape import plain
from pipeline.atlas.leaves import Bars, Figure, Grid, Lines
from pipeline.atlas.spec import About
from pipeline.atlas.words import grade, kilometres, part_of, say, tenths
from pipeline.columns import BY_NAME, GAP_NOW, NEAR_M
from pipeline.numerals import chance, count_of, number, percent, school_year, signed

Tables = Mapping[str, Any]
Row = Mapping[str, Any]
Found = list[tuple[Row, float]]  # what is near, with its distance in metres
LEVELS = BY_NAME["level"].values
SURE = ("high", "medium")  # classes of reliability that carry a decision
ZONES_OF_A_LEVEL, MOST_CHANGES = 2, 3
INDICATORS = 6
TABLES_APART = " Counts in brackets come from one census table each: a total may differ from the number of children above, and may exceed it."
LONGEST = 56  # letters of a name in a table: a row is a line or two, so that a leaf is a page


class Known:
    """The published tables by the keys that a leaf asks for."""

    def __init__(self, tables: Tables, about: About) -> None:
        need = tables["public_neighborhoods"]
        self.ranked = int(need["need_rank"].notna().sum())
        self.contributions = grouped(tables["public_contributions"], "neighborhood_id")
        most = tables["public_contributions"]["contribution_index"].abs().max()
        self.longest_bar = float(most) if most == most and most > 0 else 1.0
        self.in_points = about.rules.family != "standardised"
        self.growth_need = {row["neighborhood_id"]: row for row in tables["public_growth_need"].to_dict("records")}
        growth = tables["public_growth"]
        growth = growth[growth["layer"] == "neighborhood"]
        self.growth = {(row["area_id"], row["age_band"], row["vintage_from"], row["vintage_to"]): row for row in growth.to_dict("records")}  # fmt: skip
        self.variants = grouped(gap_now(tables["public_gap_variants"]), "level", "zone_id")
        self.access = grouped(tables["public_access"], "neighborhood_id")
        years = tables["public_quality_years"]
        self.latest = int(years["fall_year"].max()) if len(years) else None
        self.years = grouped(years.sort_values("fall_year", kind="stable"), "school_id")
        # of one year no school can be said to have stayed as it was
        self.has_years = years["fall_year"].nunique() > 1
        self.has_counts = tables["public_enrollment"]["fall_year"].nunique() > 1
        changes = tables["public_school_changes"]
        self.changes = grouped(changes[changes["fall_year"] >= about.fall_year - 1], "school_id")
        released = tables["public_changes"]
        self.release, self.release_head = since_words(tables), release_head(tables)
        self.released = grouped(released[released["subject_kind"] == "neighborhood"], "subject_id")
        self.pockets = {row["pocket_id"]: row for row in tables["public_pockets"].to_dict("records")}


def grouped(frame: Any, *keys: str) -> dict[Any, list[Row]]:
    """Rows of a table by a key, or by several, in their order."""
    found: dict[Any, list[Row]] = {}
    for row in frame.to_dict("records"):
        found.setdefault(row[keys[0]] if len(keys) == 1 else tuple(row[key] for key in keys), []).append(row)
    return found


def is_known(value: Any) -> bool:
    """Whether a number of a table is there.

    >>> is_known(0.0), is_known(float("nan")), is_known(None)
    (True, False, False)
    """
    return isinstance(value, int | float) and value == value


def with_margin(value: Any, margin: Any, is_share: bool = False) -> str:
    """A value with its 90% margin, where that is known.

    >>> with_margin(550.3, 90.1), with_margin(0.42, 0.08, is_share=True), with_margin(float("nan"), 3.0)
    ('550 \u00b1 90', '42% \u00b1 8', 'not known')
    """
    if not is_known(value):
        return "not known"
    shown = percent(value) if is_share else number(value)
    return f"{shown} \u00b1 {number(100 * margin if is_share else margin)}" if is_known(margin) else shown


def short(name: object, most: int = LONGEST) -> str:
    """A name that does not break the lines of a table.

    >>> short("Bay School"), short("A very long name of a school", 12)
    ('Bay School', 'A very long\u2026')
    """
    text = plain(name)
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}\u2026"


def whole_sentences(text: object, most: int) -> str:
    """As many whole sentences as fit into so many letters; the first always.

    >>> whole_sentences("Ten seats are missing. They are at Bay School. Nobody knows why.", 50)
    'Ten seats are missing. They are at Bay School.'
    """
    kept, *rest = re.split(r"(?<=[.?!]) (?=[A-Z])", plain(text))
    for sentence in rest:
        if len(kept) + 1 + len(sentence) > most:
            break
        kept += f" {sentence}"
    return kept


def reliability(code: object) -> str:
    """How far a number carries, as a sentence.

    >>> reliability("low")
    'Unreliable: no decision should rest on it alone.'
    """
    return {
        "high": "Reliable.",
        "medium": "Use with care.",
        "low": "Unreliable: no decision should rest on it alone.",
    }.get(str(code), "How sure this is, is not known.")


def warning(row: Any, zones: Mapping[str, list[Row]]) -> str:
    """What makes the page approximate."""
    said = []
    if row.inside_share < 1:
        said.append(f"{chance(row.inside_share)} of it lies inside the district, and only that part is counted")
    elif row.is_approximate:
        said.append("its people could be placed by plain area only")
    if any(zone["is_approximate"] for rows in zones.values() for zone in rows):
        said.append("zones are drawn by the nearest school, since none are published")
    return f"Approximate: {'; '.join(said)}." if said else ""


def need(row: Any, known: Known, about: About) -> Figure:
    """The rank with its interval, and how sure the class is."""
    rules = about.rules
    if not is_known(row.need_rank):
        why = (
            f"Less than {part_of(rules.smallest_inside_share)} of it lies inside the district."
            if row.inside_share < rules.smallest_inside_share
            else "Too few people or children live there, or figures are missing."
        )
        return Figure("Need", "Not ranked", "", why, is_weak=True)
    said = say("need_class", row.need_class)
    if is_known(row.need_rank_low):
        span = f"between {number(row.need_rank_low)} and {number(row.need_rank_high)} in nine of ten draws"
        sure = f"{said}: among the neediest {part_of(rules.top_share)} in {chance(row.high_need_probability_share)} of draws. {reliability(row.reliability_class)}"
    else:
        span, sure = "no interval: margins of error are not published", f"{said}, by rank alone. {reliability(row.reliability_class)}"  # fmt: skip
    return Figure(
        "Need", f"Rank {number(row.need_rank)} of {number(known.ranked)}", span, sure, row.reliability_class not in SURE
    )


def gap_now(variants: Any) -> Any:
    """Rows of today's gap whose missing seats are known, by every way to count it."""
    return variants[variants["variant"].isin(GAP_NOW) & variants["unmet_seats"].notna()]


def by_level(zones: Sequence[Row]) -> dict[str, list[Row]]:
    """The zones of each level, as many as a leaf has room for, in the order in which they come."""
    return {level: [z for z in zones if z["level"] == level][:ZONES_OF_A_LEVEL] for level in LEVELS}


def spans(zone: Row, known: Known) -> tuple[tuple[float, float] | None, tuple[float, float] | None]:
    """Lowest and highest service level and missing seats of a zone, over the ways to count today's gap that are known.

    The study's own way is the zone's published number: a value never lies outside its range. Nothing where the gap is known in one way only.
    """
    rows = known.variants.get((zone["level"], zone["zone_id"]), [])
    if len(rows) < 2:
        return None, None
    others = [row for row in rows if row["variant"] != "study"]
    missing = [zone["unmet_seats"], *(row["unmet_seats"] for row in others)]
    levels = [zone["service_level_ratio"]]
    levels += [row["quality_seats"] / row["resident_pupils"] for row in others if row["resident_pupils"] > 0]
    missing, levels = [value for value in missing if is_known(value)], [value for value in levels if is_known(value)]
    return (min(levels), max(levels)) if levels else None, (min(missing), max(missing))


def service_level(zone: Row, known: Known) -> str:
    """Quality seats for each 100 resident pupils of a zone, with the range.

    In a zone without resident pupils, or of unknown seats, it is not known.
    """
    if not is_known(zone["service_level_ratio"]):
        return "not known"
    span, _ = spans(zone, known)
    return f"{percent(zone['service_level_ratio'])}{_bracket(span, percent)}"


def _bracket(span: tuple[float, float] | None, form: Callable[[float], str]) -> str:
    """A range in brackets, where there is one."""
    low, high = map(form, span or (0.0, 0.0))
    return f" ({low} to {high})" if low != high else ""


def in_other_ways(span: tuple[float, float] | None, form: Callable[[float], str]) -> str:
    """How far a number moves as it is counted otherwise.

    >>> in_other_ways((0.1, 0.42), percent), in_other_ways((0.0, 0.0), percent), in_other_ways(None, percent)
    ('10% to 42% by other ways of counting', 'the same by other ways of counting', 'counted in one way only')
    """
    if span is None:
        return "counted in one way only"
    low, high = map(form, span)
    return f"{low} to {high} by other ways of counting" if low != high else "the same by other ways of counting"


def service(zones: Mapping[str, list[Row]], known: Known) -> Figure:
    """The service level of the zone that holds most of the neighborhood, level by level."""
    first = {level: rows[0] for level, rows in zones.items() if rows and is_known(rows[0]["service_level_ratio"])}
    if not first:
        return Figure(
            "Service level", "Not known", "", "Seats or resident pupils of its zones are not known.", is_weak=True
        )
    level, zone = next(iter(first.items()))
    span, _ = spans(zone, known)
    others = "; ".join(f"{each} {service_level(row, known)}" for each, row in list(first.items())[1:])
    return Figure(
        f"Service level, {level} school",
        percent(zone["service_level_ratio"]),
        in_other_ways(span, percent),
        f"Quality seats for each 100 resident pupils of its zone.{f' Also: {others}.' if others else ''}",
    )


def growth(area: str, known: Known, about: About) -> Figure:
    """The change in school-age children with its margin, and whether it is beyond chance."""
    row = known.growth_need.get(area)
    band = (row["age_band"] if row else about.rules.growth_band).replace("-", " to ")
    head = f"Growth: children {band}"
    if row is None or not is_known(row["children_change"]):
        return Figure(head, "Not known", "", "The study has no counts of these ages at two times.", is_weak=True)
    counts = known.growth.get((area, row["age_band"], row["vintage_from"], row["vintage_to"]))
    from_to = f"from {number(counts['children_from'])} to {number(counts['children_to'])}, " if counts and is_known(counts["children_from"]) and is_known(counts["children_to"]) else ""  # fmt: skip
    margin = f" \u00b1 {number(row['children_change_moe'])}" if is_known(row["children_change_moe"]) else ""
    pocket = known.pockets.get(row["pocket_id"])
    together = f" Its pocket of {number(pocket['pocket_areas'])} neighborhoods: {signed(pocket['children_change'])}{f' {chr(0xB1)} ' + number(pocket['children_change_moe']) if is_known(pocket['children_change_moe']) else ''}." if pocket else ""  # fmt: skip
    # a change beyond its own margin that is not believed needs its reason
    many = " It is larger than its margin, but among many neighborhoods some are so by luck alone." if row["change_class"] == "not_beyond_chance" and is_known(row["children_change_moe"]) and abs(row["children_change"]) > row["children_change_moe"] else ""  # fmt: skip
    return Figure(
        head,
        f"{signed(row['children_change'])}{margin}",
        f"{from_to}{row['vintage_from']} to {row['vintage_to']}",
        f"{say('change_class', row['change_class'])}.{many}{together} {reliability(row['reliability_class'])}",
        is_weak=row["reliability_class"] not in SURE,
    )


def why(row: Any, known: Known) -> Bars:
    """What the need index is made of, the heaviest first; the rest in one line."""
    rows = [r for r in known.contributions.get(row.neighborhood_id, []) if is_known(r["contribution_index"])]
    rows.sort(key=lambda r: (-abs(r["contribution_index"]), r["indicator"]))
    if not rows:
        return Bars("Why", (), empty="It has no index: nothing is added up.")
    shown, rest = rows[:INDICATORS], rows[INDICATORS:]
    bars = [
        (
            f"{say('indicator', r['indicator'])}{counted(r)}",
            with_margin(r["indicator_share"], r["indicator_share_moe"], is_share=True),
            signed(r["contribution_index"]) if known.in_points else _fine(r["contribution_index"]),
            min(abs(r["contribution_index"]) / known.longest_bar, 1.0),
        )
        for r in shown
    ]
    index = number(row.need_index) if known.in_points else number(row.need_index, 2)
    left = sum(r["contribution_index"] for r in rest)
    others = (
        f" {count_of(len(rest), 'more adds', 'more add')} {number(left) if known.in_points else number(left, 2)}."
        if rest
        else ""
    )
    return Bars(
        f"Why: need index {index}",
        tuple(bars),
        f"Value, and the points it adds to the index; bars are on one scale on all pages.{others}{TABLES_APART if any(map(counted, shown)) else ''}",
    )


def counted(row: Row) -> str:
    """The counts behind a share, in brackets; nothing where they are not told.

    >>> counted({"indicator_count": 67.0, "universe_count": 1517.0}), counted({"indicator_count": float("nan"), "universe_count": float("nan")})
    (' (67 of 1,517)', '')
    """
    if not is_known(row["indicator_count"]) or not is_known(row["universe_count"]):
        return ""
    return f" ({number(row['indicator_count'])} of {number(row['universe_count'])})"


def _fine(value: float) -> str:
    shown = number(abs(value), 2)
    return f"{'+' if value > 0 else chr(0x2212)}{shown}" if float(shown) else shown


def zone_grid(area: str, zones: Mapping[str, list[Row]], known: Known) -> Grid:
    """Seats and pupils of the zones it lies in, and its access to quality seats."""
    rows = []
    for level in LEVELS:
        for zone in zones[level]:
            _, missing = spans(zone, known)
            unmet = number(zone["unmet_seats"]) if is_known(zone["unmet_seats"]) else "not known"
            rows.append(
                (
                    say("level", level),
                    short(zone["name"] if isinstance(zone["name"], str) else zone["zone_id"]),
                    number(zone["resident_pupils"]) if is_known(zone["resident_pupils"]) else "not known",
                    service_level(zone, known),
                    f"{unmet}{_bracket(missing, number) if is_known(zone['unmet_seats']) else ''}",
                )
            )
    access = [
        f"{row['level']} {percent(row['relative_access_ratio'])}{' (poor)' if row['is_poor_access'] else ''}"
        for row in sorted(known.access.get(area, []), key=lambda row: LEVELS.index(row["level"]))
        if is_known(row["relative_access_ratio"])
    ]
    reach = f" Access to quality seats, of the district's mean: {', '.join(access)}." if access else ""
    return Grid(
        "Service level of its zones",
        ("Level", "Zone", "Resident pupils", "Service level", "Missing seats"),
        tuple(rows),
        (0.18, 0.3, 0.15, 0.18, 0.19),
        (2, 3, 4),
        note=(f"In brackets the range over other ways of counting.{reach}" if rows else reach.strip()),
        empty="It lies in no zone of the study.",
    )


def school_grid(good: Mapping[str, Found], about: About) -> Grid:
    """The nearest quality schools of each level."""
    rows = []
    for level in LEVELS:
        for school, far in good[level]:
            grades = " to ".join(grade(g) for g in dict.fromkeys((school["grade_low"], school["grade_high"])))
            likely = school["class_probability_share"]
            rows.append(
                (
                    say("level", level),
                    short(school["name"]),
                    say("sector", school["sector"]),
                    grades,
                    f"{say('quality_class', school['quality_class'])}{_sure(likely)}",
                    distance(far),
                )
            )
    return Grid(
        "Quality schools near",
        ("Level", "School", "Run as", "Grades", "Class", "Distance"),
        tuple(rows),
        (0.17, 0.29, 0.14, 0.1, 0.18, 0.12),
        (5,),
        note="Straight line from its edge. Whether they have a free seat, and for whom, is not said." if rows else "",
        empty=f"No quality school is known to lie within {kilometres(about.rules.reach_m)} of it.",
    )


def _sure(chance: Any) -> str:
    """How sure a class is; one that is no likelier than not is no finding.

    >>> _sure(0.9), _sure(0.5), _sure(0.4), _sure(None)
    (', 90% sure', ', as likely as not (50%)', ', less likely than not (40%)', '')
    """
    if not is_known(chance):
        return ""
    if round(100 * chance) > 50:
        return f", {tenths(chance)} sure"
    return f", {'as likely as' if round(100 * chance) == 50 else 'less likely than'} not ({tenths(chance)})"


def distance(metres: float) -> str:
    """How far off something is, from the edge of the neighborhood.

    >>> distance(0.0), distance(20.0), distance(2340.0)
    ('inside', '0.1 km', '2.3 km')
    """
    return "inside" if metres == 0 else f"{number(max(metres / 1000, 0.1), 1)} km"


def room_grid(rooms: Found, about: About) -> Grid:
    """The nearest sites that can be offered."""
    rows = tuple(
        (
            short(site["name"] if isinstance(site["name"], str) else site["site_id"]),
            say("rfp_status", site["rfp_status"]),
            number(site["surplus_rooms"]) if is_known(site["surplus_rooms"]) else "not shown",
            number(site["surplus_seats"]) if is_known(site["surplus_seats"]) else "not shown",
            say("confidence_class", site["confidence_class"]),
            distance(far),
        )
        for site, far in rooms
    )
    return Grid(
        "Rooms near",
        ("Site", "Request for proposals", "Rooms", "Seats", "Certainty of the count", "Distance"),
        rows,
        (0.3, 0.18, 0.1, 0.1, 0.2, 0.12),
        (2, 3, 5),
        note="The fewest rooms by any way of counting, today and by the outlook. Rooms can be given once."
        if rows
        else "",
        empty=f"No site within {kilometres(about.rules.reach_m)} of it can be listed for a request for proposals.",
    )


def since(area: str, known: Known) -> Lines:
    """What is another number than in the last release, surest first, and what made it so."""
    rows = known.released.get(area, [])
    others = sorted((row for row in rows if row["change_evidence"] != "same"), key=_surest)
    return Lines(
        known.release_head,
        tuple(
            f"{moved(row)} {say('change_evidence', row['change_evidence'])}. {say('changed_by', row['changed_by'])}."
            for row in others[:MOST_CHANGES]
        ),
        known.release["same" if rows else "none"],
    )


def _surest(row: Row) -> tuple[int, int, int]:
    facts, levels = BY_NAME["fact"].values, ("all", *LEVELS)
    return SUREST.index(row["change_evidence"]), facts.index(row["fact"]), levels.index(row["fact_level"])


def changes(around: Found, known: Known, about: About) -> Lines:
    """What the tables tell of schools near: other classes than a year before, opened, closed, changed."""
    said, within = [], f"within {kilometres(min(NEAR_M, about.rules.reach_m))}"
    for school, _ in around:
        name = short(school["name"])
        years = known.years.get(school["school_id"], [])
        if school["school_status"] == "open" and len(years) > 1 and years[-1]["fall_year"] == known.latest:
            before, now = years[-2], years[-1]
            if before["quality_class"] != now["quality_class"]:
                said.append(
                    f"{name}: {say('quality_class', before['quality_class']).lower()} in {school_year(before['fall_year'])}, "
                    f"{say('quality_class', now['quality_class']).lower()} in {school_year(now['fall_year'])}."
                )
        for change in known.changes.get(school["school_id"], []):
            which = ", ".join(grade(code) for code in str(change["grade_codes"] or "").split())
            said.append(
                f"{name}: {say('change_kind', change['change_kind']).lower()}{f' ({which})' if which else ''} in {school_year(change['fall_year'])}"
                f"{'' if change['is_declared'] else ', seen in the counts alone'}."
            )
    more = len(said) - MOST_CHANGES
    if more > 0:
        said = [*said[:MOST_CHANGES], f"{number(more)} more {within}: the sheets Schools and Outlook have them."]
    return Lines(
        "What changed at schools near",
        tuple(said),
        _unchanged(within, known),
    )


def _unchanged(within: str, known: Known) -> str:
    """That nothing changed at schools near, as far as there are two years to tell it by."""
    if known.has_years and known.has_counts:
        return f"No school {within} changed its class, opened, closed or changed its grades, as far as the tables tell."
    if known.has_years:
        return f"No school {within} changed its class. Whether one opened, closed or changed its grades is not known: the study has no two years of pupils."
    if known.has_counts:
        return f"No school {within} opened, closed or changed its grades, as far as the tables tell. Whether one changed its class is not known: the study has no two years of classes."
    return f"Whether a school {within} changed its class, opened, closed or changed its grades is not known: the study has no two years to compare."
