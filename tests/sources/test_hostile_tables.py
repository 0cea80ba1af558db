"""Tables that libraries read wrongly without a word: refused with the row, or recorded (hazards T01-T28)."""

from __future__ import annotations

import datetime
import gzip
import time
from pathlib import Path

import openpyxl
import pytest

from pipeline.errors import FaultyInput, PipelineError, SourceError
from pipeline.sources import workbooks
from pipeline.sources.files import read_rows
from pipeline.sources.registry import gather
from tests.sources.bad_files import entry, folder, lines, read_births, read_pupils, read_schools

HEAD = "tract,year,births\n"
PUPILS = "school,year,grade,pupils\n"
STARS = {"absent": {"suppressed": ("*", "<11", "N<10")}, "suppressed_range": (1, 10)}


# ids


def test_T01_lost_leading_zero_is_refused_where_the_length_is_declared(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=r"(?s)births\.csv.*E-ID-LENGTH.*11 characters.*row 3 \(area_id='6999000200'\).*`pad`"
    ):
        read_births(
            folder(tmp_path), HEAD + "06999000100,2020,3\n6999000200,2020,4\n", options={"length": {"area_id": 11}}
        )


def test_T01_lost_leading_zero_is_restored_where_declared_and_recorded(tmp_path: Path) -> None:
    where = folder(tmp_path)
    births = read_births(
        where, HEAD + "6999000100,2020,3\n", options={"pad": {"area_id": 11}, "length": {"area_id": 11}}
    )
    assert births["area_id"].tolist() == ["06999000100"]
    assert any("leading zeros restored to 11 digits" in line for line in lines(where, "repair"))


def test_T01_leading_zeros_of_a_sound_file_stay(tmp_path: Path) -> None:
    assert read_births(folder(tmp_path), HEAD + "06999000100,2020,3\n")["area_id"].tolist() == ["06999000100"]


def test_T02_blank_id_is_refused_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"(?s)E-EMPTY-CELL.*area_id is empty.*row 3"):
        read_births(folder(tmp_path), HEAD + "06999000100,2020,3\n,2020,4\n")


def test_T02_id_that_became_a_decimal_is_refused_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"(?s)E-ID-DECIMAL.*row 2 \(school_id='412\.0'\).*`whole"):
        read_pupils(folder(tmp_path), PUPILS + "412.0,2024,05,20\n")


def test_T02_decimal_id_is_mended_where_declared_and_recorded(tmp_path: Path) -> None:
    where = folder(tmp_path)
    pupils = read_pupils(where, PUPILS + "412.0,2024,05,20\n", options={"whole": ["school_id"]})
    assert pupils["school_id"].tolist() == ["412"]
    assert any("412.0" in line for line in lines(where, "repair"))


def test_T03_id_in_scientific_notation_is_refused_because_its_digits_are_lost(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError,
        match=r"(?s)E-ID-EXCEL.*digits are lost.*2 times; first: row 2 \(school_id='6\.73439E\+12'\).*publisher",
    ):
        read_pupils(folder(tmp_path), PUPILS + "6.73439E+12,2024,05,20\n6.73439E+12,2024,06,20\n")


def test_T03_long_number_in_a_workbook_is_refused_with_its_cell(tmp_path: Path) -> None:
    _book(tmp_path, [["tract", "year", "births"], [60999000100100123, 2020, 3]])
    with pytest.raises(SourceError, match=r"(?s)births\.xlsx.*E-ID-EXCEL.*Sheet!A2"):
        _book_births(tmp_path)


def test_T08_doubled_school_is_refused_with_both_rows(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"(?s)schools\.csv.*E-KEY-DUP.*2 times; first: row 2 \(school_id=1\)"):
        read_schools(folder(tmp_path), "id,name,x,y\n1,Oak,,\n1,Oak Annex,,\n")


def test_T08_school_in_two_files_is_refused_with_both_named(tmp_path: Path) -> None:
    where = folder(tmp_path)
    for name, births in (("a.csv", 3), ("b.csv", 4)):
        (tmp_path / name).write_text(f"{HEAD}06999000100,2020,{births}\n", encoding="utf-8")
    entries = [
        entry(
            "birth_counts", "table", f"{i}.csv", id=i, columns={"area_id": "tract", "year": "year", "births": "births"}
        )
        for i in "ab"
    ]
    with pytest.raises(
        SourceError, match=r"(?s)a\.csv \(source a\) and b\.csv \(source b\).*E-KEY-DUP.*area_id=06999000100"
    ):
        gather(entries, "birth_counts", where)


