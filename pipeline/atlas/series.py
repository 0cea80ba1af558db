"""Numbers of each place at several times, or under several plans, from the long published tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.atlas.compact import seven
from pipeline.atlas.escape import plain
from pipeline.atlas.frames import Tables, last_of
from pipeline.atlas.spec import MAY_BE_CHANCE, Part, Places, Series, Verdicts
from pipeline.atlas.words import say
from pipeline.columns import BY_NAME, HIDDEN
from pipeline.numerals import count_of, school_year

if TYPE_CHECKING:
    import pandas as pd

Step = tuple[int, str]


def series_of(places: Places, frame: pd.DataFrame, tables: Tables, fall_year: int) -> list[dict[str, Any]]:
    """The series of a set of places as its page holds them: steps in order, a column of numbers for each.

    School years after ``fall_year`` are expected. A series of which fewer than two steps have a number is left out; a hidden number stays its sign.
    """
    ids = [str(i) for i in frame[places.id]]
    found = [_series(series, ids, tables, fall_year) for series in places.series]
    return [one for one in found if one is not None]


def _series(series: Series, ids: list[str], tables: Tables, fall_year: int) -> dict[str, Any] | None:
    steps: dict[Any, dict[str, Any]] = {}
    last = ""
    for part in series.parts:
        rows = _rows(part, tables)
        if part.last and len(rows):
            last = school_year(int(rows[part.last].max()))
            rows = rows[rows[part.last] == rows[part.last].max()]
        for code, own in rows.groupby(part.step, sort=True):
            numbers = own.drop_duplicates(part.key, keep="last").set_index(part.key)
            columns = {"values": part.value, "low": part.low, "high": part.high, "margins": part.margin}
            told = {name: _numbers(numbers[column], ids) for name, column in columns.items() if column}
            if any(isinstance(value, int | float) for value in told["values"]):
                is_ahead = part.step == "fall_year" and code > fall_year
                steps[code] = {
                    "label": _label(part.step, code),
                    "is_expected": part.is_expected or bool(is_ahead),
                    **told,
                }
    if len(steps) < 2:
        return None
    declared = {word: place for place, word in enumerate(BY_NAME[series.parts[0].step].values)}
    codes = sorted(steps, key=lambda code: (declared.get(code, 0), str(code)))
    tests = {"tests": _tests(series.tests, ids, codes, tables)} if series.tests else {}
    return {
        "key": series.key,
        "label": series.label.replace("{last}", last),
        "form": series.form,
        "has_chart": series.has_chart,
        "steps": [steps[code] for code in codes],
        **tests,
    }


def _tests(tests: Verdicts, ids: list[str], codes: list[Any], tables: Tables) -> list[dict[str, Any]]:
    """Pairs of steps whose difference was tested: the rows of the places that may be chance, and among how many that is."""
    found = []
    for pair, own in _rows_where(tests.where, tables[tests.table]).groupby(list(tests.pair), sort=True):
        rows = own[own[tests.change].notna()].drop_duplicates(tests.key, keep="last").set_index(tests.key)
        rows = rows.loc[rows.index.isin(ids)]
        if len(rows) and set(pair) <= set(codes):
            chance = set(rows.index[~rows[tests.verdict].astype("bool")])
            count = count_of(int((rows[tests.margin] > 0).sum()), "comparison", "comparisons")
            found.append(
                {
                    "pair": [codes.index(code) for code in pair],
                    "weak": [row for row, i in enumerate(ids) if i in chance],
                    "weak_label": MAY_BE_CHANCE.replace("{count}", count),
                }
            )
    return found


def _rows_where(where: tuple[tuple[str, str], ...], rows: pd.DataFrame) -> pd.DataFrame:
    for column, value in where:
        rows = last_of(rows, column, value[:-1]) if value.endswith("*") else rows[rows[column] == value]
    return rows


def _rows(part: Part, tables: Tables) -> pd.DataFrame:
    rows = _rows_where(part.where, tables[part.table])
    if part.prefix:
        rows = rows[rows[part.key].str.startswith(part.prefix)]
        rows = rows.assign(**{part.key: rows[part.key].str.removeprefix(part.prefix)})
    return rows.dropna(subset=[part.value])


def _numbers(column: pd.Series, ids: list[str]) -> list[Any]:
    known = column.to_dict()
    return [_number(known.get(i)) for i in ids]


def _number(value: Any) -> float | int | str | None:
    """A number to seven digits, the sign of a hidden one, or nothing.

    >>> _number("412"), _number("*"), _number(float("nan")), _number(0.123456789)
    (412, '*', None, 0.1234568)
    """
    if value is None or value != value:
        return None
    if isinstance(value, str):
        if value == HIDDEN or not value.isdigit():
            return plain(value) or None
        return int(value)
    return seven(value)


def _label(step: str, code: Any) -> str:
    if step == "fall_year":
        return school_year(int(code))
    return say(step, code) if BY_NAME[step].values else str(code)
