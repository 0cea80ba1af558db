"""Two years, two survey periods or two plans against each other in the page; charts, origins and names on the map."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.atlas.classes import classify
from pipeline.atlas.spec import DIVERGING, Scheme
from tests.atlas.blocks import block

pytestmark = pytest.mark.browser
ROWS = "#table tbody tr.row"


def _choose(page: Any, series: str, first: str, second: str) -> None:
    """By keyboard and labels alone: the group's step, then the one to hold it against."""
    value = page.evaluate(
        "([group, step]) => Array.from(document.querySelectorAll('#from optgroup')).find(one => one.label === group).querySelectorAll('option').values().find(one => one.textContent === step).value",
        [series, first],
    )
    page.select_option("#from", value)
    page.select_option("#to", label=second)


def _step(table: dict[str, Any], series: str, label: str) -> dict[str, Any]:
    found = next(one for one in table["series"] if one["label"] == series)
    return next(step for step in found["steps"] if step["label"] == label)


def _values(packed: Any) -> list[Any]:
    from tests.atlas.blocks import _list

    return _list(packed)


@pytest.mark.parametrize(
    ("sheet", "view", "series", "first", "second"),
    [
        ("growth", "neighborhoods:change|5-17", "Children aged 5 to 17", "2014-2018", "2031"),
        ("outlook", "outlook_elementary:change|5", "Resident pupils by year", "2024-25", "2029-30"),
        ("outlook", "outlook_elementary:change|10", "What if, in 2034-35", "As planned", "No new homes"),
        ("outlook", "outlook_schools:change|5", "Pupils by year", "2019-20", "2024-25"),
        ("facilities", "sites:status", "Share of seats in use, functional capacity", "2024-25", "2034-35"),
    ],
)
def test_map_table_and_legend_show_the_difference_of_two_steps(
    millbrook_workspace: Path,
    visit: Any,
    screenshots: Path,
    sheet: str,
    view: str,
    series: str,
    first: str,
    second: str,
) -> None:
    path = millbrook_workspace / f"maps/{sheet}.html"
    page, wrong = visit(path, 1280, 900)
    page.select_option("#view", view)
    before = page.locator("#table thead").inner_text(), page.locator("#legend").inner_text()
    _choose(page, series, first, second)
    table = block(path.read_text(encoding="utf-8"))["tables"][view.partition(":")[0]]
    a, b = (_values(_step(table, series, label)["values"]) for label in (first, second))
    is_share = series.startswith("Share")
    gaps = [y - x if isinstance(x, int | float) and isinstance(y, int | float) else None for x, y in zip(a, b, strict=True)]  # fmt: skip
    scale = 100 if is_share else 1
    legend, index = classify(pd.Series([g and g * scale for g in gaps], dtype="float64"), Scheme("about_zero", colors=DIVERGING, less="less by", more="more by"), "change")  # fmt: skip
    # the legend's lines are those of the package's own classes
    shown = page.locator("#legend ul").first.locator("li").all_inner_texts()
    counts = [index.count(place) for place in range(len(legend))]
    wanted = [(line.label, count) for line, count in zip(legend, counts, strict=True) if count]
    heads = [(re.sub(r" points?", "", text.partition(" (")[0]), int(re.sub(r"\D", "", text.partition(" (")[2]))) for text in shown if not text.startswith("not known")]  # fmt: skip
    heads = [(label.replace("no difference", "no change"), count) for label, count in heads]
    assert heads == wanted and sum(counts) + index.count(-1) == len(gaps)
    assert page.locator("#legend h2").inner_text() == f"{series}: {second} against {first}"
    assert page.locator("#table thead th").all_inner_texts()[1:] == ["Difference", first, second] or page.locator("#table thead th").count() == 4  # fmt: skip
    largest = max(range(len(gaps)), key=lambda row: (gaps[row] is not None, gaps[row] or 0))
    first_row = page.locator(ROWS).first
    assert first_row.get_attribute("data-row") == str(largest)
    number = first_row.locator("td.shown").inner_text().partition(" ")[0].replace(",", "").replace("\u2212", "-")
    if number not in ("not",):
        assert int(number) == pytest.approx(gaps[largest] * scale, abs=0.51)
    page.screenshot(path=str(screenshots / f"compare-{sheet}-{view.partition(':')[0]}.png"))
    page.select_option("#from", "")
    assert (page.locator("#table thead").inner_text(), page.locator("#legend").inner_text()) == before
    assert wrong == []


def test_the_two_periods_of_a_tested_change_are_hatched_as_on_its_own_map(
    millbrook_workspace: Path, visit: Any
) -> None:
    """A difference has one verdict; two periods that no test compared go by the margin of each place, and say so."""
    page, wrong = visit(millbrook_workspace / "maps/growth.html", 1280, 900)
    page.select_option("#view", "neighborhoods:change|5-17")
    hatched = "Array.from(document.querySelectorAll('#legend li')).map(one => one.textContent).find(text => text.startsWith('May be'))"
    own = page.evaluate(hatched)
    assert own.startswith("May be chance, after correcting for")
    for first, second in (("2014-2018", "2019-2023"), ("2019-2023", "2014-2018")):
        page.select_option("#from", "")
        _choose(page, "Children aged 5 to 17", first, second)
        assert page.evaluate(hatched) == own
    assert wrong == []


