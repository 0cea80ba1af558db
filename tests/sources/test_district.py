"""The mapping language: the guide's example, each of its words, and three districts written by others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

from pipeline import config
from pipeline.columns import BY_NAME
from pipeline.errors import ConfigError, SourceError
from pipeline.ledger import Ledger
from pipeline.sources import Folder, district
from pipeline.sources.mapping import VALUE_OPTIONS
from pipeline.sources.places import SHAPE_OPTIONS
from pipeline.sources.registry import SOURCES, gather
from pipeline.stages import NAMES, execute, find
from pipeline.tables import BY_TABLE, CENSUS_COUNTS, INPUTS
from tests.sources.bad_files import (
    CRS,
    entry,
    feature,
    folder,
    geojson,
    lines,
    polygon,
    read_births,
    read_pupils,
    read_schools,
    read_zones,
    square,
)

GUIDE = Path("docs/studies.md")


# the guide


@pytest.fixture
def oakville(tmp_path: Path) -> tuple[config.Study, Path]:
    """The guide's study, read from the page, with the files it describes."""
    (text,) = re.findall(r"<!-- example:.*?-->\n```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    tables = re.findall(
        r"^`(\w+\.xlsx)`, sheet `([^`]+)`(?:, header in row (\d))?.*?\n\n((?:\|.*\n)+)",
        GUIDE.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert [t[0] for t in tables] == ["schools.xlsx", "enrollment.xlsx"]
    for name, sheet, header, table in tables:
        book = openpyxl.Workbook()
        book.active.title = sheet
        for title in range(int(header or 1) - 1):
            book.active.append([f"Title {title}"])
        for i, line in enumerate(table.strip().split("\n")):
            if i != 1:
                book.active.append([_cell(c.strip()) for c in line.strip("|").split("|")])
        book.create_sheet("Notes").sheet_state = "hidden"
        book.save(tmp_path / name)
    zones = {
        "ZONE_NO": ["1", "2", "9"],
        "ZONE_NAME": ["Oak", "Elm", "Creek"],
        "KIND": ["ES", "ES", "MS"],
        "SCHOOL_NO": ["4", "7", "12"],
    }
    west, east = shapely.Polygon(square()), shapely.Polygon(square(-122.19))
    gpd.GeoDataFrame(zones, geometry=[west, east, west | east], crs="EPSG:4326").to_crs("EPSG:2226").to_file(
        tmp_path / "zones.shp"
    )
    return config.load(tmp_path / "params.yaml"), tmp_path


def _cell(text: str) -> object:
    """As a workbook holds it: numbers as numbers, an empty cell as nothing."""
    return None if text == "" else float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else text


def test_guide_example_runs_as_it_says(oakville: tuple[config.Study, Path]) -> None:
    study, path = oakville
    where = Folder(path, study.geography.crs, study.geography.box, Ledger())
    zones = gather(study.raw.boundaries, "zone_shapes", where)
    assert zones[["level", "zone_id", "school_id"]].to_numpy().tolist() == [
        ["elementary", "1", "4"],
        ["elementary", "2", "7"],
        ["middle", "9", "12"],
    ]
    assert zones.area[2] == pytest.approx(zones.area[:2].sum(), rel=1e-6)
    assert len(gather(study.raw.boundaries, "district_shapes", where)) == 2
    schools = gather(study.raw.schools, "directory", where).set_index("school_id")
    assert schools.loc["12", ["grade_low", "grade_high"]].tolist() == ["06", "08"]
    assert schools.loc["31", ["sector", "is_virtual"]].tolist() == ["charter", True]
    assert schools.geometry.notna().to_dict() == {"12": True, "31": False, "4": True, "7": True}
    inside = zones.set_index("zone_id").geometry
    assert inside["1"].contains(schools.geometry["4"])
    assert inside["2"].contains(schools.geometry["7"])
    grades = gather(study.raw.schools, "grade_counts", where)
    assert len(grades) == 16
    assert grades["value_status"].value_counts().to_dict() == {"reported": 9, "not_applicable": 5, "suppressed": 2}
    assert grades["pupils"].sum() == 60 + 58 + 61 + 58 + 64 + 54 + 90 + 0 + 12
    horizon = grades[(grades["school_id"] == "31")].set_index("grade")
    assert horizon.loc["KG", ["pupils_low", "pupils_high"]].tolist() == [1, 9]
    assert horizon.loc["01", ["pupils", "value_status"]].tolist() == [0, "reported"]
    assert any("8-Jun was 6-8" in line for line in lines(where, "repair"))
    assert any("School No.: 0 1" in line for line in lines(where, "loss"))


def test_guide_example_runs_through_every_stage(
    oakville: tuple[config.Study, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, path = oakville
    for room, names in {"boundaries": ("zones.*",), "schools": ("schools.xlsx", "enrollment.xlsx")}.items():
        there = path / "data/raw/oakville" / room
        there.mkdir(parents=True)
        for file in [file for name in names for file in path.glob(name)]:
            file.rename(there / file.name)
    monkeypatch.chdir(path)
    for stage in NAMES:
        execute(find(stage))
    membership = pd.read_parquet("data/processed/membership.parquet").set_index(["school_id", "level"])
    assert membership.loc[[("4", "elementary"), ("7", "elementary"), ("12", "middle")], "zone_id"].tolist() == [
        "1",
        "2",
        "9",
    ]
    assert sorted(file.suffix for file in Path("maps").glob("*.html"))


def test_guide_names_every_table_column_option_and_reader() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    said = set(re.findall(r"`([^`\n]+)`", text))
    rows = {m[1]: m[0] for m in re.finditer(r"^\| `(\w+)` \|.*$", text, re.MULTILINE)}
    assert len(INPUTS) > 10
    for table in INPUTS:
        columns = [c for c in table.names if c not in ("geometry", *CENSUS_COUNTS) and not c.endswith("_moe")]
        lacking = [c for c in columns if (f"**`{c}`**" if c in table.required else f"`{c}`") not in rows[table.name]]
        assert not lacking, f"{table.name}: the guide does not tell of {lacking}"
    options = {*VALUE_OPTIONS, *district._FILE_OPTIONS, *SHAPE_OPTIONS, "point"}
    assert not options - said
    inner = {word for needed, further in district._INNER.values() for word in (*needed, *further)}
    assert not {w for w in inner if not re.search(rf"\b{w}\b", text)}
    assert not {s.reader for s in SOURCES} - said


# each word


def test_mapping_of_a_column_that_is_not_ours_is_refused_before_the_file_is_opened(tmp_path: Path) -> None:
    (tmp_path / "zones.geojson").write_text("not even JSON", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        gather(
            [entry("zone_shapes", "shapes", "zones.geojson", columns={"zone": "id"})], "zone_shapes", folder(tmp_path)
        )
    message = str(caught.value)
    assert "zone_shapes has no column zone; it has level, fall_year, zone_id" in message
    for required in ("level", "fall_year", "zone_id"):
        assert f"nothing fills {required} ({BY_NAME[required].meaning})" in message


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"delimter": ";"}, "has no option delimter"),
        ({"span": {"colum": "x"}}, "`span` has no word colum"),
        ({"span": {"codes": {}}}, "`span` needs column"),
        ({"span": "K-5"}, "`span` must be a mapping"),
        ({"sum_over": "race"}, "`sum_over` must be a list"),
        ({"year_of": "autumn"}, "`year_of` must be one of start, end, as_is"),
        ({"repeats": "last"}, "`repeats` must be one of copies, first, parts"),
        ({"outside": "drop"}, "`outside: drop` is for shapes"),
        ({"scale": {"births": 0}}, "`scale` of births must be a number above 0"),
        ({"round": "births"}, "`round` must be a list"),
        ({"round": ["grade"]}, "`round` and `complement` are for counts, and not for grade"),
        ({"complement": {"pupils": "grade"}}, "`round` and `complement` are for counts, and not for grade"),
        ({"complement": {"people": "pupils"}}, "grade_counts has no column people"),
        ({"scale": {"births": -1.0}}, "`scale` of births must be a number above 0"),
        ({"scale": {"births": "0.01"}}, "`scale` of births must be a number above 0"),
        ({"lookup": {"file": "x.csv", "match": {"a": "b"}}}, "`lookup` names x.csv, which is not among its `files`"),
        ({"pad": {"pupls": 3}}, "has no column pupls"),
    ],
)
def test_word_the_language_does_not_have_is_refused_with_those_it_has(tmp_path: Path, options: dict, says: str) -> None:
    with pytest.raises(ConfigError, match="source raw") as caught:
        read_pupils(folder(tmp_path), "school,year,grade,pupils\n1,2024,05,20\n", options=options)
    assert says in str(caught.value)


