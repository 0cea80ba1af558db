"""Which coordinate systems areas and lengths can be measured in, and what they are called in a message."""

from __future__ import annotations

from typing import Any

_EQUAL_AREA = ("equal area", "equal earth", "mollweide", "sinusoidal", "eckert iv", "eckert vi")
# Of the name of a CRS in a message.
MOST_LETTERS = 80


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


def crs_name(crs: Any) -> str:
    """Code and name of a CRS in at most 80 characters, whether of pyproj or of rasterio: never its whole definition.

    >>> crs_name("EPSG:3310"), crs_name("+proj=laea +lat_0=12 +lon_0=34"), crs_name(None)
    ('EPSG:3310 (NAD83 / California Albers)', 'unknown', 'no declared system')
    """
    import pyproj

    if crs is None:
        return "no declared system"
    try:
        known = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError:
        name = str(crs)
    else:
        code = known.to_json_dict().get("id")
        name = f"{code['authority']}:{code['code']} ({known.name})" if code else known.name
    return name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 3]}..."
