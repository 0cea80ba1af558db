"""The guide to partitions: its examples run as they stand, and the numbers it shows are theirs."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from pipeline.__main__ import main

ROOT = Path(__file__).resolve().parent.parent
GUIDE = (ROOT / "docs/partitions.md").read_text(encoding="utf-8")
SMALL, DISTRICT = re.findall(r"```python\n(.*?)```", GUIDE, re.S)


def test_the_small_partition_gives_the_numbers_of_the_guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(ROOT / "studies/millbrook.yaml", tmp_path / "params.yaml")
    monkeypatch.chdir(tmp_path)
    exec(compile(SMALL, "docs/partitions.md", "exec"), {})  # noqa: S102  our own text
    assert "python -m pipeline country partitions\n" in GUIDE
    assert main(["country", "partitions"]) == 0
    found = pd.read_parquet("partitions/state=06/zone_profile.parquet").set_index("zone_id")
    shown = re.findall(r"^\| ([AB]) \| ([\d.]+) \| ([\d.]+) \|$", GUIDE, re.M)
    assert [zone for zone, *_ in shown] == ["A", "B"]
    for zone, children, margin in shown:
        assert found.loc[zone, "children_0_17"] == pytest.approx(float(children), abs=0.05)
        assert found.loc[zone, "children_0_17_moe"] == pytest.approx(float(margin), abs=0.05)
    assert Path("partitions/state=06/ledger.parquet").is_file()


def test_a_district_that_has_run_is_a_partition(
    millbrook_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(ROOT / "studies/millbrook.yaml", tmp_path / "params.yaml")
    (tmp_path / "data").symlink_to(millbrook_workspace / "data")
    monkeypatch.chdir(tmp_path)
    exec(compile(DISTRICT, "docs/partitions.md", "exec"), {})  # noqa: S102
    assert main(["country", "districts"]) == 0
    key = ["level", "fall_year", "zone_id", "vintage"]
    again = pd.read_parquet("districts/millbrook/zone_profile.parquet").set_index(key)["children_0_17"]
    first = pd.read_parquet("data/processed/zone_profile.parquet").set_index(key)["children_0_17"]
    assert len(again) == 54
    assert again.to_numpy() == pytest.approx(first.reindex(again.index).to_numpy(), rel=1e-9)