def test_T14_ids_that_differ_by_invisible_characters_are_one_id_and_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"(?s)E-KEY-DUP.*row 2.*area_id=A1"):
        read_births(folder(tmp_path), HEAD + "A1,2020,3\nA1\u00a0,2020,4\nA\u200b1,2020,4\n")


def test_T14_invisible_characters_are_taken_out_with_a_record(tmp_path: Path) -> None:
    where = folder(tmp_path)
    assert read_births(where, HEAD + "\u00a0A1\u200b,2020,3\n")["area_id"].tolist() == ["A1"]
    assert any("invisible characters" in line for line in lines(where, "repair"))


# numbers and their absence


def test_T04_suppressed_cells_are_intervals_and_zero_stays_zero(tmp_path: Path) -> None:
    where = folder(tmp_path)
    pupils = read_pupils(where, PUPILS + "1,2024,01,25\n1,2024,02,*\n1,2024,03,<11\n1,2024,04,0\n1,2024,05,\n", **STARS)
    assert pupils["value_status"].tolist() == ["reported", "suppressed", "suppressed", "reported", "not_reported"]
    assert pupils["pupils"].fillna(-1).tolist() == [25, -1, -1, 0, -1]
    assert pupils["pupils_low"].fillna(-1).tolist() == [25, 1, 1, 0, -1]
    assert pupils["pupils_high"].fillna(-1).tolist() == [25, 10, 10, 0, -1]
    assert lines(where, "absence") == [
        "pupils.csv (source raw): pupils not reported  1.0",
        "pupils.csv (source raw): pupils suppressed  2.0",
    ]


