from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyogrio
import pytest

from pipeline.atlas import exports
from pipeline.atlas.take import FILES, take
from pipeline.columns import parted
from pipeline.errors import PipelineError
from pipeline.stages import packet as stage
from pipeline.tables import BY_TABLE
from tests.atlas.payloads import PAYLOADS
from tests.atlas.published import ABOUT, CRS, nothing, town


@pytest.fixture(scope="module")
def hostile() -> dict[str, Any]:
    return town(PAYLOADS, PAYLOADS[13])


def _book(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def test_the_workbook_holds_the_published_numbers(taken: dict[str, Any], tables: dict[str, Any]) -> None:
    book = _book(taken["maps/schoolshed.xlsx"])
    for table in exports.PUBLISHED:
        page = book[table.name.removeprefix("public_")[:31]]
        rows = list(page.iter_rows(values_only=True))
        names = [name for name in table.names if name != "geometry"]
        assert list(rows[0]) == names
        assert len(rows) - 1 == len(tables[table.name])
        for row, (_, published) in zip(rows[1:], tables[table.name].iterrows(), strict=True):
            for name, value in zip(names, row, strict=True):
                expected = published[name]
                if pd.isna(expected) or expected == "":
                    assert value is None
                else:
                    assert value == (pytest.approx(expected) if isinstance(expected, float) else expected), (
                        table.name,
                        name,
                    )


def test_the_notes_say_what_a_row_of_each_sheet_is(taken: dict[str, Any]) -> None:
    notes = {row[0]: row[1] for row in _book(taken["maps/schoolshed.xlsx"])["notes"].iter_rows(values_only=True)}
    assert notes["Incomes"] == "one row for each area x vintage"
    assert not [line for line in notes.values() if re.search(r"\ba [aeio]", line)]


def test_ids_are_text_in_the_workbook(taken: dict[str, Any]) -> None:
    cell = _book(taken["maps/schoolshed.xlsx"])["schools"]["A2"]
    assert cell.data_type == "s" and cell.value == "9999999000000"


def test_nothing_from_data_is_a_formula_or_a_link(hostile: dict[str, Any]) -> None:
    content = exports.workbook(hostile, ABOUT)
    book = _book(content)
    texts = set()
    for page in book.worksheets:
        assert page._hyperlinks == []
        for row in page.iter_rows():
            for cell in row:
                assert cell.data_type != "f", f"{page.title}!{cell.coordinate} is a formula: {cell.value}"
                texts.add(cell.value)
    assert '=HYPERLINK("http://example.com","x")' in texts
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert not [name for name in parts.namelist() if "externalLink" in name or "vbaProject" in name]
        assert all(b'TargetMode="External"' not in parts.read(name) for name in parts.namelist())


def test_the_geopackage_keeps_names_shapes_and_crs(
    taken: dict[str, Any], tables: dict[str, Any], tmp_path: Path
) -> None:
    place = tmp_path / "schoolshed.gpkg"
    place.write_bytes(taken["maps/schoolshed.gpkg"])
    assert [name for name, _ in pyogrio.list_layers(place)] == [*exports.LAYERS, exports.POCKETS, "layer_styles"]
    for layer, name in exports.LAYERS.items():
        back = pyogrio.read_dataframe(place, layer=layer)
        assert back.crs == CRS and len(back) == len(tables[name])
        shapes = tables[name].geometry
        assert (back.geometry.isna() == shapes.isna()).all()
        assert back.geometry.dropna().geom_equals(shapes.dropna()).all()
        for column in BY_TABLE[name].key:
            assert back[column].tolist() == tables[name][column].tolist()
    pockets = pyogrio.read_dataframe(place, layer=exports.POCKETS)
    assert pockets["pocket_id"].tolist() == ["p0", "p1", "p2"] and pockets.crs == CRS
    areas = tables["public_neighborhoods"].set_index("neighborhood_id").geometry
    for ids, shape in zip(pockets["area_ids"], pockets.geometry, strict=True):
        assert shape.area == pytest.approx(areas[parted(ids)].area.sum())


def test_a_text_that_a_cell_would_cut_is_refused() -> None:
    tables = nothing()
    frame = tables["public_missing"].reindex([0]).assign(line=1, reason="x" * 32_768)
    with pytest.raises(PipelineError, match=r"public_missing, row 1, reason: .*\(32,768 letters"):
        exports.workbook({**tables, "public_missing": frame}, ABOUT)


def test_the_geopackage_has_the_columns_of_the_contract_alone(tables: dict[str, Any], tmp_path: Path) -> None:
    added = {name: frame.assign(secret_pupils=7.0) for name, frame in tables.items()}
    place = tmp_path / "schoolshed.gpkg"
    place.write_bytes(exports.geopackage(added))
    for layer in (*exports.LAYERS, exports.POCKETS):
        assert "secret_pupils" not in pyogrio.read_info(place, layer=layer)["fields"]


def test_the_geopackage_of_a_study_without_shapes_has_its_layers(tmp_path: Path) -> None:
    place = tmp_path / "empty.gpkg"
    place.write_bytes(exports.geopackage(nothing()))
    for layer, name in exports.LAYERS.items():
        back = pyogrio.read_dataframe(place, layer=layer)
        assert len(back) == 0 and set(BY_TABLE[name].names) == set(back.columns)
    back = pyogrio.read_dataframe(place, layer=exports.POCKETS)
    assert len(back) == 0 and {*BY_TABLE["public_pockets"].names, "geometry"} == set(back.columns)


def test_the_dictionary_explains_every_published_column() -> None:
    rows = list(csv.DictReader(io.StringIO(exports.dictionary(), newline="")))
    assert [(row["table"], row["column"]) for row in rows] == [(t.name, c) for t in exports.PUBLISHED for c in t.names]
    assert all(row["meaning"] for row in rows)
    assert {row["may_be_empty"] for row in rows} == {"yes", "no"}
    assert {row["in_csv"].partition(",")[0].partition(";")[0] for row in rows} >= {"text", "true or false", "number"}
    assert all("apostrophe" in row["in_csv"] for row in rows if row["kind"] in ("key", "category", "text"))


def test_the_stage_promises_what_is_written(taken: dict[str, Any]) -> None:
    assert stage.STAGE.files == FILES and sorted(taken) == sorted(FILES)
    assert all(name.startswith("public_") or name == "disclosure" for name in stage.STAGE.reads)
    assert sorted(take(nothing(), ABOUT)) == sorted(FILES)


def test_the_same_tables_give_the_same_bytes(taken: dict[str, Any]) -> None:
    again = take(town(), ABOUT)
    assert [name for name in taken if taken[name] != again[name]] == []
