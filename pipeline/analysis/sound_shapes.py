"""Outlines against one another: zones in their district, of their level, and census areas under both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pipeline.analysis.geometry import common_ground
from pipeline.columns import GRADES
from pipeline.errors import ContractError, Fault
from pipeline.numerals import percent

if TYPE_CHECKING:
    from pipeline.ledger import Ledger

# A map of neighborhoods may be the whole city's; zones are the district's own.
MOST_OUTSIDE, MOST_ZONES_OUTSIDE, NOTED_OUTSIDE = 0.5, 1 / 3, 0.02
# Layers of census areas cover the same ground; one that covers less than this of another's lacks shapes.
LEAST_COVER = 0.9
MOST_APART = 0.5


def require_box(district: gpd.GeoDataFrame, box: Sequence[float], ledger: Ledger) -> None:
    """Refuse a study whose box (west, south, east, north) does not hold the middle of its district.

    A district that reaches beyond the box is noted: what lies far outside the box is not read.

    Raises
    ------
    ContractError
        Saying where the district's middle lies and which box would hold all of it.
    """
    if district.empty:
        return
    shape = gpd.GeoSeries([district.geometry.iloc[0]], crs=district.crs).to_crs("EPSG:4326").iloc[0]
    west, south, east, north = shape.bounds
    whole = f"[{west - 0.01:.2f}, {south - 0.01:.2f}, {east + 0.01:.2f}, {north + 0.01:.2f}]"
    middle = shape.centroid
    if not (box[0] <= middle.x <= box[2] and box[1] <= middle.y <= box[3]):
        raise ContractError(
            "the district's outline",
            [
                Fault(
                    "E-BOX",
                    f"its middle lies outside geography.box ({', '.join(map(str, box))})",
                    1,
                    f"longitude {middle.x:.4f}, latitude {middle.y:.4f}",
                    f"Set geography.box to hold the whole district: {whole}; or is this another district's outline?",
                )
            ],
        )
    if west < box[0] or south < box[1] or east > box[2] or north > box[3]:
        ledger.note("district", f"reaches beyond geography.box; {whole} would hold it whole")


def require_inside(layers: Mapping[str, gpd.GeoDataFrame], district: gpd.GeoDataFrame, ledger: Ledger) -> None:
    """Refuse neighborhoods more than half of whose ground lies outside the district, and zones by a third.

    Less than that is noted: for a layer from 2% on, and for each shape that lies mostly outside.

    Parameters
    ----------
    layers : mapping of str to GeoDataFrame
        Layers with ``area_id``, as `areas.target_layers` gives them.
    district : GeoDataFrame
        Table of this name; without it nothing can be said.

    Raises
    ------
    ContractError
        With the share of each layer, and its first shape outside.
    """
    if district.empty:
        return
    faults = []
    outline = district.geometry.to_numpy()[0]
    for layer, frame in layers.items():
        shapes = frame.geometry.to_numpy()
        inside, area = _ground_inside(shapes, outline), shapely.area(shapes)
        outside = 1 - inside / area
        beyond = np.flatnonzero(outside > MOST_OUTSIDE)
        share = 1 - inside.sum() / area.sum()
        if share > (MOST_ZONES_OUTSIDE if layer.startswith("zone ") else MOST_OUTSIDE):
            first = frame["area_id"].iloc[int(np.argmax(outside))]
            faults.append(
                Fault(
                    "E-OUTSIDE-DISTRICT",
                    f"{percent(share, 1)} of the ground of layer {layer} lies outside the district",
                    len(beyond),
                    f"{first}, {percent(outside.max(), 1)} outside",
                    "The outline or the layer is of another place, or only a part of it: check both files.",
                )
            )
            continue
        if share > NOTED_OUTSIDE:
            ledger.note(layer, f"{percent(share, 1)} of its ground lies outside the district")
        for row in beyond:
            ledger.note(
                layer,
                f"{percent(outside[row], 1)} of it lies outside the district",
                item=str(frame["area_id"].iloc[row]),
            )
    if faults:
        raise ContractError("zones and neighborhoods", faults)


def require_levels(
    zones: gpd.GeoDataFrame,
    directory: pd.DataFrame,
    *,
    bands: Mapping[str, Sequence[str]],
    fall_year: int,
    ledger: Ledger,
) -> None:
    """Refuse zones in force of which most name schools of another level, and note where some do.

    A school is of a level if it teaches half of the level's grades, or if half of its own grades are
    of the level. Zones without a school, and schools whose grades are not known, say nothing.

    Parameters
    ----------
    zones : GeoDataFrame
        Table of this name; years before and after the one in force are noted only, since schools change.
    directory : DataFrame
        Input table of this name.

    Raises
    ------
    ContractError
        With each such level, how many zones, and the first with its school and grades.
    """
    spans = directory.set_index("school_id")[["grade_low", "grade_high"]]
    faults = []
    for (level, year), part in zones[~zones["is_approximate"]].groupby(["level", "fall_year"], sort=True):
        named = part.sort_values("zone_id", kind="stable").merge(
            spans, left_on="school_id", right_index=True, how="inner", validate="m:1"
        )
        named = named[named["grade_low"].isin(GRADES) & named["grade_high"].isin(GRADES)]
        other = [
            not _is_of_level(low, high, bands[level])
            for low, high in zip(named["grade_low"], named["grade_high"], strict=True)
        ]
        if not any(other):
            continue
        apart = named[other].iloc[0]
        first = f"zone_id={apart['zone_id']}: school {apart['school_id']}, grades {apart['grade_low']} to {apart['grade_high']}"
        if year == fall_year and sum(other) > MOST_APART * len(named):
            faults.append(
                Fault(
                    "E-ZONE-LEVEL",
                    f"{sum(other)} of {len(named)} {level} zones of {year} name schools of another level",
                    sum(other),
                    first,
                    "The layer is of another level, or the list of schools of another year: check files and `level`.",
                )
            )
        else:
            ledger.note(
                f"zone {level} {year}",
                f"{sum(other)} of {len(named)} zones name schools that are of another level in the list of schools",
                item=first,
            )
    if faults:
        raise ContractError("the attendance zones", faults)


def _is_of_level(low: str, high: str, band: Sequence[str]) -> bool:
    taught = GRADES[GRADES.index(low) : GRADES.index(high) + 1]
    common = 2 * len(set(taught) & set(band))
    return common >= len(band) or common >= len(taught)


def require_cover(
    areas: gpd.GeoDataFrame, district: gpd.GeoDataFrame, blocks: gpd.GeoDataFrame, ledger: Ledger
) -> None:
    """Refuse a layer of census areas that covers clearly less of the district than another does.

    The sea belongs to a district's outline and to no tract, so layers are held to the one that
    covers most, not to the outline. Areas added up from blocks may be of a part: they are noted.

    Parameters
    ----------
    areas, district, blocks : GeoDataFrame
        Tables ``census_areas``, ``district`` and ``census_blocks``.

    Raises
    ------
    ContractError
        With each layer that covers less than 90% of what another covers.
    """
    if district.empty or areas.empty:
        return
    outline = district.geometry.to_numpy()[0]
    cover = {
        (str(level), str(vintage)): float(_ground_inside(part.geometry.to_numpy(), outline).sum() / outline.area)
        for (level, vintage), part in areas.groupby(["area_level", "vintage"], sort=True)
    }
    most = max(cover.values())
    faults = []
    for (level, vintage), share in cover.items():
        name, what = (
            f"{level} {vintage}",
            f"covers {percent(share, 1)} of the district, another layer {percent(most, 1)}",
        )
        if share >= LEAST_COVER * most:
            continue
        if vintage in set(blocks["vintage"]):
            ledger.note(name, what)
            continue
        first = areas.loc[(areas["area_level"] == level) & (areas["vintage"] == vintage), "area_geoid"].min()
        remedy = "Shapes are missing: fetch the whole file of the vintage."
        faults.append(Fault("E-COVER", f"{name} {what}", 1, f"area_geoid={first} is there", remedy))
    if faults:
        raise ContractError("the census areas", faults)


def _ground_inside(shapes: npt.NDArray[np.object_], outline: Any) -> npt.NDArray[np.float64]:
    """Area of each shape that lies in the outline, in square metres."""
    shapely.prepare(outline)
    inside = np.zeros(len(shapes))
    whole = shapely.covered_by(shapes, outline)
    inside[whole] = shapely.area(shapes[whole])
    parts = np.flatnonzero(~whole & shapely.intersects(shapes, outline))
    inside[parts] = shapely.area(common_ground(shapes[parts], np.repeat(outline, len(parts))))
    return inside
