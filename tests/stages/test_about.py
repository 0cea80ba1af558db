"""What the pages say of a study: every setting arrives, in both stages that write pages."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest

from pipeline import config
from pipeline.atlas.spec import About, Rules
from pipeline.config import Bands, MatchWeights, Scenario, Study
from pipeline.origins import Raw
from pipeline.stages import atlas, packet
from pipeline.stages.about import SECTIONS, about

STUDY = Path(__file__).resolve().parents[2] / "studies/millbrook.yaml"
BANDS = Bands(elementary=("KG", "01"), middle=("02",), high=("03",))
WEIGHTS = MatchWeights(travel=0.1, grade=0.2, load=0.3, move=0.4)
# Field of Rules: section and setting it comes from, a value that is neither Millbrook's nor a default, and what arrives.
SETTINGS: dict[str, tuple[str, str, Any, Any]] = {
    "family": ("need", "family", "geometric", "geometric"),
    "norm": ("need", "norm", "statewide", "statewide"),
    "draws": ("need", "draws", 777, 777),
    "top_share": ("need", "top_share", 0.31, 0.31),
    "certain_share": ("need", "certain_share", 0.91, 0.91),
    "possible_share": ("need", "possible_share", 0.13, 0.13),
    "smallest_inside_share": ("neighborhoods", "smallest_inside_share", 0.77, 0.77),
    "smallest_population": ("need", "smallest_population", 61.0, 61.0),
    "smallest_children": ("need", "smallest_children", 17.0, 17.0),
    "growth_alpha": ("growth", "alpha", 0.07, 0.07),
    "smallest_seats": ("growth", "smallest_seats", 33.0, 33.0),
    "growth_band": ("growth", "age_band", "14-17", "14-17"),
    "subjects": ("quality", "subjects", ("math",), ("math",)),
    "cut_share": ("quality", "cut_share", {"high": 0.41}, {"high": 0.41}),
    "probability_share": ("quality", "probability_share", 0.63, 0.63),
    "target_share": ("quality", "target_share", 0.71, 0.71),
    "target_years": ("quality", "target_years", 9, 9),
    "path": ("quality", "path", "half_the_gap", "half_the_gap"),
    "path_share": ("quality", "path_share", 0.67, 0.67),
    "growth_margin_share": ("quality", "growth_margin_share", 0.05, 0.05),
    "colors": ("quality", "colors", "xx_2030", "xx_2030"),
    "poor_ratio": ("seats", "poor_ratio", 0.37, 0.37),
    "access_method": ("seats", "access_method", "gaussian", "gaussian"),
    "access_reach": ("seats", "elementary_reach_m", 1111.0, {"elementary": 1111.0, "middle": 5000.0, "high": 8000.0}),
    "access_unit": ("seats", "travel_mode", "bus", "minutes"),
    "reach_m": ("geography", "reach_m", 9100.0, 9100.0),
    "under_ratio": ("utilization", "under_ratio", 0.61, 0.61),
    "definitions": ("utilization", "definitions", 4, 4),
    "surplus_rooms": ("utilization", "surplus_rooms", 11.0, 11.0),
    "years_ahead": ("utilization", "years_ahead", 7, 7),
    "judged_by": ("utilization", "judged_by", ("functional",), ("functional",)),
    "match_travel_m": ("matches", "travel_m", 4321.0, 4321.0),
    "match_draws": ("matches", "draws", 55, 55),
    "match_weights": ("matches", "weights", WEIGHTS, {"travel": 0.1, "grade": 0.2, "load": 0.3, "move": 0.4}),
    "bands": ("", "bands", BANDS, {"elementary": ("KG", "01"), "middle": ("02",), "high": ("03",)}),
    "scenarios": ("", "scenarios", {"a": Scenario(note="Fewer homes")}, {"a": "Fewer homes"}),
}
BESIDE: dict[str, tuple[str, str, Any]] = {
    "title": ("study", "title", "Another town"),
    "fall_year": ("study", "fall_year", 2031),
    "now": ("vintages", "now", "2027-2031"),
    "before": ("vintages", "before", "2022-2026"),
    "note": ("study", "note", "Another note"),
    "prepared_by": ("atlas", "prepared_by", "Somebody"),
    "tiles": ("atlas", "tiles", "https://tiles.example/{z}/{x}/{y}.png"),
    "tiles_credit": ("atlas", "tiles_credit", "Mappers"),
    "smallest_cell": ("publish", "smallest_cell", 21),
    "medium_cv": ("reliability", "medium_cv", 0.33),
}
OF_SHEETS = {"origins", "counts", "credits", "bare"}  # what stage atlas and its pages add


@pytest.fixture(scope="module")
def study() -> Study:
    return config.load(STUDY)


def changed(study: Study, section: str, setting: str, value: Any) -> Study:
    if not section:
        return study.model_copy(update={setting: value})
    return study.model_copy(update={section: getattr(study, section).model_copy(update={setting: value})})


def test_no_field_is_forgotten() -> None:
    assert set(SETTINGS) == {field.name for field in fields(Rules)}
    assert set(BESIDE) | OF_SHEETS | {"sources", "rules"} == {field.name for field in fields(About)}


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_of_the_rules_arrives(study: Study, name: str) -> None:
    section, setting, value, said = SETTINGS[name]
    field = next(field for field in fields(Rules) if field.name == name)
    default = field.default if field.default is not MISSING else field.default_factory()  # type: ignore[misc]
    assert said != default and said != getattr(about(study).rules, name)
    assert getattr(about(changed(study, section, setting, value)).rules, name) == said


@pytest.mark.parametrize("name", BESIDE)
def test_what_is_said_beside_the_rules_arrives(study: Study, name: str) -> None:
    section, setting, value = BESIDE[name]
    assert value != getattr(about(study), name)
    assert getattr(about(changed(study, section, setting, value)), name) == value


def test_a_study_without_a_color_table_has_none(study: Study) -> None:
    assert about(changed(study, "quality", "colors", None)).rules.colors == ""


def test_the_sources_are_those_of_the_study(study: Study) -> None:
    assert about(study).sources and not about(changed(study, "", "raw", Raw())).sources


def test_both_stages_say_the_same_and_declare_its_sections(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[About] = []
    for stage, name in ((atlas, "bind"), (packet, "take")):
        monkeypatch.setattr(stage, name, lambda tables, about: said.append(about) or {})
        assert stage.STAGE.sections == SECTIONS
        stage.STAGE.run(study, {})
    of_atlas, of_packet = said
    assert of_atlas.rules == of_packet.rules == about(study).rules
    shared = {field.name for field in fields(About)} - OF_SHEETS
    assert all(getattr(of_atlas, name) == getattr(of_packet, name) for name in shared)
    assert of_atlas.credits and of_atlas.origins and of_atlas.counts


def test_it_loads_neither_the_map_library_nor_the_sheets() -> None:
    unwanted = "{'folium', 'pipeline.atlas.sheets', 'geopandas'}"
    code = f"import sys, pipeline.stages.about; print(sorted({unwanted} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