@pytest.mark.parametrize("token", ["*", "<11", "N<10", "--"])
def test_T04_undeclared_token_is_refused_never_taken_for_zero(tmp_path: Path, token: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_pupils(folder(tmp_path), PUPILS + f"1,2024,01,25\n1,2024,02,{token}\n")
    assert f"row 3 (pupils='{token}')" in str(caught.value)
    assert "Declare the token under `absent`" in str(caught.value)


@pytest.mark.parametrize("name", ["None", "NA", "Null", "nan"])
def test_T05_schools_named_like_missing_values_keep_their_names(tmp_path: Path, name: str) -> None:
    assert read_schools(folder(tmp_path), f"id,name,x,y\n{name},{name},,\n")[["school_id", "name"]].iloc[
        0
    ].tolist() == [name, name]


@pytest.mark.parametrize("jam", ["-666666666", "-555555555", "-1"])
def test_T06_missing_value_code_is_refused_as_negative_count(tmp_path: Path, jam: str) -> None:
    with pytest.raises(SourceError, match=rf"(?s)E-NEGATIVE.*row 2 \(births='{jam}'\).*declare it under `absent`"):
        read_births(folder(tmp_path), HEAD + f"06999000100,2020,{jam}\n")


@pytest.mark.parametrize("cell", ["250,000+", "2,500-", "$5", "(5)", "12,34", "1.2.3", "1e", "½", "٣x", "٣", "-"])
def test_T07_T15_cell_that_is_no_plain_number_is_refused_with_the_list(tmp_path: Path, cell: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_births(folder(tmp_path), HEAD + f'06999000100,2020,7\n06999000200,2020,"{cell}"\n')
    assert f"row 3 (births={cell!r})" in str(caught.value)
    assert "neither a number nor a declared token" in str(caught.value)


def test_T15_thousands_commas_and_percent_are_understood(tmp_path: Path) -> None:
    assert read_births(folder(tmp_path), HEAD + '06999000100,2020,"1,234"\n')["births"].tolist() == [1234.0]
    text = "school,year,points\n1,2019,45.6%\n2,2019,32.0\n"
    (tmp_path / "r.csv").write_text(text, encoding="utf-8")
    mapping = {
        "columns": {"school_id": "school", "fall_year": "year", "points_share": "points"},
        "constants": {"subject": "rating"},
    }
    with pytest.raises(
        SourceError, match=r"(?s)E-SHARE.*row 3 \(points_share='32\.0'\).*scale: \{points_share: 0\.01\}"
    ):
        gather([entry("results", "table", "r.csv", **mapping)], "results", folder(tmp_path))


def test_T15_all_unreadable_cells_of_a_column_come_in_one_message(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        read_births(folder(tmp_path), HEAD + "a,2020,x\nb,2020,y\nc,2020,z\n")
    (fault,) = caught.value.faults
    assert fault.count == 3
    assert "'x', 'y', 'z'" in fault.what


def test_T20_sum_with_a_suppressed_part_is_empty_with_bounds_never_zero(tmp_path: Path) -> None:
    text = "school,year,grade,race,pupils\n1,2024,01,A,20\n1,2024,01,B,*\n1,2024,02,A,0\n1,2024,02,B,3\n"
    pupils = read_pupils(folder(tmp_path), text, options={"sum_over": ["race"]}, **STARS)
    assert pupils["pupils"].fillna(-1).tolist() == [-1, 3]
    assert pupils[["pupils_low", "pupils_high"]].to_numpy().tolist() == [[21, 30], [3, 3]]
    assert pupils["value_status"].tolist() == ["suppressed", "reported"]


def test_T21_nothing_reported_is_not_a_total_of_zero(tmp_path: Path) -> None:
    text = "school,year,grade,race,pupils\n1,2024,01,A,\n1,2024,01,B,\n"
    pupils = read_pupils(folder(tmp_path), text, options={"sum_over": ["race"]})
    assert pupils["pupils"].isna().all()
    assert pupils["value_status"].tolist() == ["not_reported"]


# subtotals, filters, codes


def test_T09_subtotals_among_details_are_refused_not_summed(tmp_path: Path) -> None:
    text = "school,year,grade,race,pupils\n1,2024,01,All,5\n1,2024,01,A,2\n1,2024,01,B,3\n"
    with pytest.raises(SourceError, match=r"(?s)E-KEY-DUP.*3 times; first: row 2 \(school_id=1.*`keep`"):
        read_pupils(folder(tmp_path), text)


def test_T09_row_that_stands_twice_is_not_summed(tmp_path: Path) -> None:
    text = "school,year,grade,race,pupils\n1,2024,01,A,2\n1,2024,01,A,2\n1,2024,01,B,3\n"
    with pytest.raises(SourceError, match=r"(?s)E-KEY-DUP.*all of sum_over \(race\).*row 2"):
        read_pupils(folder(tmp_path), text, options={"sum_over": ["race"]})


def test_T09_subtotals_left_out_are_counted(tmp_path: Path) -> None:
    where = folder(tmp_path)
    text = "school,year,grade,race,pupils\n1,2024,01,All,5\n1,2024,01,A,2\n1,2024,01,B,3\n"
    assert read_pupils(where, text, keep={"race": ("All",)})["pupils"].tolist() == [5]
    assert lines(where, "loss") == ["pupils.csv (source raw): rows left out by keep, race: A 1, B 1  2.0"]


def test_T09_filter_value_that_no_row_has_is_noted(tmp_path: Path) -> None:
    where = folder(tmp_path)
    read_pupils(where, PUPILS + "1,2024,01,5\n", drop={"school": ("99",)})
    assert any("names a value of school that no row has 99" in line for line in lines(where, "note"))


def test_unmapped_codes_come_in_one_message_with_all_of_them(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        read_pupils(folder(tmp_path), PUPILS + "1,2024,Adult,5\n1,2024,05,5\n1,2024,Post-grad,5\n")
    assert "grade has codes that are not mapped: 'Adult', 'Post-grad' (2 times; first: row 2" in str(caught.value)


# encodings


def test_T10_cp1252_read_as_utf8_is_refused_with_the_row(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"(?s)schools\.csv.*E-ENCODING.*not utf-8.*row 2.*`encoding`"):
        read_schools(folder(tmp_path), "id,name,x,y\n1,Peña,,\n".encode("cp1252"))


def test_T10_utf8_read_as_cp1252_is_refused_before_letters_are_garbled(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"(?s)E-ENCODING.*UTF-8, not cp1252.*row 2"):
        read_schools(folder(tmp_path), "id,name,x,y\n1,Peña,,\n", options={"encoding": "cp1252"})


def test_T10_letters_garbled_before_they_came_are_refused(tmp_path: Path) -> None:
    garbled = "Peña".encode().decode("cp1252")
    with pytest.raises(SourceError, match=r"(?s)E-MOJIBAKE.*row 2.*publisher"):
        read_schools(folder(tmp_path), f"id,name,x,y\n1,{garbled},,\n")


def test_T11_utf16_is_refused_with_the_remedy_and_read_where_declared(tmp_path: Path) -> None:
    text = "id,name,x,y\n1,Peña,,\n".encode("utf-16")
    with pytest.raises(SourceError, match=r"(?s)E-ENCODING.*UTF-16.*utf-16"):
        read_schools(folder(tmp_path), text)
    assert read_schools(folder(tmp_path), text, options={"encoding": "utf-16"})["name"].tolist() == ["Peña"]


def test_T11_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    assert read_births(folder(tmp_path), "\ufeff" + HEAD + "06999000100,2020,3\n")["area_id"].tolist() == [
        "06999000100"
    ]


def test_T11_nul_bytes_are_refused_with_the_row(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"(?s)E-NUL.*row 2"):
        read_births(folder(tmp_path), HEAD + "06999\x00000100,2020,3\n")


# the form of a text file


@pytest.mark.parametrize(("row", "has"), [("06999000200,2020,4,9", 4), ("06999000200,2020", 2)], ids=["long", "short"])
def test_T12_row_of_another_length_is_refused_with_its_number(tmp_path: Path, row: str, has: int) -> None:
    with pytest.raises(SourceError, match=rf"(?s)births\.csv.*E-FIELDS.*\(3\).*row 3 has {has}"):
        read_births(folder(tmp_path), HEAD + f"06999000100,2020,3\n{row}\n06999000300,2020,1\n")


def test_T12_every_row_one_field_too_long_does_not_shift_the_columns(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"(?s)E-FIELDS.*2 times; first: row 2 has 4"):
        read_births(folder(tmp_path), HEAD + "06999000100,2020,3,\n06999000200,2020,4,\n")


@pytest.mark.parametrize("cell", ['"Oak', '"Oak"x'], ids=["unclosed", "after"])
def test_T12_quotes_that_do_not_match_are_refused_with_the_row(tmp_path: Path, cell: str) -> None:
    with pytest.raises(SourceError, match=r"(?s)schools\.csv.*(E-QUOTES|E-FIELDS).*row 2"):
        read_schools(folder(tmp_path), f"id,name,x,y\n1,{cell},,\n2,Elm,,\n")


def test_T12_line_break_in_a_quoted_cell_is_one_row(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('a,b\n"x\r\ny",1\nz,2\n', encoding="utf-8", newline="")
    rows = read_rows(tmp_path / "t.csv", entry_id="t")
    assert rows["a"].tolist() == ["x y", "z"]
    assert rows["__row__"].tolist() == [2, 3]


def test_T13_file_cut_in_a_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"(?s)births\.csv.*E-CUT-SHORT.*56.*ends_with_newline"):
        read_births(folder(tmp_path), HEAD + "06999000100,2020,1234\n06999000200,2020,56")


def test_T13_whole_file_without_a_last_line_end_is_read_where_declared(tmp_path: Path) -> None:
    assert read_births(folder(tmp_path), HEAD + "06999000100,2020,12", options={"ends_with_newline": False})[
        "births"
    ].tolist() == [12]


def test_T13_compressed_file_cut_short_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress((HEAD + "".join(f"{i:011d},2020,{i}\n" for i in range(500))).encode())
    with pytest.raises(SourceError, match=r"(?s)births\.csv\.gz.*E-CUT-SHORT"):
        read_births(folder(tmp_path), packed[:-300], "births.csv.gz")


def test_T22_compressed_bomb_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    packed = gzip.compress(HEAD.encode() + b"0" * 50_000_000)
    assert len(packed) < 60_000
    with pytest.raises(SourceError, match=r"(?s)births\.csv\.gz.*E-ZIP-BOMB"):
        read_births(folder(tmp_path), packed, "births.csv.gz")


def test_T22_file_above_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "births.csv").open("wb") as file:
        file.truncate(1024**3 + 1)  # a sparse file: takes no place on the disk
    with pytest.raises(SourceError, match=r"(?s)births\.csv.*E-SIZE.*1,073,741,825"):
        read_rows(tmp_path / "births.csv", entry_id="b")


def test_T28_tabs_read_as_commas_are_refused_with_the_delimiter(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r'(?s)births\.csv.*E-DELIMITER.*delimiter: "\\t"'):
        read_births(folder(tmp_path), "tract\tyear\tbirths\n06999000100\t2020\t3\n")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("<!DOCTYPE html><html>Not found</html>\n", "web page"),
        ('{"error": "key missing"}\n', "JSON"),
        ("%PDF-1.7\n", "PDF"),
        ("PK\x03\x04xx\n", "zip"),
    ],
    ids=["html", "json_error", "pdf", "zip"],
)
def test_T28_answer_that_is_no_table_is_refused_and_named(tmp_path: Path, text: str, kind: str) -> None:
    with pytest.raises(SourceError, match=rf"(?s)births\.csv.*E-NOT-A-TABLE.*{kind}"):
        read_births(folder(tmp_path), text)


@pytest.mark.parametrize(
    "text",
    [
        '{"error": "no key"}',
        '[["tract","year","births"],["06999000100","2020"]]',
        '[["tract"',
        '[["tract","year","births"],["06999000100","2020",NaN]]',
        '"text"',
    ],
)
def test_T28_json_that_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError, match=r"(?s)births\.json.*(E-JSON|E-FIELDS)"):
        read_births(folder(tmp_path), text, "births.json")


