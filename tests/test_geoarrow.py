"""Layers with GeoArrow coordinates: what is written is what is read, without a geometry."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from benchmarks.layers import coverage
from pipeline import geoarrow
from pipeline.errors import MissingInput, PipelineError
from tests.analysis.test_rings import TOWN

CRS = "EPSG:5070"


def layer(shapes: np.ndarray) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"area_id": [f"{i:04d}" for i in range(len(shapes))]}, geometry=list(shapes), crs=CRS)


@pytest.mark.parametrize("shapes", [TOWN, coverage(200, 30, 4)], ids=["islands", "polygons"])
def test_a_layer_comes_back_as_it_was(tmp_path: Path, shapes: np.ndarray) -> None:
    path = tmp_path / "deep/layer.parquet"
    geoarrow.write_layer(path, layer(shapes))
    rings, attributes, crs = geoarrow.read_rings(path, ["area_id"])
    back = gpd.GeoSeries(rings.shapes(), index=attributes["area_id"]).sort_index()
    assert crs == CRS and attributes["area_id"].str.len().eq(4).all()
    assert shapely.equals(back.to_numpy(), shapes).all()
    # any reader of GeoParquet opens it
    theirs = gpd.read_parquet(path).set_index("area_id").sort_index()
    assert shapely.equals(theirs.geometry.to_numpy(), shapes).all() and theirs.crs == CRS


def test_the_same_layer_has_the_same_bytes_and_no_draft_stays(tmp_path: Path) -> None:
    one, two = tmp_path / "one.parquet", tmp_path / "two.parquet"
    for path in (one, two):
        geoarrow.write_layer(path, layer(coverage(200, 30, 4)))
    assert one.read_bytes() == two.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.parquet", "two.parquet"]


def test_a_box_reads_the_rows_whose_bounds_meet_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geoarrow, "ROWS_PER_GROUP", 50)
    shapes = coverage(400, 12, 6)
    geoarrow.write_layer(tmp_path / "x.parquet", layer(shapes))
    box = (20_000.0, 20_000.0, 45_000.0, 30_000.0)
    rings, attributes, _ = geoarrow.read_rings(tmp_path / "x.parquet", ["area_id"], box)
    bounds = shapely.bounds(shapes)
    meets = (bounds[:, 0] <= box[2]) & (bounds[:, 2] >= box[0]) & (bounds[:, 1] <= box[3]) & (bounds[:, 3] >= box[1])
    assert sorted(attributes["area_id"].astype(int)) == np.flatnonzero(meets).tolist()
    assert rings.areas().sum() == pytest.approx(shapely.area(shapes[meets]).sum(), rel=1e-12)
    assert 0 < meets.sum() < len(shapes)


def test_a_layer_without_shapes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"x\.parquet is not written: the layer has no shape"):
        geoarrow.write_layer(tmp_path / "x.parquet", layer(TOWN[:1]).iloc[:0])


def test_other_files_are_refused_by_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    with pytest.raises(MissingInput, match=r"x\.parquet is not there"):
        geoarrow.read_rings(path)
    layer(TOWN).to_parquet(path)
    with pytest.raises(PipelineError, match="in the encoding WKB, not polygons with GeoArrow"):
        geoarrow.read_rings(path)
    layer(TOWN).drop(columns="geometry").to_parquet(path)
    with pytest.raises(PipelineError, match="holds no geometry"):
        geoarrow.read_rings(path)
    layer(coverage(20, 9, 1)).to_parquet(path, geometry_encoding="geoarrow")
    with pytest.raises(PipelineError, match="no bounding boxes"):
        geoarrow.read_rings(path, box=(0, 0, 1, 1))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(PipelineError, match=r"x\.parquet cannot be read"):
        geoarrow.read_rings(path)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PipelineError, match="cannot be written"):
        geoarrow.write_layer(tmp_path / "file/x.parquet", layer(TOWN))