def test_reason_for_absence_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"`absent` has no reason masked; there are suppressed"):
        read_pupils(folder(tmp_path), "school,year,grade,pupils\n1,2024,05,20\n", absent={"masked": ("*",)})


def test_join_pads_each_part_and_leaves_blank_ids_blank(tmp_path: Path) -> None:
    text = "c,d,s,year,grade,pupils\n34,67439,123,2024,05,20\n"
    pupils = read_pupils(
        folder(tmp_path),
        text,
        columns={"fall_year": "year", "grade": "grade", "pupils": "pupils"},
        options={"join": {"school_id": ["c", "d", "s"]}, "pad": {"school_id": [2, 5, 7]}, "length": {"school_id": 14}},
    )
    assert pupils["school_id"].tolist() == ["34674390000123"]
    with pytest.raises(SourceError, match=r"(?s)E-EMPTY-CELL.*school_id is empty.*row 2"):
        read_pupils(
            folder(tmp_path),
            text.replace("34,", ",", 1),
            columns={"fall_year": "year", "grade": "grade", "pupils": "pupils"},
            options={"join": {"school_id": ["c", "d", "s"]}},
        )


def test_separator_and_prefix_make_ids_of_two_files_differ(tmp_path: Path) -> None:
    text = "a,b,year,grade,pupils\nX,1,2024,05,20\n"
    pupils = read_pupils(
        folder(tmp_path),
        text,
        columns={"fall_year": "year", "grade": "grade", "pupils": "pupils"},
        options={"join": {"school_id": ["a", "b"]}, "separator": {"school_id": "-"}, "prefix": {"school_id": "old "}},
    )
    assert pupils["school_id"].tolist() == ["old X-1"]


