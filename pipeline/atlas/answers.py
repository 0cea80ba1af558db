"""The answer of each sheet in a sentence or two, with its numbers, from the published tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.atlas.frames import latest, names_of
from pipeline.atlas.spec import About
from pipeline.atlas.words import count_of, listed, measure, number, part_of, percent, school_year
from pipeline.columns import LEVELS

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]


def need(tables: Tables, about: About) -> str:
    """How many neighborhoods are very likely among the neediest, which, and how many children live there."""
    places = tables["public_neighborhoods"]
    ranked = places[places["need_rank"].notna()].sort_values(["need_rank", "neighborhood_id"])
    if ranked.empty:
        return "This study has no figures from which need could be ranked."
    if ranked["high_need_probability_share"].isna().all():
        return _need_without_margins(ranked, about)
    sure = ranked[ranked["need_class"] == "high"]
    possible = int((ranked["need_class"] == "possible").sum())
    children, everyone = sure["children_0_17"].sum(), places["children_0_17"].sum()
    home = (
        f", home to {number(children)} of {number(everyone)} children ({percent(children / everyone)})"
        if len(sure) and everyone > 0
        else ""
    )
    amount = "none" if sure.empty else number(len(sure))
    verb, rules = "are" if len(sure) > 1 else "is", about.rules
    first = f"Of {count_of(len(ranked), 'neighborhood', 'neighborhoods')}, {amount} {verb} very likely (at least {percent(rules.certain_share)}) among the neediest {part_of(rules.top_share)}"
    which = f": {listed(sure['name'].tolist())}{home}." if len(sure) else "."
    also = (
        f" For {number(possible)}{'' if sure.empty else ' more'} the figures leave it open ({percent(rules.possible_share)} to {percent(rules.certain_share)})."
        if possible
        else ""
    )
    top = ranked.iloc[0]
    low, high = top["need_rank_low"], top["need_rank_high"]
    span = f" ({number(low)} to {number(high)} allowing for the margins of error)" if high > low else ""
    lead = f" {top['name']} ranks first{span}." if sure.empty else ""
    return first + which + also + lead


def _need_without_margins(ranked: pd.DataFrame, about: About) -> str:
    first = ranked[ranked["need_class"] == "possible"]["name"].tolist()
    return (
        "Margins of error are not published for what this index is made of, so nobody can say how sure a rank is, and "
        f"none of {count_of(len(ranked), 'neighborhood', 'neighborhoods')} is called high need. By rank, "
        f"{count_of(len(first), 'is', 'are')} among the neediest {part_of(about.rules.top_share)}: {listed(first)}."
    )


def growth(tables: Tables, about: About) -> str:
    """How the number of children changed in the district, where it grows, and what the outlook says."""
    change = tables["public_growth"]
    if change.empty:
        first = "This study has no two survey periods that can be compared."
    else:
        first = _district_change(latest(change, about))
    pockets = tables["public_pockets"]
    growing = pockets[pockets["pocket_kind"] == "growing"].sort_values(
        ["children_change", "pocket_id"], ascending=[False, True]
    )
    if len(growing):
        names = names_of(tables)["neighborhood"]
        top = growing.iloc[0]
        where = listed([names.get(i, i) for i in top["area_ids"].split()], 3)
        first += f" {count_of(len(growing), 'pocket of growth stands out: it', 'pockets of growth stand out; the largest')} is {where} (+{number(top['children_change'])} \u00b1 {number(top['children_change_moe'])})."
    elif change["children_change"].notna().any():
        first += " No pocket of growth stands out from chance."
    return first + _outlook(tables, about)


def _district_change(change: pd.DataFrame) -> str:
    known = change[change["children_change"].notna() & change["layer"].isin(["district", "neighborhood"])]
    if known.empty:
        return "This study has no counts of children of two survey periods that can be compared."
    band = "5-17" if (known["age_band"] == "5-17").any() else str(known["age_band"].iloc[0])
    rows = known[known["age_band"] == band]
    period = f"Between {rows['vintage_from'].iloc[0]} and {rows['vintage_to'].iloc[0]}"
    ages = f"children aged {band.replace('-', ' to ')}"
    local = rows[rows["layer"] == "neighborhood"]
    up = int((local["is_significant"] & (local["children_change"] > 0)).sum())
    down = int((local["is_significant"] & (local["children_change"] < 0)).sum())
    places = count_of(len(local), "neighborhood", "neighborhoods")
    where = f"rose beyond chance in {number(up) if up else 'none'} of {places} and fell beyond chance in {number(down) if down else 'none'}."
    district = rows[rows["layer"] == "district"]
    if len(district) == 1:
        row = district.iloc[0]
        more = "more" if row["children_change"] >= 0 else "fewer"
        margin = f" \u00b1 {number(row['children_change_moe'])}" if row[["children_change_moe"]].notna().all() else ""
        sure = "" if row["is_significant"] else ", which may be chance"
        change_text = f"{number(abs(row['children_change']))}{margin} {more} {ages}{sure}"
        return f"{period} the district came to have {change_text}.{f' Their number {where}' if len(local) else ''}"
    before, now = local["children_from"].sum(), local["children_to"].sum()
    return f"{period} the number of {ages} went from {number(before)} to {number(now)}. It {where}"


def pupils_today(tables: Tables, about: About) -> float | None:
    """Pupils counted this school year at the schools of the outlook, those of hidden counts left out.

    Nothing where the year's counts are not published: the last year of some schools is no sum.
    """
    counts = tables["public_enrollment"]
    private = tables["public_schools"].loc[tables["public_schools"]["sector"] == "private", "school_id"]
    now = counts[(counts["fall_year"] == about.fall_year) & ~counts["school_id"].isin(private)]
    shown = [float(text.replace(",", "")) for text in now["value_text"] if text.replace(",", "").isdigit()]
    return sum(shown) if shown else None


def _outlook(tables: Tables, about: About) -> str:
    outlook = tables["public_outlook"]
    district = outlook[(outlook["unit_kind"] == "district") & outlook["pupils_projected"].notna()]
    if district.empty:
        return ""
    row = district.loc[district["fall_year"].idxmax()]
    span = (
        f" ({number(row['pupils_projected_low'])} to {number(row['pupils_projected_high'])} eight times in ten)"
        if row[["pupils_projected_low", "pupils_projected_high"]].notna().all()
        else ""
    )
    today = pupils_today(tables, about)
    year = school_year(int(row["fall_year"]))
    if today is None:
        return f" In {year} the district can expect {number(row['pupils_projected'])} pupils{span}."
    return f" {number(today)} pupils today; {number(row['pupils_projected'])}{span} expected in {year}."


def seats(tables: Tables, about: About) -> str:
    """How many seats in quality schools are missing, and in which zones most."""
    zones = tables["public_zones"]
    known = zones[zones["unmet_seats"].notna()]
    schools = tables["public_schools"]
    rated = schools[(schools["quality_class"] != "not_rated") & (schools["school_status"] == "open")]
    cut = about.rules.cut_share
    what = (
        "the study fixes no cut: they are the top quarter of the district's rated schools of each level"
        if cut is None
        else f"at least {percent(cut)} of {measure(about.rules.subjects)}"
    )
    good = f"{number(int(rated['is_quality'].sum()))} of {count_of(len(rated), 'rated school', 'rated schools')} offer quality seats ({what})."
    if known.empty:
        return (
            good + " Zones or resident pupils are not known, so that a gap cannot be computed."
            if len(rated)
            else "This study has no results of schools, so that quality seats are not known."
        )
    parts = []
    for level in (level for level in LEVELS if (known["level"] == level).any()):
        group = known[known["level"] == level]
        parts.append(f"{number(group['unmet_seats'].sum())} in {level} school")
    top = known.sort_values(["unmet_seats", "level", "zone_id"], ascending=[False, True, True]).iloc[0]
    label = top["name"] if isinstance(top["name"], str) else top["zone_id"]
    most = (
        f" The largest gap is in {label} ({top['level']}): {number(top['unmet_seats'])} seats."
        if top["unmet_seats"] > 0
        else ""
    )
    return f"Seats in quality schools are missing for pupils where they live: {listed(parts)}.{most} {good}"


def facilities(tables: Tables, about: About) -> str:
    """How many sites can be offered, with how many empty seats, and how many schools found a place."""
    sites = tables["public_sites"]
    known = sites[sites["surplus_status"] != "not_known"]
    if known.empty:
        return "This study has no capacities of buildings, so that empty seats are not known."
    offered = known[known["surplus_status"] == "offered"].sort_values(
        ["surplus_seats", "site_id"], ascending=[False, True]
    )
    empty = (
        f", together {number(offered['surplus_seats'].sum())} empty seats: {listed(offered['name'].tolist())}"
        if len(offered)
        else ""
    )
    matches = tables["public_matches"]
    found = int((matches["match_status"] == "matched").sum())
    also = (
        f" Of {count_of(len(matches), 'school', 'schools')} looking for a place, {number(found)} could be placed."
        if len(matches)
        else ""
    )
    return f"Of {count_of(len(known), 'site', 'sites')} with known capacity, {number(len(offered))} {'has' if len(offered) == 1 else 'have'} room to offer{empty}.{also}"


def quality_of_data(tables: Tables, about: About) -> str:
    """How many numbers are shown, how many are hidden and how many inputs are missing."""
    hidden = tables["disclosure"]
    missing = int((tables["public_missing"]["entry"] == "missing_input").sum())
    shown = hidden["shown_cells"].sum()
    kept = hidden["primary_hidden_cells"].sum() + hidden["complementary_hidden_cells"].sum()
    if not kept:
        cells = f"{number(shown)} numbers are published; none had to be hidden."
    else:
        cells = f"{number(shown)} numbers are published and {number(kept)} hidden, because few pupils stand behind them or another could be computed from them."
    return f"{cells}{_reliability(tables['public_neighborhoods']['reliability_class'])} {_inputs(missing)}"


def _reliability(classes: pd.Series) -> str:
    if classes.empty:
        return ""
    low, unknown = int((classes == "low").sum()), int((classes == "not_known").sum())
    verb = "has" if low < 2 else "have"
    weak = f"{number(low) if low else 'none'} {verb} figures too unreliable to act on"
    margins = f", and for {number(unknown)} the margins of error are not known" if unknown else ""
    return f" Of {count_of(len(classes), 'neighborhood', 'neighborhoods')}, {weak}{margins}."


def _inputs(missing: int) -> str:
    text = f"{count_of(missing, 'input is', 'inputs are')} missing."
    return text[:1].upper() + text[1:]
