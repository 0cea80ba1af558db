"""Settings: every fault is named with its place; nothing is guessed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline import config
from pipeline.errors import ConfigError

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "studies/millbrook.yaml").read_text(encoding="utf-8")
DEATHS = "[538.3, 36.4, 22.6, 18.4, 14.8, 12.5, 11.2, 10.5, 10.0, 10.2, 11.0, 12.5, 14.9, 18.7, 24.4, 32.5, 43.5, 57.0]"


def load(tmp_path: Path, text: str) -> config.Study:
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    return config.load(path)


def test_the_demo_study_loads(tmp_path: Path) -> None:
    study = load(tmp_path, TEXT)
    assert study.study.name == "millbrook"
    with pytest.raises(Exception, match="frozen"):
        study.study.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("addition", "message"),
    [
        ("\nsurprise: 1\n", "surprise: Extra inputs are not permitted"),
        ("\nstudy: {name: again}\n", "stands twice"),
        ("\nx: 06067\n", r"06067 is ambiguous: quote it"),
        ("\nx: 12:30\n", r"12:30 is ambiguous"),
        ("\nx: no\n", r"no is ambiguous"),
        ("\nx: [1, 2\n", "not readable YAML"),
        ("\nx: !!python/object/apply:os.system ['true']\n", "not readable YAML"),
    ],
)
def test_surprises_are_refused(tmp_path: Path, addition: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, TEXT + addition)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("crs: EPSG:3310", "crs: California", "geography.crs"),
        ("fall_year: 2024", 'fall_year: "2024"', "study.fall_year"),
        ("smallest_cell: 11", "smallest_cell: 2", "publish.smallest_cell"),
        ("fall_year: 2024", "fall_year: 24", r"study\.fall_year.*1990"),
        ("reach_m: 8000.0", "reach_m: 6000.0", r"seats\.high_reach_m \(8000\), matches\.travel_m \(8000\)"),
        ("travel_m: 8000.0", "travel_m: 8000.5", r"geography\.reach_m \(8000\).*: matches\.travel_m \(8000\.5\)"),
        ("high_cv: 0.12", "high_cv: 0.5", r"reliability\.high_cv \(0\.5\) must lie below"),
        ("largest_ratio: 1.276", "largest_ratio: 0.95", r"growth\.largest_ratio \(0\.95\) above it"),
        ("smallest_ratio: 0.904", "smallest_ratio: 1.0", r"growth\.smallest_ratio \(1\) must lie below 1"),
        (
            "[538.3, 36.4,",
            "[100000, 36.4,",
            r"deaths are per 100,000 .* 1 of them lie above 5,000 \(first: 100000 at age 0\)",
        ),
        (
            DEATHS,
            "[0.005383" + ", 0.0003" * 17 + "]",
            r"deaths are per 100,000 .* sum to 0\.010483.* at age 0\); multiply prob",
        ),
        (DEATHS, "[0" + ", 0" * 17 + "]", r"deaths are per 100,000 .* sum to 0, which is below 100"),
        (DEATHS, "[2000" + ", 2000" * 17 + "]", r"deaths .* sum to 36,000, which is above 20,000; give"),
        (
            "subjects: [ela, math]",
            "subjects: [ela, ela]",
            r"quality\.subjects names ela more than once, in \[ela, ela\]",
        ),
        (
            "child_poverty: 0.15",
            "child_poverty: 1.0e+308",
            r"need\.weights: 1 lie above 1,000 \(first: child_poverty, 1e\+308\)",
        ),
        ("possible_share: 0.2", "possible_share: 0.8", r"need\.possible_share \(0\.8\) must lie below"),
        (
            "target_share: 0.8 ",
            "cut_share: {high: 0.4}\n  weak_share: 0.5\n  target_share: 0.8 ",
            r"quality\.weak_share \(0\.5\) must not lie above quality\.cut_share \(0\.4\), level high",
        ),
        (
            "target_share: 0.8 ",
            "cut_share: {upper: 0.4}\n  target_share: 0.8 ",
            r"'upper' is none of elementary, middle, high",
        ),
        ("before: 2014-2018", "before: 2019-2023", "both 2019-2023: nothing can change"),
        ("smallest_school: 80.0", "smallest_school: 5.0", r"matches\.smallest_school \(5\) must be at least"),
        ("levels: [elementary, middle, high]", "levels: []", "at least one level, unless zones.kind is none"),
        ("box: [-122.30, 40.05, -122.10, 40.20]", "box: [-122.10, 40.05, -122.30, 40.20]", "west, south, east, north"),
        ("box: [-122.30, 40.05, -122.10, 40.20]", "box: [40.05, -122.30, 40.20, -122.10]", "west, south, east, north"),
        (
            "judged_by: [given, state_loading, functional]",
            "judged_by: [given, given, functional]",
            "utilization.judged_by names given more than once",
        ),
        ("  travel_m: 8000.0", "  travel_m: 1.0e-9", r"matches\.travel_m: .*greater than or equal to 100"),
        ('zones: ["111", "116"]', 'zones: ["111", "111"]', "West elementary zone names these zones twice: 111"),
        ("name: West elementary zone", 'name: " "', r"siting\.enrollment_zones.*name: "),
        ("name: West elementary zone", 'name: "West "', r"siting\.enrollment_zones.*name: "),
        ("judged_by: [given, state_loading, functional]", "judged_by: [given, seats]", "'seats' is none of given"),
    ],
)
def test_wrong_values_name_their_place(tmp_path: Path, before: str, after: str, message: str) -> None:
    assert before in TEXT
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, TEXT.replace(before, after, 1))


def test_a_study_that_is_not_there_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="pipeline use millbrook"):
        config.load(tmp_path / "params.yaml")


def test_need_without_weights_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one indicator"):
        config.Need(weights={})
    with pytest.raises(ValueError, match="no negative weight"):
        config.Need(weights={"poverty": -1.0})


def test_the_study_in_force_is_settings_and_sources(tmp_path: Path) -> None:
    settings, sources = config.split(TEXT)
    assert sorted(filter(str.strip, (settings + sources).split("\n"))) == sorted(filter(str.strip, TEXT.split("\n")))
    (tmp_path / "sources.yaml").write_text(sources, encoding="utf-8")
    assert load(tmp_path, settings) == load(tmp_path.parent, TEXT)


def test_sources_in_both_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_text(config.split(TEXT)[1], encoding="utf-8")
    with pytest.raises(ConfigError, match=r"stand in .*sources\.yaml alone"):
        load(tmp_path, TEXT)


def test_a_list_is_no_study(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must hold sections"):
        load(tmp_path, "- 1\n")


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("name: millbrook ", "name: /tmp/x/abs ", r"study\.name"),
        ("name: millbrook ", "name: ../../x ", r"study\.name"),
        ("name: millbrook ", 'name: "millbrook\\n" ', r"study\.name"),
        ("crs: EPSG:3310", "crs: PROJJSON EPSG:3310", r"geography\.crs"),
        ("crs: EPSG:3310", 'crs: "EPSG:3310\\n"', r"geography\.crs"),
        ("- id: block_groups_2018", "- id: ../block_groups", r"raw\.census\.\.\./block_groups\.id"),
        ("- {name: tl_2018_06_bg.shp}", "- {name: ../tl_2018_06_bg.shp}", "is not a plain file name"),
        ("- {name: tl_2018_06_bg.shp}", "- {name: /tl_2018_06_bg.shp}", "is not a plain file name"),
        ("- {name: tl_2018_06_bg.shp}", '- {name: "..\\\\tl_2018_06_bg.shp"}', "is not a plain file name"),
        ("- {name: tl_2018_06_bg.shp}", '- {name: "bg.shp\\n"}', "is not a plain file name"),
        ("- {name: tl_2018_06_bg.shp}", "- {name: ..}", "is not a plain file name"),
    ],
)
def test_no_name_becomes_a_path_that_leaves_its_folder(tmp_path: Path, before: str, after: str, message: str) -> None:
    assert before in TEXT
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, TEXT.replace(before, after, 1))


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("child_poverty: 0.15", "child_poverty: .nan", r"need\.weights\.child_poverty.*finite"),
        ("child_poverty: 0.15", "child_poverty: .inf", r"need\.weights\.child_poverty.*finite"),
        ("reach_m: 8000.0", "reach_m: .inf", r"geography\.reach_m.*finite"),
        ("sliver_m2: 500.0", "sliver_m2: .inf", r"geography\.sliver_m2.*finite"),
        ("box: [-122.30", "box: [.nan", r"geography\.box\.0.*finite"),
        ("scale: {building_m2: 0.09290304", "scale: {building_m2: .nan", r"raw\.facilities\.\w+\.options.*not finite"),
        (
            "scale: {building_m2: 0.09290304",
            "scale: {building_m2: 1.0e+999",
            r"raw\.facilities\.\w+\.options.*not finite",
        ),
        ("rules: [california 2024, chicago 2012, new_york 2019 target]", "rules: []", r"capacity\.rules"),
        ("draws: 1000", "draws: 10000000000", r"need\.draws"),
        ("seed: 20240901", "seed: -1", r"need\.seed"),
        ("single_family: 0.45", "single_family: 45.0", r"outlook\.pupils_per_home\.single_family"),
        ("single_family: 0.45", "single_family: -0.45", r"outlook\.pupils_per_home\.single_family"),
        ("single_family: 0.45", "castle: 0.45", r"'castle' is none of single_family"),
        ("definitions: 2", "definitions: 4", r"utilization: .*asks for 4 to agree, and utilization\.judged_by names 3"),
        (
            "evidence: [children_by_block, people_by_block, homes_by_block, people_by_raster, habitable_area, area]",
            "evidence: []",
            r"allocation\.evidence",
        ),
        ("subjects: [ela, math]", "subjects: [ela, art]", r"'art' is none of ela, math"),
        ('middle: ["06", "07", "08"]', 'middle: ["6", "07", "08"]', r"bands\.middle\.0: .*'6' is none of PK, TK"),
        ('middle: ["06", "07", "08"]', 'middle: ["05", "06", "07", "08"]', r"bands: .*these stand twice: 05"),
        ('middle: ["06", "07", "08"]', "middle: []", r"bands\.middle"),
        (
            "leave_out: [2020, 2021]",
            "leave_out: [2020, 2021, 2022, 2023, 2024]\n  first_year: 2020",
            "leave no fall from 2020",
        ),
        ("survival_years: 4", "first_year: 2030", "leave no fall from 2030 to 2024"),
        ("now: 2019-2023", "now: 2023-2019", r"vintages\.now: .*'2023-2019' is no period"),
        ("now: 2019-2023", "now: last year", r"vintages\.now: .*is no period"),
        ("now: 2019-2023", 'now: "2019-2023\\n"', r"vintages\.now: .*is no period"),
        ('scheduler: ""', "scheduler: 10.0.0.5", r"compute\.scheduler"),
        ("workers: 2", "workers: 0", r"compute\.workers"),
        ("memory_limit: 2GB", "memory_limit: plenty", r"compute\.memory_limit"),
        (
            "- id: tracts_2018",
            "- id: block_groups_2018",
            r"block_groups_2018 \(census: Block groups, 2018 edition, census: Census tracts",
        ),
    ],
)
def test_values_out_of_all_proportion_are_refused(tmp_path: Path, before: str, after: str, message: str) -> None:
    assert before in TEXT
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, TEXT.replace(before, after, 1))


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("reach_m: 8000.0", "reach_m: 8e3", r"geography\.reach_m: .*not the text '8e3': write 8000 or 8\.0e\+3"),
        ("reach_m: 8000.0", "reach_m: 1e-05", r"not the text '1e-05': write 0\.00001 or 1\.0e-05"),
        ("reach_m: 8000.0", "reach_m: " + "x" * 9_000, r"not the text 'x{50,70}\u2026 \(9,002 letters\)"),
        ("title: ", "title: " + "x" * 201, r"study\.title: String should have at most 200 characters"),
        ("  note: ", "  note: " + "x" * 2_001, r"study\.note: String should have at most 2000 characters"),
        ("prepared_by: ", "prepared_by: " + "x" * 201 + " # ", r"atlas\.prepared_by: String should have at most 200"),
    ],
)
def test_what_is_too_long_or_no_number_is_said_with_what_to_do(
    tmp_path: Path, before: str, after: str, message: str
) -> None:
    assert before in TEXT
    with pytest.raises(ConfigError, match=message) as refusal:
        load(tmp_path, TEXT.replace(before, after, 1))
    assert len(str(refusal.value)) < 500


def test_a_total_of_an_unknown_table_is_refused_before_the_study_runs(tmp_path: Path) -> None:
    total = "\nexpected:\n  - {what: pupils, table: pupils, value: 312, source: the state}\n"
    with pytest.raises(ConfigError, match=r"expected\.pupils\.table: .*there is no table pupils"):
        load(tmp_path, TEXT + total)


def test_a_fault_among_the_sources_names_their_file_and_the_source(tmp_path: Path) -> None:
    settings, sources = config.split(TEXT)
    (tmp_path / "sources.yaml").write_text(
        sources.replace("      feeds:", "      dorp: {}\n      feeds:", 1), encoding="utf-8"
    )
    with pytest.raises(ConfigError) as refusal:
        load(tmp_path, settings)
    message = str(refusal.value)
    assert message.startswith(f"{tmp_path / 'sources.yaml'} is not a valid study:\n")
    assert "raw.census.block_groups_2018.dorp: Extra inputs are not permitted" in message


@pytest.mark.parametrize(
    "text",
    [
        "? [a, b]\n: 1\n",
        "? {a: b}\n: 1\n",
        "x: 2024-13-45\n",
        "x: " + "1" * 5000,
        "x: " + "[" * 100_000,
        "x: " + "{a: " * 100_000,
        "- " * 100_000,
        "\n".join(" " * i + "a:" for i in range(300)),
        "#" * 2_000_001,
    ],
)
def test_strange_yaml_is_refused_and_breaks_nothing(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"params\.yaml is not readable YAML"):
        load(tmp_path, text)


@pytest.mark.parametrize("what", ["folder", "pipe", "link that leads nowhere"])
def test_what_stands_in_the_place_of_the_study_is_named(tmp_path: Path, what: str) -> None:
    path = tmp_path / "params.yaml"
    {"folder": path.mkdir, "pipe": lambda: os.mkfifo(path)}.get(what, lambda: path.symlink_to("nowhere"))()
    with pytest.raises(ConfigError, match=rf"params\.yaml is a {what}, not a file"):
        config.load(path)


def test_a_folder_in_the_place_of_the_sources_is_named(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").mkdir()
    with pytest.raises(ConfigError, match=r"sources\.yaml is a folder, not a file"):
        load(tmp_path, config.split(TEXT)[0])