def test_T28_column_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"(?s)E-COLUMNS.*'births'.*it has tract, year, live_births.*header_row"):
        read_births(folder(tmp_path), "tract,year,live_births\n06999000100,2020,3\n")


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"(?s)E-HEADER.*births"):
        read_births(folder(tmp_path), "tract,year,births,births\n06999000100,2020,3,4\n")


# what spreadsheets do


@pytest.mark.parametrize("cell", ["8-Jun", "Jun-8", "2024-06-08", "6/8/2024"])
def test_T16_grade_span_that_became_a_date_is_refused_with_what_it_was(tmp_path: Path, cell: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_schools(
            folder(tmp_path), f"id,name,x,y,span\n1,Oak,,,K-5\n2,Elm,,,{cell}\n", options={"span": {"column": "span"}}
        )
    assert f"6-8 was turned into {cell}" in str(caught.value)
    assert "row 3" in str(caught.value)
    assert "repair_dates: true" in str(caught.value)


def test_T16_grade_span_that_became_a_date_is_mended_where_declared_and_recorded(tmp_path: Path) -> None:
    where = folder(tmp_path)
    schools = read_schools(
        where,
        "id,name,x,y,span\n1,Oak,,,K-5\n2,Elm,,,8-Jun\n",
        options={"span": {"column": "span", "repair_dates": True}},
    )
    assert schools[["grade_low", "grade_high"]].to_numpy().tolist() == [["KG", "05"], ["06", "08"]]
    assert any("8-Jun was 6-8" in line for line in lines(where, "repair"))


def test_T16_date_cell_of_a_workbook_in_a_grade_column_is_refused(tmp_path: Path) -> None:
    _book(
        tmp_path,
        [["id", "name", "x", "y", "span"], ["2", "Elm", None, None, datetime.datetime(2024, 6, 8)]],
        "schools.xlsx",
    )
    with pytest.raises(SourceError, match=r"(?s)schools\.xlsx.*E-GRADE-DATE.*6-8 was turned into 2024-06-08.*row 2"):
        read_schools(
            folder(tmp_path),
            (tmp_path / "schools.xlsx").read_bytes(),
            "schools.xlsx",
            options={"span": {"column": "span"}},
        )


def test_T16_grade_that_became_a_date_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"(?s)E-GRADE-DATE.*row 2 \(grade='5-Jan'\)"):
        read_pupils(folder(tmp_path), PUPILS + "1,2024,5-Jan,20\n")


