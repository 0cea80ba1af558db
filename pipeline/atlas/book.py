"""All pages of the atlas, from the published tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipeline.atlas import payload, shapes
from pipeline.atlas.catalogue import LANGUAGES
from pipeline.atlas.changes_frames import of_district, release_head
from pipeline.atlas.drawings import closed_words, draw
from pipeline.atlas.escape import plain
from pipeline.atlas.frames import names_of
from pipeline.atlas.page import index_page, sheet_page
from pipeline.atlas.retold import catalogue, retell
from pipeline.atlas.sheets import SHEETS
from pipeline.atlas.site_packets import archive, packets
from pipeline.atlas.spec import About, Sheet
from pipeline.atlas.words import sure, told
from pipeline.columns import LEVELS

GREY = "#d5d8dc"


def bind(tables: Mapping[str, Any], about: About) -> dict[str, str | bytes]:
    """Draw every sheet, the overview and the packets of the sites, in every language; the same files for every study.

    Parameters
    ----------
    tables
        The published tables and ``disclosure`` by name; any of them may be empty.
    about
        What may be said of the study besides.

    Returns
    -------
    dict
        ``maps/...`` to text or bytes; the same for the same tables, to the byte.
    """
    files: dict[str, str | bytes] = {}
    answers: dict[str, str] = {}
    pictures: dict[str, str] = {}
    drawn, drawings = draw(tables)
    pages = {sheet.key: payload.build(sheet, drawn, about, drawings) for sheet in SHEETS}
    about = replace(about, bare=frozenset(sheet.key for sheet in SHEETS if _is_bare(sheet, pages[sheet.key], tables)))
    for sheet in SHEETS:
        answers[sheet.key] = plain(sheet.answer(tables, about))
        page = pages[sheet.key]
        pictures[sheet.key] = "" if sheet.key in about.bare else _picture(sheet, drawn, page)
        files[f"maps/{sheet.key}.html"] = sheet_page(
            sheet,
            SHEETS,
            about,
            answers[sheet.key],
            page,
            sheet.reading(tables, about),
            [*_lacking(sheet, tables), *closed_words(drawings, _areas_of(sheet, pages[sheet.key]))],
            drawing=sheet.drawing(tables) if sheet.drawing else "",
            further=tuple(map(plain, sheet.more(tables, about))) if sheet.more else (),
        )
    files["maps/index.html"] = index_page(
        SHEETS, about, answers, pictures, _advice(tables), _lines(tables), _since(tables)
    )
    files["maps/rfp_packets.html"], singles = packets(tables, about, SHEETS)
    files["maps/rfp_packets.zip"] = archive(singles)
    for language in LANGUAGES:
        retelling = catalogue(language, tables, about)
        files |= {
            name.replace("maps/", f"maps/{language}/", 1): retell(page, retelling, language)
            for name, page in files.items()
            if isinstance(page, str) and name.count("/") == 1
        }
        files[f"maps/{language}/rfp_packets.zip"] = archive(
            {name: retell(page, retelling, language) for name, page in singles.items()}
        )
    return files


FILES = tuple(
    f"maps/{folder}{name}"
    for folder in ("", *(f"{language}/" for language in LANGUAGES))
    for name in (*(f"{sheet.key}.html" for sheet in SHEETS), "index.html", "rfp_packets.html", "rfp_packets.zip")
)


def _is_bare(sheet: Sheet, page: Mapping[str, Any], tables: Mapping[str, Any]) -> bool:
    """Whether a sheet has no figures for its question in this study: no map and no row in any table, or none that answer it."""
    if sheet.is_known and not sheet.is_known(tables):
        return True
    return not page["views"] and not any(annex["rows"] for annex in page["annexes"])


def _areas_of(sheet: Sheet, page: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Sets of areas a sheet shows; the sheet of what is missing and approximate tells of all."""
    if any(annex.table == "public_missing" for annex in sheet.annexes):
        return {("public_neighborhoods", ""), *(("public_zones", level) for level in LEVELS)}
    return {
        (places.base or places.table, dict(places.only).get("level", "") if not places.base else "")
        for places in sheet.places
        if places.key in page["tables"]
    }


def _advice(tables: Mapping[str, Any]) -> list[dict[str, str]]:
    """The recommendations in words, those about the neediest places and the largest gaps first."""
    places, zones, sites = tables["public_neighborhoods"], tables["public_zones"], tables["public_sites"]
    order = {
        **dict(
            zip(("neighborhood " + places["neighborhood_id"]), places["need_rank"].fillna(float("inf")), strict=True)
        ),
        **dict(
            zip(
                "zone " + zones["level"] + " " + zones["zone_id"],
                zones["service_gap_rank"].fillna(float("inf")),
                strict=True,
            )
        ),
        **dict(zip("site " + sites["site_id"], -sites["surplus_seats"].fillna(0.0), strict=True)),
    }
    rows = tables["public_recommendations"].to_dict("records")
    rows.sort(key=lambda row: order.get(f"{row['subject_kind']} {row['subject_id']}", float("inf")))
    return [{**row, "reliability": sure(row["reliability_class"])} for row in rows]


def _lines(tables: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The lines for the committee in order, each with its reliability in words."""
    rows = tables["public_lines"].sort_values("line", kind="stable").to_dict("records")
    return [{**row, "reliability": sure(row["reliability_class"])} for row in rows]


def _since(tables: Mapping[str, Any]) -> tuple[str, str]:
    """What changed in the whole district since the last release, under its heading; nothing without a release."""
    told = of_district(tables)
    more = " The sheet Quality of the data has the changes of every area." if told else ""
    return release_head(tables), f"{told}{more}"


def _lacking(sheet: Sheet, tables: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What the study lacks, or a reader must know, of the steps that lead to this sheet."""
    missing = tables["public_missing"]
    if any(annex.table == "public_missing" for annex in sheet.annexes):
        return []  # the sheet has them as a table
    rows = (
        missing[missing["stage"].isin(sheet.stages)]
        .drop_duplicates(["subject_name", "reason"])
        .sort_values("line", kind="stable")
    )
    schools = names_of(tables)["school"]
    return [
        (row["entry"], told(row["subject_name"], schools), told(row["reason"], schools))
        for row in rows.to_dict("records")
    ]


def _picture(sheet: Sheet, tables: Mapping[str, Any], page: dict[str, Any]) -> str:
    """The first view of a sheet as a small drawing."""
    if sheet.drawing:
        return sheet.drawing(tables)
    if not page["views"]:
        return ""
    view = page["views"][0]
    places = next(places for places in sheet.places if places.key == view["table"])
    frame = tables[places.table]
    for column, value in places.only:
        frame = frame[frame[column] == value]
    frame = frame.sort_values(places.id, kind="stable")
    weak = set(view["weak"])
    colors = [view["classes"][place]["color"] if place >= 0 else GREY for place in view["index"]]
    hatched = [row in weak for row in range(len(frame))]
    return shapes.picture(
        frame, colors, tables[places.base] if places.base else None, hatched=hatched, key=f"hatch-{sheet.key}"
    )
