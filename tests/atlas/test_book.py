"""The finished files: always the same ones, the same bytes, and the numbers of the tables."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from pipeline.analysis.indicators import INDICATORS
from pipeline.atlas import changes_frames, enrollment_frames, facility_frames, growth_frames
from pipeline.atlas.answers import quality_of_data_more
from pipeline.atlas.book import FILES, bind
from pipeline.atlas.need_frames import FAMILY_RANKS, HELD_AGAINST
from pipeline.atlas.outlook_frames import MADE as OUTLOOK_MADE
from pipeline.atlas.quality_frames import MADE
from pipeline.atlas.render import ASSETS, asset
from pipeline.atlas.sheets import SHEETS
from pipeline.atlas.siting_frames import MADE as SITING_MADE
from pipeline.atlas.words import LABELS, VARIED
from pipeline.columns import BY_NAME
from pipeline.stages import atlas as stage
from pipeline.tables import BY_TABLE
from tests.atlas.blocks import block
from tests.atlas.published import ABOUT, nothing, told, town, whole

PAGES = [name for name in FILES if name.endswith(".html")]


def test_the_sketch_of_a_site_has_the_neighborhoods_around_it(files: dict[str, Any]) -> None:
    sketches = re.findall(r"Sketch of the site.*?</svg>", files["maps/rfp_packets.html"], re.S)
    assert sketches and all("<path" in sketch.split("<circle")[0] for sketch in sketches)


def test_two_renders_give_the_same_bytes(files: dict[str, Any]) -> None:
    again = bind(town(), ABOUT)
    assert [name for name in files if files[name] != again[name]] == []


def test_a_sheet_lists_its_own_sources_and_the_overview_all() -> None:
    other = ("County Health", "Births", "2023", "Open", "https://example.org/births")
    about = replace(ABOUT, sources=(*ABOUT.sources, other), credits={"growth": (other,)})
    files = bind(town(), about)
    growth, overview = (str(files[f"maps/{name}.html"]).partition("<footer>")[2] for name in ("growth", "index"))
    assert "Sources of the numbers on this sheet (1)" in growth
    assert "County Health" in growth and ABOUT.sources[0][1] not in growth
    assert "Sources (2)" in overview and "County Health" in overview and ABOUT.sources[0][1] in overview


def test_every_study_gets_the_same_files(files: dict[str, Any]) -> None:
    assert sorted(files) == sorted(FILES) == sorted(bind(nothing(), ABOUT))


def test_the_stage_reads_published_tables_only() -> None:
    assert stage.STAGE.files == FILES
    assert stage.STAGE.reads
    assert all(name.startswith("public_") or name == "disclosure" for name in stage.STAGE.reads)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_nothing(files: dict[str, Any], name: str) -> None:
    page = re.sub(r'<script type="application/json".*?</script>', "", files[name], flags=re.S)
    assert not re.search(
        r'<(script|img|iframe|object|embed)[^>]* (src|srcdoc|data)=|<link [^>]*href="(?!data:,)|@import|url\((?!#)',
        page,
    )
    assert not re.search(r' on[a-z]+="| style="', page), "an inline handler or style would break the policy"


@pytest.mark.parametrize("name", PAGES)
def test_the_policy_names_exactly_the_scripts_of_the_page(files: dict[str, Any], name: str) -> None:
    page = files[name]
    meta = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert meta and meta.group(1).startswith("default-src 'none'; ") and "unsafe" not in meta.group(1)
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        bodies = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.S)
        hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(b.encode()).digest()).decode()}'" for b in bodies]
        allowed = re.search(rf"{directive} ([^;]*)", meta.group(1))
        assert allowed and allowed.group(1).split() == (hashes or ["'none'"])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_titled_zoomable_and_has_landmarks(files: dict[str, Any], name: str) -> None:
    page = files[name]
    assert f'<html lang="{"es" if "/es/" in name else "en"}"' in page and len(re.findall("<h1>", page)) == 1
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page
    for landmark in ("<header", "<nav aria-label", "<main>", "<footer>", 'class="skip"'):
        assert landmark in page


def test_numbers_of_the_need_sheet_are_those_of_the_tables(files: dict[str, Any], tables: dict[str, Any]) -> None:
    table = block(files["maps/need.html"])["tables"]["neighborhoods"]
    keys = [column["key"] for column in table["columns"]]
    published = tables["public_neighborhoods"].set_index("neighborhood_id")
    shares = tables["public_contributions"].set_index(["neighborhood_id", "indicator"])
    assert table["ids"] == published.index.tolist()
    for place, cells in zip(table["ids"], table["rows"], strict=True):
        row, shown = published.loc[place], dict(zip(keys, cells, strict=True))
        for key, columns in (
            ("need", ["need_index"]),
            ("rank", ["need_rank"]),
            ("rank_range", ["need_rank_low", "need_rank_high"]),
            ("chance", ["high_need_probability_share"]),
            ("children", ["children_0_17", "children_0_17_moe"]),
        ):
            values = shown[key] if isinstance(shown[key], list) else [shown[key]]
            for value, column in zip(values, columns, strict=True):
                assert (value is None) == (row[column] != row[column])
                assert value is None or value == pytest.approx(row[column], rel=1e-6)
        for key, value in shown.items():
            if key.startswith("indicator|") and value[0] is not None:
                assert value == pytest.approx(
                    shares.loc[(place, key.split("|")[1])][["indicator_share", "indicator_share_moe"]].tolist(),
                    rel=1e-6,
                )


def test_bars_add_up_to_the_index(files: dict[str, Any]) -> None:
    table = block(files["maps/need.html"])["tables"]["neighborhoods"]
    need = [column["key"] for column in table["columns"]].index("need")
    for cells, parts in zip(table["rows"], table["bars"]["values"], strict=True):
        if cells[need] is None:
            assert parts == [None] * 4
        else:
            assert sum(parts) == pytest.approx(cells[need], rel=1e-4)


@pytest.mark.parametrize("name", [f"maps/{sheet.key}.html" for sheet in SHEETS])
def test_legends_count_every_place_once(files: dict[str, Any], name: str) -> None:
    page = block(files[name])
    assert page["views"] or "drawing" in files[name]
    for view in page["views"]:
        rows = len(page["tables"][view["table"]]["rows"])
        assert len(view["index"]) == rows == len(page["shapes"][view["table"]]["features"])
        assert sum(line["count"] for line in view["classes"]) + view["index"].count(-1) == rows
        assert len(view["classes"]) <= 5


def test_unreliable_and_approximate_places_are_marked(files: dict[str, Any], tables: dict[str, Any]) -> None:
    need = block(files["maps/need.html"])["views"][0]
    weak = tables["public_neighborhoods"]["reliability_class"].eq("low")
    assert need["weak"] == weak[weak].index.tolist()
    growth = block(files["maps/growth.html"])["views"][0]
    change = tables["public_growth"].query("layer == 'neighborhood' and age_band == '5-17'").reset_index(drop=True)
    assert growth["weak"] == change.index[~change["is_significant"]].tolist()
    high = [view for view in block(files["maps/seats.html"])["views"] if view["table"] == "zones_high"]
    assert high and all(view["approximate"] == [0, 1] for view in high)
    assert "Approximate." in files["maps/seats.html"] and "Approximate." not in files["maps/need.html"]


def test_a_neighborhood_cut_by_the_district_says_so_on_the_map_and_in_its_panel(tables: dict[str, Any]) -> None:
    places = tables["public_neighborhoods"].copy()
    cut = places.index[3]
    places.loc[cut, ["is_approximate", "inside_share"]] = [True, 0.31]
    files = bind({**tables, "public_neighborhoods": places}, ABOUT)
    for sheet in ("need", "quality_of_data"):
        page = block(files[f"maps/{sheet}.html"])
        columns = [column["key"] for column in page["tables"]["neighborhoods"]["columns"]]
        assert page["tables"]["neighborhoods"]["rows"][3][columns.index("inside")] == pytest.approx(0.31)
        assert page["views"][0]["approximate"] == [3]
        assert "the part of a census area inside the district" in files[f"maps/{sheet}.html"]
    whole = block(bind(tables, ABOUT)["maps/need.html"])["tables"]["neighborhoods"]["columns"]
    assert "inside" not in [column["key"] for column in whole]  # all lie inside: nothing to tell
    assert "less than 50% of its ground lies in the district" in files["maps/need.html"]


def test_answers_say_the_numbers_of_the_tables(files: dict[str, Any], tables: dict[str, Any]) -> None:
    def answer(key: str) -> str:
        return told(files[f"maps/{key}.html"])

    places = tables["public_neighborhoods"]
    high = places[places["need_class"] == "high"]
    assert f"{len(high)} are very likely (at least 80%) among the neediest fifth" in answer("need")
    assert f"{high['children_0_17'].sum():,.0f} of all {places['children_0_17'].sum():,.0f} children" in answer("need")
    assert "One pocket of growth stands out" in answer("growth") and "+330 \u00b1 120" in answer("growth")
    assert "In 2034-35 the district can expect 14,400 pupils (14,000 to 14,800" in answer("growth")
    unmet = tables["public_zones"].groupby("level")["unmet_seats"].sum()
    assert f"{unmet['elementary']:,.0f} in elementary school" in answer("seats")
    assert "2 have room to offer, together 440 empty seats" in answer("facilities")
    assert "12 numbers are published, 4 are hidden" in answer("quality_of_data")
    assert "Since the release 2023-24, 2 of 3 numbers moved" in answer("quality_of_data")
    index = str(files["maps/index.html"])
    assert (
        "<h2>Since the release 2023-24</h2><p>Share of pupils in quality seats: 33.5% \u2192 34.4%. The sheet" in index
    )
    assert "<h2>Since the " not in str(bind(nothing(), ABOUT)["maps/index.html"])


def test_reliability_is_said_of_those_of_whom_it_is_known() -> None:
    """Where no margins are known, 'none is unreliable' would be heard as 'all are reliable'."""
    tables = town()
    places = tables["public_neighborhoods"]

    def of(**classes: int) -> str:
        found = [name for name, number in classes.items() for _ in range(number)]
        shown = places.iloc[: len(found)].assign(reliability_class=found)
        return " ".join(quality_of_data_more({**tables, "public_neighborhoods": shown}, ABOUT))

    unknown = of(not_known=4)
    assert "How reliable the figures of 4 neighborhoods are is not known" in unknown and "unreliable" not in unknown
    some = of(high=2, low=1, not_known=3)
    assert (
        "Of 6 neighborhoods, the reliability of 3 is not known; of the others, 1 has figures too unreliable to act on."
        in some
    )
    assert "Of 3 neighborhoods, none has figures too unreliable to act on." in of(high=2, medium=1)


def test_a_study_without_inputs_says_what_is_missing() -> None:
    tables = nothing()
    tables["public_missing"] = town()["public_missing"]
    files = bind(tables, ABOUT)
    assert "no figures from which need could be ranked" in files["maps/need.html"]
    assert "The county health office publishes them." in files["maps/growth.html"]
    data = block(files["maps/quality_of_data.html"])
    assert any("births" in str(row) for annex in data["annexes"] for row in annex["rows"])


def test_hidden_pupils_stay_hidden_and_are_named(files: dict[str, Any]) -> None:
    page = block(files["maps/seats.html"])
    schools = next(annex for annex in page["annexes"] if annex["key"] == "schools")
    pupils = [column["key"] for column in schools["columns"]].index("pupils")
    assert [row[pupils] for row in schools["rows"]].count("*") == 4
    assert sum("not shown" in text for text in page["dots"]["texts"]) == 4


def test_vendored_files_are_those_of_the_manifest() -> None:
    manifest = json.loads((ASSETS / "leaflet/manifest.json").read_text(encoding="utf-8"))
    assert {"leaflet.js", "leaflet.css", "LICENSE"} == set(manifest["files"])
    for name in manifest["files"]:
        asset(f"leaflet/{name}")  # raises where the bytes differ
    assert "Redistribution" in asset("leaflet/LICENSE")


def test_every_declared_column_is_published() -> None:
    assert SHEETS
    for sheet in SHEETS:
        for annex in sheet.annexes:
            known = {
                *BY_TABLE[annex.table].names,
                *FAMILY_RANKS,
                *HELD_AGAINST,
                "area_name",
                "area_names",
                "unit_name",
                "method_name",
                "site_name",
                "school_name",
                "matched_school_name",
                "second_site_name",
                *MADE,
                *SITING_MADE,
                *growth_frames.MADE,
                *facility_frames.MADE,
                *OUTLOOK_MADE,
                *enrollment_frames.MADE,
                *changes_frames.MADE,
            }
            assert {column for field in annex.fields for column in field.columns} <= known, annex.key
        for places in sheet.places:
            known = {
                *BY_TABLE[places.table].names,
                *(value for wide in places.wides for value in wide.values),
                *MADE,
                *SITING_MADE,
            }
            known |= set(BY_TABLE["public_targets"].names) if places.key == "schools" else set()
            known |= {"guest_names", "next_school"} if places.key == "hosts" else set()
            assert {column for field in places.fields for column in field.columns} <= known, (sheet.key, places.key)
            assert {layer.field for layer in places.layers} <= {field.key for field in places.fields}
            for wide in places.wides:
                assert {wide.key, *wide.by.split(), *wide.values} <= set(BY_TABLE[wide.table].names)


def test_every_published_code_has_words() -> None:
    for column in (
        "need_class",
        "hot_spot_class",
        "moran_class",
        "family",
        "norm",
        "topic",
        "factor",
        "reliability_class",
        "sector",
        "quality_class",
        "path_status",
        "surplus_status",
        "condition_class",
        "site_status",
        "match_status",
        "pocket_kind",
        "band_basis",
        "change_class",
        "cross_class",
        "driver",
        "error_basis",
        "pocket_evidence",
        "unit_kind",
        "size_class",
        "capacity_definition",
        "location_status",
        "value_status",
        "entry",
        "variant",
        "run_by",
        "student_group",
        "access_method",
        "growth_class",
        "color",
        "status_level",
        "change_level",
        "outlook_evidence",
        "interval_basis",
        "scenario",
        "change_kind",
        "rule",
    ):
        assert set(BY_NAME[column].values) <= set(LABELS[column]), column
    assert {indicator.name: indicator.title for indicator in INDICATORS} == LABELS["indicator"]
    assert tuple(VARIED) == BY_NAME["factor"].values


def test_growth_without_an_earlier_count_claims_no_change(tables: dict[str, Any]) -> None:
    change = tables["public_growth"].copy()
    change[["children_from", "children_from_moe", "children_change", "children_change_moe"]] = float("nan")
    change["is_significant"] = False
    answer = whole(
        "growth",
        {
            **tables,
            "public_growth": change,
            **{
                f"public_{name}": tables[f"public_{name}"].iloc[:0] for name in ("pockets", "growth_need", "population")
            },
        },
        ABOUT,
    )
    assert answer.startswith(
        "This study has no counts of children of two survey periods that can be compared. In 2034-35"
    )


def test_recommendations_about_the_neediest_stand_first(tables: dict[str, Any]) -> None:
    one = tables["public_recommendations"].iloc[0].to_dict()
    said = [
        {**one, "recommendation_id": f"r {i}", "subject_id": i, "statement": f"about {i}"}
        for i in ("n38", "n00", "n20")
    ]
    page = bind({**tables, "public_recommendations": type(tables["public_growth"])(said)}, ABOUT)["maps/index.html"]
    ranks = tables["public_neighborhoods"].set_index("neighborhood_id")["need_rank"]
    assert re.findall(r"about (n\d\d)", page) == sorted(("n38", "n00", "n20"), key=lambda i: ranks[i])


def paragraphs(page: str) -> str:
    """How to read a sheet, as text."""
    found = re.search(r"<h2>How to read this</h2>(.*?)</section>", page, re.S)
    assert found
    return unescape(re.sub(r"<[^>]+>", "", found.group(1)))


def test_the_thresholds_of_the_study_stand_on_the_sheets(tables: dict[str, Any]) -> None:
    rules = replace(
        ABOUT.rules, certain_share=0.9, possible_share=0.3, top_share=0.1, growth_alpha=0.05, target_share=0.65,
        target_years=4, under_ratio=0.6, surplus_rooms=9.0,
    )  # fmt: skip
    files = bind(tables, replace(ABOUT, rules=rules))
    need, growth, seats, facilities = (
        paragraphs(str(files[f"maps/{name}.html"])) for name in ("need", "growth", "seats", "facilities")
    )
    assert "at least 90% of the draws" in need and "neediest tenth" in need and "fewer than 30%" in need
    assert "at most 5% are expected to be luck" in growth
    assert "65% of pupils meeting the state's standard in English and mathematics after 4 years" in seats
    assert "Less than 60% of the seats" in facilities and "at least 9 rooms" in facilities and "fall 2026" in facilities


def test_a_relative_cut_is_called_relative_and_a_fixed_one_is_named(tables: dict[str, Any]) -> None:
    free = str(bind(tables, ABOUT)["maps/seats.html"])
    assert "the study fixes no cut" in unescape(free) and "the measure is relative" in paragraphs(free)
    fixed = str(bind(tables, replace(ABOUT, rules=replace(ABOUT.rules, cut_share=0.55)))["maps/seats.html"])
    assert "(at least 55% of pupils meeting the state's standard in English and mathematics)" in unescape(fixed)
    assert "fixes no cut" not in fixed and "At least 55%" in paragraphs(fixed)


def test_chance_is_told_as_the_test_is_made(files: dict[str, Any], tables: dict[str, Any]) -> None:
    labels = {view["weak_label"] for view in block(files["maps/growth.html"])["views"]}
    assert "May be chance, after correcting for 40 comparisons" in labels
    for name in PAGES:
        assert "surely" not in files[name] and "within the margin of error" not in files[name], name


def test_pupils_today_stand_beside_those_expected(tables: dict[str, Any]) -> None:
    import pandas as pd

    counts = pd.DataFrame(
        {
            "school_id": ["9999999000000", "9999999000001", "9999999000003", "9999999000004"],
            "fall_year": [2024, 2024, 2024, 2023],
            "value_text": ["13,000", "*", "400", "900"],
            "value_status": ["reported", "suppressed", "reported", "reported"],
        }
    )
    answer = whole("growth", {**tables, "public_enrollment": counts}, ABOUT)
    # the fourth school is private, the last count of another year
    assert answer.endswith(" 13,000 pupils today; 14,400 (14,000 to 14,800 eight times in ten) expected in 2034-35.")


def test_a_site_without_empty_seats_says_why(tables: dict[str, Any]) -> None:
    sites = tables["public_sites"].copy()
    sites["surplus_seats"] = sites["surplus_seats"].where(sites["surplus_status"] == "offered")
    sites.loc[3, "reason"] = "Not shown: few pupils."
    table = block(str(bind({**tables, "public_sites": sites}, ABOUT)["maps/facilities.html"]))["tables"]["sites"]
    seats = [column["key"] for column in table["columns"]].index("surplus")
    assert [row[seats] for row in table["rows"][:5]] == [220, "not offered", "not offered", "*", "not known"]


def test_an_old_count_of_a_school_gives_its_year(tables: dict[str, Any]) -> None:
    schools = tables["public_schools"].copy()
    schools.loc[0, "fall_year"] = 2020
    page = block(str(bind({**tables, "public_schools": schools}, ABOUT)["maps/seats.html"]))
    assert sum("412 pupils in 2020-21" in text for text in page["dots"]["texts"]) == 1
    annex = next(annex for annex in page["annexes"] if annex["key"] == "schools")
    year = [column["key"] for column in annex["columns"]].index("year")
    assert sorted({row[year] for row in annex["rows"] if row[year]}) == [2020, 2024]


def test_the_need_sheet_lists_its_indicators_with_weights(files: dict[str, Any]) -> None:
    annex = block(files["maps/need.html"])["annexes"][0]
    assert annex["rows"][0] == ["Children in poverty", 0.4]
    assert sum(weight for _, weight in annex["rows"]) == pytest.approx(1)


def test_the_overview_hatches_what_may_be_chance(files: dict[str, Any]) -> None:
    thumb = re.findall(r'<div class="thumb">(.*?)</div>', files["maps/index.html"], re.S)[1]
    weak = block(files["maps/growth.html"])["views"][0]["weak"]
    assert len(weak) == thumb.count('fill="url(#hatch-growth-')
    for name in set(re.findall(r"url\(#([^)]+)\)", thumb)):
        assert f'<pattern id="{name}"' in thumb


def test_the_overview_explains_every_rule(files: dict[str, Any]) -> None:
    page = files["maps/index.html"]
    for number in ("N-01", "Z-01", "G-01", "G-02", "G-03", "F-01", "F-02"):
        assert f'<th scope="row">{number}</th>' in page


def test_no_code_word_of_the_record_reaches_a_page(tables: dict[str, Any]) -> None:
    lines = tables["public_missing"].assign(
        subject_name="indicator child_poverty", reason="needs children_in_poverty over child_poverty_universe, and ela"
    )
    page = str(bind({**tables, "public_missing": lines}, ABOUT)["maps/quality_of_data.html"])
    assert "needs children in poverty over child poverty universe, and English" in page
    assert "indicator child_poverty" not in page
    named = tables["public_missing"].assign(reason="9999999000003 shares its elementary zone")
    page = str(bind({**tables, "public_missing": named}, ABOUT)["maps/need.html"])
    assert "Bay School shares its elementary zone" in page and "9999999000003" not in page