def test_T16_grade_span_that_runs_backwards_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"(?s)E-CODE.*not understood: '8-6'.*row 2"):
        read_schools(folder(tmp_path), "id,name,x,y,span\n1,Oak,,,8-6\n", options={"span": {"column": "span"}})


def test_T17_formula_without_a_stored_value_is_refused_with_its_cell(tmp_path: Path) -> None:
    _book(tmp_path, [["tract", "year", "births"], ["06999000100", 2020, "=1+2"]])
    with pytest.raises(SourceError, match=r"(?s)births\.xlsx.*E-FORMULA.*Sheet!C2 \(=1\+2\).*save it"):
        _book_births(tmp_path)


def test_T17_cell_that_holds_an_error_is_refused_with_its_cell(tmp_path: Path) -> None:
    _book(tmp_path, [["tract", "year", "births"], ["06999000100", 2020, "#REF!"]])
    with pytest.raises(SourceError, match=r"(?s)E-CELL-ERROR.*Sheet!C2 \(#REF!\)"):
        _book_births(tmp_path)


@pytest.mark.parametrize("state", ["visible", "hidden", "veryHidden"])
def test_T17_sheet_is_never_picked_silently(tmp_path: Path, state: str) -> None:
    book = openpyxl.Workbook()
    book.active.title = "2024"
    book.active.append(["tract", "year", "births"])
    book.create_sheet("2023").sheet_state = state
    book.save(tmp_path / "births.xlsx")
    with pytest.raises(SourceError, match=r"(?s)births\.xlsx.*E-SHEET.*2024, 2023.*option `sheet`"):
        _book_births(tmp_path)


