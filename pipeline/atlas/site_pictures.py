"""Two drawings for a site's packet: where it stands, and how full it is from year to year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from pipeline.atlas.escape import esc
from pipeline.atlas.words import LABELS
from pipeline.numerals import percent, school_year

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

AROUND_M = 2500.0  # half the width of the sketch: what lies within a mile and a half
SIZE = 320
LETTER = 5.5  # of the sketch's units: the width of a letter, on paper
WIDTH, HEIGHT, LEFT, RIGHT, FOOT, TOP = 320, 190, 30, 16, 22, 10


def sketch(site: Any, areas: gpd.GeoDataFrame, schools: gpd.GeoDataFrame, others: gpd.GeoDataFrame) -> str:
    """The neighborhoods around a site, the open schools (circles) and other listed sites (squares), to scale.

    A site without a place has no sketch.
    """
    if site is None or site.is_empty:
        return ""
    x, y = site.x, site.y
    box = shapely.box(x - AROUND_M, y - AROUND_M, x + AROUND_M, y + AROUND_M)
    scale = SIZE / (2 * AROUND_M)

    def spot(point: Any) -> tuple[float, float]:
        return (point.x - x + AROUND_M) * scale, (y - point.y + AROUND_M) * scale

    marks = []
    seen = areas[shapely.intersects(areas.geometry.to_numpy(), box)]
    for part, name in zip(shapely.intersection(seen.geometry.to_numpy(), box), seen["name"], strict=True):
        for piece in shapely.get_parts(part):
            if piece.geom_type != "Polygon":
                continue
            corners = [spot(shapely.Point(c)) for c in piece.exterior.simplify(12.0).coords]
            path = "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in corners) + "Z"
            marks.append(f'<path d="{path}" fill="#fbfcfd" stroke="#8d96a0" stroke-width="0.7"/>')
        if part.area > 0.06 * box.area:
            a, b = spot(part.representative_point())
            marks.append(f'<text x="{a:.1f}" y="{b:.1f}" font-size="8" text-anchor="middle" fill="#4a5a6a">{esc(name)}</text>')  # fmt: skip
    for point in _within(schools, box):
        a, b = spot(point)
        marks.append(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="4" fill="#ffffff" stroke="#1c2733"/>')
    near = others[[shape is not None and not shape.is_empty and box.covers(shape) for shape in others.geometry]]
    for point, name in sorted(zip(near.geometry, near["name"], strict=True), key=lambda pair: (pair[0].y, pair[0].x)):
        a, b = spot(point)
        # beside the square, on the side that has room
        at, side = (a + 6, "start") if a + 6 + LETTER * len(name) < SIZE or a < SIZE / 2 else (a - 6, "end")
        marks.append(
            f'<rect x="{a - 4:.1f}" y="{b - 4:.1f}" width="8" height="8" fill="#41b6c4" stroke="#1c2733"/>'
            f'<text x="{at:.1f}" y="{b + 3:.1f}" font-size="8" text-anchor="{side}" fill="#1c2733" stroke="#ffffff" stroke-width="2" paint-order="stroke">{esc(name)}</text>'
        )
    middle = SIZE / 2
    marks.append(f'<rect x="{middle - 6:.1f}" y="{middle - 6:.1f}" width="12" height="12" fill="#253494" stroke="#ffffff"/>')  # fmt: skip
    bar = 1000 * scale
    marks.append(
        f'<path d="M10 {SIZE - 10}h{bar:.1f}" stroke="#1c2733" stroke-width="2"/><text x="10" y="{SIZE - 15}" font-size="8">1 km</text>'
    )
    return f'<svg viewBox="0 0 {SIZE} {SIZE}" role="img" aria-label="Sketch of the site and what lies around it">{"".join(marks)}</svg>'


def _within(frame: gpd.GeoDataFrame, box: Any) -> list[Any]:
    shapes = frame.geometry.to_numpy()
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    return list(shapes[shapely.covers(box, shapes)]) if len(shapes) else []


def utilization_chart(rows: pd.DataFrame, under_ratio: float, fall_year: int) -> str:
    """How full a site is by one way of counting, year by year, with the interval of the forecast and the threshold.

    Parameters
    ----------
    rows : rows of ``public_utilization`` of one site and definition; without any number there is no chart.
    under_ratio : the study's threshold.
    fall_year : the year of today's count.
    """
    rows = rows.dropna(subset=["utilization_ratio"]).sort_values("fall_year")
    if rows.empty:
        return ""
    years = rows["fall_year"].to_numpy()
    middle = rows["utilization_ratio"].to_numpy(dtype=float)
    low, high = (rows[f"utilization_{end}_ratio"].to_numpy(dtype=float) for end in ("low", "high"))
    low, high = np.where(np.isnan(low), middle, low), np.where(np.isnan(high), middle, high)
    most = max(1.0, float(np.ceil(high.max() * 5) / 5))
    step = (WIDTH - LEFT - RIGHT) / max(len(years) - 1, 1)

    def at(place: int, value: float) -> str:
        return f"{LEFT + place * step:.1f} {HEIGHT - FOOT - (HEIGHT - FOOT - TOP) * value / most:.1f}"

    band = [at(n, v) for n, v in enumerate(high)] + [at(n, low[n]) for n in range(len(low) - 1, -1, -1)]
    lines = [f'<path d="M{"L".join(band)}Z" fill="#a1dab4" fill-opacity="0.6"/>']
    for value in (0.0, under_ratio, 1.0):
        y = at(0, value).split()[1]
        dash = ' stroke-dasharray="4 3" stroke="#a6611a"' if value == under_ratio else ' stroke="#c3cbd3"'
        lines.append(
            f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" fill="none"{dash}/><text x="{LEFT - 3}" y="{y}" dy="3" font-size="8" text-anchor="end">{percent(value)}</text>'
        )
    lines.append(f'<path d="M{"L".join(at(n, v) for n, v in enumerate(middle))}" fill="none" stroke="#253494" stroke-width="2"/>')  # fmt: skip
    for n, year in enumerate(years):
        if n % max(1, len(years) // 5) == 0:
            x = at(n, 0.0).split()[0]
            lines.append(f'<text x="{x}" y="{HEIGHT - 8}" font-size="8" text-anchor="middle">{school_year(int(year))}</text>')  # fmt: skip
    way = LABELS["capacity_definition"][str(rows["capacity_definition"].iloc[0])]
    label = f"Seats in use by {way}, {school_year(int(years[0]))} to {school_year(int(years[-1]))}: {percent(middle[0])} to {percent(middle[-1])}"
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{esc(label)}">{"".join(lines)}</svg>'
    )
