"""The sheet Growth: pockets and what drives them, growth crossed with need, families moving, children expected."""

from __future__ import annotations

from typing import Any

import pytest
import shapely.geometry

from pipeline.atlas import payload
from pipeline.atlas.book import bind
from pipeline.atlas.growth_frames import BANDS, pockets_before, pockets_now
from pipeline.atlas.sheets import SHEETS
from tests.atlas.blocks import block
from tests.atlas.published import ABOUT, nothing, told, whole
from tests.atlas.test_book import paragraphs

GROWTH = next(sheet for sheet in SHEETS if sheet.key == "growth")


@pytest.fixture(scope="module")
def page(files: dict[str, Any]) -> dict[str, Any]:
    return block(str(files["maps/growth.html"]))


def changed(tables: dict[str, Any], **others: Any) -> dict[str, Any]:
    """The data block of the sheet with some tables put in the place of others."""
    return payload.build(GROWTH, {**tables, **others}, ABOUT)


def said(tables: dict[str, Any], **others: Any) -> str:
    """How the sheet is to be read, with some tables put in the place of others."""
    return " ".join(f"{term} {text}" for term, text in GROWTH.reading({**tables, **others}, ABOUT))


def annex(page: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Rows of a further table by the keys of its columns."""
    found = next(one for one in page["annexes"] if one["key"] == key)
    return [dict(zip([column["key"] for column in found["columns"]], row, strict=True)) for row in found["rows"]]


def view(page: dict[str, Any], key: str) -> dict[str, Any]:
    found: dict[str, Any] = next(v for v in page["views"] if v["key"] == key)
    return found


def cells(page: dict[str, Any], table: str, column: str) -> list[Any]:
    one = page["tables"][table]
    place = [each["key"] for each in one["columns"]].index(column)
    return [row[place] for row in one["rows"]]


def test_pockets_are_told_with_seats_drivers_and_evidence(page: dict[str, Any]) -> None:
    grown, shrunk = annex(page, "pockets")
    assert (grown["kind"], shrunk["kind"]) == ("Growing", "Shrinking")
    assert (grown["seats"], grown["seats_range"]) == (290, [180, 400])
    assert (shrunk["seats"], shrunk["seats_range"]) == (-180, [-290, -80])
    assert (grown["driver"], shrunk["driver"]) == ("Mainly new homes", "Mainly families moving away")
    assert grown["evidence"] == "2 by themselves and 1 with its neighbors"
    parts = [grown[part][0] for part in ("births", "housing", "moving")]
    assert sum(parts) == pytest.approx(grown["change"][0]) and grown["ages"] == "5 to 17"
    assert grown["to_range"] == [1435, 1625]


def test_pockets_of_earlier_pairs_stand_apart_and_not_on_the_map(page: dict[str, Any], tables: dict[str, Any]) -> None:
    assert [row["period"] for row in annex(page, "pockets_before")] == ["2009-2013 to 2014-2018"]
    assert pockets_now(tables, ABOUT)["pocket_id"].tolist() == ["p1", "p2"]
    assert pockets_before(tables, ABOUT)["pocket_id"].tolist() == ["p0"]
    drawn = page["pockets"]
    assert drawn["labels"] == ["+330", "\u2212200"] and len(drawn["shapes"]["features"]) == 2
    # a pair in which nothing stands out shows none of the pockets of another
    alone = tables["public_pockets"].query("pocket_id == 'p0'")
    other = changed(tables, public_pockets=alone)
    assert other["pockets"]["labels"] == []
    assert len(annex(other, "pockets_before")) == 1 and annex(other, "pockets") == []
    assert "No pocket of growth or decline stands out" in whole("growth", {**tables, "public_pockets": alone}, ABOUT)


def test_growth_and_need_is_a_layer_with_what_is_unreliable_hatched(
    page: dict[str, Any], tables: dict[str, Any]
) -> None:
    crossed = tables["public_growth_need"]
    layer = view(page, "neighborhoods:cross")
    counts = {line["label"]: line["count"] for line in layer["classes"]}
    kinds = crossed["cross_class"].value_counts()
    assert counts == {"Growing, and high need": kinds["both_high"], "Growing": kinds["growth_only"], "High need": kinds["need_only"], "Neither growing nor of high need": kinds["neither"]}  # fmt: skip
    # of those that grow; a small change of a place that does not is no fault of its figures
    assert layer["weak"] == [35]
    calm = crossed.assign(
        reliability_class=crossed["reliability_class"].mask(crossed["cross_class"] == "neither", "low")
    )
    assert view(changed(tables, public_growth_need=calm), "neighborhoods:cross")["weak"] == [35]


def test_neighborhoods_of_growth_and_need_stand_first_and_in_the_answer(
    page: dict[str, Any], tables: dict[str, Any]
) -> None:
    rows = annex(page, "crossed")
    both = tables["public_growth_need"].query("cross_class == 'both_high'").sort_values("need_rank")
    names = tables["public_neighborhoods"].set_index("neighborhood_id")["name"]
    assert [row["name"] for row in rows[: len(both)]] == names[both["neighborhood_id"]].tolist()
    assert {row["cross"] for row in rows[: len(both)]} == {"Growing, and high need"}
    assert not {"Neither growing nor of high need", "Not known"} & {row["cross"] for row in rows}
    answer = whole("growth", tables, ABOUT)
    assert f"Growth and high need meet in {len(both)} neighborhoods: {names[both['neighborhood_id'].iloc[0]]}" in answer
    apart = tables["public_growth_need"].assign(
        cross_class=tables["public_growth_need"]["cross_class"].replace("both_high", "need_only")
    )
    answer = whole("growth", {**tables, "public_growth_need": apart}, ABOUT)
    assert "In no neighborhood of high need do children grow in number beyond chance." in answer


def test_an_unreliable_rise_is_not_named_where_growth_and_need_meet(tables: dict[str, Any]) -> None:
    crossed = tables["public_growth_need"]
    both = crossed["cross_class"] == "both_high"
    first = crossed[both].sort_values("need_rank")["neighborhood_id"].iloc[0]
    names = tables["public_neighborhoods"].set_index("neighborhood_id")["name"]
    weak = crossed.assign(
        reliability_class=crossed["reliability_class"].mask(crossed["neighborhood_id"] == first, "low")
    )
    answer = whole("growth", {**tables, "public_growth_need": weak}, ABOUT)
    sure = weak[both & (weak["reliability_class"] != "low")]
    unsure = int(both.sum()) - len(sure)
    assert len(sure) and f"meet in {len(sure)} neighborhood" in answer
    assert f"In {'one' if unsure == 1 else unsure} more they may, by unreliable figures." in answer.replace(
        "In 1 more", "In one more"
    )
    assert names[first] not in answer.partition("Growth and high need meet in")[2]
    none = crossed.assign(reliability_class=crossed["reliability_class"].mask(both, "low"))
    answer = whole("growth", {**tables, "public_growth_need": none}, ABOUT)
    assert f"Growth and high need may meet in {int(both.sum())} neighborhoods, by unreliable figures." in answer


def test_the_answer_has_seats_and_what_drives_each_pocket(files: dict[str, Any], tables: dict[str, Any]) -> None:
    answer = whole("growth", tables, ABOUT)
    assert "(+330 \u00b1 120 children; about 290 seats taken, 180 to 400 nine times in ten; mainly new homes)" in answer
    assert "One pocket shrinks: it is Alder Grove and Ash Hill (\u2212200 \u00b1 120 children; about 180 seats freed, 80 to 290 nine times in ten; mainly families moving away)" in answer  # fmt: skip
    district = tables["public_population"].query("layer == 'district' and age_band == '5-17' and year == 2031").iloc[0]
    assert f"In 2031, {district['children_projected']:,.0f} children of these ages ({district['children_projected_low']:,.0f} to" in answer  # fmt: skip
    assert answer == told(str(files["maps/growth.html"]))
    pockets = tables["public_pockets"].assign(driver="not_known", seats_change=float("nan"))
    assert "(+330 \u00b1 120 children)." in whole("growth", {**tables, "public_pockets": pockets}, ABOUT)


def test_children_expected_are_a_layer_for_each_year_hatched_where_nothing_can_be_told(
    page: dict[str, Any], tables: dict[str, Any]
) -> None:
    rows = tables["public_population"].query("layer == 'neighborhood' and age_band == '5-17' and year == 2031")
    layer = view(page, "neighborhoods:expected|5-17 2031")
    assert layer["label"] == "Children expected, 5 to 17 in 2031"
    assert layer["weak"] == [i for i, beyond in enumerate(rows["is_beyond_interval"]) if not beyond] != []
    assert "rose" not in str(layer["classes"]) and "more by" in str(layer["classes"])
    assert cells(page, "neighborhoods", "expected|5-17 2031") == rows["children_projected"].tolist()
    keys = {one["key"] for one in page["views"]}
    # other ages stand in the panel
    assert (
        "neighborhoods:expected|0-4 2031" not in keys and len(cells(page, "neighborhoods", "expected|0-4 2031")) == 40
    )
    whole = [row for row in annex(page, "population") if row["name"] == ABOUT.title]
    assert [(row["ages"], row["year"]) for row in whole] == [("0 to 4", "2026"), ("0 to 4", "2031"), ("5 to 17", "2026"), ("5 to 17", "2031")]  # fmt: skip
    assert {row["error"] for row in whole} == {"Stated, not tested"}


def test_pupils_expected_in_the_same_fall_stand_beside_the_children(tables: dict[str, Any]) -> None:
    ahead = tables["public_population"].query("layer == 'district' and age_band == '5-17'")
    year = int(ahead["year"].max())
    outlook = tables["public_outlook"].query("unit_kind == 'district'").iloc[:1]
    same = outlook.assign(fall_year=year, pupils_projected=4321.0)
    beside = f" The sheet Outlook expects 4,321 public pupils in {year}-{(year + 1) % 100:02d}: the two are made apart and need not fit."
    assert beside in whole("growth", {**tables, "public_outlook": same}, ABOUT)
    assert "made apart" not in whole("growth", {**tables, "public_outlook": same.assign(fall_year=year + 1)}, ABOUT)


def test_families_moving_are_a_layer_and_a_table_by_age(page: dict[str, Any], tables: dict[str, Any]) -> None:
    rows = tables["public_migration"].query("layer == 'neighborhood' and age_band == '5-17'").reset_index(drop=True)
    layer = view(page, "neighborhoods:moved|5-17")
    assert layer["weak"] == rows.index[~rows["is_significant"]].tolist()
    table = annex(page, "migration")
    assert len(table) == 41 and table[0]["name"] == ABOUT.title
    assert all(row["moved_10-13"] is None or row["moved_10-13"][0] is None for row in table)
    assert table[1]["moved_5-9"] == [-40, 25]


def test_drivers_are_in_the_panel_and_a_table(page: dict[str, Any]) -> None:
    assert cells(page, "neighborhoods", "driver").count("New or lost homes") == 1
    told = {row["name"]: row["driver"] for row in annex(page, "drivers")}
    assert len(told) == 41 and sorted(set(told.values())) == ["Cannot be told", "Mainly new homes"]


def test_a_band_that_is_spread_says_so(tables: dict[str, Any]) -> None:
    change = tables["public_growth"]
    spread = change[change["age_band"] == "5-17"].assign(age_band="10-13", band_basis="even_spread")
    page = changed(tables, public_growth=type(change)([*change.to_dict("records"), *spread.to_dict("records")]))
    assert set(cells(page, "neighborhoods", "basis|10-13")) == {"Spread evenly within a published band"}
    columns = [c["key"] for c in page["tables"]["neighborhoods"]["columns"]]
    assert "basis|5-17" not in columns and "carries|10-13" in columns
    assert "spread evenly" in said(tables)


def test_the_sheet_says_how_sure_it_is(files: dict[str, Any], tables: dict[str, Any]) -> None:
    told = paragraphs(files["maps/growth.html"])
    for part in ("May be chance", "What drives it", "at most 10%", "at least 25 seats", "The study compares one pair"):
        assert part in told, part
    assert "a figure the study states; it could not be tested here" in told
    outlook = tables["public_population"]
    rows = outlook.query("layer == 'neighborhood' and age_band == '5-17' and year == 2031")
    assert f"In {rows['is_beyond_interval'].sum()} of 40 neighborhoods today's number lies outside" in told
    tested = said(tables, public_population=outlook.assign(error_basis="back_test"))
    assert "when it forecast the study's own latest survey" in tested and "figure the study states" not in tested
    older = tables["public_growth"].assign(vintage_from="2009-2013", vintage_to="2014-2018")
    both = type(older)([*older.to_dict("records"), *tables["public_growth"].to_dict("records")])
    assert "pockets of 1 earlier pair stand" in said(tables, public_growth=both)


def test_every_number_of_the_map_is_published(page: dict[str, Any], tables: dict[str, Any]) -> None:
    ids = page["tables"]["neighborhoods"]["ids"]
    migration = tables["public_migration"].query("layer == 'neighborhood' and age_band == '5-17'").set_index("area_id")
    moved = cells(page, "neighborhoods", "moved|5-17")
    assert [row[0] for row in moved] == migration.loc[ids, "migrants_change"].tolist()
    drivers = tables["public_drivers"].query("layer == 'neighborhood'").set_index("area_id")
    assert [row[0] for row in cells(page, "neighborhoods", "housing")] == drivers.loc[ids, "housing_change"].tolist()
    assert set(GROWTH.tables) >= {f"public_{name}" for name in ("growth", "pockets", "drivers", "migration", "growth_need", "population")}  # fmt: skip


def test_a_study_without_surveys_has_the_sheet_and_says_so() -> None:
    empty = changed(nothing())
    assert whole("growth", nothing(), ABOUT) == "This study has no two survey periods that can be compared."
    assert empty["views"] == [] and all(one["empty"] for one in empty["annexes"])
    assert "no such outlook" in said(nothing())


def test_outlines_of_pockets_cover_their_neighborhoods(page: dict[str, Any]) -> None:
    outline = shapely.geometry.shape(page["pockets"]["shapes"]["features"][1]["geometry"])
    places = page["shapes"]["neighborhoods"]["features"]
    inside = [shapely.geometry.shape(one["geometry"]).representative_point() for one in places]
    assert [place for place, point in enumerate(inside) if outline.contains(point)] == [0, 1]


def test_bands_of_the_study_have_an_order() -> None:
    assert set(BANDS) == {"0-4", "5-9", "10-13", "14-17", "5-17", "0-17"}


def untested(tables: dict[str, Any]) -> dict[str, Any]:
    """The study without counts of children of an earlier survey period: no change, no pocket, need as it was."""
    change, crossed = tables["public_growth"], tables["public_growth_need"]
    lost = dict.fromkeys(["children_from", "children_from_moe", "children_change", "children_change_moe"], float("nan"))
    alone = {True: "high_untested", False: "not_high_untested"}
    return {
        **tables,
        "public_growth": change.assign(**lost, is_significant=False, reliability_class="not_known"),
        "public_growth_need": crossed.assign(
            change_class="not_known", cross_class=crossed["need_class"].eq("high").map(alone), pocket_id=None
        ),
        **{name: tables[name].iloc[:0] for name in ("public_pockets", "public_drivers", "public_migration")},
    }


def test_where_growth_was_not_tested_the_sheet_says_so_and_tells_need(tables: dict[str, Any]) -> None:
    bare = untested(tables)
    classes = tables["public_growth_need"]["need_class"]
    high, ranked = int(classes.eq("high").sum()), int(classes.ne("not_ranked").sum())
    files = bind(bare, ABOUT)
    page = block(str(files["maps/growth.html"]))
    counts = {line["label"]: line["count"] for line in view(page, "neighborhoods:cross")["classes"]}
    assert counts == {"High need, growth not tested": high, "Not of high need, growth not tested": 40 - high}
    assert len(annex(page, "crossed")) == high and set(cells(page, "neighborhoods", "direction")) == {"Not tested"}
    pockets = next(one for one in page["annexes"] if one["key"] == "pockets")
    assert pockets["rows"] == [] and pockets["empty"].startswith("Not tested: the study has no counts of children")
    assert f"Growth was not tested; {high} of {ranked} neighborhoods are of high need." in whole("growth", bare, ABOUT)
    told = said(bare)
    assert "the map shows need alone" in told and "one pair of survey periods" not in told
    # the sheet is marked in the navigation and on the overview alike
    assert 'growth.html">Growth<span class="unseen"> (no figures in this study)' in str(files["maps/need.html"])
    card = str(files["maps/index.html"]).partition('<a href="growth.html"><div')[2].partition("</li>")[0]
    assert "No figures in this study" in card
    assert "(no figures in this study)" not in str(bind(tables, ABOUT)["maps/need.html"]).partition("Growth")[2][:60]


def test_two_periods_compared_differ_by_chance_where_their_change_does(page: dict[str, Any]) -> None:
    """One difference has one verdict: the page's comparison takes that of the tested change."""
    layer = view(page, "neighborhoods:change|5-17")
    (children,) = page["tables"]["neighborhoods"]["series"]
    (test,) = children["tests"]
    assert [children["steps"][place]["label"] for place in test["pair"]] == ["2014-2018", "2019-2023"]
    assert list(test["weak"]) == list(layer["weak"]) and test["weak"]
    assert test["weak_label"] == layer["weak_label"]
