"""Published tables as the rows of a sheet: names beside ids, long tables made wide."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from pipeline.atlas.changes_frames import FRAMES as CHANGES_FRAMES
from pipeline.atlas.enrollment_frames import FRAMES as ENROLLMENT_FRAMES
from pipeline.atlas.enrollment_frames import with_stars
from pipeline.atlas.facility_frames import FRAMES as FACILITY_FRAMES
from pipeline.atlas.facility_frames import rfp_words
from pipeline.atlas.growth_frames import FRAMES as GROWTH_FRAMES
from pipeline.atlas.growth_frames import with_growth
from pipeline.atlas.need_frames import against_the_state, by_family, moves
from pipeline.atlas.outlook_frames import FRAMES as OUTLOOK_FRAMES
from pipeline.atlas.periods import latest
from pipeline.atlas.quality_frames import FRAMES as QUALITY_FRAMES
from pipeline.atlas.quality_frames import area_names, methods_poor, schools_with_paths
from pipeline.atlas.siting_frames import FRAMES as SITING_FRAMES
from pipeline.atlas.siting_frames import with_what_is_left
from pipeline.atlas.spec import About, Annex, Counts, Field, Layer, Places, Wide
from pipeline.atlas.words import each_label, grade, told
from pipeline.columns import BY_NAME, HIDDEN, parted
from pipeline.numerals import number

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]
ALWAYS = ("fall_year", "vintage_from", "vintage_to", "indicator_weight")  # what a long table is cut down and ordered by
FRAMES = {
    **QUALITY_FRAMES,
    **GROWTH_FRAMES,
    **OUTLOOK_FRAMES,
    **FACILITY_FRAMES,
    **SITING_FRAMES,
    **ENROLLMENT_FRAMES,
    **CHANGES_FRAMES,
}


def names_of(tables: Tables) -> dict[str, dict[str, str]]:
    """What the places and schools of the published tables are called, by kind and id; zones by ``"<level> <id>"``."""
    zones = tables["public_zones"]
    zone_names = zones["name"].fillna(zones["zone_id"]) if len(zones) else zones["zone_id"]
    return {
        "neighborhood": _pairs(tables["public_neighborhoods"], "neighborhood_id"),
        "school": _pairs(tables["public_schools"], "school_id"),
        "site": _pairs(tables["public_sites"], "site_id"),
        "zone": dict(
            zip(zones["level"] + " " + zones["zone_id"], zone_names + " (" + zones["level"] + ")", strict=True)
        ),
    }


def _pairs(frame: pd.DataFrame, key: str) -> dict[str, str]:
    return dict(zip(frame[key], frame["name"], strict=True))


def annex_frame(annex: Annex, tables: Tables, about: About) -> pd.DataFrame:
    """The rows of a further table, with the names of the places it speaks of."""
    frame = tables[annex.table].copy()
    for column, value in annex.unless:
        frame = frame[frame[column] != value]
    names = names_of(tables)
    if annex.key in FRAMES:
        return FRAMES[annex.key](tables, names, about).reset_index(drop=True)
    for column, kind in (
        ("site_id", "site"),
        ("second_site_id", "site"),
        ("school_id", "school"),
        ("matched_school_id", "school"),
    ):
        if column in frame and not (column == "school_id" and "name" in frame):
            frame[column.replace("_id", "_name")] = frame[column].map(names[kind]).astype("str").fillna(frame[column])
    if annex.table == "public_contributions":
        # one row for each indicator, the heaviest first
        frame = frame.sort_values(["indicator_weight", "indicator"], ascending=[False, True], kind="stable")
        frame = frame.drop_duplicates("indicator")
    if annex.table == "public_sensitivity":
        frame = moves(frame)
    if annex.table == "public_families":
        arrange = against_the_state if annex.key == "statewide" else by_family
        frame = arrange(frame, names["neighborhood"], about)
    if annex.table == "public_missing":
        frame = frame.assign(
            **{
                c: frame[c].map(lambda text: told(text, names["school"])).astype("str")
                for c in ("subject_name", "reason")
            }
        )
    if annex.table == "disclosure":
        frame["reason"] = frame["reason"].map(told).astype("str")
    if annex.table == "public_schools":
        frame = frame.assign(
            **{c: frame[c].map(grade, na_action="ignore").astype("str") for c in ("grade_low", "grade_high")}
        )
    if annex.table == "public_interpolation":
        frame["area_name"] = area_names(frame, names)
        # where another way of placing the children would say most else
        apart = (frame["next_count"] - frame["allocated_count"]).abs()
        frame = frame.iloc[apart.fillna(-1.0).to_numpy().argsort(kind="stable")[::-1]]
    return frame.reset_index(drop=True)


def places_frame(places: Places, tables: Tables, about: About) -> pd.DataFrame:
    """One row for each place of the set, in order of its id, the long tables spread beside it."""
    frame = tables[places.table]
    for column, value in places.only:
        frame = frame[frame[column] == value]
    frame = frame.sort_values(places.id, kind="stable").reset_index(drop=True)
    for wide in places.wides:
        spread = spread_wide(wide, tables[wide.table], about)
        # copied: many columns of their own block would slow every later one
        frame = frame.merge(spread, left_on=places.id, right_index=True, how="left", validate="1:1").copy()
    if "inside_share" in frame and frame["inside_share"].eq(1).all():
        frame["inside_share"] = float("nan")  # nothing to tell: the column is left out
    if places.key == "access":
        frame = methods_poor(frame, tables["public_access_methods"])
    if any(wide.table == "public_growth_need" for wide in places.wides):
        frame = with_growth(frame)
    if places.key.startswith("residence_"):
        frame = with_stars(frame)
    if places.key == "siting":
        frame = with_what_is_left(frame, tables["public_siting_plans"], names_of(tables)["site"])
    if places.key == "schools":
        frame = schools_with_paths(frame, tables["public_targets"])
    if places.table == "public_sites":
        frame["seats_absent"] = _no_seats(frame)
    if places.key == "hosts":
        frame["guest_names"] = _guests(frame, tables["public_matches"])
        frame["next_school"] = _next(frame, tables["public_matches"])
    if places.key == "rfp":
        frame = rfp_words(frame)
    return frame


def _guests(hosts: pd.DataFrame, matches: pd.DataFrame) -> pd.Series:
    """Schools that the matching places at each site, by name."""
    guests: dict[str, list[str]] = {}
    placed = matches[matches["match_status"] == "matched"].sort_values("name", kind="stable")
    for row in placed.to_dict("records"):
        for site in (row["site_id"], *parted(row["further_site_ids"])):
            guests.setdefault(site, []).append(row["name"])
    return (
        hosts["site_id"].map({site: ", ".join(names) for site, names in guests.items()}).fillna("nobody").astype("str")
    )


def _next(hosts: pd.DataFrame, matches: pd.DataFrame) -> pd.Series:
    """How many more rooms at each site would take which school, in words; empty where none waits or it is not told."""
    seeking = matches.set_index("school_id")
    pupils = (
        seeking["needed_seats"]
        .map(lambda seats: f", {number(seats)} pupils", na_action="ignore")
        .astype("str")
        .fillna("")
    )
    told = dict(zip(seeking.index, seeking["name"] + pupils, strict=True))
    known = hosts.dropna(subset=["rooms_to_next", "next_school_id"])
    words = {row.site_id: f"{number(row.rooms_to_next)} more: {told[row.next_school_id]}" for row in known.itertuples()}
    return hosts["site_id"].map(words).fillna("").astype("str")


def _no_seats(sites: pd.DataFrame) -> pd.Series:
    """Why no empty seats are given of a site: they are hidden, not known or not offered."""
    words = sites["surplus_status"].map({"not_offered": "not offered", "watch": "not offered"}).astype("str")
    return words.fillna("not known").mask(sites["reason"].str.startswith("Not shown"), HIDDEN)


def spread_wide(wide: Wide, long: pd.DataFrame, about: About) -> pd.DataFrame:
    """A long table as columns ``<value>|<by>``, indexed by place.

    >>> import pandas as pd
    >>> long = pd.DataFrame({"neighborhood_id": ["n1", "n1"], "level": ["middle", "high"], "relative_access_ratio": [0.4, 1.2]})
    >>> about = About("Millbrook", 2024, "2019-2023", None)
    >>> spread_wide(Wide("public_access", "neighborhood_id", "level", ("relative_access_ratio",)), long, about).to_dict("index")
    {'n1': {'relative_access_ratio|middle': 0.4, 'relative_access_ratio|high': 1.2}}
    """
    # every filter copies every column: those of no use are left behind
    of_use = {wide.key, *wide.by.split(), *wide.values, *(column for column, _ in wide.where), *ALWAYS}
    long = long[[column for column in long if column in of_use]]
    for column, value in wide.where:
        long = long[long[column] == value] if not value.endswith("*") else last_of(long, column, value[:-1])
    if wide.prefix:
        long = long[long[wide.key].str.startswith(wide.prefix)]
        long = long.assign(**{wide.key: long[wide.key].str.removeprefix(wide.prefix)})
    if wide.is_latest:
        long = latest(long, about)
    if not wide.by:
        plain = long.set_index(wide.key)[list(wide.values)]
        return plain.rename(columns={value: f"{wide.head}{value}" for value in wide.values})
    by = wide.by.split()
    if len(by) > 1:
        long = long.assign(**{wide.by: long[by].astype("str").agg(" ".join, axis=1) if len(long) else ""})
    codes = _ordered(wide.by, long)
    columns = [(value, code) for code in codes for value in wide.values]
    # pivot refuses a repeated key; pivot_table would average it
    table = long.pivot(index=wide.key, columns=wide.by, values=list(wide.values)).reindex(columns=columns)  # noqa: PD010
    table.columns = [f"{value}|{code}" for value, code in columns]
    # as before the pivot; no bool, which has no word for the absent
    kinds = {value: "object" if long[value].dtype == "bool" else long[value].dtype for value in wide.values}
    table = table.astype({f"{value}|{code}": kinds[value] for value, code in columns})
    return table.add_prefix(wide.head)


def last_of(long: pd.DataFrame, column: str, start: str) -> pd.DataFrame:
    """Rows of the last of the values that begin so: the zones of the last school year."""
    begins = long[column].str.startswith(start)
    return long[long[column] == long.loc[begins, column].max()] if begins.any() else long[begins]


def _ordered(by: str, long: pd.DataFrame) -> list[str]:
    present = set(long[by].unique())
    if by == "indicator":
        weights = long.groupby("indicator")["indicator_weight"].max()
        return sorted(present, key=lambda code: (-weights[code], code))
    if by == "age_band" and "5-17" in present:
        return ["5-17", *(code for code in BY_NAME[by].values if code in present and code != "5-17")]
    first, _, second = by.partition(" ")
    declared = BY_NAME[first].values
    if second:
        bands = ["5-17", *declared]
        return sorted(present, key=lambda code: (bands.index(code.split()[0]), code.split()[1]))
    return [*(code for code in declared if code in present), *sorted(present - set(declared))]


def expand_fields(places: Places, frame: pd.DataFrame) -> list[Field]:
    """The table's columns that this study has, one for each age band, level or indicator where declared so."""
    fields: list[Field] = []
    for each, together in groupby(places.fields, key=lambda field: field.each):
        members = list(together)
        if not each:
            fields += [field for field in members if not frame[field.columns[0]].isna().all()]
            continue
        for code in _codes(members[0].columns[0], frame):
            words = each_label(each, code)
            group = _GROUPS.get(each, "{}").format(words) if len(members) > 1 else ""
            fields += [
                replace(
                    field,
                    key=f"{field.key}|{code}",
                    label=field.label.replace("{each}", words),
                    short=re.sub(r",?( by)? \{each\}$", "", field.label).replace("{each}", words),
                    group=group[:1].upper() + group[1:],
                    columns=tuple(f"{column}|{code}" for column in field.columns),
                    absent=f"{field.absent}|{code}" if field.absent else "",
                    made=_made(field.made, code),
                )
                for field in members
            ]
    return fields


