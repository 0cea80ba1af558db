"""The committee's packet: every number is that of the tables, in the finished HTML and in the finished PDF."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from importlib.resources import files as packaged
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pypdf
import pytest

from pipeline.atlas import committee, committee_parts
from pipeline.atlas.catalogue import Catalogue, messages
from pipeline.atlas.committee_map import outlines
from pipeline.atlas.committee_page import anchor, page
from pipeline.atlas.committee_pdf import pdf
from pipeline.atlas.leaves import Leaf, Packet, texts_of
from pipeline.atlas.render import policy
from pipeline.columns import GRADES
from tests.atlas.leaf_numbers import bare, leaf_text, pages_of, strangers, whole
from tests.atlas.payloads import PAYLOADS
from tests.atlas.published import ABOUT, nothing, town


@pytest.fixture(scope="module")
def packet(tables: dict[str, Any]) -> Packet:
    return committee.packet(tables, ABOUT)


def test_every_number_of_every_leaf_is_one_of_the_tables(taken: dict[str, Any], tables: dict[str, Any]) -> None:
    html, sheets = str(taken["maps/packet.html"]), pages_of(taken["maps/packet.pdf"])
    order = committee.packet(tables, ABOUT).leaves
    assert len(order) == len(sheets) == len(tables["public_neighborhoods"]) + 1 == 41
    for leaf, sheet in zip(order[1:], sheets[1:], strict=True):
        assert strangers(leaf_text(html, leaf.key), leaf.key, tables) == [], leaf.title
        printed = sheet.replace(f"Page {order.index(leaf) + 1} of 41.", "")
        assert strangers(printed, leaf.key, tables) == [], leaf.title


def test_a_number_that_is_in_no_table_is_found(taken: dict[str, Any], tables: dict[str, Any]) -> None:
    text = leaf_text(str(taken["maps/packet.html"]), "n03")
    assert strangers(f"{text} 7,331", "n03", tables) == ["7,331"]
    moved = {**tables, "public_neighborhoods": tables["public_neighborhoods"].assign(need_rank=lambda t: t["need_rank"] + 500)}  # fmt: skip
    changed = str(page(committee.packet(moved, ABOUT), outlines(tables["public_neighborhoods"])))
    assert len(strangers(leaf_text(changed, "n03"), "n03", tables)) == 1


def test_what_a_leaf_says_is_what_the_tables_say(taken: dict[str, Any], tables: dict[str, Any]) -> None:
    html = str(taken["maps/packet.html"])
    ranked = tables["public_neighborhoods"]
    said = {"high": "High need", "possible": "Possibly high need", "not_high": "Not high"}
    for row in ranked[ranked["need_rank"].notna()].itertuples():
        text = leaf_text(html, row.neighborhood_id)
        assert f"Rank {whole(row.need_rank)} of {ranked['need_rank'].notna().sum()}" in text
        assert f"between {whole(row.need_rank_low)} and {whole(row.need_rank_high)} in nine of ten draws" in text
        share = f"{whole(100 * row.high_need_probability_share)}%"
        if 0 < row.high_need_probability_share < 1:
            share = {"100%": "over 99%", "0%": "under 1%"}.get(share, share)
        assert f"{said[row.need_class]}: among the neediest fifth in {share} of draws." in text
        assert f"{whole(row.children_0_17)} \u00b1 {whole(row.children_0_17_moe)} children under 18" in text
        adds = tables["public_contributions"].query("neighborhood_id == @row.neighborhood_id")
        for part in adds.itertuples():
            value = f"{whole(100 * part.indicator_share)}% \u00b1 {whole(100 * part.indicator_share_moe)} +{whole(part.contribution_index)}"
            assert value.removesuffix("+0") in text
        assert f"Why: need index {whole(row.need_index)}" in text
    growth = tables["public_growth_need"]
    assert growth["children_change"].notna().sum() > 30
    for row in growth[growth["children_change"].notna()].itertuples():
        sign = "+" if row.children_change > 0.5 else "\u2212" if row.children_change < -0.5 else ""
        text = leaf_text(html, row.neighborhood_id)
        assert f"{sign}{whole(row.children_change)} \u00b1 {whole(row.children_change_moe)}" in text


def test_zones_schools_and_rooms_are_the_nearest_of_all(packet: Packet, tables: dict[str, Any]) -> None:
    schools, zones = tables["public_schools"], tables["public_zones"]
    sites = tables["public_sites"].set_index("site_id").geometry
    offered = tables["public_rfp"].query("rfp_status in ['listed', 'one_definition']").set_index("site_id")
    grounds = tables["public_neighborhoods"].set_index("neighborhood_id").geometry
    seen = 0
    for leaf in packet.leaves[1:]:
        ground = grounds[leaf.key]
        grids = {grid.head: grid.rows for grid in leaf.grids}
        held = {"Elementary school": [], "Middle school": [], "High school": []}  # type: dict[str, list[tuple[float, str]]]
        for zone in zones.itertuples():
            part = zone.geometry.intersection(ground).area / ground.area
            if part >= 0.1:
                held[f"{zone.level.capitalize()} school"].append((-part, zone.name))
        for level, parts in held.items():
            mine = [row[1] for row in grids["Service level of its zones"] if row[0] == level]
            assert mine == [name for _, name in sorted(parts, key=lambda each: round(each[0], 6))][:2]
        for level, band in ABOUT.rules.bands.items():
            good = [
                (school.geometry.distance(ground), school.school_id, school.name)
                for school in schools.itertuples()
                if school.is_quality and school.school_status == "open" and not school.is_virtual and school.geometry is not None
                and set(GRADES[GRADES.index(school.grade_low) : GRADES.index(school.grade_high) + 1]) & set(band)
            ]  # fmt: skip
            mine = [row[1] for row in grids["Quality schools near"] if row[0] == f"{level.capitalize()} school"]
            assert mine == [name for _, _, name in sorted(good)][:2]
            seen += len(mine)
        far = {site: sites[site].distance(ground) for site in offered.index}
        first = [offered.loc[site, "name"] for site in sorted(far, key=lambda site: (far[site], site))][:3]
        assert [row[0] for row in grids["Rooms near"]] == first
    assert seen >= 80


def test_the_pdf_says_what_the_page_says_leaf_by_leaf(taken: dict[str, Any], packet: Packet) -> None:
    html = str(taken["maps/packet.html"])
    for leaf, sheet in zip(packet.leaves, pages_of(taken["maps/packet.pdf"]), strict=True):
        on_page = bare(leaf_text(html, leaf.key))
        for text in [*texts_of(leaf), packet.foot]:
            assert bare(text) in on_page, (leaf.title, text)
            assert bare(text) in bare(sheet), (leaf.title, text)
        # nothing more than these texts, bullets and the page's number
        rest = bare(sheet).replace("\u2022", "")
        number = packet.leaves.index(leaf) + 1
        assert len(rest) == sum(len(bare(text)) for text in [*texts_of(leaf), packet.foot, f"Page {number} of 41."])


def test_the_district_s_leaf_adds_up_what_is_published(taken: dict[str, Any], tables: dict[str, Any]) -> None:
    text = leaf_text(str(taken["maps/packet.html"]), "")
    places, zones, rfp = (tables[f"public_{name}"] for name in ("neighborhoods", "zones", "rfp"))
    sure = places[places["need_class"] == "high"]
    assert f"{len(sure)} of {places['need_rank'].notna().sum()}" in text
    children, everyone = sure["children_0_17"].sum(), places["children_0_17"].sum()
    assert f"{whole(children)} of all {whole(everyone)} children ({whole(100 * children / everyone)}%)" in text
    missing = zones.groupby("level")["unmet_seats"].sum()
    assert f"Missing seats, elementary school {whole(missing['elementary'])}" in text
    assert f"middle {whole(missing['middle'])}; high {whole(missing['high'])}" in text
    offered = rfp[rfp["rfp_status"].isin(["listed", "one_definition"])]
    assert f"{len(offered)} sites {whole(offered['surplus_rooms'].sum())} rooms, {whole(offered['surplus_seats'].sum())} seats" in text  # fmt: skip
    order = [leaf.title for leaf in committee.packet(tables, ABOUT).leaves]
    for row in places.nsmallest(10, "need_rank").itertuples():
        assert re.search(rf"\b{whole(row.need_rank)} {row.name} {whole(row.need_rank_low)} to {whole(row.need_rank_high)} .*? {order.index(row.name) + 1}\b", text)  # fmt: skip


def test_uncertain_numbers_are_marked_and_said(packet: Packet, tables: dict[str, Any]) -> None:
    places = tables["public_neighborhoods"].set_index("neighborhood_id")
    weak = set(places.index[places["reliability_class"].isin(["low", "not_known"])])
    assert weak
    for leaf in packet.leaves[1:]:
        need = leaf.figures[0]
        assert need.is_weak == (leaf.key in weak)
        if places.loc[leaf.key, "reliability_class"] == "low":
            assert "Unreliable: no decision should rest on it alone." in need.sure
    unranked = next(leaf for leaf in packet.leaves if leaf.key == "n39")
    assert unranked.figures[0].value == "Not ranked" and unranked.why and not unranked.why.rows


@pytest.mark.parametrize(
    ("share", "said"),
    [(1.0, "100%"), (0.997, "over 99%"), (0.995, "over 99%"), (0.994, "99%"), (0.001, "under 1%"), (0.0, "0%")],
)
def test_only_all_draws_are_called_all_and_only_none_none(tables: dict[str, Any], share: float, said: str) -> None:
    places = tables["public_neighborhoods"].assign(high_need_probability_share=share)
    leaf = committee.packet({**tables, "public_neighborhoods": places}, ABOUT).leaves[1]
    assert f"among the neediest fifth in {said} of draws." in leaf.figures[0].sure


def test_nearly_all_of_the_ground_is_not_all_of_it(tables: dict[str, Any]) -> None:
    places = tables["public_neighborhoods"].assign(inside_share=0.9996)
    leaf = committee.packet({**tables, "public_neighborhoods": places}, ABOUT).leaves[1]
    assert "over 99% of it lies inside the district, and only that part is counted" in leaf.warning


def test_the_class_of_a_school_near_is_as_sure_as_on_its_sheet(tables: dict[str, Any]) -> None:
    schools = tables["public_schools"].assign(class_probability_share=0.95)
    leaves = committee.packet({**tables, "public_schools": schools}, ABOUT).leaves[1:]
    said = [
        row[4] for leaf in leaves for grid in leaf.grids if grid.head == "Quality schools near" for row in grid.rows
    ]
    assert said and all(", over 95% sure" in text for text in said)


def test_without_margins_no_interval_is_made_up(tables: dict[str, Any]) -> None:
    blank = ["need_rank_low", "need_rank_high", "need_rank_median", "high_need_probability_share", "children_0_17_moe"]
    bare_ranks = tables["public_neighborhoods"].assign(**dict.fromkeys(blank, np.nan), reliability_class="not_known")
    told = committee.packet({**tables, "public_neighborhoods": bare_ranks}, ABOUT)
    need = told.leaves[1].figures[0]
    assert need.span == "no interval: margins of error are not published" and need.is_weak
    assert "by rank alone. How sure this is, is not known." in need.sure
    assert "nobody can say how sure a rank is" in told.leaves[0].figures[0].sure


def test_the_range_of_a_service_level_covers_every_known_way_to_count_today_s_gap(tables: dict[str, Any]) -> None:
    zone = {"level": "elementary", "zone_id": "e0", "service_level_ratio": 0.5, "unmet_seats": 50.0}
    base = dict.fromkeys(tables["public_gap_variants"].columns, None)
    ways = [
        base | zone | {"variant": "study", "resident_pupils": 100.0, "quality_seats": 50.0, "unmet_seats": 50.0},
        base | zone | {"variant": "by_access", "resident_pupils": 100.0, "quality_seats": 90.0, "unmet_seats": 10.0},
        base
        | zone
        | {"variant": "contained", "resident_pupils": 100.0, "quality_seats": np.nan, "unmet_seats": np.nan},
        base | zone | {"variant": "in_five_years", "resident_pupils": 10.0, "quality_seats": 0.0, "unmet_seats": 10.0},
    ]
    known = committee_parts.Known({**tables, "public_gap_variants": pd.DataFrame(ways)}, ABOUT)
    assert committee_parts.spans(zone, known) == ((0.5, 0.9), (10.0, 50.0))
    assert committee_parts.service_level(zone, known) == "50% (50% to 90%)"
    # the published value lies within its range even where it was made of other numbers than the ways
    other = zone | {"service_level_ratio": 0.48, "unmet_seats": 52.0}
    assert committee_parts.spans(other, known) == ((0.48, 0.9), (10.0, 52.0))
    # a way that is not known is none: what is left is one way only
    alone = committee_parts.Known({**tables, "public_gap_variants": pd.DataFrame(ways[1:])}, ABOUT)
    assert committee_parts.spans(zone, alone) == (None, None)


def test_whether_an_index_is_in_points_is_asked_of_its_family(tables: dict[str, Any]) -> None:
    small = tables["public_contributions"].assign(
        contribution_index=tables["public_contributions"]["contribution_index"] / 100
    )
    hood = next(tables["public_neighborhoods"].itertuples())
    told = committee_parts.why(hood, committee_parts.Known({**tables, "public_contributions": small}, ABOUT))
    assert all("." not in adds for _, _, adds, _ in told.rows) and "." not in told.head
    fine = replace(ABOUT, rules=replace(ABOUT.rules, family="standardised"))
    told = committee_parts.why(hood, committee_parts.Known({**tables, "public_contributions": small}, fine))
    assert all("." in adds for _, _, adds, _ in told.rows if adds != "0") and "." in told.head


def test_the_district_s_growth_is_that_of_now_one_phrase_for_each_direction(packet: Packet) -> None:
    """The pocket of an earlier pair of surveys is not among them."""
    growth = packet.leaves[0].figures[2]
    assert (growth.value, growth.span) == ("1 pocket growing", "1 pocket shrinking")
    assert growth.sure.endswith("Growing: +330 \u00b1 120 children. Shrinking: \u2212200 \u00b1 120 children.")


def test_a_change_beyond_its_own_margin_that_is_not_believed_has_its_reason(tables: dict[str, Any]) -> None:
    crossed = tables["public_growth_need"]
    calm = crossed[crossed["change_class"] == "not_beyond_chance"]["neighborhood_id"].iloc[:2].tolist()
    for change, said in ((-75.0, True), (-74.0, False)):
        own = crossed["children_change"].mask(crossed["neighborhood_id"].isin(calm), change)
        known = committee_parts.Known({**tables, "public_growth_need": crossed.assign(children_change=own)}, ABOUT)
        sure = committee_parts.growth(calm[0], known, ABOUT).sure
        why = "No change beyond chance. It is larger than its margin, but among many neighborhoods some are so by luck alone."
        assert sure.startswith(why) is said


def test_a_school_no_likelier_strong_than_not_is_marked(tables: dict[str, Any]) -> None:
    school = tables["public_schools"].iloc[0].to_dict() | {"quality_class": "strong", "class_probability_share": 0.5}
    good = {level: [(school, 0.0)] if level == "elementary" else [] for level in ("elementary", "middle", "high")}
    assert committee_parts.school_grid(good, ABOUT).rows[0][4] == "Strong, as likely as not (50%)"


def test_what_changed_in_the_district_stands_on_its_leaf_and_two_ways_are_not_compared(tables: dict[str, Any]) -> None:
    changes = tables["public_changes"]
    head, line = packet_since(tables)
    assert head == "Since the release 2023-24"
    assert line == ("Share of pupils in quality seats: 33.5% \u2192 34.4%.",)
    own = changes["subject_kind"].eq("district") & changes["fact"].eq("quality_share")
    apart = changes.assign(change_evidence=changes["change_evidence"].mask(own, "not_comparable"))
    assert packet_since({**tables, "public_changes": apart})[1] == (
        "Share of pupils in quality seats: made in two ways, not comparable.",
    )
    levels = [apart[own].assign(fact="unmet_seats", fact_level=level) for level in ("high", "elementary")]
    by_level = pd.concat([apart[~own], *levels], ignore_index=True)
    assert packet_since({**tables, "public_changes": by_level})[1] == (
        "Seats missing in elementary school and high school: made in two ways, not comparable.",
    )
    assert packet_since({**tables, "public_changes": changes.iloc[:0]}) == ("Since the last release", ())
    places = apart["subject_kind"].eq("neighborhood")
    two_ways = apart.assign(change_evidence=apart["change_evidence"].mask(places, "not_comparable"))
    known = committee_parts.Known({**tables, "public_changes": two_ways}, ABOUT)
    (told,) = committee_parts.since(str(two_ways.loc[places, "subject_id"].iloc[0]), known).lines
    assert told.startswith("Need rank: then 4 (2 to 9), now 2 (1 to 3). Made in two ways: not comparable.")


def packet_since(tables: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    lines = committee.packet(tables, ABOUT).leaves[0].lines[0]
    return lines.head, lines.lines


def test_hidden_rooms_are_said_to_be_hidden(tables: dict[str, Any]) -> None:
    hidden = tables["public_rfp"].assign(surplus_rooms=np.nan, surplus_seats=np.nan)
    told = committee.packet({**tables, "public_rfp": hidden}, ABOUT)
    rows = told.leaves[1].grids[2].rows
    assert rows and all(row[2] == row[3] == "not shown" for row in rows)
    rooms = next(figure for figure in told.leaves[0].figures if figure.head == "Rooms to offer")
    assert "rooms not shown, seats not shown" in texts_of(told.leaves[0]) and "no rooms" not in " ".join(map(str, vars(rooms).values()))  # fmt: skip


def test_changes_near_are_told_once_and_the_rest_is_counted(tables: dict[str, Any]) -> None:
    school = tables["public_schools"].iloc[0].to_dict() | {"name": "Bay School"}
    years = pd.DataFrame({"school_id": school["school_id"], "fall_year": [2022, 2023], "quality_class": ["weak", "strong"], "is_quality": [False, True]})  # fmt: skip
    events = pd.DataFrame(
        [{"school_id": school["school_id"], "fall_year": fall, "change_kind": "grades_gained", "grade_codes": "06 07", "is_declared": False, "reason": ""} for fall in (2019, 2023, 2024)]
    )  # fmt: skip
    known = committee_parts.Known({**tables, "public_quality_years": years, "public_school_changes": events}, ABOUT)
    near = [(school, 2999.0)]
    assert committee_parts.changes(near, known, ABOUT).lines == (
        "Bay School: weak in 2022-23, strong in 2023-24.",
        "Bay School: grades added (6, 7) in 2023-24, seen in the counts alone.",
        "Bay School: grades added (6, 7) in 2024-25, seen in the counts alone.",
    )
    assert committee_parts.changes(near * 2, known, ABOUT).lines[-1].startswith("3 more within 3 km")


@pytest.mark.parametrize(
    ("classes", "counts", "said"),
    [
        ((2022, 2023), (2023, 2024), "No school within 3 km changed its class, opened, closed"),
        ((2023,), (2024,), "is not known: the study has no two years to compare."),
        ((), (), "is not known: the study has no two years to compare."),
        ((2023,), (2023, 2024), "Whether one changed its class is not known: the study has no two years of classes."),
        ((2022, 2023), (2024,), "Whether one opened, closed or changed its grades is not known: the study has no two years of pupils."),
    ],
)  # fmt: skip
def test_of_one_year_it_is_not_known_whether_a_school_changed(
    tables: dict[str, Any], classes: tuple[int, ...], counts: tuple[int, ...], said: str
) -> None:
    years = pd.DataFrame({"school_id": "1", "fall_year": classes, "quality_class": "weak", "is_quality": False})
    pupils = pd.DataFrame({"school_id": "1", "fall_year": counts, "value_text": "300"})
    known = committee_parts.Known({**tables, "public_quality_years": years, "public_enrollment": pupils}, ABOUT)
    told = committee_parts.changes([], known, ABOUT)
    assert told.lines == () and said in told.empty
    assert Catalogue(messages("es")).find(told.empty)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_that_would_be_markup_are_text(payload: str, taken: dict[str, Any]) -> None:
    hostile = town([payload], payload)
    told = committee.packet(hostile, ABOUT)
    drawn = outlines(told.areas)
    html, content = page(told, drawn), pdf(told, drawn)
    tags: set[str] = set()
    attributes: set[tuple[str, str | None]] = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.add(tag)
            attributes.update(attrs)

    Reader().feed(html)
    plain: set[str] = set()

    class Own(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            plain.add(tag)

    Own().feed(str(taken["maps/packet.html"]))
    assert tags <= plain
    assert not [name for name, _ in attributes if name.startswith("on") or name in ("src", "srcdoc", "style")]
    assert all(re.fullmatch(r"#[\w-]+|packet\.pdf|index\.html|es/packet\.html|need\.html#area=[\w%.~-]+|data:,", value or "") for name, value in attributes if name == "href")  # fmt: skip
    assert "{{" not in html and "${" not in html
    assert not re.search(rb"/JavaScript|/URI|/Launch", content)


def test_the_policy_is_that_of_the_sheets_and_nothing_is_loaded(taken: dict[str, Any]) -> None:
    html = str(taken["maps/packet.html"])
    scripts, styles = (re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.S) for tag in ("script", "style"))
    assert len(scripts) == len(styles) == 1
    assert f'content="{policy(scripts, styles)}"' in html
    assert not re.search(r"<link rel=.?style|@import|url\(|https?://", html)
    assert '<html lang="en">' in html and html.count("<h1>") == 1 and html.count('<section class="leaf') == 41


def test_the_pdf_has_title_language_structure_and_its_fonts_inside(taken: dict[str, Any]) -> None:
    reader = pypdf.PdfReader(io.BytesIO(taken["maps/packet.pdf"]))
    catalog: Any = reader.trailer["/Root"]
    assert catalog["/Lang"] == "en-US" and catalog["/MarkInfo"]["/Marked"]
    assert reader.metadata and reader.metadata.title == "The committee's packet: Hexham Unified"
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]
    assert [entry.title for entry in reader.outline][:2] == ["Hexham Unified", "Alder Grove"]  # type: ignore[union-attr]
    used = [font.get_object() for sheet in reader.pages for font in sheet["/Resources"]["/Font"].values()]  # type: ignore[index]
    embedded = [font for font in used if "/FontDescriptor" in font]
    assert {font["/BaseFont"][8:] for font in embedded} == {"LiberationSans", "LiberationSans-Bold"}
    assert all("/FontFile2" in font["/FontDescriptor"] and "/ToUnicode" in font for font in embedded)


def test_every_text_of_the_pdf_has_its_place_in_the_structure(taken: dict[str, Any], packet: Packet) -> None:
    reader = pypdf.PdfReader(io.BytesIO(taken["maps/packet.pdf"]))
    root: Any = reader.trailer["/Root"]["/StructTreeRoot"]  # type: ignore[index]
    parents = root["/ParentTree"]["/Nums"]
    roles: list[str] = []
    counts = dict.fromkeys(range(len(reader.pages)), 0)
    numbers = {sheet.indirect_reference.idnum: n for n, sheet in enumerate(reader.pages)}  # type: ignore[union-attr]

    def walk(element: Any) -> None:
        roles.append(element["/S"])
        for kid in element["/K"]:
            if isinstance(kid, int):
                number = numbers[element.raw_get("/Pg").idnum]
                assert parents[2 * number + 1][kid].get_object() == element
                counts[number] += 1
            else:
                walk(kid.get_object())

    walk(root["/K"][0])
    for number, sheet in enumerate(reader.pages):
        stream = sheet.get_contents().get_data().decode("latin-1")  # type: ignore[union-attr]
        assert sheet["/StructParents"] == number
        assert len(re.findall(r"/MCID \d+>> BDC", stream)) == counts[number] == len(parents[2 * number + 1])
        # no text outside a mark
        outside = re.sub(r"(?:/\w+ <</MCID \d+>> BDC|/Artifact BMC).*?EMC", "", stream, flags=re.S)
        assert "Tj" not in outside
    assert roles.count("/H1") == len(packet.leaves) and {"/Table", "/TR", "/TH", "/TD", "/Figure", "/L", "/LI"} <= set(roles)  # fmt: skip


def test_a_long_leaf_gets_smaller_letters_and_one_that_cannot_fit_is_refused(packet: Packet, tables: dict[str, Any]) -> None:  # fmt: skip
    leaf = packet.leaves[3]
    row = ("Elementary school", "A school with a name that takes all the fifty-six letters", *leaf.grids[0].rows[0][2:])
    longer = replace(leaf, grids=(replace(leaf.grids[0], rows=(row,) * 18), *leaf.grids[1:]))
    drawn = outlines(packet.areas)
    content = pdf(replace(packet, leaves=(longer,)), drawn)
    assert len(pages_of(content)) == 1
    sizes = {float(s) for s in re.findall(r"/F\d\+\d ([\d.]+) Tf", pypdf.PdfReader(io.BytesIO(content)).pages[0].get_contents().get_data().decode("latin-1"))}  # type: ignore[union-attr]  # fmt: skip
    assert sizes and max(sizes) < 1.9 * 9.0
    endless = replace(leaf, grids=(replace(leaf.grids[0], rows=(row,) * 90),))
    with pytest.raises(ValueError, match=f"The page of '{leaf.title}' does not fit on letter paper"):
        pdf(replace(packet, leaves=(endless,)), drawn)


def test_letters_that_the_fonts_lack_are_squares_in_the_pdf_alone(tables: dict[str, Any]) -> None:
    named = tables["public_neighborhoods"].assign(name=["Pe\u00f1a \u5b66\u6821"] * 40)
    told = committee.packet({**tables, "public_neighborhoods": named}, ABOUT)
    drawn = outlines(told.areas)
    assert "Pe\u00f1a \u25a1\u25a1" in pages_of(pdf(told, drawn))[1]
    assert "Pe\u00f1a \u5b66\u6821" in page(told, drawn)


def test_a_study_without_figures_has_a_summary_that_says_so() -> None:
    told = committee.packet(nothing(), ABOUT)
    drawn = outlines(told.areas)
    (sheet,) = pages_of(pdf(told, drawn))
    for text in ("No neighborhood could be ranked.", "No site of this study can be listed", "allow no line to quote"):
        assert text in sheet and text in unescape(page(told, drawn))


def test_very_many_leaves_are_told_row_by_row(tables: dict[str, Any], packet: Packet) -> None:
    many = replace(packet, leaves=tuple(replace(packet.leaves[1 + n % 5]) for n in range(302)))
    reader = pypdf.PdfReader(io.BytesIO(pdf(many, outlines(packet.areas))))
    stream = reader.pages[300].get_contents().get_data().decode("latin-1")  # type: ignore[union-attr]
    assert len(reader.pages) == 302 and "/TD" not in stream and "/H1 <</MCID" in stream


def _printed(visit: Any, place: Path) -> int:
    sheet, wrong = visit(place)
    content = sheet.pdf(prefer_css_page_size=True)
    assert wrong == [] and sheet.evaluate("window.executed") == []
    return len(pypdf.PdfReader(io.BytesIO(content)).pages)


@pytest.mark.browser
def test_a_browser_prints_a_leaf_to_a_page_without_any_request(taken: dict[str, Any], visit: Any, tmp_path: Path) -> None:  # fmt: skip
    place = tmp_path / "packet.html"
    place.write_text(str(taken["maps/packet.html"]), encoding="utf-8")
    assert _printed(visit, place) == 41


@pytest.mark.browser
def test_the_longest_names_still_print_a_leaf_to_a_page(packet: Packet, visit: Any, tmp_path: Path) -> None:
    long = "Wilhelmina Montgomery Washington Memorial Academy of Math"[:56]

    def widest(leaf: Leaf) -> Leaf:
        grids = tuple(
            replace(grid, rows=tuple((row[0] if grid.heads[0] == "Level" else long, long if grid.heads[0] == "Level" else row[1], *row[2:]) for row in (grid.rows * 6)[: 3 if grid.heads[0] == "Site" else 6]))
            for grid in leaf.grids
        )  # fmt: skip
        warned = "Approximate: 61% of it lies inside the district, and only that part is counted; zones are drawn by the nearest school, since none are published."
        lines = tuple(replace(each, lines=(f"{long}: grades added (6, 7, 8) in 2023-24, seen in the counts alone.",) * 4) for each in leaf.lines)  # fmt: skip
        return replace(leaf, grids=grids, warning=warned, lines=lines)

    leaves = tuple(widest(leaf) for leaf in packet.leaves[1:4])
    place = tmp_path / "packet.html"
    wide = replace(
        packet, leaves=leaves, foot=packet.foot + " U.S. Census Bureau; California Department of Education." * 2
    )
    place.write_text(page(wide, outlines(packet.areas)), encoding="utf-8")
    assert _printed(visit, place) == 3


@pytest.mark.browser
def test_find_and_links_lead_to_one_leaf(taken: dict[str, Any], visit: Any, tmp_path: Path) -> None:
    place = tmp_path / "packet.html"
    place.write_text(str(taken["maps/packet.html"]), encoding="utf-8")
    sheet, wrong = visit(place)
    sheet.get_by_label("Find").fill("alder")
    assert sheet.locator("#names li:visible").all_inner_texts()[0].startswith("Alder")
    assert sheet.locator("#found").inner_text() == f"{sheet.locator('#names li:visible').count()} found"
    sheet.locator("#names li:visible a").first.click()
    assert sheet.locator(".leaf:visible h2").all_inner_texts() == ["Alder Grove"]
    sheet.get_by_role("link", name="All pages").click()
    assert sheet.locator(".leaf:visible h2").all_inner_texts() == ["Hexham Unified"]
    assert sheet.locator("#names").is_visible()
    assert wrong == []


@pytest.mark.browser
def test_one_neighborhood_prints_alone_and_all_come_without_scripts_too(taken: dict[str, Any], visit: Any, chromium: Any, tmp_path: Path) -> None:  # fmt: skip
    place = tmp_path / "packet.html"
    place.write_text(str(taken["maps/packet.html"]), encoding="utf-8")
    sheet, wrong = visit(place)
    sheet.get_by_role("link", name="Alder Grove", exact=True).first.click()
    (alone,) = pages_of(sheet.pdf(prefer_css_page_size=True))
    assert alone.startswith("Alder Grove") and wrong == []
    context = chromium.new_context(offline=True, java_script_enabled=False)
    plain = context.new_page()
    plain.goto(place.as_uri())
    assert plain.locator(".leaf:visible h2").all_inner_texts() == ["Hexham Unified"]
    assert len(pages_of(plain.pdf(prefer_css_page_size=True))) == 41
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
@pytest.mark.parametrize("key", ["", "n03"])
def test_axe_finds_nothing_and_nothing_runs_wider_than_the_screen(taken: dict[str, Any], visit: Any, tmp_path: Path, key: str, width: int, height: int) -> None:  # fmt: skip
    place = tmp_path / "packet.html"
    place.write_text(str(taken["maps/packet.html"]), encoding="utf-8")
    sheet, wrong = visit(place, width, height)
    sheet.evaluate(f"location.hash = '{anchor(key)}'")
    assert sheet.locator(f"#{anchor(key)}.now").count() == 1
    sheet.evaluate((packaged("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found = sheet.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"][:160]) for rule in found] == []
    assert sheet.evaluate("document.documentElement.scrollWidth") <= width and wrong == []


# words and numbers of cells that stand on two lines, or beyond their cell
BROKEN = """() => Array.from(document.querySelectorAll(".leaf td, .leaf th")).flatMap((cell) => {
    const text = cell.firstChild, right = cell.getBoundingClientRect().right + 1, found = [];
    if (!cell.offsetWidth || !text || text.nodeType !== 3) return found;
    for (const word of text.data.matchAll(/[^ \\u00a0-]+/g)) {
        const range = document.createRange();
        range.setStart(text, word.index);
        range.setEnd(text, word.index + word[0].length);
        if (range.getClientRects().length > 1 || range.getBoundingClientRect().right > right) found.push(word[0]);
    }
    return found;
})"""


@pytest.mark.browser
@pytest.mark.parametrize("name", ["packet", "es/packet"])
def test_on_a_phone_no_number_and_no_word_of_a_table_is_broken(millbrook_workspace: Path, visit: Any, name: str) -> None:  # fmt: skip
    sheet, wrong = visit(millbrook_workspace / f"maps/{name}.html", 390, 844)
    leaves = sheet.locator("#names a").evaluate_all("all => all.map(one => one.hash)")
    for leaf in leaves:
        sheet.evaluate("(leaf) => { location.hash = leaf; }", leaf)
        sheet.wait_for_function("(leaf) => document.querySelector('.leaf.now').matches(leaf)", arg=leaf)
        assert sheet.evaluate(BROKEN) == [], leaf
        assert sheet.evaluate("document.documentElement.scrollWidth") <= 390, leaf
    assert len(leaves) == 41 and wrong == []