def test_T17_sheet_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    _book(tmp_path, [["tract", "year", "births"]])
    with pytest.raises(SourceError, match=r"(?s)E-SHEET.*'2022'.*it has Sheet"):
        _book_births(tmp_path, options={"sheet": "2022"})


def test_T17_hidden_rows_are_read_and_noted(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["tract", "year", "births"], ["06999000100", 2020, 3], ["06999000200", 2020, 4]):
        book.active.append(row)
    book.active.row_dimensions[3].hidden = True
    book.save(tmp_path / "births.xlsx")
    where = folder(tmp_path)
    births = read_births(where, (tmp_path / "births.xlsx").read_bytes(), "births.xlsx")
    assert len(births) == 2
    assert any("1 hidden rows of sheet Sheet are read like the others row 3" in line for line in lines(where, "note"))


def test_T17_titles_above_and_notes_below_are_left_out_by_row(tmp_path: Path) -> None:
    _book(
        tmp_path, [["Births"], ["by tract"], ["tract", "year", "births"], ["06999000100", 2020, 3], ["Source: county"]]
    )
    where = folder(tmp_path)
    births = read_births(
        where, (tmp_path / "births.xlsx").read_bytes(), "births.xlsx", options={"header_row": 3, "skip_footer": 1}
    )
    assert births.to_numpy().tolist() == [[2020, "06999000100", 3.0]]


@pytest.mark.parametrize("stray", ["A1048576", "XFD1048576", "XFD1"])
def test_blank_cells_far_from_the_table_are_passed_over(tmp_path: Path, stray: str) -> None:
    book = openpyxl.Workbook()
    for row in (["tract", "year", "births"], ["06999000100", 2020, 3], ["Source: county"]):
        book.active.append(row)
    book.active[stray] = " "
    book.save(tmp_path / "births.xlsx")
    started = time.monotonic()
    assert len(_book_births(tmp_path, options={"skip_footer": 1})) == 1
    assert time.monotonic() - started < 20


def test_a_stray_cell_far_from_the_table_is_refused_by_its_place(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["tract", "year", "births"])
    book.active["B1048576"] = "x"
    book.save(tmp_path / "births.xlsx")
    with pytest.raises(
        SourceError, match=r"(?s)births\.xlsx.*E-SIZE.*1,048,576 rows and 3 columns.*Sheet!B1048576.*Clear"
    ):
        _book_births(tmp_path)


