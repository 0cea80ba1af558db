"""The committee's packet as plain text: one leaf for each neighborhood and one for the district.

A leaf is drawn as a page of HTML (`committee_page`) and as a page of a PDF (`committee_pdf`): both write the same
texts, made here from the published tables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pipeline.atlas import committee_district as district
from pipeline.atlas import committee_parts as parts
from pipeline.atlas.escape import plain
from pipeline.atlas.leaves import Leaf, Packet
from pipeline.atlas.spec import About
from pipeline.atlas.words import say
from pipeline.numerals import number, school_year

Tables = Mapping[str, Any]
TABLES = (
    "public_neighborhoods",
    "public_contributions",
    "public_growth_need",
    "public_growth",
    "public_zones",
    "public_neighborhood_zones",
    "public_nearby",
    "public_gap_variants",
    "public_access",
    "public_schools",
    "public_quality_years",
    "public_school_changes",
    "public_enrollment",
    "public_rfp",
    "public_pockets",
    "public_lines",
    "public_changes",
    "public_missing",
)


def packet(tables: Tables, about: About) -> Packet:
    """Write every leaf of a study.

    Parameters
    ----------
    tables : the published tables (`TABLES`) by name; any of them may be empty.
    about : what may be said of the study besides.
    """
    areas = tables["public_neighborhoods"]
    names = list(zip(areas["name"], areas["neighborhood_id"], strict=True))
    areas = areas.iloc[sorted(range(len(areas)), key=lambda row: _natural(*names[row]))].reset_index(drop=True)
    pages = {area: page for page, area in enumerate(areas["neighborhood_id"], start=2)}
    near, known = _Near(tables), parts.Known(tables, about)
    leaves = [_district(tables, about, pages)]
    leaves += [_leaf(row, place, known, near, about) for place, row in enumerate(areas.itertuples())]
    census = f"census {about.now}{f' and {about.before}' if about.before else ''}"
    small = f" Fewer than {about.smallest_cell} pupils are not shown (*)." if about.smallest_cell else ""
    by = f"Prepared by {plain(about.prepared_by)}. " if about.prepared_by else ""
    producers = "; ".join(dict.fromkeys(plain(source[0]) for source in about.sources)) or "not named"
    return Packet(
        title=plain(about.title),
        under=f"School year {school_year(about.fall_year)} \u00b7 {census}",
        foot=f"{by}School year {school_year(about.fall_year)}; {census}; \u00b1 is a 90% margin of error.{small} Sources: {producers}.",
        leaves=tuple(leaves),
        areas=areas,
    )


def _natural(name: str, area: str) -> tuple[Any, ...]:
    """The order in which one looks for a name: Tract 9 before Tract 10.

    >>> sorted(["Tract 10", "Bay", "Tract 9"], key=lambda name: _natural(name, ""))
    ['Bay', 'Tract 9', 'Tract 10']
    """
    pieces = re.split(r"(\d+)", str(name).casefold())
    order = [(1, int(piece), "") if piece.isdecimal() else (0, 0, piece) for piece in pieces]
    return (order, str(area))


class _Near:
    """What lies in and around each neighborhood, as the tables tell it: largest parts and shortest lines first."""

    def __init__(self, tables: Tables) -> None:
        held = tables["public_neighborhood_zones"]
        zones = tables["public_zones"].merge(held, on=["level", "zone_id"], how="inner", validate="1:m")
        zones = zones.sort_values(["zone_share", "zone_id"], ascending=[False, True], kind="stable")
        self.zones = parts.grouped(zones, "neighborhood_id")
        near = tables["public_nearby"]
        near = near[near["origin_layer"] == "neighborhood"]
        self.near = parts.grouped(
            near.sort_values(["straight_m", "destination_id"], kind="stable"), "origin_id", "near_kind"
        )
        self.schools = {row["school_id"]: row for row in tables["public_schools"].to_dict("records")}
        self.rooms = {row["site_id"]: row for row in tables["public_rfp"].to_dict("records")}

    def found(self, area: str, kind: str) -> parts.Found:
        """Schools or sites of one kind near a neighborhood, each with its distance in metres."""
        rows = self.rooms if kind == "room" else self.schools
        return [(rows[near["destination_id"]], near["straight_m"]) for near in self.near.get((area, kind), [])]


def _leaf(row: Any, place: int, known: parts.Known, near: _Near, about: About) -> Leaf:
    area = str(row.neighborhood_id)
    zones = parts.by_level(near.zones.get(area, []))
    good = {level: near.found(area, f"quality_{level}") for level in parts.LEVELS}
    named = f" \u00b7 id {plain(area)}" if area != row.name else ""
    return Leaf(
        key=area,
        title=plain(row.name),
        under=f"{parts.with_margin(row.children_0_17, row.children_0_17_moe)} children under 18{named} \u00b7 {plain(about.title)}",
        warning=parts.warning(row, zones),
        figures=(parts.need(row, known, about), parts.service(zones, known), parts.growth(area, known, about)),
        why=parts.why(row, known),
        grids=(
            parts.zone_grid(area, zones, known),
            parts.school_grid(good, about),
            parts.room_grid(near.found(area, "room"), about),
        ),
        lines=(parts.since(area, known), parts.changes(near.found(area, "school"), known, about)),
        said=f"{f'rank {number(row.need_rank)}, ' if row.need_rank == row.need_rank else ''}{say('need_class', row.need_class).lower()}",
        place=place,
        where=f"Where {plain(row.name)} lies",
    )


def _district(tables: Tables, about: About, pages: Mapping[str, int]) -> Leaf:
    return Leaf(
        key="",
        title=plain(about.title),
        under=f"Summary for the committee \u00b7 a page for each of {number(len(pages))} neighborhoods follows",
        warning=district.warning(tables),
        figures=district.figures(tables, about),
        why=None,
        grids=(district.neediest(tables, pages), district.gaps(tables), district.rooms(tables)),
        lines=(district.since(tables), district.quotes(tables), district.lacking(tables)),
    )
