"""How numbers and years are written for people, in sentences of the tables and on the pages alike."""

from __future__ import annotations

import math


def number(value: float, digits: int = 0) -> str:
    """A number with thousands separators; a half is rounded up, as in the pages.

    >>> number(12345.5), number(-0.2), number(0.25, 1)
    ('12,346', '0', '0.3')
    """
    scale = 10.0**digits
    rounded = math.copysign(math.floor(abs(value) * scale + 0.5 + 1e-9), value) / scale
    return f"{rounded + 0.0 if rounded else 0.0:,.{digits}f}"


def percent(share: float) -> str:
    """A share in whole percent.

    >>> percent(0.344)
    '34%'
    """
    return f"{number(100 * share)}%"


def chance(share: float) -> str:
    """A probability, or a share that may lie near its ends, as percent: only all is 100%, and only none 0%.

    >>> chance(1.0), chance(0.0), chance(0.997), chance(0.001), chance(0.344)
    ('100%', '0%', 'over 99%', 'under 1%', '34%')
    """
    told = percent(share)
    if told == "100%" and share < 1:
        return "over 99%"
    return "under 1%" if told == "0%" and share > 0 else told


def school_year(fall_year: int) -> str:
    """A school year by its two calendar years.

    >>> school_year(2024)
    '2024-25'
    """
    return f"{fall_year}-{(fall_year + 1) % 100:02d}"
