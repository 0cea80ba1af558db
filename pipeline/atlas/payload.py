"""What a page shows, as plain data: views, legends, tables, panels and shapes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipeline.atlas import compact, provenance, shapes
from pipeline.atlas.changes_frames import since_of, since_words
from pipeline.atlas.classes import classify
from pipeline.atlas.drawings import Drawings, layer_of
from pipeline.atlas.escape import plain
from pipeline.atlas.frames import Tables, annex_frame, expand_fields, expand_layers, places_frame
from pipeline.atlas.overlays import backdrop, dots, match_lines, pockets
from pipeline.atlas.series import series_of
from pipeline.atlas.spec import About, Field, Layer, Places, Scheme, Sheet
from pipeline.atlas.words import LABELS, each_label, rule, say, sure
from pipeline.numerals import count_of, percent

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

Z_90 = 1.645  # a 90% margin of error is this many standard errors


def build(sheet: Sheet, tables: Tables, about: About, drawings: Drawings | None = None) -> dict[str, Any]:
    """Gather the data block of a sheet.

    Rows of a table, features of its shapes and classes of a view stand in the same order, so
    that a row's number is the key to all three. ``drawings`` are the sets of areas drawn before, once for all
    sheets; others are drawn as they come.
    """
    page: dict[str, Any] = {"views": [], "tables": {}, "shapes": {}, "frames": {}, "annexes": []}
    drawn: list[gpd.GeoDataFrame] = []
    for places in sheet.places:
        frame = places_frame(places, tables, about)
        if frame.empty:
            continue
        fields = expand_fields(places, frame)
        views = [_view(layer, places, frame, fields, about) for layer in expand_layers(places, fields)]
        if not views:
            continue
        page["tables"][places.key] = _table(places, frame, fields, tables, about)
        page["views"] += views
        _explain(page, places, fields, about)
        geometry = frame.set_geometry("geometry")
        drawing = (drawings or {}).get((places.table, dict(places.only).get("level", "")))
        known = drawing is not None and drawing.ids == tuple(frame[places.id])
        layer, archive = (drawing.layer, drawing.archive) if drawing and known else layer_of(geometry, geometry)
        page["shapes"][places.key] = layer
        if archive:
            page.setdefault("archives", {})[places.key] = archive
        drawn.append(geometry)
        # points stand on a base, and are framed with it
        if not places.base:
            page["frames"][places.key] = shapes.bounds([geometry])
            page.setdefault("border", drawing.outline if drawing and known else _outline(geometry))
    backdrop(sheet, tables, page, drawn, drawings or {})
    if page["tables"]:
        page["since"] = since_words(tables)
    if sheet.pockets:
        page["pockets"] = pockets(tables, about)
    if sheet.lines:
        page["lines"] = match_lines(tables)
    if sheet.dots:
        page["dots"] = dots(sheet.dots, tables[sheet.dots.table], about)
    page["bounds"] = shapes.bounds(drawn)
    for annex in sheet.annexes:
        frame = annex_frame(annex, tables, about)
        columns, rows = _cells(list(annex.fields), frame, about)
        page["annexes"].append(
            {
                "key": annex.key,
                "caption": annex.caption,
                "columns": columns,
                "rows": rows,
                "sort": annex.sort,
                "empty": annex.empty if isinstance(annex.empty, str) else annex.empty(tables),
            }
        )
    return page


def _explain(page: dict[str, Any], places: Places, fields: list[Field], about: About) -> None:
    """How the numbers of each view were computed, and the places of their sources in the page's list."""
    listed = page.setdefault("sources", [])
    for view in page["views"]:
        if view["table"] == places.key:
            field = next(field for field in fields if field.key == view["column"])
            view["how"] = [plain(line) for line in provenance.how(places, field, about)]
            told = [
                plain(f"{producer}: {title}, {vintage}")
                for producer, title, vintage, _, _ in provenance.sources(places, field, about)
            ]
            listed += [line for line in told if line not in listed]
            view["sources"] = [listed.index(line) for line in told]


def _outline(geometry: gpd.GeoDataFrame) -> dict[str, Any]:
    return compact.layer(shapes.outline(geometry).geometry.to_crs(4326).to_numpy())


