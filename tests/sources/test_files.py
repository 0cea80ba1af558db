"""Reading of sound files: rows and their numbers, ids that stay text, and shapes; and laws of the cells."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.columns import GRADES
from pipeline.errors import FaultyInput, MissingInput, SourceError
from pipeline.ledger import Ledger
from pipeline.sources.files import (
    Faults,
    clean_text,
    parse_number,
    read_parquet_rows,
    read_rows,
    read_shapes_file,
    text_id,
)
from pipeline.sources.words import fall_of, grade_of, span_of
from tests.sources.bad_files import BOX, CRS, entry, square

ENTRY = entry("grade_counts", "table", "enr.csv", absent={"suppressed": ("*", "<11"), "not_applicable": ("n/a",)})


def _write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_row_numbers_are_those_a_spreadsheet_shows(tmp_path: Path) -> None:
    rows = read_rows(
        _write(tmp_path / "t.csv", "Enrollment\nby school\nid,n\n\n1,5\n,\n2,6\nnote\n"),
        entry_id="t",
        header_row=3,
        skip_footer=1,
    )
    assert rows.to_dict("list") == {"id": ["1", "2"], "n": ["5", "6"], "__row__": [5, 7]}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old_mac"])
def test_line_ends_of_any_system_are_read(tmp_path: Path, end: str) -> None:
    rows = read_rows(_write(tmp_path / "t.csv", end.join(["id,n", "1,5", "2,6", ""])), entry_id="t")
    assert rows["n"].tolist() == ["5", "6"]


def test_compressed_and_caret_delimited_text(tmp_path: Path) -> None:
    (tmp_path / "t.txt.gz").write_bytes(gzip.compress(b'a^b\n1^Oak "Annex"\n'))
    assert read_rows(tmp_path / "t.txt.gz", entry_id="t", delimiter="^")["b"].tolist() == ['Oak "Annex"']


def test_latin_1_is_read_as_windows_writes_it(tmp_path: Path) -> None:
    rows = read_rows(
        _write(tmp_path / "t.txt", "a\tb\n1\tL\u2019Ouverture\n", "cp1252"),
        entry_id="t",
        delimiter="\t",
        encoding="latin-1",
    )
    assert rows["b"].tolist() == ["L\u2019Ouverture"]


def test_census_answer_in_json(tmp_path: Path) -> None:
    rows = read_rows(
        _write(tmp_path / "t.json", '[["P1","state","x"],["12","06",null],["3.50","06",true]]'), entry_id="t"
    )
    assert rows.to_dict("list") == {"P1": ["12", "3.50"], "state": ["06", "06"], "x": ["", "True"], "__row__": [2, 3]}


def test_header_only_gives_no_rows(tmp_path: Path) -> None:
    rows = read_rows(_write(tmp_path / "t.csv", "a,b\n"), entry_id="t")
    assert rows.empty
    assert rows.columns.tolist() == ["a", "b", "__row__"]


def test_column_without_a_name_is_called_by_its_place(tmp_path: Path) -> None:
    rows = read_rows(_write(tmp_path / "t.csv", ",id\n0,7\n"), entry_id="t")
    assert rows[["column 1", "id"]].to_numpy().tolist() == [["0", "7"]]


def test_labels_with_line_breaks_and_trailing_blanks_are_one_label(tmp_path: Path) -> None:
    rows = read_rows(_write(tmp_path / "t.csv", 'a,b\n1,Charter \n2,"Charter-\r\nConversion"\n'), entry_id="t")
    assert rows["b"].tolist() == ["Charter", "Charter- Conversion"]


def test_garbled_letters_that_were_accepted_are_noted(tmp_path: Path) -> None:
    path = _write(tmp_path / "t.csv", "a,b\n1,PS \ufffd 4\n")
    ledger = Ledger()
    assert read_rows(path, entry_id="t", accept_garbled=True, ledger=ledger)["b"].tolist() == ["PS \ufffd 4"]
    assert ledger.frame()["reason"].tolist() == ["1 garbled letters are kept as they are"]


def test_absent_file_is_missing_input_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match=r"t\.csv \(source t\).*python -m pipeline fetch"):
        read_rows(tmp_path / "t.csv", entry_id="t")


cells = st.text(
    st.characters(
        min_codepoint=32,
        max_codepoint=0x24F,
        exclude_characters="\u00c3\u00c2\u00e2\u00ad\u00a0",
        exclude_categories=("Cc", "Cf", "Zs", "Zl", "Zp"),
    ),
    max_size=8,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=6))
def test_every_table_written_by_the_rules_reads_back(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]]
) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["a", "b", "c"])
    writer.writerows(table)
    path = _write(tmp_path_factory.mktemp("law") / "t.csv", stream.getvalue())
    rows = read_rows(path, entry_id="t")
    expected = [[clean_text(c) for c in r] for r in table if any(clean_text(c) for c in r)]
    assert rows[["a", "b", "c"]].to_numpy().tolist() == expected


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.integers(0, 10**7).map(str),
            st.integers(0, 10**7).map("{:,}".format),
            st.sampled_from(["*", "<11", "n/a", ""]),
        ),
        max_size=8,
    )
)
def test_every_number_is_read_and_everything_else_has_its_reason(column: list[str]) -> None:
    values, status = parse_number(pd.Series(column, dtype="str"), entry=ENTRY, what="pupils")
    reasons = {"*": "suppressed", "<11": "suppressed", "n/a": "not_applicable", "": "not_reported"}
    assert status.tolist() == [reasons.get(c, "reported") for c in column]
    assert values.isna().tolist() == [c in reasons for c in column]
    assert values.sum() == sum(int(c.replace(",", "")) for c in column if c not in reasons)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=6))
def test_no_text_that_is_not_a_number_becomes_one(text: str) -> None:
    try:
        values, _ = parse_number(pd.Series([text], dtype="str"), entry=ENTRY, what="pupils", absent={})
    except SourceError:
        return
    if values.notna().all():
        assert any(c in "0123456789" for c in text)
        assert set(text.strip()) <= set("0123456789.,+-eE% ")


def test_status_of_absent_may_be_given_for_one_column(tmp_path: Path) -> None:
    values, status = parse_number(pd.Series(["-", "5"]), entry=ENTRY, what="x", absent={"unreliable": ("-",)})
    assert (values.fillna(-1).tolist(), status.tolist()) == ([-1, 5], ["unreliable", "reported"])


def test_faults_can_be_collected_over_columns() -> None:
    faults = Faults()
    parse_number(pd.Series(["x"]), entry=ENTRY, what="a", faults=faults)
    text_id(pd.Series(["6.7E+12"]), what="b", faults=faults)
    with pytest.raises(FaultyInput) as caught:
        faults.raise_if_any("enr.csv")
    assert [f.code for f in caught.value.faults] == ["E-NOT-NUMBER", "E-ID-EXCEL"]


@pytest.mark.parametrize(
    ("given_id", "padded"), [("6067000100", "06067000100"), ("06067000100", "06067000100"), ("", "")]
)
def test_ids_one_digit_short_get_their_zero_back_when_told(given_id: str, padded: str) -> None:
    assert text_id(pd.Series([given_id]), length=11, what="tract", pad=True).tolist() == [padded]


@pytest.mark.parametrize("bad", ["067000100", "606700010A", "606700010000"])
def test_ids_of_another_length_are_refused_even_when_padding(bad: str) -> None:
    with pytest.raises(SourceError, match="E-ID-LENGTH"):
        text_id(pd.Series([bad]), length=11, what="tract", pad=True)


@pytest.mark.parametrize("bad", ["{'a': 1}", "<b>12</b>", "12\x07", "x" * 65])
def test_what_is_no_id_is_refused(bad: str) -> None:
    with pytest.raises(SourceError, match="E-ID-STRANGE"):
        text_id(pd.Series(["12", bad]), what="neighborhood_id")


def test_a_guid_in_braces_is_an_id() -> None:
    guid = "{3F2504E0-4F89-41D3-9A0C-0305E82C3301}"
    assert text_id(pd.Series([guid]), what="zone_id").tolist() == [guid]


def test_parquet_columns_keep_their_types(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}).to_parquet(tmp_path / "t.parquet")
    assert read_parquet_rows(tmp_path / "t.parquet", ["a"]).to_dict("list") == {"a": [1, 2]}


def test_attributes_of_shapes_are_text(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"whole": [7.0, None], "part": [0.5, 1.25], "flag": [True, False], "name": ["Oak ", None]},
        geometry=[shapely.Polygon(square())] * 2,
        crs="EPSG:4326",
    )
    frame.to_file(tmp_path / "z.gpkg")
    read = read_shapes_file(tmp_path / "z.gpkg", entry_id="z", target_crs=CRS, box=BOX)
    assert read[["whole", "part", "flag", "name"]].to_numpy().tolist() == [
        ["7", "0.5", "True", "Oak"],
        ["", "1.25", "False", ""],
    ]


@given(st.sampled_from(GRADES), st.sampled_from(GRADES))
def test_spans_run_upwards_or_are_not_understood(low: str, high: str) -> None:
    span = span_of(f"{low}-{high}")
    if GRADES.index(low) > GRADES.index(high):
        assert span is None
    elif "UG" not in (low, high):
        assert span == (low, high)


@given(st.integers(1980, 2098))
def test_labels_of_a_school_year_agree(year: int) -> None:
    labels = [
        f"{year}-{(year + 1) % 100:02d}",
        f"{year}-{year + 1}",
        f"{year}/{(year + 1) % 100:02d}",
        f"{year}-09-01",
        f"6/30/{year + 1}",
    ]
    assert {fall_of(label, "start") for label in labels} == {year}
    assert fall_of(str(year + 1), "end") == fall_of(str(year), "start") == year


@pytest.mark.parametrize("word", ["13", "adult", "", "K5", "0KK", "grades"])
def test_words_that_are_no_grade_are_not_guessed(word: str) -> None:
    assert grade_of(word) is None
