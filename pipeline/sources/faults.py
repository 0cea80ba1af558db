"""Faults of one raw file, gathered so that a reader sees all of them at once."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.errors import Fault, SourceError


class Faults:
    """Collects what is wrong with one file and raises it as one message.

    >>> faults = Faults()
    >>> faults.add("E-KEY-DUP", "zone_id stands twice", ["row 4 (zone_id=12)", "row 9 (zone_id=12)"], "Give each zone its own id.")
    >>> faults.raise_if_any("zones.csv (source zones)")
    Traceback (most recent call last):
    ...
    pipeline.errors.SourceError: zones.csv (source zones) cannot be used:
      - [E-KEY-DUP] zone_id stands twice (2 times; first: row 4 (zone_id=12)). Give each zone its own id.
    """

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def __bool__(self) -> bool:
        return bool(self._faults)

    def add(self, code: str, what: str, places: Iterable[object], remedy: str) -> None:
        """Add one kind of fault; nothing is added where ``places`` is empty.

        ``places`` are rows (whole numbers are written "row 7") or descriptions with an id.
        """
        found = [place if isinstance(place, str) else f"row {place}" for place in places]
        if found:
            self._faults.append(Fault(code, what, len(found), found[0], remedy))

    def raise_if_any(self, subject: str) -> None:
        """Refuse the file if anything was added.

        Raises
        ------
        SourceError
            With every fault.
        """
        if self._faults:
            raise SourceError(subject, self._faults)


def refuse(subject: str, code: str, what: str, first: str, remedy: str) -> SourceError:
    """One fault that stops the reading of a file, ready to be raised."""
    return SourceError(subject, [Fault(code, what, 1, first, remedy)])
