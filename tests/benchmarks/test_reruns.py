"""The benchmarks of stages in their small form: run again, they write what they wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.reruns import facilities, need


def test_small_forms_write_the_same_tables(millbrook_workspace: Path) -> None:
    for measured in (need, facilities):
        (row,) = measured(small=True, workspace=millbrook_workspace)
        assert row["max_error"] == 0
        assert row["ours_s"] > 0


def test_without_a_run_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="run `make maps` first"):
        need(small=True, workspace=tmp_path)
