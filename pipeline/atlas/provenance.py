"""How a number of the map was computed, down to the counts, and from which sources: what its panel folds out."""

from __future__ import annotations

from pipeline.atlas.spec import About, Credit, Field, Places
from pipeline.atlas.words import each_label
from pipeline.columns import BY_NAME


def table_of(places: Places, field: Field) -> str:
    """The published table that holds a field's numbers."""
    head = field.columns[0].partition("|")[0]
    for wide in places.wides:
        if head in {f"{wide.head}{value}" for value in wide.values}:
            return wide.table
    return places.table


def how(places: Places, field: Field, about: About) -> list[str]:
    """Sentences on a field: what each of its columns means, in which unit, a share of what; an indicator's counts.

    >>> about = About("Millbrook", 2024, "2019-2023", None)
    >>> places = Places("n", "", ("", ""), "public_zones", "zone_id", (), ())
    >>> how(places, Field("unmet", "Seats", "whole", ("unmet_seats",)), about)
    ['Seats: The gap where it is positive, zero otherwise: surpluses never net deficits (seats).']
    """
    lines = []
    for place, name in enumerate(field.columns):
        head, _, code = name.partition("|")
        column = BY_NAME.get(head.removeprefix("crossed_").removeprefix("moved_"))
        if column is None:
            continue  # made for the sheet of other columns, which its legend explains
        if head == "indicator_share" and code in about.counts:
            counts = [BY_NAME[count].meaning for count in about.counts[code] if count in BY_NAME]
            if len(counts) == 2:
                lines.append(f"{each_label('indicator', code)}: {_low(counts[0])}, as a share of {_low(counts[1])}.")
                continue
        unit = f" ({column.unit})" if column.unit and column.unit not in column.meaning.lower() else ""
        over = BY_NAME[column.over].meaning if column.over in BY_NAME and column.kind == "share" else ""
        start = (
            f"{field.label}: "
            if not place
            else {"margin": "\u00b1: ", "range": "To: ", "of": "Of: "}.get(field.pair, "")
        )
        lines.append(f"{start}{column.meaning}{unit}{f', of: {_low(over)}' if over else ''}.")
    return lines


def _low(text: str) -> str:
    """A meaning within a sentence; names stay as they are.

    >>> _low("Children in poverty"), _low("ACS count")
    ('children in poverty', 'ACS count')
    """
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def sources(places: Places, field: Field, about: About) -> tuple[Credit, ...]:
    """Sources that the numbers of a field descend from."""
    return about.origins.get(table_of(places, field), ())
