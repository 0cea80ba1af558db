"""The sheets of schools and seats: every choice beside the others, in the steps it may be told in."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
import shapely
import shapely.geometry

from pipeline.atlas.book import bind
from pipeline.atlas.payload import build
from pipeline.atlas.sheets import SHEETS
from tests.atlas.blocks import block
from tests.atlas.published import ABOUT, nothing, whole
from tests.atlas.test_book import paragraphs

SEATS, SCHOOLS = (next(sheet for sheet in SHEETS if sheet.key == key) for key in ("seats", "schools"))


def annex(files: dict[str, Any], sheet: str, key: str) -> list[dict[str, Any]]:
    """Rows of a further table by the keys of its columns."""
    found = next(one for one in block(str(files[f"maps/{sheet}.html"]))["annexes"] if one["key"] == key)
    return [dict(zip([column["key"] for column in found["columns"]], row, strict=True)) for row in found["rows"]]


def test_the_five_counts_stand_side_by_side_with_the_ranks_they_give(
    files: dict[str, Any], tables: dict[str, Any]
) -> None:
    rows = annex(files, "seats", "variants")
    long = tables["public_gap_variants"]
    assert len(rows) == long.groupby(["level", "zone_id"]).ngroups
    for name in ("study", "contained", "citywide_out", "by_access", "in_five_years"):
        total = long[long["variant"] == name].groupby("level")["unmet_seats"].sum()
        assert [row[name] for row in annex(files, "seats", "variants_by_level")] == total[
            ["elementary", "middle", "high"]
        ].tolist()
    assert all(first <= last for first, last in (row["ranks"] for row in rows))
    panel = block(files["maps/seats.html"])["tables"]["zones_middle"]["columns"]
    assert "missing|by_access" in [column["key"] for column in panel]


@pytest.mark.parametrize(
    ("ratio", "cuts"), [(0.5, "50 to 79%"), (0.65, "65 to 79%"), (0.8, "80 to 119%"), (0.9, "90 to 119%")]
)
def test_access_is_poor_below_the_setting_in_column_legend_and_answer(
    tables: dict[str, Any], ratio: float, cuts: str
) -> None:
    about = replace(ABOUT, rules=replace(ABOUT.rules, poor_ratio=ratio))
    page = build(next(sheet for sheet in SHEETS if sheet.key == "access"), tables, about)
    below = f"{100 * ratio:.0f}%"
    columns = [one for one in page["tables"]["access"]["columns"] if one["key"].startswith("access|")]
    assert columns and {one["explain"] for one in columns} == {
        f"100% is the district's mean; below {below}, before rounding, is poor"
    }
    for view in page["views"]:
        assert [line["label"] for line in view["classes"]][:2] == [f"under {below}", cuts]


def test_a_zone_whose_number_is_hidden_is_in_no_count(tables: dict[str, Any]) -> None:
    long = tables["public_gap_variants"].copy()
    hidden = long["zone_id"] == "h0"
    long.loc[hidden, ["resident_pupils", "quality_seats", "service_gap_seats", "unmet_seats", "service_gap_rank"]] = (
        None
    )
    files = bind({**tables, "public_gap_variants": long}, ABOUT)
    assert [row["zones"] for row in annex(files, "seats", "variants_by_level")] == [8, 4, 1]
    assert len(annex(files, "seats", "variants")) == 13


def test_a_cut_that_is_not_told_is_a_star(files: dict[str, Any]) -> None:
    rows = annex(files, "seats", "sweep")
    assert [row["moved"] for row in rows[:4]] == pytest.approx([-0.1, -0.05, 0, 0.05])
    assert [rows[0][key] for key in ("cut", "schools", "seats", "unmet", "shift")] == ["*"] * 5
    assert [rows[1][key] for key in ("schools", "seats", "unmet", "shift")] == [16, 3900, 1200, "0.5"]


def test_a_level_of_few_schools_is_listed_at_the_studys_cut_alone(tables: dict[str, Any]) -> None:
    swept = tables["public_cut_sweep"].copy()
    hidden = (swept["level"] == "middle") & (swept["cut_change"] != 0)
    swept.loc[hidden, ["cut_share", "quality_schools", "quality_seats", "unmet_seats", "rank_shift"]] = None
    rows = annex(bind({**tables, "public_cut_sweep": swept}, ABOUT), "seats", "sweep")
    assert [row["moved"] for row in rows if row["level"] == "Middle school"] == [0]
    assert len(rows) == 5


def test_a_study_of_one_year_without_zones_has_its_areas(tables: dict[str, Any]) -> None:
    seats = tables["public_quality_seats"]
    alone = seats[~seats["layer"].str.startswith("zone ") & (seats["fall_year"] == 2023)]
    files = bind(
        {**tables, "public_quality_seats": alone, "public_quality_change": tables["public_quality_change"].iloc[:0]},
        ABOUT,
    )
    assert [row["area"] for row in annex(files, "schools", "quality_areas")] == ["Alder Grove"]
    answer = whole(
        "schools",
        {**tables, "public_quality_seats": alone, "public_quality_change": tables["public_quality_change"].iloc[:0]},
        ABOUT,
    )
    assert "; in 2023-24 4,800 of 12,000 pupils (40%) were in quality seats." in answer


def test_access_is_said_by_method_and_by_group(files: dict[str, Any], tables: dict[str, Any]) -> None:
    low = "; measured against that mean, access that is low everywhere is not poor."
    assert low in files["maps/access.html"] and low in files["maps/index.html"]
    methods = annex(files, "access", "access_methods")
    assert [row["places"] for row in methods] == [[10, 40], [20, 40], [15, 40], [10, 40]]
    poor = tables["public_access_methods"].query("is_poor_access and access_method == 'e2sfca'")["neighborhood_id"]
    children = tables["public_neighborhoods"].set_index("neighborhood_id")["children_0_17"]
    assert methods[1]["children"] == pytest.approx(children[poor].sum() / children.sum(), rel=1e-6)
    groups = annex(files, "access", "access_groups")
    assert [(row["group"], row["poor"]) for row in groups][:2] == [
        ("Children of these ages", 0.2),
        ("Children in poverty", 0.45),
    ]
    page = block(files["maps/access.html"])["tables"]["access"]
    agree = [column["key"] for column in page["columns"]].index("agree|elementary")
    assert [row[agree] for row in page["rows"][:4]] == [[3, 3], [3, 3], [2, 3], [1, 3]]


def test_the_answer_of_seats_says_how_far_each_choice_moves_it(tables: dict[str, Any]) -> None:
    answer = whole("seats", tables, ABOUT)
    totals = tables["public_gap_variants"].query("level == 'elementary'").groupby("variant")["unmet_seats"].sum()
    later = totals.pop("in_five_years")
    assert f"Against the pupils expected in five years {later:,.0f} would be." in answer
    assert (
        f"Counted in other ways, {totals.min():,.0f} to {totals.max():,.0f} are missing in elementary school" in answer
    )
    assert "5 points lower 800 fewer and 5 points higher 800 more elementary school seats would be missing." in answer
    assert "access" not in answer
    first, *_ = whole("access", tables, ABOUT).split(". ")
    assert first.startswith("20% of children of elementary school age live where access to quality seats is below 50%")
    assert first.endswith("in poverty it is 45%; measured against that mean, access that is low everywhere is not poor")
    assert "all methods call access poor in 10 of 40 neighborhoods" in whole("access", tables, ABOUT)


def test_the_answer_of_schools_splits_the_change_into_parts_that_sum_to_it(tables: dict[str, Any]) -> None:
    answer = whole("schools", tables, ABOUT)
    assert "4 are strong, 4 average and 3 weak; in 2023-24" in answer  # of those open
    nowhere = tables["public_schools"].copy()
    nowhere.loc[nowhere["quality_class"].eq("weak") & nowhere["school_status"].eq("open"), "geometry"] = None
    assert "3 rated schools have no place on the map." in whole("schools", {**tables, "public_schools": nowhere}, ABOUT)
    assert "in 2023-24 4,800 of 12,000 pupils (40%) were in quality seats." in answer
    assert (
        "+1,200 pupils: +900 as schools improved or declined, +200 as schools grew or shrank, +150 as schools opened and \u221250 as schools closed"
        in answer
    )
    assert sum(int(part.replace("\u2212", "-")) for part in re.findall(r"([+\u2212]\d+) as schools", answer)) == 1200


def test_small_groups_show_counts_and_no_share(files: dict[str, Any]) -> None:
    rows = {(row["group"], row["schools"], row["year"]): row for row in annex(files, "schools", "quality_seats")}
    assert rows[("Foster pupils", "All public schools", 2023)]["share"] == "under 200 pupils"
    assert rows[("Low-income pupils", "All public schools", 2023)]["share"] == 0.4
    assert ("Low-income pupils", "All public schools", 2022) not in rows
    areas = annex(files, "schools", "quality_areas")
    assert [(row["area"], row["who"]) for row in areas] == [
        ("Alder Grove", "Pupils of the schools there"),
        ("Bay Grove (elementary)", "Pupils who live there"),
    ]


def test_paths_begin_with_the_district_and_say_the_latest_result(files: dict[str, Any]) -> None:
    rows = annex(files, "schools", "targets")
    assert [row["name"] for row in rows[:2]] == ["Hexham Unified", "Elementary school"] and len(rows) == 10
    assert {row["year"] for row in rows} == {2023} and {row["goal"] for row in rows} == {0.8}


def test_colors_are_called_computed_and_not_the_dashboards_own(tables: dict[str, Any]) -> None:
    about = replace(ABOUT, rules=replace(ABOUT.rules, colors="california_dashboard 2023"))
    files = bind(tables, about)
    page = str(files["maps/schools.html"])
    assert (
        "Computed by the Dashboard's tables (California Dashboard, 2023) from public files; not the Dashboard's own color"
        in paragraphs(page)
    )
    views = block(page)["views"]
    named = [view["label"] for view in views]
    assert "Color by the state's table, English" in named
    assert all("not the Dashboard's own" in view["explain"] for view in views if view["label"].startswith("Color"))
    first = annex(files, "schools", "colors")[0]
    assert (
        re.fullmatch(r"(Red|Orange|Yellow|Green|Blue) \(high, increased\)", first["ela"])
        and first["graduation"] is None
    )
    assert "Color." not in paragraphs(str(bind(tables, ABOUT)["maps/schools.html"]))


def test_a_study_without_results_says_so_on_both_sheets() -> None:
    files = bind(nothing(), ABOUT)
    assert "no results of schools, so that their status is not known" in unescape(str(files["maps/schools.html"]))
    for sheet in (SEATS, SCHOOLS):
        shown = block(str(files[f"maps/{sheet.key}.html"]))["annexes"]
        assert all(one["rows"] == [] and one["empty"] for one in shown if one["key"] != "schools"), sheet.key


def test_schools_are_framed_with_the_whole_district(files: dict[str, Any]) -> None:
    """Points alone would cut the edge of the town off; areas are framed by themselves."""
    schools, seats = (block(files[f"maps/{name}.html"]) for name in ("schools", "seats"))
    assert schools["frames"] == {} and seats["frames"]
    (south, west), (north, east) = schools["bounds"]
    corners = [corner for feature in schools["backdrop"]["features"] for corner in _corners(feature["geometry"])]
    assert west <= min(x for x, _ in corners) + 1e-4 and max(x for x, _ in corners) <= east + 1e-4
    assert south <= min(y for _, y in corners) + 1e-4 and max(y for _, y in corners) <= north + 1e-4


def _corners(geometry: dict[str, Any]) -> list[tuple[float, float]]:
    return [(x, y) for x, y in shapely.get_coordinates(shapely.geometry.shape(geometry)).tolist()]