def test_sum_over_keeps_totals(tmp_path: Path) -> None:
    where = folder(tmp_path)
    text = "school,year,grade,race,sex,pupils\n" + "".join(
        f"1,2024,05,{r},{s},{n}\n" for r, s, n in (("A", "F", 3), ("A", "M", 4), ("B", "F", 5), ("B", "M", 0))
    )
    pupils = read_pupils(where, text, options={"sum_over": ["race", "sex"]})
    assert pupils[["pupils", "pupils_low", "pupils_high"]].to_numpy().tolist() == [[12, 12, 12]]
    assert any("4 rows summed over race, sex to 1" in line for line in lines(where, "note"))


def test_parts_that_do_not_apply_do_not_hide_a_sum(tmp_path: Path) -> None:
    text = "school,year,grade,race,pupils\n1,2024,05,A,3\n1,2024,05,B,n/a\n1,2024,06,A,n/a\n"
    pupils = read_pupils(folder(tmp_path), text, options={"sum_over": ["race"]}, absent={"not_applicable": ("n/a",)})
    assert pupils["pupils"].fillna(-1).tolist() == [3, -1]
    assert pupils["value_status"].tolist() == ["reported", "not_applicable"]


def read_results(where: Folder, text: str, **words: Any) -> pd.DataFrame:
    (where.path / "r.csv").write_text(text, encoding="utf-8")
    mapping = {
        "columns": {"school_id": "school", "pupils_tested": "roll", "pupils_meeting": "absent"},
        "constants": {"subject": "attendance", "fall_year": 2023},
        **words,
    }
    return gather([entry("results", "table", "r.csv", **mapping)], "results", where)


