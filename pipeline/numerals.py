"""How numbers, years and rows of names are written for people, in sentences of the tables and on the pages alike."""

from __future__ import annotations

import math
from collections.abc import Sequence

MINUS = "\u2212"


def number(value: float, digits: int = 0) -> str:
    """A number with thousands separators; a half is rounded up, as in the pages. What is no number is not known.

    >>> number(12345.5), number(-0.2), number(0.25, 1), number(7.62, 2), number(float("nan"))
    ('12,346', '0', '0.3', '7.62', 'not known')
    """
    if not math.isfinite(value):
        return "not known"
    scale = 10.0**digits
    rounded = math.copysign(math.floor(abs(value) * scale + 0.5 + 1e-9), value) / scale
    return f"{rounded + 0.0 if rounded else 0.0:,.{digits}f}"


def trimmed(value: float, most: int = 6) -> str:
    """A number with no more decimals than it has, as a setting is written.

    >>> trimmed(1500.0), trimmed(0.75), trimmed(2.0 / 3.0, 2), trimmed(120.0)
    ('1,500', '0.75', '0.67', '120')
    """
    whole, _, decimals = number(value, most).partition(".")
    return f"{whole}.{decimals}".rstrip("0").rstrip(".") if decimals else whole


def signed(value: float) -> str:
    """A change as a whole number with its sign, which is a minus and no hyphen; what rounds to nothing has none.

    >>> signed(829.2), signed(-250.0), signed(0.2)
    ('+829', '\u2212250', '0')
    """
    told = number(abs(value))
    return told if told in ("0", "not known") else f"{'+' if value > 0 else MINUS}{told}"


def count_of(amount: float, one: str, many: str, zero: str = "no") -> str:
    """An amount with its noun, which agrees with the number as written; ``zero`` is how none is written.

    >>> count_of(1.2, "room", "rooms"), count_of(2.5, "room", "rooms"), count_of(0.3, "room", "rooms")
    ('1 room', '3 rooms', 'no rooms')
    >>> f"but only {count_of(0, 'room is', 'rooms are', zero='0')} free"
    'but only 0 rooms are free'
    """
    told = number(amount)
    return f"{zero if told == '0' else told} {one if told == '1' else many}"


def of_tens(told: float) -> str:
    """How many a number in tens, cut down, may stand for.

    >>> of_tens(110.0), of_tens(0.0)
    ('110 to 119', 'fewer than 10')
    """
    return f"{number(told)} to {number(told + 9)}" if told else "fewer than 10"


def points_apart(change: float) -> str:
    """A change of a share in points, with the way it goes.

    >>> points_apart(-0.1), points_apart(0.05)
    ('10 points lower', '5 points higher')
    """
    return f"{number(100 * abs(change))} points {'lower' if change < 0 else 'higher'}"


def listed(names: Sequence[str], most: int = 4, none: str = "none") -> str:
    """Names in a row, beyond the first few counted: one more is named, since a name is no longer than its count.

    >>> listed(["Ash", "Birch"]), listed(["A", "B", "C", "D", "E", "F"]), listed([]), listed([], none="no known")
    ('Ash and Birch', 'A, B, C, D and 2 others', 'none', 'no known')
    """
    if len(names) > most + 1:
        return f"{', '.join(names[:most])} and {len(names) - most} others"
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names) or none


def percent(share: float, digits: int = 0) -> str:
    """A share in percent.

    >>> percent(0.344), percent(0.0125, 1)
    ('34%', '1.3%')
    """
    told = number(100 * share, digits)
    return told if told == "not known" else f"{told}%"


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