def test_a_sheet_of_too_many_formatted_cells_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MOST_CELLS", 100)
    book = openpyxl.Workbook()
    for row in range(1, 101):
        book.active.cell(row, 1).font = openpyxl.styles.Font(bold=True)
    book.save(tmp_path / "births.xlsx")
    with pytest.raises(SourceError, match=r"E-SIZE\] a sheet has 200 rows and cells.*sheet1\.xml.*Delete the empty"):
        _book_births(tmp_path)


# years


@pytest.mark.parametrize(
    ("label", "how", "fall"),
    [
        ("2024-25", "start", 2024),
        ("2024-2025", "end", 2024),
        ("SY2425", "start", 2024),
        ("2025", "end", 2024),
        ("2024", "as_is", 2024),
        ("6/30/2025", "start", 2024),
    ],
)
def test_T18_labels_of_one_school_year_are_one_year(tmp_path: Path, label: str, how: str, fall: int) -> None:
    assert read_pupils(folder(tmp_path), PUPILS + f"1,{label},05,20\n", options={"year_of": how})[
        "fall_year"
    ].tolist() == [fall]


def test_T18_one_school_year_under_two_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"(?s)E-KEY-DUP.*row 2.*fall_year=2024"):
        read_pupils(folder(tmp_path), PUPILS + "1,2024-25,05,20\n1,2024-2025,05,21\n")


@pytest.mark.parametrize("label", ["2024-26", "24", "next year", "2024-2027"])
def test_T18_label_that_is_no_school_year_is_refused(tmp_path: Path, label: str) -> None:
    with pytest.raises(SourceError, match=r"(?s)E-YEAR.*row 2"):
        read_pupils(folder(tmp_path), PUPILS + f"1,{label},05,20\n")


def test_the_contract_names_the_row_of_the_file_and_cuts_a_long_value(tmp_path: Path) -> None:
    text = "id,name,x,y\n\n\n1,Oak,,\n2," + "ab " * 15_000 + ",,\n"
    with pytest.raises(FaultyInput, match=r"E-TEXT-LONG.*first: row 5, school_id=2: 'ab ab.*45,001 letters") as found:
        read_schools(folder(tmp_path), text)
    assert len(str(found.value)) < 500


def test_a_number_of_many_letters_is_cut_in_the_message(tmp_path: Path) -> None:
    with pytest.raises(FaultyInput, match=r"E-NOT-NUMBER.*row 2 \(births='z+\u2026 \(40,002 letters\)") as found:
        read_births(folder(tmp_path), HEAD + "06999000100,2020," + "z" * 40_000 + "\n")
    assert len(str(found.value)) < 700


def test_a_text_too_long_for_a_workbook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sites.csv").write_text("id,name,street\n1,Oak," + "x" * 2_001 + "\n", encoding="utf-8")
    words = {
        "columns": {"site_id": "id", "name": "name", "address": "street"},
        "constants": {"site_status": "in_use", "is_district_owned": True, "condition_class": "not_known"},
    }
    with pytest.raises(FaultyInput, match=r"E-TEXT-LONG\] address must have at most 2,000 letters.*row 2, site_id=1"):
        gather([entry("site_list", "table", "sites.csv", **words)], "site_list", folder(tmp_path))


@pytest.mark.parametrize(("name", "form"), [("births.csv", "{0}\n{0}\n"), ("births.json", "[[{0}],[{0}]]")])
def test_a_table_of_too_many_columns_is_refused_by_its_size(tmp_path: Path, name: str, form: str) -> None:
    wide = ",".join(f'"c{i}"' for i in range(5_001))
    with pytest.raises(SourceError, match=rf"{name}.*\n.*E-SIZE\] it has 5,001 columns, which is more than 5,000"):
        read_births(folder(tmp_path), form.format(wide), name)


def _book(path: Path, rows: list[list[object]], name: str = "births.xlsx") -> None:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path / name)


def _book_births(path: Path, **words: object) -> object:
    return read_births(folder(path), (path / "births.xlsx").read_bytes(), "births.xlsx", **words)


def test_every_refusal_is_one_the_command_line_prints() -> None:
    assert issubclass(SourceError, FaultyInput)
    assert issubclass(FaultyInput, PipelineError)