def test_another_layer_or_set_of_places_ends_the_comparison(millbrook_workspace: Path, visit: Any) -> None:
    page, wrong = visit(millbrook_workspace / "maps/outlook.html", 1280, 900)
    heads = page.locator("#table thead").inner_text()
    for key in ("outlook_elementary:change|10", "outlook_schools:change|5"):
        _choose(page, "What if, in 2034-35", "As planned", "A new school")
        page.select_option("#view", key)
        assert page.locator("#from").input_value() == "" and page.locator("#to").is_disabled()
        assert "Difference" not in page.locator("#table thead").inner_text()
    page.select_option("#view", "outlook_elementary:change|5")
    assert page.locator("#table thead").inner_text() == heads
    assert wrong == []


def test_a_sheet_without_years_offers_no_comparison(millbrook_workspace: Path, visit: Any) -> None:
    page, _ = visit(millbrook_workspace / "maps/need.html")
    assert page.locator("#compare").is_hidden()


def test_the_panel_draws_the_years_and_tells_them_to_a_screen_reader(
    millbrook_workspace: Path, visit: Any, screenshots: Path
) -> None:
    path = millbrook_workspace / "maps/growth.html"
    page, wrong = visit(path, 1280, 900)
    page.locator(f"{ROWS} button").first.click()
    row = int(page.locator(f"{ROWS}.picked").get_attribute("data-row"))
    table = block(path.read_text(encoding="utf-8"))["tables"]["neighborhoods"]
    chart = page.locator("#panel svg.trend").first
    said = chart.get_attribute("aria-label")
    assert chart.get_attribute("role") == "img" and chart.locator("circle").count() == 4
    for label in ("2014-2018", "2019-2023", "2026", "2031"):
        value = _values(_step(table, "Children aged 5 to 17", label)["values"])[row]
        assert f"{label}: {value:,.0f}" in said, said
    assert said.endswith("expected")
    page.screenshot(path=str(screenshots / "panel-growth.png"))
    assert wrong == []


def test_the_panel_says_how_a_number_was_computed_and_from_which_sources(millbrook_workspace: Path, visit: Any) -> None:
    page, wrong = visit(millbrook_workspace / "maps/need.html", 1280, 900)
    page.select_option("#view", label="Children in poverty")
    page.locator(f"{ROWS} button").first.click()
    fold = page.locator("#panel details.how")
    assert "Children in poverty" in fold.locator("summary").inner_text()
    fold.locator("summary").click()
    told = fold.inner_text()
    assert "children below 100% of the poverty line, as a share of children whose poverty status is known" in told
    assert "American Community Survey" in told
    assert wrong == []


@pytest.mark.parametrize(
    ("name", "width", "height"), [("need", 1280, 900), ("need", 390, 844), ("facilities", 1280, 900)]
)
def test_names_on_the_map_never_lie_over_each_other_and_can_be_put_away(
    millbrook_workspace: Path, visit: Any, name: str, width: int, height: int
) -> None:
    page, wrong = visit(millbrook_workspace / f"maps/{name}.html", width, height)
    if width < 500:  # where no area has room for its name before one looks closer
        page.evaluate(f"map_{name}.setZoom(map_{name}.getZoom() + 1.5, {{animate: false}})")
    page.wait_for_timeout(300)
    boxes = page.locator(".place-name > span").evaluate_all(
        """all => all.map(one => { const range = document.createRange(); range.selectNodeContents(one); const box = range.getBoundingClientRect();
            return [box.left, box.top + 1, box.right, box.bottom - 1]; })"""
    )
    assert len(boxes) >= (4 if width < 500 else 8)
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (a, b)
    known = set(page.locator(f"{ROWS} button").all_text_contents())
    for label in page.locator(".place-name").all():
        assert " ".join(label.locator("span").all_text_contents()) in known
    assert page.locator(".leaflet-names-pane").get_attribute("aria-hidden") == "true"
    page.locator("#names").click()
    assert page.locator(".place-name").count() == 0
    assert wrong == []


def test_on_a_phone_a_long_answer_is_cut_and_given_on_request(
    millbrook_workspace: Path, visit: Any, tmp_path: Path
) -> None:
    # a sentence with names as long as a district may have
    text = (millbrook_workspace / "maps/growth.html").read_text(encoding="utf-8")
    long = tmp_path / "growth.html"
    long.write_text(
        text.replace('<p class="answer">', '<p class="answer">' + "Neighborhood of a long name, " * 20, 1), "utf-8"
    )
    page, wrong = visit(long, 390, 844)
    assert page.locator("#map").bounding_box()["y"] < 844, "the map lies below the first screen"
    page.get_by_role("button", name="Read the whole answer").click()
    assert page.locator(".answer").evaluate(
        "it => it.scrollHeight <= it.clientHeight + 1 && document.activeElement === it"
    )
    for path, width, height in ((long, 1280, 900), (millbrook_workspace / "maps/growth.html", 390, 844)):
        other, _ = visit(path, width, height)
        assert other.get_by_role("button", name="Read the whole answer").count() == 0
    assert wrong == []
