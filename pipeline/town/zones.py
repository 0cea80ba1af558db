"""Attendance zones, neighborhoods and the district's border, with the faults of real files."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipeline.town import files, names
from pipeline.town.areas import Floats, Ints, districts, mend, tally
from pipeline.town.ground import CRS, Ground, shapes
from pipeline.town.people import NOW, People

ZONE_CRS = "EPSG:2225"  # NAD83 / California zone 1, US survey feet: what the district's GIS office uses
COUNTS = {"elementary": len(names.ELEMENTARY) + 1, "middle": len(names.MIDDLE), "high": len(names.HIGH)}
NUMBERS = {"elementary": 101, "middle": 301, "high": 401}  # numbers of the first zones


@dataclass(frozen=True)
class Zones:
    """Zone number (from 0) of each cell by level; -1 where no zone lies."""

    elementary: Ints
    last_year: Ints  # elementary zones of 2023-24
    middle: Ints
    high: Ints
    places: dict[str, Floats]  # level: zone x (x, y) of its school

    def of(self, level: str) -> Ints:
        """Zone of each cell on one level."""
        return {"elementary": self.elementary, "middle": self.middle, "high": self.high}[level]

    def zone_id(self, level: str, number: int) -> str:
        """The district's number of a zone."""
        return str(NUMBERS[level] + number)


def zones(ground: Ground, people: People, size: int | None, rng: np.random.Generator) -> Zones:
    """Draw zones round schools: they follow blocks, but three rural ones are cut across."""
    blocks = ground.blocks
    number = {
        level: count if size is None else max(count, round(count * size / 1000)) for level, count in COUNTS.items()
    }
    elementary = number["elementary"]
    children = sum(people.children(band, NOW) for band in ("children_5_9", "children_10_14", "children_15_17"))
    cells_in = np.bincount(ground.block, minlength=blocks)
    mass = tally(ground.block, np.asarray(children) * ground.in_district, blocks) + 0.02 * cells_in
    middle = [
        tally(ground.block, w, blocks) / cells_in
        for w in (ground.x, ground.y, 900.0 * ground.is_east, 1300.0 * ground.is_south)
    ]
    places = np.column_stack(middle)
    area, centres = districts(places, mass, elementary, rng)
    kept, cells = np.unique(_whole(ground, mend(area[ground.block], ground.pairs)), return_inverse=True)
    centres, elementary = centres[kept], len(kept)
    # the river is divided between its banks
    cells = mend(cells, ground.pairs, forget=ground.is_water)
    growing = tally(cells, people.is_growing[people.home_area] * np.asarray(children), elementary)
    order = np.argsort(-growing, kind="stable")
    # the youngest school (last name of the list) stands where the town grows most; the others run north to south
    rest = [zone for zone in np.argsort(-centres[:, 1], kind="stable") if zone != order[0]]
    rank = np.empty(elementary, dtype=np.int64)
    rank[np.array([*rest, order[0]])] = np.arange(elementary)
    cells, centres = rank[cells], centres[np.argsort(rank)]
    cells = _cut_across(ground, cells, centres)
    before = _before(ground, cells)
    upper: dict[str, Ints] = {}
    spots = {"elementary": centres[:, :2]}
    weight = tally(cells, np.asarray(children), elementary)
    for level in ("middle", "high"):
        group, middles = districts(centres, weight, number[level], rng)
        order = np.argsort(np.argsort(-middles[:, 1], kind="stable"), kind="stable")
        upper[level] = mend(order[group][cells], ground.pairs)
        spots[level] = middles[np.argsort(order)][:, :2]
    hole = ~ground.in_district | ground.is_park
    drawn = {"elementary": cells, "before": before, **upper}
    drawn = {level: np.where(hole, -1, label) for level, label in drawn.items()}
    gap = _gap(ground, drawn["elementary"], people)
    drawn["elementary"] = np.where(gap, -1, drawn["elementary"])
    snapped = {level: _on_the_ground(ground, spot, drawn[level], level) for level, spot in spots.items()}
    return Zones(drawn["elementary"], drawn["before"], drawn["middle"], drawn["high"], snapped)


def _whole(ground: Ground, cells: Ints) -> Ints:
    return np.asarray(cells[np.unique(ground.block, return_index=True)[1]][ground.block])


