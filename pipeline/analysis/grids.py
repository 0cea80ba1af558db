"""Where the cells of a raster lie, and layers brought onto it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.crs import crs_name
from pipeline.errors import ContractError, Fault

if TYPE_CHECKING:
    import geopandas as gpd

# Length of a degree of latitude where it is shortest, at the equator.
DEGREE_M = 110_574.0


@dataclass(frozen=True)
class Grid:
    """A north-up raster: its north-west corner, the size of a cell, and how many there are.

    Lengths are in the units of ``crs`` (degrees for WorldPop). Rows are counted from the north,
    columns from the west, both from 0.

    Raises
    ------
    ContractError
        For a grid without cells, or whose cells have no positive width and height.

    Examples
    --------
    >>> Grid(-121.5, 38.5, 0.5, 0.25, rows=4, columns=2, crs="EPSG:4326").bounds
    (-121.5, 37.5, -120.5, 38.5)
    """

    west: float
    north: float
    cell_width: float
    cell_height: float
    rows: int
    columns: int
    crs: str

    def __post_init__(self) -> None:
        if not (self.cell_width > 0 and self.cell_height > 0 and self.rows > 0 and self.columns > 0):
            first = f"{self.rows} x {self.columns} cells of {self.cell_width:g} x {self.cell_height:g}"
            fault = Fault("E-GRID", "a grid must have cells, of a positive size", 1, first, "Get the raster again.")
            raise ContractError("a raster", [fault])

    @classmethod
    def from_transform(cls, transform: Sequence[float], rows: int, columns: int, crs: str) -> Grid:
        """The grid of a raster by its affine transform (a, b, c, d, e, f), as GDAL and rasterio give it.

        Raises
        ------
        ContractError
            If the raster is turned, or its first row is the southernmost: shares would be of other cells.

        Examples
        --------
        >>> Grid.from_transform((100, 0, 0, 0, 100, 0), 2, 2, "EPSG:5070")
        Traceback (most recent call last):
        ...
        pipeline.errors.ContractError: a raster cannot be used:
          - [E-TURNED] it must be north-up and not turned (once; first: a=100, b=0, d=0, e=100). Get it from its publisher, or warp it with a north-up grid.
        """
        a, b, c, d, e, f = tuple(transform)[:6]
        if b != 0 or d != 0 or a <= 0 or e >= 0:
            remedy = "Get it from its publisher, or warp it with a north-up grid."
            first = f"a={a:g}, b={b:g}, d={d:g}, e={e:g}"
            raise ContractError("a raster", [Fault("E-TURNED", "it must be north-up and not turned", 1, first, remedy)])
        return cls(c, f, a, -e, rows, columns, crs)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        south = self.north - self.rows * self.cell_height
        return self.west, south, self.west + self.columns * self.cell_width, self.north

    def window(self, row: int, column: int, rows: int, columns: int) -> Grid:
        """The part of the grid that begins at a row and column."""
        west, north = self.west + column * self.cell_width, self.north - row * self.cell_height
        return replace(self, west=west, north=north, rows=rows, columns=columns)

    def require_same_crs(self, shapes: gpd.GeoSeries) -> None:
        """Refuse shapes that are not in the raster's own CRS, where its cells are rectangles.

        Raises
        ------
        ContractError
            With both systems.
        """
        import pyproj

        if shapes.crs is None or not shapes.crs.equals(pyproj.CRS(self.crs), ignore_axis_order=True):
            what = f"the shapes are in {crs_name(shapes.crs)}, the raster in {crs_name(self.crs)}"
            remedy = "Bring the layer onto the raster first (analysis.grids.on_grid)."
            raise ContractError("shapes on a raster", [Fault("E-CRS", what, 1, crs_name(shapes.crs), remedy)])


def on_grid(shapes: gpd.GeoSeries, grid: Grid) -> gpd.GeoSeries:
    """Bring shapes of the study's CRS onto a raster, so that borders stay where they are on the ground.

    A straight border in one system is a bow in the other, so each gets a vertex at least every
    cell's height before it is reprojected. Shapes that are in the raster's CRS come back as they are.

    Parameters
    ----------
    shapes : GeoSeries
        In a projected CRS, or in the raster's own.
    grid : Grid
        Its cells may be in degrees.

    Raises
    ------
    ContractError
        If the shapes have no CRS.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> zone = gpd.GeoSeries([shapely.box(0, 0, 1000, 1000)], crs="EPSG:3310")
    >>> placed = on_grid(zone, Grid(-121, 39, 1 / 1200, 1 / 1200, rows=1200, columns=1200, crs="EPSG:4326"))
    >>> placed.crs.to_epsg(), int(placed.count_coordinates().iloc[0])
    (4326, 45)
    """
    import pyproj

    target = pyproj.CRS(grid.crs)
    if shapes.crs is not None and not shapes.crs.equals(target, ignore_axis_order=True):
        unit = DEGREE_M if target.is_geographic else target.axis_info[0].unit_conversion_factor
        metres = shapes.crs.axis_info[0].unit_conversion_factor
        longest = grid.cell_height * unit / metres if shapes.crs.is_projected else grid.cell_height * unit / DEGREE_M
        shapes = shapes.segmentize(longest).to_crs(target)
    grid.require_same_crs(shapes)
    return shapes
