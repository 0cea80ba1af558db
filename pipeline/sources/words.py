"""What districts write for grades, school years and yes or no, and what it means here."""

from __future__ import annotations

import re

from pipeline.columns import GRADES

YES = frozenset({"true", "t", "yes", "y", "1"})
NO = frozenset({"false", "f", "no", "n", "0"})
_GRADES = {
    **{grade: grade for grade in GRADES},
    **{str(number): f"{number:02d}" for number in range(1, 10)},
    **{f"0{word}": "KG" for word in ("K", "")},
    **dict.fromkeys(("K", "KN", "KINDERGARTEN", "KDGN", "0"), "KG"),
    **dict.fromkeys(("P", "PREK", "PREKINDERGARTEN", "PRESCHOOL"), "PK"),
    "TRANSITIONALKINDERGARTEN": "TK",
    "UNGRADED": "UG",
}
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_DATED = re.compile(
    r"(?:(\d{1,2})-([A-Za-z]{3})|([A-Za-z]{3})-(\d{1,2})|\d{4}-(\d{2})-(\d{2})(?:[ T]00:00:00.*)?|(\d{1,2})/(\d{1,2})/\d{4})"
)


def grade_of(text: str) -> str | None:
    """Our grade for a usual word for it; None if there is none.

    >>> [grade_of(word) for word in ("K", "1", "07", "Grade 5", "Pre-K", "3rd", "adult")]
    ['KG', '01', '07', '05', 'PK', '03', None]
    """
    word = re.sub(r"[\s_.\-]", "", text.upper())
    word = re.sub(r"^(GRADE|GR)(?=.)", "", word)
    word = re.sub(r"^(\d{1,2})(ST|ND|RD|TH)$", r"\1", word)
    return _GRADES.get(word)


def dated_span(text: str) -> str | None:
    """The grades behind a date that a spreadsheet made of them; None if it is no date.

    >>> dated_span("8-Jun"), dated_span("2024-06-08"), dated_span("K-5")
    ('6-8', '6-8', None)
    """
    found = _DATED.fullmatch(text.strip())
    if not found:
        return None
    day1, name1, name2, day2, month3, day3, month4, day4 = found.groups()
    month = _MONTHS.get((name1 or name2 or "").lower()) or month3 or month4
    day = day1 or day2 or day3 or day4
    return f"{int(month)}-{int(day)}" if month else None


def span_of(text: str) -> tuple[str, str] | None:
    """Lowest and highest grade of a span or list; None if it is not understood.

    >>> span_of("K-5"), span_of("P-12"), span_of("9"), span_of("PK,0K,01,02"), span_of("other")
    (('KG', '05'), ('PK', '12'), ('09', '09'), ('PK', '02'), None)
    """
    whole = grade_of(text)
    if whole:
        return whole, whole
    ends = re.fullmatch(r"\s*(.+?)\s*(?:-|\u2013|\u2014|to|through)\s*(.+?)\s*", text)
    parts = list(ends.groups()) if ends and "," not in text else text.split(",")
    grades = [grade_of(part) for part in parts]
    if (
        ends
        and "," not in text
        and len(grades) == 2
        and grades[0]
        and grades[1]
        and GRADES.index(grades[0]) > GRADES.index(grades[1])
    ):
        return None
    known = sorted((g for g in grades if g), key=GRADES.index)
    graded = [g for g in known if g != "UG"] or known
    return (graded[0], graded[-1]) if graded and len(known) == len(parts) else None


def fall_of(text: str, year_of: str) -> int | None:
    """The autumn of a school year; None if the label is not understood.

    ``year_of`` says what a single year means: ``start`` or ``as_is`` the year it begins,
    ``end`` the year it ends. A date lies in the school year that began in July before it.

    >>> fall_of("2024-25", "start"), fall_of("SY2324", "start"), fall_of("2025", "end"), fall_of("6/30/2021", "start"), fall_of("2024-27", "start")
    (2024, 2023, 2024, 2020, None)
    """
    label = text.strip()
    two = re.fullmatch(r"(?:SY\s*)?(\d{4})\s*[-\u2013/_]\s*(\d{4}|\d{2})", label, re.IGNORECASE) or re.fullmatch(
        r"SY\s*(\d{2})[-/]?(\d{2})", label, re.IGNORECASE
    )
    if two:
        first = int(two[1]) + (2000 if len(two[1]) == 2 else 0)
        return (
            first if (first + 1) % 100 == int(two[2]) % 100 and (len(two[2]) == 2 or int(two[2]) == first + 1) else None
        )
    date = _date(label)
    if date:
        return date[0] if date[1] >= 7 else date[0] - 1
    return int(label[:4]) - (year_of == "end") if re.fullmatch(r"\d{4}(\.0)?", label) else None


def year_of_date(text: str) -> int | None:
    """The calendar year of a year or date.

    >>> year_of_date("1957"), year_of_date("1957-09-01"), year_of_date("unknown")
    (1957, 1957, None)
    """
    label = text.strip()
    date = _date(label)
    return date[0] if date else int(label[:4]) if re.fullmatch(r"\d{4}(\.0)?", label) else None


def _date(text: str) -> tuple[int, int] | None:
    iso = re.fullmatch(r"(\d{4})-(\d{2})-\d{2}([ T].*)?", text)
    if iso and 1 <= int(iso[2]) <= 12:
        return int(iso[1]), int(iso[2])
    american = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})( .*)?", text)
    return (int(american[3]), int(american[1])) if american and 1 <= int(american[1]) <= 12 else None
