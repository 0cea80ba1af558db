"""Published tables as the rows of a sheet: names beside ids, long tables made wide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from pipeline.atlas.spec import About, Annex, Field, Layer, Places, Wide
from pipeline.atlas.words import LABELS, each_label, grade, sentence, told
from pipeline.columns import BY_NAME, HIDDEN

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]


def names_of(tables: Tables) -> dict[str, dict[str, str]]:
    """What the places and schools of the published tables are called, by kind and id."""
    zones = tables["public_zones"]
    zone_names = zones["name"].fillna(zones["zone_id"]) if len(zones) else zones["zone_id"]
    return {
        "neighborhood": _pairs(tables["public_neighborhoods"], "neighborhood_id"),
        "school": _pairs(tables["public_schools"], "school_id"),
        "site": _pairs(tables["public_sites"], "site_id"),
        "zone": {
            **dict(zip(zones["zone_id"], zone_names, strict=True)),
            **dict(zip(zones["level"] + " " + zones["zone_id"], zone_names + " (" + zones["level"] + ")", strict=True)),
        },
    }


def _pairs(frame: pd.DataFrame, key: str) -> dict[str, str]:
    return dict(zip(frame[key], frame["name"], strict=True))


def annex_frame(annex: Annex, tables: Tables, about: About) -> pd.DataFrame:
    """The rows of a further table, with the names of the places it speaks of."""
    frame = tables[annex.table].copy()
    for column, value in annex.unless:
        frame = frame[frame[column] != value]
    names = names_of(tables)
    for column, kind in (("site_id", "site"), ("school_id", "school"), ("matched_school_id", "school")):
        if column in frame and "name" not in frame:
            frame[column.replace("_id", "_name")] = frame[column].map(names[kind]).astype("str").fillna(frame[column])
    if annex.table == "public_contributions":
        # one row for each indicator, the heaviest first
        frame = frame.sort_values(["indicator_weight", "indicator"], ascending=[False, True], kind="stable")
        frame = frame.drop_duplicates("indicator")
    if annex.table == "public_backtest":
        frame = _used_first(frame, tables["public_outlook"])
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
        kinds = (
            frame["layer"].str.replace(r"zone (\w+) .*", r"\1 ", regex=True).mask(frame["layer"] == "neighborhood", "")
        )
        known = names["neighborhood"] | names["zone"]
        frame["area_name"] = [known.get(kind + area, area) for kind, area in zip(kinds, frame["area_id"], strict=True)]
        # where another way of placing the children would say most else
        apart = (frame["next_count"] - frame["allocated_count"]).abs()
        frame = frame.iloc[apart.fillna(-1.0).to_numpy().argsort(kind="stable")[::-1]]
    if annex.table == "public_pockets":
        frame["area_names"] = [
            ", ".join(names["neighborhood"].get(i, i) for i in ids.split()) for ids in frame["area_ids"]
        ]
    if annex.table == "public_outlook":
        frame["unit_name"] = [
            about.title if k == "district" else names[k].get(i, i)
            for k, i in zip(frame["unit_kind"], frame["unit_id"], strict=True)
        ]
        # each year for the district, the last one for its zones and schools
        last = frame.groupby(["unit_kind", "unit_id"])["fall_year"].transform("max")
        frame = frame[(frame["unit_kind"] == "district") | (frame["fall_year"] == last)]
        frame = frame.sort_values(["unit_kind", "fall_year", "unit_name", "unit_id"], kind="stable")
    return frame.reset_index(drop=True)


def _used_first(tried: pd.DataFrame, outlook: pd.DataFrame) -> pd.DataFrame:
    """The forecasts tried, those by the outlook's own method first and said so, the whole district before its parts."""
    used = [any(of.startswith(method) for of in outlook["method"].unique()) for method in tried["method"]]
    names = [sentence(name) + (" (used here)" if own else "") for name, own in zip(tried["method"], used, strict=True)]
    sizes = {code: place for place, code in enumerate(("district", *LABELS["size_class"]))} | {"district": -1}
    order = tried.assign(method_name=names, other=[not own for own in used], size=tried["size_class"].map(sizes))
    return order.sort_values(["other", "method", "horizon_years", "size"], kind="stable")


