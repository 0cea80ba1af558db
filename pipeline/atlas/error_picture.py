"""A small drawing of how wrong forecasts were, by years ahead, beside the two naive ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.atlas.escape import esc
from pipeline.atlas.outlook_answers import judged, size_words
from pipeline.atlas.outlook_frames import NAIVE, method_in_force
from pipeline.numerals import count_of, number

if TYPE_CHECKING:
    import pandas as pd

COLORS = ("#c3cbd3", "#8d96a0", "#0b6478")  # no change, last year's change, the method used
WIDTH, HEIGHT, FOOT, TOP = 300, 190, 34, 30
BAR = 24
LEGEND = (8, 72, 190)  # room for the words of any language


def error_bars(tables: Mapping[str, pd.DataFrame]) -> str:
    """Mean errors as bars (SVG), for the size that the answer speaks of; nothing where none is known.

    Returns
    -------
    str
        One group of three bars for each horizon, each with its number. The same numbers stand in the
        answer and the tables, so that the drawing itself is hidden from screen readers.
    """
    used = method_in_force(tables)
    size, _ = judged(tables)
    tested = tables["public_backtest"]
    shown = tested[(tested["size_class"] == size) & tested["method"].isin((*NAIVE, used))]
    known = shown[shown["mean_absolute_error_share"].notna()]
    if known.empty:
        return ""
    wide = known.pivot(index="horizon_years", columns="method", values="mean_absolute_error_share")  # noqa: PD010
    scale = (HEIGHT - FOOT - TOP - 12) / max(float(wide.max().max()), 1e-9)
    step = WIDTH / len(wide)
    methods = tuple(dict.fromkeys((*NAIVE, used)))
    marks = []
    for place, (years, row) in enumerate(wide.iterrows()):
        left = step * (place + 0.5) - BAR * len(methods) / 2
        for bar, method in enumerate(methods):
            value = float(row.get(method, float("nan")))
            if value != value:
                continue
            x, y = left + BAR * bar, HEIGHT - FOOT - value * scale
            color = COLORS[2] if method == used else COLORS[bar]
            marks.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{BAR - 2}" height="{value * scale:.1f}" fill="{color}"/>'
                f'<text x="{x + BAR / 2 - 1:.1f}" y="{y - 3:.1f}" text-anchor="middle" font-size="7.5">{number(100 * value, 1)}%</text>'
            )
        marks.append(
            f'<text x="{step * (place + 0.5):.1f}" y="{HEIGHT - FOOT + 11}" text-anchor="middle" font-size="8.5">{count_of(float(str(years)), "year", "years")} ahead</text>'
        )
    legend = "".join(
        f'<rect x="{LEGEND[place]}" y="{HEIGHT - 15}" width="8" height="8" fill="{COLORS[2] if method == used else COLORS[place]}"/>'
        f'<text x="{LEGEND[place] + 11}" y="{HEIGHT - 8}" font-size="7.5">{esc("used here" if method == used else method)}</text>'
        for place, method in enumerate(methods)
    )
    title = f'<text x="8" y="14" font-size="9">Mean error of forecasts of {esc(size_words(size))}</text>'
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true" focusable="false"><g fill="#1c2733">{title}{"".join(marks)}{legend}</g></svg>'
