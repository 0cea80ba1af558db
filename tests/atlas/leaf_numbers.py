"""Numbers on the leaves of the committee's packet, read from the finished files and held to whole tables."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from html import unescape
from typing import Any

import numpy as np
import pypdf

from pipeline.atlas.committee_page import anchor
from tests.atlas.published import ABOUT

NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


def leaf_text(html: str, key: str) -> str:
    """What a reader sees on one leaf of the finished page."""
    found = re.search(rf'<section class="leaf[^"]*" id="{anchor(key)}">(.*?)</section>', html, re.S)
    assert found, key
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[1])).split())


def pages_of(content: bytes) -> list[str]:
    return [" ".join(sheet.extract_text().split()) for sheet in pypdf.PdfReader(io.BytesIO(content)).pages]


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)


def whole(value: float) -> str:
    """A number as it must be printed, rounded by another library than the pages use."""
    return f"{abs(int(Decimal(repr(float(value))).quantize(Decimal(1), ROUND_HALF_UP))):,}"


def of_rows(rows: Iterable[dict[str, Any]]) -> set[str]:
    """All ways in which the numbers of some rows may stand on a page: whole, as percent, in tenths of a km."""
    found = set()
    for row in rows:
        for value in row.values():
            if isinstance(value, str):
                found |= set(NUMBER.findall(value))
            elif isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool) and value == value:  # fmt: skip
                found |= {whole(value), whole(100 * float(value))}
                if 0 < value < 1 and whole(100 * float(value)) in ("0", "100"):
                    found.add("99" if value > 0.5 else "1")  # over 99%, under 1%
    return found


def allowed(key: str, tables: dict[str, Any]) -> set[str]:
    """Every number that the tables allow on a neighborhood's leaf, found by loops over whole tables."""
    areas = tables["public_neighborhoods"]
    area = areas[areas["neighborhood_id"] == key]
    pick = lambda name, **by: tables[name][np.logical_and.reduce([tables[name][c] == v for c, v in by.items()])]  # noqa: E731
    rows: list[dict[str, Any]] = area.drop(columns="geometry").to_dict("records")
    rows += pick("public_contributions", neighborhood_id=key).to_dict("records")
    rows += pick("public_changes", subject_kind="neighborhood", subject_id=key).to_dict("records")
    growth = pick("public_growth_need", neighborhood_id=key).to_dict("records")
    rows += growth + pick("public_growth", layer="neighborhood", area_id=key).to_dict("records")
    rows += pick("public_access", neighborhood_id=key).to_dict("records")
    rows += [row for g in growth for row in pick("public_pockets", pocket_id=g["pocket_id"]).to_dict("records")]
    found = of_rows(rows) | {whole(areas["need_rank"].notna().sum())}
    adds = pick("public_contributions", neighborhood_id=key)["contribution_index"].dropna().sort_values(key=abs)
    found |= {whole(max(len(adds) - 6, 0)), whole(adds.head(max(len(adds) - 6, 0)).sum())}
    held = set(
        zip(*(pick("public_neighborhood_zones", neighborhood_id=key)[c] for c in ("level", "zone_id")), strict=True)
    )
    for zone in tables["public_zones"].itertuples():
        if (zone.level, zone.zone_id) not in held:
            continue
        ways = pick("public_gap_variants", level=zone.level, zone_id=zone.zone_id)
        ways = ways[ways["variant"] != "in_five_years"].to_dict("records")
        found |= of_rows([{n: v for n, v in zone._asdict().items() if n != "geometry"}, *ways])
        for way in ways:
            for pupils in (way["resident_pupils"], way["resident_pupils_low"], way["resident_pupils_high"]):
                if pupils is None or pupils != pupils:
                    continue
                found.add(whole(max(pupils - way["quality_seats"], 0)))
                found |= {whole(100 * way["quality_seats"] / pupils)} if pupils > 0 else set()
    near = pick("public_nearby", origin_layer="neighborhood", origin_id=key)
    for far in near["straight_m"]:
        km = Decimal(repr(max(far / 1000, 0.1))).quantize(Decimal("0.1"), ROUND_HALF_UP)
        found.add(f"{km:,}")
    for name, own in (("public_schools", "school_id"), ("public_sites", "site_id")):
        for place in tables[name].to_dict("records"):
            if place[own] not in set(near["destination_id"]):
                continue
            found |= of_rows([{n: v for n, v in place.items() if n in ("name", "class_probability_share")}])
            found |= {str(int(g)) for g in (place.get("grade_low"), place.get("grade_high")) if str(g).isdigit()}
    found |= of_rows(tables["public_rfp"][["name", "surplus_rooms", "surplus_seats"]].to_dict("records"))
    for table in ("public_quality_years", "public_school_changes"):
        for fall in tables[table]["fall_year"].unique():
            found |= {str(fall), f"{(fall + 1) % 100:02d}"}
        if "grade_codes" in tables[table]:
            found |= {str(int(g)) for codes in tables[table]["grade_codes"].dropna() for g in codes.split() if g.isdigit()}  # fmt: skip
    return found


# of the sentences themselves: children under 18, each 100 pupils, 90% margins, 5 to 17, within 3 km, fewer than 11
IN_WORDS = {"18", "100", "90", "5", "17", "3", "11", "2024", "25"}


def strangers(text: str, key: str, tables: dict[str, Any]) -> list[str]:
    """Numbers on a leaf that the tables do not allow."""
    known = allowed(key, tables) | IN_WORDS | set(NUMBER.findall(f"{ABOUT.now} {ABOUT.before} {key}"))
    return [token for token in NUMBER.findall(text) if token not in known]