def test_a_file_that_counts_those_who_are_not_meant_is_turned_round(tmp_path: Path) -> None:
    where, text = folder(tmp_path), "school,level,roll,absent\n1,E,50.4,10\n1,M,30,6\n2,E,40,\n"
    options = {"complement": {"pupils_meeting": "pupils_tested"}, "round": ["pupils_tested"], "sum_over": ["level"]}
    found = read_results(where, text, options=options, absent={"suppressed": ("",)}).set_index("school_id")
    assert found.loc["1", ["pupils_tested", "pupils_meeting"]].tolist() == [80, 64]
    assert found.loc["2", "value_status"] == "suppressed" and pd.isna(found.loc["2", "pupils_meeting"])
    assert any("means over the year rounded" in line for line in lines(where, "repair"))


def test_more_absent_than_on_roll_is_refused_and_a_part_of_a_pupil_without_round(tmp_path: Path) -> None:
    turned = {"complement": {"pupils_meeting": "pupils_tested"}}
    with pytest.raises(SourceError, match=r"E-MORE-THAN-ALL.*out of pupils_meeting than.*row 3"):
        read_results(folder(tmp_path), "school,roll,absent\n1,50,10\n2,50,51\n", options=turned)
    with pytest.raises(SourceError, match=r"E-NOT-WHOLE.*pupils_tested=50\.4"):
        read_results(folder(tmp_path), "school,roll,absent\n1,50.4,10\n", options=turned)
    with pytest.raises(ConfigError, match="`complement` needs pupils_tested, which nothing fills"):
        columns = {"school_id": "school", "pupils_meeting": "absent"}
        read_results(folder(tmp_path), "school,absent\n1,10\n", columns=columns, options=turned)


def test_mark_that_means_none_is_zero_and_reported(tmp_path: Path) -> None:
    pupils = read_pupils(folder(tmp_path), "school,year,grade,pupils\n1,2024,05,-\n", absent={"zero": ("-",)})
    assert pupils[["pupils", "value_status"]].to_numpy().tolist() == [[0, "reported"]]


def test_repeats_takes_copies_and_refuses_what_differs(tmp_path: Path) -> None:
    text = "id,name,x,y\n1,Oak,,\n1,Oak,,\n2,Elm,,\n2,Elm Annex,,\n"
    with pytest.raises(SourceError, match=r"(?s)E-KEY-DUP.*no copies.*row 5.*`repeats: first`"):
        read_schools(folder(tmp_path), text, options={"repeats": "copies"})
    where = folder(tmp_path)
    assert read_schools(where, text, options={"repeats": "first"})["name"].tolist() == ["Oak", "Elm"]
    assert len(lines(where, "loss")) == 2


