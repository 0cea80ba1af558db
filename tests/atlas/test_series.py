"""Years and plans of each place, and how a number came about: what the panel and the comparison are made of."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pipeline.atlas import payload, provenance, series
from pipeline.atlas.book import bind
from pipeline.atlas.compact import packed
from pipeline.atlas.sheets import SHEETS
from pipeline.atlas.spec import Part, Places, Series
from pipeline.columns import BY_NAME
from pipeline.lineage import credits
from pipeline.stages import atlas as stage
from pipeline.tables import BY_TABLE
from tests.atlas.blocks import block, written
from tests.atlas.published import ABOUT, nothing

DECLARED = [(sheet, places, one) for sheet in SHEETS for places in sheet.places for one in places.series]


def test_every_declared_series_names_published_columns_and_its_steps_one_kind() -> None:
    assert len(DECLARED) >= 8
    for sheet, places, one in DECLARED:
        assert one.parts, (sheet.key, places.key)
        for part in one.parts:
            table = BY_TABLE[part.table]
            named = {part.key, part.step, part.value, part.low, part.high, part.margin, part.last} - {""}
            assert named | {column for column, _ in part.where} <= set(table.names), part
            assert {part.key, part.step} <= {*table.key, "fall_year"}, part
        assert {part.table for part in one.parts} <= set(sheet.tables)


def _pupils(**years: list[Any]) -> dict[str, Any]:
    rows = [
        {"school_id": f"s{i}", "fall_year": int(year[1:]), "value_text": text}
        for year, texts in years.items()
        for i, text in enumerate(texts)
    ]
    return {"public_enrollment": pd.DataFrame(rows)}


_SCHOOLS = Places(
    "schools", "", ("school", "schools"), "public_schools", "school_id", (), (),
    series=(Series("pupils", "Pupils", (Part("public_enrollment", "school_id", "fall_year", "value_text"),)),),
)  # fmt: skip


def test_numbers_stand_by_year_and_place_and_a_hidden_one_stays_hidden() -> None:
    frame = pd.DataFrame({"school_id": ["s1", "s0", "s7"]})
    (found,) = series.series_of(_SCHOOLS, frame, _pupils(y2023=["30", "*"], y2022=["25", "40"]), 2023)
    assert [step["label"] for step in found["steps"]] == ["2022-23", "2023-24"]
    assert [step["values"] for step in found["steps"]] == [[40, 25, None], ["*", 30, None]]
    assert not any(step["is_expected"] for step in found["steps"])
    later = series.series_of(_SCHOOLS, frame, _pupils(y2023=["30", "*"], y2022=["25", "40"]), 2022)[0]
    assert [step["is_expected"] for step in later["steps"]] == [False, True]


def test_a_single_year_is_no_series() -> None:
    frame = pd.DataFrame({"school_id": ["s0"]})
    assert series.series_of(_SCHOOLS, frame, _pupils(y2023=["30"]), 2023) == []
    assert series.series_of(_SCHOOLS, frame, _pupils(y2023=["30"], y2022=["*"]), 2023) == []


def test_series_of_the_finished_sheets_are_those_of_the_tables(millbrook_workspace: Any, millbrook: Any) -> None:
    page = block((millbrook_workspace / "maps/outlook.html").read_text(encoding="utf-8"))
    told = written((millbrook_workspace / "maps/outlook.html").read_text(encoding="utf-8"))
    table = page["tables"]["outlook_high"]
    outlook = millbrook("public_outlook").query("unit_kind == 'zone'").set_index(["unit_id", "fall_year"])
    plans = millbrook("public_scenarios").query("unit_kind == 'zone' and fall_year == 2034").set_index(["unit_id", "scenario"])  # fmt: skip
    pupils, what_if = table["series"]
    assert told["tables"]["outlook_high"]["series"][0]["key"] == "pupils"
    compared = 0
    for step in pupils["steps"][1:]:
        for zone, value, low in zip(table["ids"], step["values"], step["low"], strict=True):
            row = outlook.loc[(f"high {zone}", int(step["label"][:4]))]
            assert (value, low) == pytest.approx((row["pupils_projected"], row["pupils_projected_low"]), rel=1e-6)
            compared += 1
    assert what_if["label"] == "What if, in 2034-35" and len(what_if["steps"]) == 5
    for code, step in zip(BY_NAME["scenario"].values, what_if["steps"], strict=True):
        for zone, value in zip(table["ids"], step["values"], strict=True):
            assert value == pytest.approx(plans.loc[(f"high {zone}", code), "pupils_projected"], rel=1e-6)
            compared += 1
    assert compared == 3 * (10 + 5)


def test_a_number_says_what_it_means_and_an_indicator_its_counts() -> None:
    about = stage_about()
    need = next(sheet for sheet in SHEETS if sheet.key == "need").places[0]
    poverty = next(field for field in need.fields if field.key == "indicator")
    fields = [
        type(poverty)(f"indicator|{code}", "x", "percent", (f"indicator_share|{code}", f"indicator_share_moe|{code}"), "margin")
        for code in about.counts
    ]  # fmt: skip
    lines = [provenance.how(need, field, about) for field in fields]
    assert lines[0][0] == "Children in poverty: children below 100% of the poverty line, as a share of children whose poverty status is known."  # fmt: skip
    assert all(line[1].startswith("\u00b1: 90% margin") for line in lines) and len(lines) >= 10
    assert provenance.table_of(need, fields[0]) == "public_contributions"


def stage_about() -> Any:
    """What the stage hands to the sheets of Millbrook."""
    from dataclasses import replace

    from pipeline import config
    from pipeline.analysis.indicators import INDICATORS

    study = config.load()
    counts = {each.name: (each.numerator, each.universe) for each in INDICATORS}
    origins = {name: credits((name,), study.raw) for name in stage.STAGE.reads}
    return replace(ABOUT, counts=counts, origins=origins)


def test_each_view_lists_the_sources_its_table_descends_from(tables: dict[str, Any]) -> None:
    about = stage_about()
    for sheet in SHEETS:
        page = (
            block(str(bind(tables, about)[f"maps/{sheet.key}.html"])) if sheet.key in ("need", "facilities") else None
        )
        for view in page["views"] if page else ():
            assert view["how"] or "|" in view["column"], view["key"]
            assert view["sources"], view["key"]
            names = {page["sources"][place] for place in view["sources"]}
            places = next(places for places in sheet.places if places.key == view["table"])
            field = next(field for field in places.fields if field.key == view["column"].partition("|")[0])
            listed = about.origins[provenance.table_of(places, field)]
            assert names == {f"{producer}: {title}, {vintage}" for producer, title, vintage, _, _ in listed}


def test_without_years_nothing_is_offered() -> None:
    growth = next(sheet for sheet in SHEETS if sheet.key == "growth")
    page = packed(payload.build(growth, nothing(), ABOUT))
    assert page["tables"] == {}
