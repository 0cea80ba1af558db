"""The answers of the sheets of seats and of schools, with their numbers, from the published tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.atlas.quality_frames import latest_targets
from pipeline.atlas.spec import About
from pipeline.atlas.words import LABELS, at_least, is_estimated, measure
from pipeline.columns import GAP_NOW, LEVELS
from pipeline.numerals import chance, count_of, listed, number, points_apart, school_year, signed

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]


def seats(tables: Tables, about: About) -> str:
    """How many seats in quality schools are missing, and in which zones most."""
    zones = tables["public_zones"]
    known = zones[zones["unmet_seats"].notna()]
    if known.empty:
        good = _good(tables, about)
        return (
            f"{good[:-1]}, but zones or resident pupils are not known, so that a gap cannot be computed."
            if good
            else "This study has no results of schools, so that quality seats are not known."
        )
    parts = []
    for level in (level for level in LEVELS if (known["level"] == level).any()):
        group = known[known["level"] == level]
        parts.append(f"{number(group['unmet_seats'].sum())} in {level} school")
    top = known.sort_values(["unmet_seats", "level", "zone_id"], ascending=[False, True, True]).iloc[0]
    label = top["name"] if isinstance(top["name"], str) else top["zone_id"]
    most = (
        f"; the largest gap is in {label} ({top['level']}): {number(top['unmet_seats'])} seats"
        if top["unmet_seats"] > 0
        else ""
    )
    guessed = ", by an estimate of these pupils with no known margin" if is_estimated(known["method"]) else ""
    return f"Seats in quality schools are missing for pupils where they live{guessed}: {listed(parts)}{most}."


def seats_more(tables: Tables, about: About) -> tuple[str, ...]:
    """How many schools offer quality seats, and what other counts and other cuts make of the gap."""
    if tables["public_zones"]["unmet_seats"].isna().all():
        return ()
    told = (_good(tables, about), _other_counts(tables), _moved_cut(tables))
    return tuple(text.strip() for text in told if text)


def _good(tables: Tables, about: About) -> str:
    """How many of the rated schools offer quality seats; nothing where none is rated."""
    schools = tables["public_schools"]
    rated = schools[(schools["quality_class"] != "not_rated") & (schools["school_status"] == "open")]
    cut = about.rules.cut_share
    what = (
        "the study fixes no cut: they are the top quarter of the district's rated schools of each level"
        if cut is None
        else at_least(cut, measure(about.rules.subjects))
    )
    if rated.empty:
        return ""
    return f"{number(int(rated['is_quality'].sum()))} of {count_of(len(rated), 'rated school', 'rated schools')} offer quality seats ({what})."


def _other_counts(tables: Tables) -> str:
    """Between which totals the other ways of counting today's gap lie, for the level that lacks most, and five years on."""
    table = tables["public_gap_variants"]
    known = table[table["unmet_seats"].notna()]
    sums = known.groupby(["level", "variant"])["unmet_seats"].sum()
    own = sums[sums.index.get_level_values("variant") == "study"]
    if own.empty:
        return ""
    level = str(own.idxmax()[0])
    here = sums.loc[level]
    ahead = f" Against the pupils expected in five years {number(here['in_five_years'])} would be." if "in_five_years" in here else ""  # fmt: skip
    here = here[here.index.isin(GAP_NOW)]
    if len(here) < 2:
        return ahead
    # where another count gives the study's number, it is the study's
    least, most = (
        "study" if here["study"] == end else str(here.index[here == end][0]) for end in (here.min(), here.max())
    )
    ways = LABELS["variant"]
    if here[least] == here[most]:
        return f" In {level} school every way of counting gives the same number.{ahead}"
    return f" Counted in other ways, {number(here[least])} to {number(here[most])} are missing in {level} school (fewest: {_small(ways[least])}; most: {_small(ways[most])}).{ahead}"


def _small(words: str) -> str:
    return words[:1].lower() + words[1:]


def _moved_cut(tables: Tables) -> str:
    """What the nearest cut told below and above the study's own makes of the missing seats."""
    table = tables["public_cut_sweep"]
    known = table[table["unmet_seats"].notna()]
    own = known[known["cut_change"] == 0]
    if own.empty:
        return ""
    row = own.loc[own["unmet_seats"].idxmax()]
    others = known[(known["level"] == row["level"]) & (known["cut_change"] != 0)]
    below, above = others[others["cut_change"] < 0], others[others["cut_change"] > 0]
    moved = [side.loc[side["cut_change"].abs().idxmin()] for side in (below, above) if len(side)]
    if not moved:
        return ""
    # as a difference: the sum of zones that are told in tens is another number than the sum in tens
    parts = [f"{points_apart(near['cut_change'])} {_more(near['unmet_seats'] - row['unmet_seats'])}" for near in moved]
    return f" With the quality cut {' and '.join(parts)} {row['level']} school seats would be missing."