def test_scale_and_conditions_of_a_site(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text(
        "no,name,sqft,acres,built,fci,owned\n1,Oak,10000,2.5,1957,Good,True\n2,Elm,,,,,False\n", encoding="utf-8"
    )
    where = folder(tmp_path)
    made = entry(
        "site_list",
        "table",
        "s.csv",
        columns={
            "site_id": "no",
            "name": "name",
            "building_m2": "sqft",
            "land_m2": "acres",
            "year_built": "built",
            "condition_class": "fci",
            "is_district_owned": "owned",
        },
        codes={"condition_class": {"Good": "good", "": "not_known"}},
        constants={"site_status": "open"},
        options={"scale": {"building_m2": 0.09290304, "land_m2": 4046.8564224}},
    )
    sites = gather([made], "site_list", where)
    assert sites["building_m2"].iloc[0] == pytest.approx(929.0304)
    assert sites["land_m2"].iloc[0] == pytest.approx(10117.141056)
    assert sites["building_m2"].isna().tolist() == [False, True]
    assert sites["condition_class"].tolist() == ["good", "not_known"]
    assert sites["is_district_owned"].tolist() == [True, False]
    assert {line.split(": ")[1] for line in lines(where, "absence")} == {
        "building_m2 not reported  1.0",
        "land_m2 not reported  1.0",
        "year_built not reported  1.0",
    }


def test_lookup_brings_columns_and_places_and_counts_what_it_does_not_find(tmp_path: Path) -> None:
    geojson(
        tmp_path / "points.geojson",
        feature({"type": "Point", "coordinates": [-122.2, 40.1]}, no="7", owner="City"),
        feature({"type": "Point", "coordinates": [-122.19, 40.1]}, no="8", owner="X"),
    )
    (tmp_path / "s.csv").write_text("no,name\n07,Oak\n9,Elm\n", encoding="utf-8")
    where = folder(tmp_path)
    made = entry(
        "site_list",
        "table",
        "s.csv",
        "points.geojson",
        columns={"site_id": "no", "name": "name", "address": "owner"},
        constants={"site_status": "open", "is_district_owned": True, "condition_class": "not_known"},
        options={"lookup": {"file": "points.geojson", "match": {"no": "no"}, "columns": {"owner": "owner"}, "pad": 2}},
    )
    sites = gather([made], "site_list", where)
    assert sites["address"].fillna("").tolist() == ["City", ""]
    assert sites.geometry.notna().tolist() == [True, False]
    assert sites.to_crs("EPSG:4326").geometry.iloc[0].x == pytest.approx(-122.2)
    (row,) = where.ledger.frame().query("entry == 'match'").to_dict("records")
    assert (row["total"], row["inside"], row["reason"]) == (2, 1, "not found: 9")


def test_lookup_knows_what_another_file_calls_a_thing_by_another_name(tmp_path: Path) -> None:
    geojson(tmp_path / "points.geojson", feature({"type": "Point", "coordinates": [-122.2, 40.1]}, name="Old Oak"))
    (tmp_path / "s.csv").write_text("no,name\n7,Oak (swing)\n9,Elm\n", encoding="utf-8")
    made = {
        "columns": {"site_id": "no", "name": "name"},
        "constants": {"site_status": "open", "is_district_owned": True, "condition_class": "not_known"},
    }
    word: dict[str, Any] = {"file": "points.geojson", "match": {"name": "name"}, "known_as": {"Oak (swing)": "Old Oak"}}
    read = entry("site_list", "table", "s.csv", "points.geojson", options={"lookup": word}, **made)
    sites = gather([read], "site_list", folder(tmp_path))
    assert sites["name"].tolist() == ["Oak (swing)", "Elm"] and sites.geometry.notna().tolist() == [True, False]
    for wrong in ({"Oak": "Old Oak"}, {"Oak (swing)": "New Oak"}):
        read = entry(
            "site_list", "table", "s.csv", "points.geojson", options={"lookup": word | {"known_as": wrong}}, **made
        )
        with pytest.raises(SourceError, match=r"(?s)points\.geojson.*E-CATEGORY.*known_as.*Oak"):
            gather([read], "site_list", folder(tmp_path))


def test_lookup_by_a_key_that_is_not_unique_is_refused(tmp_path: Path) -> None:
    (tmp_path / "k.csv").write_text("no,grade\n1,05\n1,06\n", encoding="utf-8")
    (tmp_path / "pupils.csv").touch()
    made = {
        "columns": {"school_id": "school", "fall_year": "year", "grade": "g", "pupils": "pupils"},
        "options": {"lookup": {"file": "k.csv", "match": {"school": "no"}, "columns": {"g": "grade"}}},
    }
    (tmp_path / "pupils.csv").write_text("school,year,pupils\n1,2024,20\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"(?s)k\.csv \(source raw\).*E-KEY-DUP.*row 2 \(1\)"):
        gather(
            [entry("grade_counts", "table", "pupils.csv", "k.csv", constants={"student_group": "all"}, **made)],
            "grade_counts",
            folder(tmp_path),
        )


def test_points_on_polygons_lie_inside_them(tmp_path: Path) -> None:
    horseshoe = polygon(
        [
            [-122.2, 40.1],
            [-122.17, 40.1],
            [-122.17, 40.13],
            [-122.18, 40.13],
            [-122.18, 40.11],
            [-122.19, 40.11],
            [-122.19, 40.13],
            [-122.2, 40.13],
            [-122.2, 40.1],
        ]
    )
    geojson(tmp_path / "sites.geojson", feature(horseshoe, id="1", name="Oak"))
    made = entry(
        "site_list",
        "shapes",
        "sites.geojson",
        columns={"site_id": "id", "name": "name"},
        constants={"site_status": "open", "is_district_owned": True, "condition_class": "not_known"},
        options={"point_on": "representative"},
    )
    sites = gather([made], "site_list", folder(tmp_path))
    assert sites.geom_type.tolist() == ["Point"]
    outline = gpd.GeoSeries([shapely.geometry.shape(horseshoe)], crs="EPSG:4326").to_crs(CRS)
    assert outline.contains(sites.geometry.iloc[0]).all()


def test_several_files_of_one_layout_are_one_table(tmp_path: Path) -> None:
    for year in (2020, 2021):
        (tmp_path / f"b{year}.csv").write_text(f"tract,year,births\n06999000100,{year},3\n", encoding="utf-8")
    made = entry(
        "birth_counts",
        "table",
        "b2020.csv",
        "b2021.csv",
        columns={"area_id": "tract", "year": "year", "births": "births"},
    )
    assert gather([made], "birth_counts", folder(tmp_path))["year"].tolist() == [2020, 2021]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "json", "parquet", "xlsx"])
