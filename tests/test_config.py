"""Settings: every fault is named with its place; nothing is guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import config
from pipeline.errors import ConfigError

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "studies/millbrook.yaml").read_text(encoding="utf-8")


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
        ("possible_share: 0.2", "possible_share: 0.8", r"need\.possible_share \(0\.8\) must lie below"),
        ("before: 2014-2018", "before: 2019-2023", "both 2019-2023: nothing can change"),
        ("smallest_school: 80.0", "smallest_school: 5.0", r"matches\.smallest_school \(5\) must be at least"),
        ("levels: [elementary, middle, high]", "levels: []", "at least one level, unless zones.kind is none"),
        ("box: [-122.30, 40.05, -122.10, 40.20]", "box: [-122.10, 40.05, -122.30, 40.20]", "west, south, east, north"),
        ("box: [-122.30, 40.05, -122.10, 40.20]", "box: [40.05, -122.30, 40.20, -122.10]", "west, south, east, north"),
        ('last_elementary_grade: "06"', 'last_elementary_grade: "6"', "capacity.last_elementary_grade"),
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