def _view(layer: Layer, places: Places, frame: pd.DataFrame, fields: list[Field], about: About) -> dict[str, Any]:
    field = next(field for field in fields if field.key == layer.field)
    values = frame[field.columns[0]]
    legend, index = classify(values, _with_first(layer.scheme, about), field.form)
    weak = _weak(layer, field, frame, about.medium_cv)
    weak = [flag and place >= 0 for flag, place in zip(weak, index, strict=True)]
    # without a margin, and where nobody lives, there is no test
    margins = frame[field.columns[1]].fillna(0.0) if field.pair == "margin" else values.notna()
    compared = sum(place >= 0 and margin > 0 for place, margin in zip(index, margins, strict=True))
    return {
        "key": f"{places.key}:{layer.key}",
        "level": dict(places.only).get("level") or (field.key.partition("|")[2] if layer.each == "level" else ""),
        "label": plain(layer.label),
        "explain": _with_thresholds(layer.explain, about),
        "table": places.key,
        "column": field.key,
        "noun": list(places.noun),
        "points": bool(places.base),
        "classes": [
            {"label": line.label, "color": line.color, "count": index.count(place)} for place, line in enumerate(legend)
        ],
        "index": index,
        "weak": [row for row, flag in enumerate(weak) if flag],
        "weak_label": layer.weak_label.replace("{count}", count_of(compared, "comparison", "comparisons")),
        "approximate": [row for row, flag in enumerate(frame["is_approximate"]) if flag]
        if "is_approximate" in frame
        else [],
    }


def _weak(layer: Layer, field: Field, frame: pd.DataFrame, largest_cv: float) -> list[bool]:
    if layer.weak is None:
        return [False] * len(frame)
    column, words = layer.weak
    if column == "margin":
        value, margin = (frame[name].astype("float64") for name in field.columns)
        return [bool(flag) for flag in margin.isna() | (margin > largest_cv * Z_90 * value)]
    return [str(word) in words for word in frame[column]]


def _with_thresholds(text: str, about: About) -> str:
    """A text with the study's thresholds of need and access in it."""
    rules = about.rules
    slots = {"{certain}": rules.certain_share, "{possible}": rules.possible_share, "{poor}": rules.poor_ratio}
    for slot, share in slots.items():
        text = text.replace(slot, percent(share))
    return text


def _with_first(scheme: Scheme, about: About) -> Scheme:
    """A scheme whose first cut is a setting of the study, with the others above it.

    >>> from pipeline.atlas.spec import Rules
    >>> about = About("Millbrook", 2024, "2019-2023", None, rules=Rules(poor_ratio=0.9))
    >>> _with_first(Scheme("cuts", (0.8, 1.2), first="poor_ratio"), about).cuts
    (0.9, 1.2)
    """
    if not scheme.first:
        return scheme
    first = getattr(about.rules, scheme.first)
    above = [cut for cut in scheme.cuts if round(100 * cut) > round(100 * first)]
    return replace(scheme, cuts=(first, *above))


def _table(places: Places, frame: pd.DataFrame, fields: list[Field], tables: Tables, about: About) -> dict[str, Any]:
    columns, rows = _cells(fields, frame, about)
    names = frame["name"].where(frame["name"].notna(), frame[places.id])
    return {
        "caption": places.caption,
        "noun": list(places.noun),
        "columns": columns,
        "ids": [plain(i) for i in frame[places.id]],
        "names": [plain(name) for name in names],
        "rows": rows,
        "sort": places.sort,
        "least_first": places.least_first,
        "bars": _bars(places, frame, about),
        "notes": _notes(places, frame, tables),
        "counts": _counts(fields, frame, about),
        "since": since_of(places, frame, tables),
        "leaves": places.id == "neighborhood_id",
        "series": series_of(places, frame, tables, about.fall_year),
    }


def _cells(fields: list[Field], frame: pd.DataFrame, about: About) -> tuple[list[dict[str, Any]], list[list[Any]]]:
    columns = [
        {
            "key": f.key,
            "label": plain(f.label),
            "form": f.form,
            "pair": f.pair,
            "explain": _with_thresholds(f.explain, about),
            "always": f.always,
            **({"panel_only": True} if f.is_panel_only else {}),
            "group": plain(f.group),
            "short": f.short,
            "words": _order(f),
        }
        for f in fields
    ]
    cells = [_column(field, frame) for field in fields]
    return columns, [list(row) for row in zip(*cells, strict=True)] if cells and len(frame) else []


def _order(field: Field) -> list[str]:
    """The words of a column from first to last, where they have an order."""
    return list(LABELS.get(field.columns[0].partition("|")[0], {}).values()) if field.form == "word" else []


def _column(field: Field, frame: pd.DataFrame) -> list[Any]:
    why = (
        [text if isinstance(text, str) else None for text in frame[field.absent]]
        if field.absent
        else [None] * len(frame)
    )
    parts = [
        [
            _value(name, field, value) if known else instead
            for value, known, instead in zip(frame[name].tolist(), frame[name].notna().tolist(), why, strict=True)
        ]
        for name in field.columns
    ]
    return parts[0] if len(parts) == 1 else [list(pair) for pair in zip(*parts, strict=True)]


