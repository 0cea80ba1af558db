"""What is drawn under and over the places of a sheet: backdrop, growth pockets, schools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.atlas import compact, shapes
from pipeline.atlas.drawings import Drawings
from pipeline.atlas.escape import plain
from pipeline.atlas.frames import Tables
from pipeline.atlas.growth_frames import pockets_now
from pipeline.atlas.siting_frames import room
from pipeline.atlas.spec import About, Dots, Sheet
from pipeline.atlas.words import say
from pipeline.columns import GRADES, HIDDEN, parted
from pipeline.numerals import number, school_year, signed

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


def backdrop(
    sheet: Sheet, tables: Tables, page: dict[str, Any], drawn: list[gpd.GeoDataFrame], drawings: Drawings
) -> None:
    """Plain areas under a sheet of points."""
    for base in sorted({places.base for places in sheet.places if places.base} & set(tables)):
        frame: Any = tables[base] if len(tables[base]) else _widest(tables["public_zones"])
        if len(frame) and drawn:
            level = frame["level"].iloc[0] if "level" in frame else ""
            drawing = drawings.get((base if len(tables[base]) else "public_zones", level))
            page["backdrop"] = drawing.layer if drawing else _layer(frame)
            page["border"] = drawing.outline if drawing else _layer(shapes.outline(frame))
            if drawing and drawing.archive:
                page.setdefault("archives", {})["backdrop"] = drawing.archive
            drawn.append(frame)


def _layer(frame: Any) -> dict[str, Any]:
    return compact.layer(frame.geometry.to_crs(4326).to_numpy())


def _widest(zones: pd.DataFrame) -> pd.DataFrame:
    return zones[zones["level"] == zones["level"].iloc[0]].reset_index(drop=True) if len(zones) else zones


def pockets(tables: Tables, about: About) -> dict[str, Any]:
    """The outline of each pocket of the periods shown, drawn over the areas, with its label."""
    areas: Any = tables["public_neighborhoods"]
    found = pockets_now(tables, about)
    if areas.empty or found.empty:
        return {"shapes": None, "labels": []}
    labels = [signed(more) for more in found["children_change"]]
    return {"shapes": _layer(shapes.outlined(found, areas)), "labels": labels}


def _pupils(text: str, fall_year: Any, now: int) -> str:
    if text == HIDDEN:
        return "number of pupils not shown"
    if not text:
        return "pupils not known"
    when = f" in {school_year(int(fall_year))}" if fall_year == fall_year and fall_year != now else ""
    return f"{number(float(text)) if text.isdigit() else text} pupils{when}"


def _levels(school: dict[str, Any], bands: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Levels a school teaches a grade of; every one where its grades are not known.

    >>> _levels({"grade_low": "KG", "grade_high": "06"}, {"elementary": ("KG", "01"), "middle": ("06", "07"), "high": ("09",)})
    ['elementary', 'middle']
    """
    low, high = school["grade_low"], school["grade_high"]
    if not isinstance(low, str) or not isinstance(high, str) or low not in GRADES or high not in GRADES:
        return list(bands)
    taught = set(GRADES[GRADES.index(low) : GRADES.index(high) + 1])
    return [level for level, grades in bands.items() if taught & set(grades)]


def dots(kind: Dots, frame: Any, about: About) -> dict[str, Any] | None:
    """Points with their colour, a line of text and levels each; those without a place are left out."""
    shown = frame[frame.geometry.notna()]
    for column, words in kind.keep:
        shown = shown[shown[column].isin(words)]
    if shown.empty:
        return None
    order = {word: place for place, (word, _, _) in enumerate(kind.words)}
    # the first words of the legend are drawn last, on top
    shown = shown.assign(layer=-shown[kind.column].map(order)).sort_values(["layer", kind.id], kind="stable")
    shown = shown.reset_index(drop=True)
    index = [order[word] for word in shown[kind.column]]
    is_site = kind.id == "site_id"
    texts = [
        room(r)
        if is_site
        else f"{say('sector', r['sector'])}, {say(kind.column, r[kind.column]).lower()}, {_pupils(r['value_text'], r['fall_year'], about.fall_year)}"
        for r in shown.to_dict("records")
    ]
    return {
        "label": kind.label,
        "names": [plain(name) for name in shown["name"]],
        "texts": [plain(text) for text in texts],
        "shapes": _layer(shown),
        "index": index,
        "levels": [_levels(r, about.rules.bands) for r in shown.to_dict("records")]
        if about.rules.bands and not is_site
        else [],
        "classes": [{"label": label, "color": color} for _, label, color in kind.words],
    }


def match_lines(tables: Tables) -> dict[str, Any] | None:
    """Schools that look for a place, and a line from each that found one to its site; those without a point are left out."""
    import geopandas
    import shapely

    matches = tables["public_matches"].sort_values("school_id", kind="stable")
    schools, sites = (
        dict(zip(frame[key], frame.geometry, strict=True))
        for frame, key in ((tables["public_schools"], "school_id"), (tables["public_sites"], "site_id"))
    )
    drawn, names, texts, kinds = [], [], [], []
    for row in matches.to_dict("records"):
        start = schools.get(row["school_id"])
        ends = (
            [sites.get(site) for site in (row["site_id"], *parted(row["further_site_ids"]))]
            if row["match_status"] == "matched"
            else []
        )
        if start is None or start.is_empty:
            continue
        for shape, kind in (
            *((shapely.LineString([start, end]), "line") for end in ends if end is not None and not end.is_empty),
            (start, "placed" if ends else "waiting"),
        ):
            drawn.append(shape)
            names.append(plain(row["name"]))
            texts.append(plain(row["reason"]))
            kinds.append(kind)
    if not drawn:
        return None
    frame = geopandas.GeoDataFrame(geometry=drawn, crs=getattr(tables["public_sites"], "crs", None))
    return {"names": names, "texts": texts, "kinds": kinds, "shapes": _layer(frame)}
