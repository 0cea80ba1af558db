"""dvc.yaml says exactly what the stages do, and a stage uses only what it declares."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipeline import config, stages
from pipeline.columns import BY_NAME
from pipeline.errors import ConfigError
from pipeline.tables import BY_TABLE, FROZEN, INPUTS, TABLES
from tests.guards import dvc_yaml

ROOT = Path(__file__).resolve().parents[2]


def test_dvc_yaml_is_what_the_stages_declare() -> None:
    assert dvc_yaml.difference() == "", "run `make dag`"


def test_a_module_left_out_of_dvc_yaml_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = (ROOT / "dvc.yaml").read_text()
    line = "    - pipeline/analysis/crosswalk.py\n"
    assert line in text
    (tmp_path / "dvc.yaml").write_text(text.replace(line, "", 1))
    rendered = dvc_yaml.render()
    monkeypatch.setattr(dvc_yaml, "ROOT", tmp_path)
    monkeypatch.setattr(dvc_yaml, "render", lambda: rendered)
    assert "+" + line in dvc_yaml.difference()


def test_every_table_has_one_stage_that_writes_it() -> None:
    assert len(TABLES) > 40
    writers: dict[str, list[str]] = {table.name: [] for table in TABLES}
    for name in stages.NAMES:
        for table in stages.find(name).writes:
            writers[table].append(name)
    assert {table: names for table, names in writers.items() if names != [BY_TABLE[table].stage]} == {}


def test_stages_read_only_what_earlier_stages_wrote() -> None:
    made: set[str] = set()
    for name in stages.NAMES:
        stage = stages.find(name)
        assert set(stage.reads) <= made, f"{name} reads {set(stage.reads) - made} too early"
        made |= set(stage.writes)


def test_every_column_is_defined_once_and_used() -> None:
    names = [column.name for column in BY_NAME.values()]
    used = {column for table in (*INPUTS, *TABLES, *FROZEN) for column in table.names}
    assert len(names) > 200
    assert used <= set(names)
    assert sorted(set(names) - used) == []


def test_every_key_is_required_and_every_column_has_a_meaning() -> None:
    for table in (*INPUTS, *TABLES, *FROZEN):
        assert set(table.key) <= table.required, table.name
    assert [c.name for c in BY_NAME.values() if len(c.meaning) < 4] == []


def test_the_demo_study_is_in_force() -> None:
    settings, sources = config.split((ROOT / "studies/millbrook.yaml").read_text(encoding="utf-8"))
    assert (ROOT / "params.yaml").read_text(encoding="utf-8") == settings
    assert (ROOT / "sources.yaml").read_text(encoding="utf-8") == sources
    assert config.load(ROOT / "params.yaml") == config.load(ROOT / "studies/millbrook.yaml")


@pytest.mark.parametrize("path", sorted((ROOT / "studies").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_study_is_valid_and_names_its_publishers(path: Path) -> None:
    study = config.load(path)
    assert study.study.name == path.stem
    entries = [entry for room in config.ROOMS for entry in getattr(study.raw, room)]
    assert entries
    for entry in entries:
        assert entry.producer and entry.title and entry.url and entry.licence and entry.vintage and entry.accessed, (
            entry.id
        )


def test_there_are_six_studies() -> None:
    assert len(list((ROOT / "studies").glob("*.yaml"))) == 6


def test_a_section_that_is_not_declared_cannot_be_used() -> None:
    study = config.only(config.load(ROOT / "params.yaml"), "need", ("study", "raw.census"))
    assert study.study.name == "millbrook"
    assert study.raw.census
    with pytest.raises(ConfigError, match="stage need uses the section growth"):
        _ = study.growth.alpha
    with pytest.raises(ConfigError, match=r"raw\.schools"):
        _ = study.raw.schools.anything


def test_sections_in_dvc_yaml_exist_in_params() -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    sources = yaml.safe_load((ROOT / "sources.yaml").read_text())
    for name in stages.NAMES:
        for section in stages.find(name).sections:
            node = sources if dvc_yaml.is_sources(section) else params
            for part in section.split("."):
                assert part in node, f"stage {name}: {section} is not in params.yaml"
                node = node[part]
