"""A second file beside a district's own: columns and places found by a key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.origins import SourceEntry
from pipeline.sources import Folder
from pipeline.sources.faults import Faults
from pipeline.sources.files import read_rows
from pipeline.sources.geofiles import open_shapes
from pipeline.sources.mapping import require_columns
from pipeline.sources.places import SHAPE_OPTIONS, place_rows
from pipeline.sources.values import subject_of
from pipeline.tables import BY_TABLE, POLYGONS


def look_up(
    rows: pd.DataFrame, entry: SourceEntry, chosen: Mapping[str, Any], folder: Folder, subject: str
) -> pd.DataFrame:
    """Columns (and shapes, for tables) of a second file, by a key that is unique in it."""
    word = chosen["lookup"]
    if not word:
        return rows
    path = folder.path / word["file"]
    other_subject = subject_of(entry, path.name)
    has_shapes = path.suffix.lower() in (".geojson", ".gpkg", ".shp", ".topojson", ".zip")
    if has_shapes:
        frame, declared, _ = open_shapes(path, other_subject, word.get("layer"))
        placed = {
            **SHAPE_OPTIONS,
            "crs": word.get("crs"),
            "outside": "keep",
            "point_on": None if BY_TABLE[entry.feeds].geometry_types == POLYGONS else "representative",
        }
        other: pd.DataFrame = place_rows(frame, declared, entry, BY_TABLE[entry.feeds], placed, other_subject, folder)
    else:
        other = read_rows(
            path,
            entry_id=entry.id,
            delimiter=word.get("delimiter", ","),
            encoding=word.get("encoding", "utf-8"),
            sheet=word.get("sheet"),
            header_row=word.get("header_row", 1),
            ledger=folder.ledger,
        )
    mine, theirs = list(word["match"]), list(word["match"].values())
    require_columns(rows, mine, subject)
    require_columns(other, [*theirs, *word.get("columns", {}).values()], other_subject)
    faults = Faults()
    taken = sorted(set(word.get("columns", {})) & set(rows.columns))
    faults.add(
        "E-COLUMNS",
        f"`lookup` brings columns that are there already: {', '.join(taken)}",
        taken,
        "Give them other names under lookup.columns.",
    )
    width, known_as = word.get("pad", 0), dict(word.get("known_as", {}))
    keys = other[theirs].apply(lambda c: c.str.zfill(width)) if width else other[theirs]
    ours = rows[mine].apply(lambda c: c.replace(known_as)) if known_as else rows[mine]
    nobody = sorted(
        f"{name}: {other_name}"
        for name, other_name in known_as.items()
        if not rows[mine].eq(name).to_numpy().any() or not other[theirs].eq(other_name).to_numpy().any()
    )
    faults.add(
        "E-CATEGORY",
        f"`lookup.known_as` names what does not stand in {', '.join(mine)} here, or in {', '.join(theirs)} there",
        nobody,
        "Write the value of this file first and that of the other after it.",
    )
    doubled = keys.duplicated(keep=False) & (keys != "").all(axis=1)
    places = [
        f"row {r} ({', '.join(v)})"
        for r, *v in pd.concat([other["__row__"], keys], axis=1)[doubled].itertuples(index=False)
    ]
    faults.add(
        "E-KEY-DUP",
        f"`lookup` needs {', '.join(theirs)} to be unique",
        places,
        "Drop the copies in the file, or look up by another column.",
    )
    faults.raise_if_any(other_subject)
    brought = {new: other[old] for new, old in word.get("columns", {}).items()}
    if has_shapes and not hasattr(rows, "geometry"):
        brought["geometry"] = pd.Series(list(other["geometry"]), index=other.index, dtype=object)
    found = pd.DataFrame({**{f"__on{i}__": keys[c] for i, c in enumerate(theirs)}, **brought, "__found__": True})
    found = found[(keys != "").all(axis=1)]
    left = rows.assign(**{f"__on{i}__": ours[c].str.zfill(width) if width else ours[c] for i, c in enumerate(mine)})
    joined = left.merge(found, on=[f"__on{i}__" for i in range(len(mine))], how="left", validate="many_to_one")
    matched = int(joined["__found__"].notna().sum())
    missing = rows.loc[joined["__found__"].isna().to_numpy(), mine[0]]
    reason = f"not found: {', '.join(sorted(missing.unique())[:12])}" if len(missing) else ""
    folder.ledger.match(f"{subject} in {other_subject}", total=len(rows), matched=matched, unit="rows", reason=reason)
    joined[list(word.get("columns", {}))] = joined[list(word.get("columns", {}))].fillna("")
    if "geometry" in brought:
        joined["geometry"] = [g if g is not None and g == g else None for g in joined["geometry"]]
    return joined.drop(columns=[c for c in joined.columns if str(c).startswith("__on") or c == "__found__"])