def places_frame(places: Places, tables: Tables, about: About) -> pd.DataFrame:
    """One row for each place of the set, in order of its id, the long tables spread beside it."""
    frame = tables[places.table]
    for column, value in places.only:
        frame = frame[frame[column] == value]
    frame = frame.sort_values(places.id, kind="stable").reset_index(drop=True)
    for wide in places.wides:
        spread = spread_wide(wide, tables[wide.table], about)
        frame = frame.merge(spread, left_on=places.id, right_index=True, how="left", validate="1:1")
    if places.table == "public_sites":
        frame["seats_absent"] = _no_seats(frame)
    return frame


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
    for column, value in wide.where:
        long = long[long[column] == value] if not value.endswith("*") else _last_of(long, column, value[:-1])
    if wide.is_latest:
        long = latest(long, about)
    codes = _ordered(wide.by, long)
    columns = [(value, code) for code in codes for value in wide.values]
    # pivot refuses a repeated key; pivot_table would average it
    table = long.pivot(index=wide.key, columns=wide.by, values=list(wide.values)).reindex(columns=columns)  # noqa: PD010
    table.columns = [f"{value}|{code}" for value, code in columns]
    for value, code in columns:
        table[f"{value}|{code}"] = table[f"{value}|{code}"].astype(
            long[value].dtype if long[value].dtype != "bool" else "object"
        )
    return table


def _last_of(long: pd.DataFrame, column: str, start: str) -> pd.DataFrame:
    """Rows of the last of the values that begin so: the zones of the last school year."""
    begins = long[column].str.startswith(start)
    return long[long[column] == long.loc[begins, column].max()] if begins.any() else long[begins]


def latest(long: pd.DataFrame, about: About) -> pd.DataFrame:
    """Rows of the school year now, or of the two vintages that the study compares."""
    if "fall_year" in long:
        # rows of the school year now; a table that begins later or ends earlier gives its nearest year
        past = long.loc[long["fall_year"] <= about.fall_year, "fall_year"]
        year = past.max() if len(past) else long["fall_year"].min()
        return long[long["fall_year"] == year]
    wanted = long[(long["vintage_to"] == about.now) & (long["vintage_from"] == about.before)]
    if wanted.empty and len(long):
        first, last = max(
            zip(long["vintage_from"], long["vintage_to"], strict=True), key=lambda pair: (pair[1], pair[0])
        )
        wanted = long[(long["vintage_from"] == first) & (long["vintage_to"] == last)]
    return wanted


def _ordered(by: str, long: pd.DataFrame) -> list[str]:
    present = set(long[by])
    if by == "indicator":
        weights = long.groupby("indicator")["indicator_weight"].max()
        return sorted(present, key=lambda code: (-weights[code], code))
    if by == "age_band" and "5-17" in present:
        return ["5-17", *(code for code in BY_NAME[by].values if code in present and code != "5-17")]
    declared = BY_NAME[by].values
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
                    short=field.label.replace(", {each}", "").replace(", by {each}", ""),
                    group=group[:1].upper() + group[1:],
                    columns=tuple(f"{column}|{code}" for column in field.columns),
                )
                for field in members
            ]
    return fields


_GROUPS = {"age_band": "Children aged {}", "capacity_definition": "By {}"}


def expand_layers(places: Places, fields: list[Field]) -> list[Layer]:
    """The ways to colour the places for which this study has values."""
    keys = [field.key for field in fields]
    layers: list[Layer] = []
    for layer in places.layers:
        for key in keys:
            head, _, code = key.partition("|")
            if head == layer.field and bool(code) == bool(layer.each):
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
