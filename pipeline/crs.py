"""Which coordinate systems areas and lengths can be measured in."""

from __future__ import annotations

from typing import Any

_EQUAL_AREA = ("equal area", "equal earth", "mollweide", "sinusoidal", "eckert iv", "eckert vi")


def unfit_crs(crs: Any) -> str:
    """Why areas and lengths cannot be measured in a (pyproj) CRS; empty where they can."""
    if crs is None:
        return "there is no CRS"
    if crs.is_bound:
        crs = crs.source_crs
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    if not crs.is_projected:
        return "it is in degrees, not in metres"
    if any(axis.unit_name not in ("metre", "meter") for axis in crs.axis_info):
        return f"it is in {crs.axis_info[0].unit_name}, not in metres"
    projection = crs.coordinate_operation.method_name
    if not any(word in projection.lower() for word in _EQUAL_AREA):
        return f"its projection ({projection}) does not keep areas"
    return ""