def _value(name: str, field: Field, value: Any) -> Any:
    """A cell as the page stores it: the published number to seven digits, or words."""
    if field.form == "word":
        return say(name.partition("|")[0], value)
    if field.form == "count" and str(value).isdigit():
        return int(value)
    if field.form in ("text", "count"):
        return plain(value) or None
    if field.form in ("year", "calendar_year"):
        return int(value)
    return compact.seven(value)


def _bars(places: Places, frame: pd.DataFrame, about: About) -> dict[str, Any] | None:
    """For each place, what each part adds to the whole: the answer to 'why is this place high?'."""
    if places.bars is None:
        return None
    by, column, whole, weight = places.bars
    names = [name for name in frame.columns if name.startswith(f"{column}|")]
    if not names:
        return None
    values = [
        [None if value != value else float(f"{value:.5g}") for value in frame[name].astype("float64")] for name in names
    ]
    parts = [
        {"field": f"{by}|{name.partition('|')[2]}", "label": plain(each_label(by, name.partition("|")[2]))}
        for name in names
    ]
    in_points = about.rules.family != "standardised"
    most = [
        [
            None if value != value or not in_points else float(f"{100 * value:.5g}")
            for value in frame[f"{weight}|{code}"].astype("float64")
        ]
        for code in (name.partition("|")[2] for name in names)
    ]
    return {
        "parts": parts,
        "values": [list(row) for row in zip(*values, strict=True)],
        "most": [list(row) for row in zip(*most, strict=True)],
        "unit": "points" if in_points else "standard deviations",
        "whole": next(f.key for f in places.fields if f.columns == (whole,)),
    }


def _counts(fields: list[Field], frame: pd.DataFrame, about: About) -> list[dict[str, Any]]:
    """What each number is made of, place by place: its count and its whole, as published, or why they are not."""
    made: list[dict[str, Any]] = []
    for field in fields:
        if field.made is None:
            continue
        if field.made.fields:
            of = [_of_same(name, field, fields) for name in field.made.fields]
            if all(of):
                made.append({"field": field.key, "form": field.made.form, "table": of})
            continue
        names = (compact.COUNTED[:2], compact.COUNTED[2:])
        columns = {
            name: frame[column]
            for pair, own in zip(names, (field.made.count, field.made.whole), strict=True)
            for name, column in zip(pair, own, strict=False)
        }
        told = {name: _whole(column) for name, column in columns.items() if column.notna().any()}
        if not columns or ("whole" in told and ("count" in told or not field.made.count)):
            made.append({"field": field.key, "form": field.made.form, **told})
        elif not told and _is_of_pupils(field, about):
            made.append({"field": field.key, "form": "pupils"})
    return made


def _of_same(name: str, field: Field, fields: list[Field]) -> str:
    """The key of a field of the same band and year, or of the same band, or of neither; nothing if there is none."""
    code = field.key.partition("|")[2]
    keys = {one.key for one in fields}
    return next((key for key in (f"{name}|{code}", f"{name}|{code.partition(' ')[0]}", name) if key in keys), "")


def _is_of_pupils(field: Field, about: About) -> bool:
    """Whether an indicator is a share of pupils, whose counts are never told."""
    _, of_whom = about.counts.get(field.key.partition("|")[2], ("", ""))
    return of_whom.startswith("pupils")


def _whole(column: pd.Series) -> list[int | None]:
    """Counts that are published as whole numbers."""
    return [None if value != value else round(value) for value in column.tolist()]


def _notes(places: Places, frame: pd.DataFrame, tables: Tables) -> dict[str, list[dict[str, str]]]:
    """Recommendations that speak of a place, with what speaks against them, by row."""
    said = tables["public_recommendations"]
    said = said[said["subject_kind"] == places.subject_kind]
    notes: dict[str, list[dict[str, str]]] = {}
    level = dict(places.only).get("level", "")
    rows = {i: row for row, i in enumerate(frame[places.id])} | {
        f"{level} {i}": row for row, i in enumerate(frame[places.id]) if level
    }
    for record in said.to_dict("records"):
        row = rows.get(record["subject_id"])
        if row is not None:
            texts = {name: plain(record[name]) for name in ("statement", "evidence", "counter_evidence")}
            notes.setdefault(str(row), []).append(
                texts
                | {
                    "rule": plain(rule(record["rule_id"])),
                    "reliability": sure(record["reliability_class"]),
                }
            )
    return notes
