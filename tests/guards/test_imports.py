"""A stage imports only what it uses: table-only stages start without the geometry libraries."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import stages

ROOT = Path(__file__).resolve().parents[2]
TABLES_ONLY = (
    "quality",
    "need",
    "growth",
    "outlook",
    "scenarios",
    "comparison",
    "utilization",
    "seats",
    "rfp",
    "matches",
    "recommendations",
    "ledger",
)
SHAPES = ("geopandas", "shapely", "rasterio", "pyogrio", "pyproj", "folium", "dask")


@pytest.mark.parametrize("name", TABLES_ONLY)
def test_table_only_stages_never_load_geometry(name: str) -> None:
    code = (
        "import sys; from pipeline import stages; from pipeline.tables import BY_TABLE;"
        f"stage = stages.find({name!r});"
        f"print([m for m in {SHAPES!r} if m in sys.modules]);"
        "print([t for t in (*stage.reads, *stage.writes) if BY_TABLE[t].is_spatial])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "[]"]


@pytest.mark.parametrize("name", [n for n in stages.NAMES if n not in ("atlas",)])
def test_only_the_atlas_loads_folium(name: str) -> None:
    code = f"import sys; from pipeline import stages; stages.find({name!r}); print('folium' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
