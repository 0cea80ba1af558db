"""The benchmark of the need stage in its small form: run again, it writes what it wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.need import stage


def test_small_form_writes_the_same_table(millbrook_workspace: Path) -> None:
    (row,) = stage(small=True, workspace=millbrook_workspace)
    assert row["max_error"] == 0
    assert row["size"] == "40 neighborhoods"


def test_without_a_run_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="run `make maps` first"):
        stage(small=True, workspace=tmp_path)
