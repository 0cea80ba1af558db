"""Writing raw files so that the same town gives the same bytes: no clocks, no order of chance."""

from __future__ import annotations

import io
import json
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

DATE = (126, 11, 1)  # dBASE counts years from 1900: 2026-11-01


@dataclass(frozen=True)
class Out:
    """A folder that raw files are written to."""

    path: Path

    def text(
        self, name: str, frame: pd.DataFrame, delimiter: str = ",", encoding: str = "utf-8", end: str = "\n"
    ) -> None:
        """A delimited text file with a header row."""
        content = frame.to_csv(index=False, sep=delimiter, lineterminator=end)
        (self.path / name).write_bytes(content.encode(encoding))

    def api(self, name: str, frame: pd.DataFrame) -> None:
        """Rows as the Census API sends them: an array of arrays, the first the header."""
        rows = [list(frame.columns), *frame.to_numpy().tolist()]
        content = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
        (self.path / name).write_text(f"[{content}]\n", encoding="utf-8", newline="\n")

    def shapefile(self, name: str, frame: pd.DataFrame, shapes: Any, crs: str) -> None:
        """An ESRI shapefile (shp, shx, dbf, prj, cpg) with a fixed date in its table."""
        import geopandas

        data = geopandas.GeoDataFrame(frame.reset_index(drop=True), geometry=list(shapes), crs=crs)
        with tempfile.TemporaryDirectory() as scratch:
            data.to_file(Path(scratch) / f"{name}.shp", engine="pyogrio", encoding="UTF-8", RESIZE="YES")
            table = Path(scratch) / f"{name}.dbf"
            content = bytearray(table.read_bytes())
            content[1:4] = bytes(DATE)
            table.write_bytes(bytes(content))
            for part in ("shp", "shx", "dbf", "prj", "cpg"):
                shutil.copyfile(Path(scratch) / f"{name}.{part}", self.path / f"{name}.{part}")

    def geojson(self, name: str, frame: pd.DataFrame, shapes: Any, places: int = 6) -> None:
        """A GeoJSON file in longitude and latitude."""
        import shapely

        features = []
        for row, shape in zip(frame.to_dict("records"), shapes, strict=True):
            geometry = json.loads(shapely.to_geojson(shape))
            geometry["coordinates"] = _rounded(geometry["coordinates"], places)
            features.append(
                json.dumps({"type": "Feature", "properties": row, "geometry": geometry}, ensure_ascii=False)
            )
        content = '{"type":"FeatureCollection","features":[\n' + ",\n".join(features) + "\n]}\n"
        (self.path / name).write_text(content, encoding="utf-8", newline="\n")

    def raster(self, name: str, values: Any, west: float, north: float, step: float) -> None:
        """A single-band GeoTIFF as WorldPop publishes it: EPSG:4326, nodata -99999."""
        import rasterio
        from rasterio import Affine

        rows, columns = values.shape
        with rasterio.open(
            self.path / name, "w", driver="GTiff", width=columns, height=rows, count=1, dtype="float32",
            crs="EPSG:4326", transform=Affine(step, 0, west, 0, -step, north), nodata=-99999.0,
        ) as target:  # fmt: skip
            target.write(values.astype(np.float32), 1)

    def workbook(self, name: str, sheet: str, titles: list[str], frame: pd.DataFrame) -> None:
        """An Excel workbook with title rows above the header."""
        import datetime

        import xlsxwriter

        draft = io.BytesIO()
        book = xlsxwriter.Workbook(draft, {"in_memory": True})
        book.set_properties({"created": datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)})
        page = book.add_worksheet(sheet)
        for row, title in enumerate(titles):
            page.write_string(row, 0, title)
        for column, title in enumerate(frame.columns):
            page.write_string(len(titles), column, title)
        for row, values in enumerate(frame.itertuples(index=False), start=len(titles) + 1):
            for column, value in enumerate(values):
                if isinstance(value, str):
                    page.write_string(row, column, value)
                elif value is not None and not pd.isna(value):
                    page.write_number(row, column, float(value))
        book.close()
        # stored, not deflated: the bytes then do not depend on the compressor's version
        with zipfile.ZipFile(draft) as packed, zipfile.ZipFile(self.path / name, "w", zipfile.ZIP_STORED) as plain:
            for member in packed.infolist():
                plain.writestr(zipfile.ZipInfo(member.filename, (1980, 1, 1, 0, 0, 0)), packed.read(member.filename))


def _rounded(values: Any, places: int) -> Any:
    if isinstance(values, list):
        return [_rounded(value, places) for value in values]
    return round(values, places)