def test_one_table_reads_alike_from_every_format(tmp_path: Path, suffix: str) -> None:
    frame = pd.DataFrame({"tract": ["06999000100", "06999000200"], "year": [2020, 2020], "births": [3.0, 0.0]})
    path = tmp_path / f"births.{suffix}"
    {
        "csv": lambda: frame.to_csv(path, index=False),
        "tsv": lambda: frame.to_csv(path, index=False, sep="\t"),
        "json": lambda: frame.to_json(path, orient="records"),
        "parquet": lambda: frame.to_parquet(path),
        "xlsx": lambda: frame.to_excel(path, index=False),
    }[suffix]()
    births = read_births(folder(tmp_path), path.read_bytes(), path.name)
    assert births.to_numpy().tolist() == [[2020, "06999000100", 3.0], [2020, "06999000200", 0.0]]


def test_nested_json_is_named_with_a_point(tmp_path: Path) -> None:
    text = '[{"tract": "06999000100", "of": {"year": 2020, "births": 3}}]'
    births = read_births(
        folder(tmp_path), text, "births.json", columns={"area_id": "tract", "year": "of.year", "births": "of.births"}
    )
    assert births["births"].tolist() == [3]


def test_optional_columns_that_nothing_fills_are_there_and_empty(tmp_path: Path) -> None:
    geojson(tmp_path / "zones.geojson", feature(polygon(square()), id="a"))
    zones = read_zones(folder(tmp_path))
    assert list(zones.columns) == BY_TABLE["zone_shapes"].names
    assert zones[["name", "school_id"]].isna().all(axis=None)


# three districts, written by others


def _real(
    path: Path,
    feeds: str,
    *files: str,
    box: tuple[float, float, float, float],
    crs: str = CRS,
    reader: str = "shapes",
    **words: Any,
) -> tuple[Any, Folder]:
    where = Folder(path, crs, box, Ledger())
    return gather([entry(feeds, reader, *files, **words)], feeds, where), where


BALTIMORE = (-76.75, 39.18, -76.5, 39.4)


