"""The demo town's packet as the stage wrote it: every number of every page against the published tables."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.stages.packet import STAGE
from tests.atlas.leaf_numbers import leaf_text, pages_of, strangers, whole


@pytest.fixture(scope="module")
def tables(millbrook: Callable[[str], Any]) -> dict[str, Any]:
    return {name: millbrook(name) for name in STAGE.reads}


def test_every_number_of_the_finished_packet_is_published(tables: dict[str, Any], millbrook_workspace: Path) -> None:
    html = (millbrook_workspace / "maps/packet.html").read_text(encoding="utf-8")
    sheets = pages_of((millbrook_workspace / "maps/packet.pdf").read_bytes())
    areas = tables["public_neighborhoods"].set_index("neighborhood_id")
    summary, *keys = re.findall(r'<section class="leaf[^"]*" id="(?:n-)?(\w+)">', html)
    assert summary == "summary" and sorted(keys) == sorted(areas.index) and len(sheets) == 41
    for page, (key, sheet) in enumerate(zip(keys, sheets[1:], strict=True), start=2):
        text = leaf_text(html, key)
        assert strangers(text, key, tables) == [], key
        assert strangers(sheet.replace(f"Page {page} of 41.", ""), key, tables) == [], key
        row = areas.loc[key]
        assert f"Rank {whole(row.need_rank)} of 40" in text and f"Rank {whole(row.need_rank)} of 40" in sheet
        assert f"between {whole(row.need_rank_low)} and {whole(row.need_rank_high)} in nine of ten draws" in sheet