def _cut_across(ground: Ground, cells: Ints, centres: Floats) -> Ints:
    """Three wide blocks at a border between zones are divided between them."""
    a, b = ground.pairs.T
    seam = cells[a] != cells[b]
    wet = np.bincount(ground.block, ground.is_water)[ground.block] > 0
    wide = (np.bincount(ground.block)[ground.block] > 9) & ~wet
    spots = np.unique(ground.block[a[seam & wide[a] & ground.in_district[a]]])
    cells = cells.copy()
    for block in spots[:: max(1, len(spots) // 3)][:3]:
        inside = np.flatnonzero(ground.block == block)
        other = cells[b[seam & (ground.block[a] == block)]][:1]
        if len(other) and other[0] != cells[inside[0]]:
            far = np.hypot(ground.x[inside] - centres[other[0], 0], ground.y[inside] - centres[other[0], 1])
            cells[inside[far <= np.median(far)]] = other[0]
    return mend(cells, ground.pairs)


def _before(ground: Ground, cells: Ints) -> Ints:
    """Last year's zones: the newest school's zone was smaller, its rim belonged to its neighbors."""
    newest = cells == cells.max()
    a, b = ground.pairs.T
    before = cells.copy()
    for _ in range(3):
        rim_a, rim_b = (
            (before[a] == cells.max()) & (before[b] != cells.max()),
            (before[b] == cells.max()) & (before[a] != cells.max()),
        )
        before[a[rim_a]] = before[b[rim_a]]
        before[b[rim_b]] = before[a[rim_b]]
    return mend(np.where(newest & ~ground.is_water, _whole(ground, before), cells), ground.pairs)


def _gap(ground: Ground, cells: Ints, people: People) -> np.ndarray:
    """One block that no zone claims: by the railway yard, where hardly anyone lives."""
    a, b = ground.pairs.T
    seam = np.zeros(len(cells), dtype=bool)
    seam[a[(cells[a] != cells[b]) & (cells[a] >= 0) & (cells[b] >= 0)]] = True
    few = np.bincount(ground.block, people.people[2021])[ground.block]
    size = np.bincount(ground.block)[ground.block]
    candidates = seam & ~ground.is_water & (size <= 3) & ground.in_district & (np.hypot(ground.u, ground.v) < 0.6)
    chosen = np.flatnonzero(candidates)[np.argmin(few[candidates])]
    return np.asarray(ground.block == ground.block[chosen])


def _on_the_ground(ground: Ground, spots: Floats, label: Ints, level: str) -> Floats:
    """Schools stand on land, inside their zone, a little off its centre."""
    out = np.empty((len(spots), 2))
    shift = {"elementary": 60.0, "middle": 350.0, "high": 620.0}[level]
    for zone, (x, y) in enumerate(spots):
        land = ~ground.is_water & ~ground.is_park
        inside = np.flatnonzero((label == zone) & land if (label == zone).any() else land)
        away = np.hypot(ground.x[inside] - x - shift, ground.y[inside] - y + shift)
        cell = inside[np.argmin(away)]
        out[zone] = ground.x[cell] + 15, ground.y[cell] - 10
    return out


def write_zones(
    ground: Ground, people: People, drawn: Zones, school_of: dict[str, list[str]], folder: files.Out
) -> None:
    """Zones of three levels, last year's elementary zones, neighborhoods and the district."""
    for level, label, year in (
        ("elementary", drawn.elementary, "2024_25"),
        ("middle", drawn.middle, "2024_25"),
        ("high", drawn.high, "2024_25"),
        ("elementary", drawn.last_year, "2023_24"),
    ):
        number, polygons = shapes(ground, label)
        metres = gpd.GeoSeries(polygons, crs="EPSG:4269").to_crs(CRS).to_numpy()
        faulty = level == "elementary" and year == "2024_25"
        if faulty:
            metres = _slivers(_disputed(metres))
        feet = gpd.GeoSeries(metres, crs=CRS).to_crs(ZONE_CRS)
        feet = gpd.GeoSeries(
            shapely.force_3d(shapely.transform(feet.to_numpy(), lambda c: np.round(c, 3)), 0.0), crs=ZONE_CRS
        )
        frame = pd.DataFrame(
            {
                "ZONE_NO": [drawn.zone_id(level, n) for n in number],
                "SCHOOL": [school_of[f"{level} name"][n] for n in number],
                "CDS_CODE": [school_of[level][n] for n in number],
                "SCHYEAR": year.replace("_", "-"),
            }
        )
        if faulty:
            frame, feet = _two_rows(frame, feet)
        folder.shapefile(f"attendance_zones_{year}_{level}", frame, feet.to_numpy(), ZONE_CRS)
    number, polygons = shapes(ground, people.neighborhood)
    listed = neighborhood_names(people)
    frame = pd.DataFrame({"nbhd_id": [f"N{n + 1:02d}" for n in number], "nbhd_name": [listed[n] for n in number]})
    folder.geojson("neighborhoods.geojson", frame, polygons)
    _, outline = shapes(ground, np.where(ground.in_district, 0, -1))
    land = int(ground.area_m2[ground.in_district & ~ground.is_water].sum())
    water = int(ground.area_m2[ground.in_district & ground.is_water].sum())
    district = {"STATEFP": "06", "UNSDLEA": "99999", "GEOID": "0699999", "NAME": "Millbrook Unified School District", "LSAD": "00",
                "LOGRADE": "KG", "HIGRADE": "12", "MTFCC": "G5420", "SDTYP": "", "FUNCSTAT": "E", "ALAND": land, "AWATER": water}  # fmt: skip
    folder.shapefile("tl_2023_06_unsd", pd.DataFrame([district]), outline, "EPSG:4269")


def neighborhood_names(people: People) -> list[str]:
    """A name for each neighborhood that suits what it is."""
    kinds = np.select([people.is_growing, people.is_needy, people.is_shrinking], ["growing", "needy", "old"], "other")
    supply = {kind: iter(names.number_of(listed, len(kinds))) for kind, listed in names.NEIGHBORHOODS.items()}
    return [next(supply[kind]) for kind in kinds]


def _slivers(polygons: np.ndarray) -> np.ndarray:
    """Two zones were digitized by another hand: their corners lie up to half a metre off."""
    polygons = polygons.copy()
    for zone in (4, 13):
        moved = shapely.transform(polygons[zone], lambda c: c + 0.45 * np.sin(c[:, ::-1] * 12.9898))
        polygons[zone] = shapely.make_valid(moved, method="structure")
    # a third ring was closed twice: its first corner stands two times more at the end
    ring = shapely.get_coordinates(polygons[10].exterior)
    polygons[10] = shapely.Polygon(np.vstack([ring, ring[:1], ring[:1]]), polygons[10].interiors)
    return polygons


def _disputed(polygons: np.ndarray) -> np.ndarray:
    """A strip of a street that two zones both claim: under a thousandth of the smaller zone."""
    polygons = polygons.copy()
    for first in range(len(polygons)):
        for second in range(first + 1, len(polygons)):
            if {first, second} & {4, 7, 13}:
                continue
            border = shapely.get_parts(shapely.intersection(polygons[first], polygons[second]))
            lines = shapely.get_parts(
                shapely.line_merge(shapely.union_all([g for g in border if g.geom_type == "LineString"]))
            )
            line = max(lines, key=shapely.length, default=None)
            if line is None or shapely.length(line) < 300:
                continue
            ends = np.concatenate([shapely.get_coordinates(shapely.line_interpolate_point(line, d)) for d in (20, 120)])
            width = 0.0007 * min(shapely.area(polygons[first]), shapely.area(polygons[second])) / 100
            strip = shapely.buffer(shapely.linestrings(ends), width, cap_style="flat")
            claimed = shapely.union(polygons[first], shapely.intersection(strip, polygons[second]))
            if claimed.geom_type == "Polygon":
                polygons[first] = claimed
                return polygons
    raise RuntimeError("no border is long enough to be disputed")


def _two_rows(frame: pd.DataFrame, shapes_: gpd.GeoSeries) -> tuple[pd.DataFrame, gpd.GeoSeries]:
    """One zone stands in two rows, as when a river or a later annexation divides the drawing."""
    zone = 7
    shape = shapes_.iloc[zone]
    west, south, east, north = shape.bounds
    middle = (west + east) / 2
    halves = [
        shapely.force_3d(shapely.intersection(shapely.force_2d(shape), shapely.box(*box)), 0.0)
        for box in ((west, south, middle, north), (middle, south, east, north))
    ]
    frame = pd.concat([frame.drop(index=zone), frame.loc[[zone, zone]]], ignore_index=True)
    shapes_ = gpd.GeoSeries([*shapes_.drop(index=zone), *halves], crs=shapes_.crs)
    return frame, shapes_