def _made(made: Counts | None, code: str) -> Counts | None:
    """The counts of one band, level or indicator."""
    if made is None:
        return None
    count, whole = (tuple(f"{column}|{code}" for column in columns) for columns in (made.count, made.whole))
    return replace(made, count=count, whole=whole)


_GROUPS = {
    "age_band": "Children aged {}",
    "outlook": "Children expected, {}",
    "moved_band": "Families moving, children aged {}",
    "capacity_definition": "By {}",
}


def expand_layers(places: Places, fields: list[Field]) -> list[Layer]:
    """The ways to colour the places for which this study has values."""
    keys = [field.key for field in fields]
    layers: list[Layer] = []
    for layer in places.layers:
        for key in keys:
            head, _, code = key.partition("|")
            if head == layer.field and bool(code) == bool(layer.each) and code.startswith(layer.only):
                weak = layer.weak and (
                    f"{layer.weak[0]}|{code}" if code and layer.weak[0] != "margin" else layer.weak[0],
                    layer.weak[1],
                )
                layers.append(
                    replace(
                        layer,
                        key=f"{layer.key}|{code}" if code else layer.key,
                        label=_label(layer.label, layer.each, code),
                        field=key,
                        weak=weak,
                    )
                )
    return layers


def _codes(column: str, frame: pd.DataFrame) -> list[str]:
    return [
        name.partition("|")[2]
        for name in frame.columns
        if name.startswith(f"{column}|") and not frame[name].isna().all()
    ]


def _label(text: str, each: str, code: str) -> str:
    if not each:
        return text
    words = each_label(each, code)
    return text.replace("{each}", words)