def test_baltimore_enrollment_agrees_with_the_publishers_total(shared_data: Any) -> None:
    shared: dict[str, Any] = {
        "box": BALTIMORE,
        "reader": "table",
        "absent": {"suppressed": ("",)},
        "suppressed_range": (1, 9),
    }
    columns = {"school_id": "school_number", "fall_year": "year", "pupils": "enrolled_count"}
    only = {"race": ("All",), "year": ("2024",)}
    root = shared_data("baltimore")
    constants = {"student_group": "all"}
    grades, _ = _real(
        root,
        "grade_counts",
        "bcpss_enrollment.csv",
        columns={**columns, "grade": "grade"},
        constants=constants,
        keep=only,
        drop={"grade": ("",), "school_number": ("0",)},
        **shared,
    )
    # the district's own row, which is no school
    raw = pd.read_csv(root / "bcpss_enrollment.csv", dtype=str)
    whole = raw[raw["race"].eq("All") & raw["year"].eq("2024") & raw["grade_range"].eq("All Grades")]
    assert whole.loc[whole["school_number"] == "0", "enrolled_count"].tolist() == ["75811"]
    # 49 cells under 10 are hidden: the published total lies within what its schools can add up to
    assert (grades["value_status"] == "suppressed").sum() == 49
    assert grades["pupils_low"].sum() == 75_628 + 49
    assert grades["pupils_low"].sum() <= 75_811 <= grades["pupils_high"].sum()


def test_baltimore_zones_of_four_years_and_two_kinds_of_file(shared_data: Any) -> None:
    root = shared_data("baltimore")
    counts = {}
    for year, place, file, column in (
        (2023, root, "es_zones_SY2324.geojson", "program_number"),
        (2014, root / "raw/zones/SY1415_BCPSS_ES_Zones", "BCPSS_ES_Zones.shp", "ES_NO"),
    ):
        zones, _ = _real(
            place,
            "zone_shapes",
            file,
            box=BALTIMORE,
            crs="EPSG:5070",
            columns={"zone_id": column},
            constants={"level": "elementary", "fall_year": year},
        )
        counts[year] = (len(zones), round(zones.area.sum() / 1e6))
    assert counts == {2023: (90, 238), 2014: (108, 238)}


SANTA_ROSA = (-122.9, 38.3, -122.5, 38.6)


def test_santa_rosa_blocks_cut_in_two_are_counted_once(shared_data: Any) -> None:
    root = shared_data("santa-rosa-ca/School Boundaries/2026-2027")
    blocks, where = _real(
        root,
        "block_shapes",
        "Elementary-Blocks.geojson",
        box=SANTA_ROSA,
        columns={"block_geoid": "GEOID20", "population": "POP20", "homes": "HOUSING20"},
        constants={"vintage": "2020"},
        options={"repeats": "parts"},
    )
    # five blocks are cut in two, and each piece carries the people of the whole: 71,723 in all rows
    rows = gpd.read_file(root / "Elementary-Blocks.geojson")
    assert (len(rows), rows["POP20"].sum()) == (900, 71_723)
    assert (len(blocks), blocks["population"].sum()) == (
        895,
        71_723 - rows.loc[rows["GEOID20"].duplicated(), "POP20"].sum(),
    )
    assert any("parts of one area put together" in line for line in lines(where, "repair"))


def test_santa_rosa_zones_drawn_with_their_schools_as_labels(shared_data: Any) -> None:
    root = shared_data("santa-rosa-ca/School Boundaries/Up to 2024-2025/Single Files")
    zones, where = _real(
        root,
        "zone_shapes",
        "High Schools.geojson",
        box=SANTA_ROSA,
        columns={"zone_id": "Name"},
        constants={"level": "high", "fall_year": 2024},
        options={"shapes": "polygons"},
    )
    assert zones["zone_id"].nunique() == 5
    assert any("5 Point" in line for line in lines(where, "loss"))


def test_new_york_zones_without_a_school_are_counted_when_left_out(shared_data: Any) -> None:
    root = shared_data("nyc-school-zones")
    zones, where = _real(
        root,
        "zone_shapes",
        "zones.geojson",
        box=(-74.3, 40.45, -73.65, 40.95),
        crs="EPSG:5070",
        columns={"zone_id": "dbn", "school_id": "dbn", "level": "zone_type"},
        constants={"fall_year": 2019},
        drop={"dbn": ("",)},
    )
    assert len(zones) + 66 == 1049
    assert any("dbn: (empty) 66" in line for line in lines(where, "loss"))