def _more(seats: float) -> str:
    return f"{number(abs(seats))} {'fewer' if seats < 0 else 'more'}" if seats else "as many"


def schools(tables: Tables, about: About) -> str:
    """How many schools are strong, average and weak, and what part of the pupils is in quality seats."""
    rated = _rated(tables)
    if rated.empty:
        return "This study has no results of schools, so that their status is not known."
    counts = rated["quality_class"].value_counts()
    first = f"Of {count_of(len(rated), 'rated school', 'rated schools')}, {number(counts.get('strong', 0))} are strong, {number(counts.get('middle', 0))} average and {number(counts.get('weak', 0))} weak"
    seats = _in_quality_seats(tables)
    return f"{first}; {seats[0][:1].lower()}{seats[0][1:]}" if seats else f"{first}."


def schools_more(tables: Tables, about: About) -> tuple[str, ...]:
    """How many are rising and on track, why more or fewer pupils are in quality seats, and which have no place on the map."""
    rated = _rated(tables)
    if rated.empty:
        return ()
    told = []
    growth = rated["growth_class"].value_counts()
    known = int(growth.drop("not_known", errors="ignore").sum())
    if known:
        ways = [f"{_amount(growth.get(code, 0))} {code}" for code in ("rising", "falling")]
        told.append(f"Of {number(known)} whose growth is known, {' and '.join(ways)}.")
    told += [_paths(tables).strip(), *_in_quality_seats(tables)[1:]]
    if unplaced := int(rated["geometry"].isna().sum()):
        told.append(f"{count_of(unplaced, 'rated school has', 'rated schools have')} no place on the map.")
    return tuple(text for text in told if text)


def _rated(tables: Tables) -> pd.DataFrame:
    table = tables["public_schools"]
    return table[(table["quality_class"] != "not_rated") & (table["school_status"] == "open")]


def _amount(count: int) -> str:
    return f"{number(count) if count else 'none'} {'is' if count == 1 else 'are'}"


def _paths(tables: Tables) -> str:
    last = latest_targets(tables["public_targets"])
    paths = last.loc[last["unit_kind"] == "school", "path_status"].value_counts()
    if paths.empty:
        return ""
    ways = (("on_track", "on track"), ("not_sure", "too close to call"), ("behind", "behind"))
    parts = [f"{_amount(paths[code])} {word}" for code, word in ways if paths.get(code, 0)]
    return f" Of {count_of(paths.sum(), 'school', 'schools')} with a five-year path, {listed(parts)}."


def _in_quality_seats(tables: Tables) -> tuple[str, ...]:
    """Pupils in quality seats in the latest year, and the parts of the change over the longest span."""
    seats = tables["public_quality_seats"]
    whole = seats[(seats["layer"] == "district") & (seats["run_by"] == "all") & (seats["student_group"] == "all")]
    if whole.empty:
        return ()
    row = whole.loc[whole["fall_year"].idxmax()]
    share = f" ({chance(row['quality_pupils'] / row['pupils'])})" if row["pupils"] > 0 else ""
    by = (
        ""
        if row["fall_year"] == row["results_fall"]
        else f", by the results of {school_year(int(row['results_fall']))}"
    )
    text = f"In {school_year(int(row['fall_year']))} {number(row['quality_pupils'])} of {number(row['pupils'])} pupils{share} were in quality seats{by}."
    change = tables["public_quality_change"]
    change = change[change["run_by"] == "all"]
    if change.empty:
        return (text,)
    span = change.loc[(change["fall_to"] - change["fall_from"]).idxmax()]
    parts = [
        f"{signed(span[column])} as schools {why}"
        for column, why in (
            ("improved_change", "improved or declined"),
            ("grown_change", "grew or shrank"),
            ("opened_change", "opened"),
            ("closed_change", "closed"),
            ("rated_change", "were rated in one of the years only"),
        )
        if abs(span[column]) >= 0.5
    ]
    why = f": {listed(parts, 5)}" if parts else ""
    more = f"{signed(span['pupils_change'])} pupils" if abs(span["pupils_change"]) >= 0.5 else "no change"
    return (
        text,
        f"From {school_year(int(span['fall_from']))} to {school_year(int(span['fall_to']))}, by one cut for all years, {more}{why}.",
    )
