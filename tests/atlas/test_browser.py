"""A committee session in headless Chromium, offline; and names that try to break out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdf
import pytest

from pipeline.atlas.book import FILES, bind
from pipeline.atlas.catalogue import LANGUAGES
from pipeline.atlas.sheets import SHEETS
from pipeline.atlas.site_packets import packets
from tests.atlas.conftest import write
from tests.atlas.payloads import PAYLOADS
from tests.atlas.published import ABOUT, INDICATORS, nothing, town

pytestmark = pytest.mark.browser
PAGES = [name.removeprefix("maps/") for name in FILES if name.endswith(".html")]
ROWS = "#table tbody tr.row"


def _picture(name: str) -> str:
    return name.removesuffix(".html").replace("/", "-")


def _everything(page: Any) -> None:
    """Show every layer, hover and click every shape, open every row, sort by every column."""
    page.evaluate(
        """() => {
            const all = (query) => Array.from(document.querySelectorAll(query));
            const fire = (node, kind) => node.dispatchEvent(new MouseEvent(kind, {bubbles: true}));
            const choice = document.getElementById("view");
            for (const option of choice ? choice.options : []) {
                choice.value = option.value;
                choice.dispatchEvent(new Event("change"));
                for (const path of all(".leaflet-overlay-pane path.leaflet-interactive")) { fire(path, "mouseover"); fire(path, "click"); }
                for (let row = 0; row < 20; row++) { const found = all("#table tbody button")[row]; if (found) found.click(); }
                for (let head = 0; head < 12; head++) { const found = all("#table thead button")[head]; if (found) found.click(); }
            }
            all(".annex thead button").forEach((head) => head.click());
        }"""
    )
    page.wait_for_timeout(100)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("device", "width", "height"), [("desktop", 1280, 800), ("phone", 390, 844)])
def test_a_page_opens_without_request_or_error(
    pages: Path, visit: Any, screenshots: Path, name: str, device: str, width: int, height: int
) -> None:
    page, wrong = visit(pages / name, width, height)
    page.wait_for_timeout(100)
    page.screenshot(path=str(screenshots / f"{_picture(name)}-{device}.png"), full_page=device == "phone")
    assert wrong == []
    assert page.evaluate("window.executed") == []
    assert page.evaluate("document.documentElement.scrollWidth") == width, "the page is wider than the screen"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The town three times, each text field holding payloads, so that each payload stands in each field."""
    folders = []
    for turn, text in enumerate((PAYLOADS[0], PAYLOADS[2], PAYLOADS[5])):
        names = PAYLOADS[turn * 6 :] + PAYLOADS[: turn * 6]
        about = ABOUT.__class__(
            **{
                **ABOUT.__dict__,
                "title": names[0],
                "note": text,
                "prepared_by": names[1],
                "sources": (
                    (text, names[2], names[3], names[4], names[9]),
                    (text, text, text, text, 'https://"onclick=x'),
                ),
            }
        )
        folders.append(write(bind(town(names, text), about), tmp_path_factory.mktemp(f"hostile{turn}")))
    return folders


@pytest.mark.parametrize("name", PAGES)
def test_no_name_from_data_runs_or_asks_for_anything(hostile: list[Path], visit: Any, name: str) -> None:
    for folder in hostile:
        page, wrong = visit(folder / name)
        _everything(page)
        assert wrong == []
        assert page.evaluate("window.executed") == []
        assert page.locator("main img, main iframe, main script, x\\:script").count() == 0


def test_payloads_are_shown_letter_by_letter(hostile: list[Path], visit: Any) -> None:
    page, _ = visit(hostile[0] / "need.html")
    shown = set(page.locator(f"{ROWS} button").all_text_contents())
    assert PAYLOADS[0] in shown and PAYLOADS[5] in shown and PAYLOADS[7] in shown


def test_a_payload_would_run_if_it_were_markup(hostile: list[Path], visit: Any, tmp_path: Path) -> None:
    """The control: the same name in a page without our escaping does run, so the tests above can fail."""
    open_page = tmp_path / "open.html"
    open_page.write_text(f"<!DOCTYPE html><p>{PAYLOADS[0]}</p>", encoding="utf-8")
    page, wrong = visit(open_page)
    page.wait_for_timeout(200)
    assert page.evaluate("window.executed") == [1] and wrong


def test_a_click_on_an_area_finds_its_row_and_says_why(
    pages: Path, visit: Any, tables: dict[str, Any], screenshots: Path
) -> None:
    page, wrong = visit(pages / "need.html")
    assert page.locator(ROWS).count() == 40
    page.locator(".leaflet-overlay-pane path.leaflet-interactive").nth(10).click()
    row = tables["public_neighborhoods"].iloc[10]
    assert page.locator("#panel h2").text_content() == row["name"]
    assert page.locator(f"{ROWS}.picked button").text_content() == row["name"]
    assert page.locator("#panel .bars li").count() == 4
    most = {name: 100 * weight for name, weight in INDICATORS.items()}
    parts = (
        tables["public_contributions"].query("neighborhood_id == 'n10'").set_index("indicator")["contribution_index"]
    )
    assert [
        f"{value:g} of {most[name]:.0f} points"
        for name, value in parts.sort_values(ascending=False, kind="stable").items()
    ] == page.locator("#panel .adds").all_text_contents()
    assert f"{row['need_index']:.0f}" in (page.locator("#panel dl").first.text_content() or "")
    page.screenshot(path=str(screenshots / "need-picked.png"))
    page.keyboard.press("Escape")
    assert page.locator("#panel").is_hidden() and page.locator(f"{ROWS}.picked").count() == 0
    assert wrong == []


def test_the_whole_session_can_be_done_by_keyboard(pages: Path, visit: Any) -> None:
    page, wrong = visit(pages / "need.html")
    stops = []
    for _ in range(24):
        page.keyboard.press("Tab")
        stops.append(
            page.evaluate(
                "document.activeElement.closest('#table') ? 'table' : document.activeElement.tagName === 'path' ? 'path' : document.activeElement.id || document.activeElement.textContent.trim()"
            )
        )
    assert stops[0] == "Skip to the table"
    assert "path" not in stops, "a polygon is a stop of the Tab key"
    assert stops.index("view") < stops.index("find") < stops.index("table") < 20
    page.focus(f"{ROWS} button")
    page.keyboard.press("Enter")
    assert page.locator("#panel h2").text_content() == page.locator(f"{ROWS} button").first.text_content()
    assert "Need index" in (page.locator("#status").text_content() or "")
    page.keyboard.press("Escape")
    page.focus("#find")
    page.keyboard.type("willow")
    assert page.locator(f"{ROWS} button").all_text_contents() == ["Willow Grove"]
    assert wrong == []


def test_sorting_orders_numbers_and_leaves_the_unknown_last(pages: Path, visit: Any, tables: dict[str, Any]) -> None:
    page, _ = visit(pages / "need.html")
    frame = tables["public_neighborhoods"]
    page.locator("#table thead button", has_text="Children under 18").click()
    most = frame.sort_values("children_0_17", ascending=False, na_position="last")["name"].tolist()
    shown = page.locator(f"{ROWS} button").all_text_contents()
    assert shown[0] == most[0] and shown[-1] == most[-1] == "Willow Grove"
    head = page.locator("#table thead th", has_text="Children under 18")
    assert head.get_attribute("aria-sort") == "descending"
    page.locator("#table thead button", has_text="Children under 18").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert page.locator(f"{ROWS} button").all_text_contents()[-1] == "Willow Grove"


def test_switching_the_layer_changes_map_legend_and_table(pages: Path, visit: Any, tables: dict[str, Any]) -> None:
    page, wrong = visit(pages / "need.html")
    before = page.locator(".leaflet-overlay-pane path.leaflet-interactive").first.get_attribute("fill")
    page.select_option("#view", label="Homes without a vehicle")
    assert page.locator("#legend h2").text_content() == "Homes without a vehicle"
    heads = [text.strip() for text in page.locator("#table thead button").all_text_contents()]
    assert heads[1] == "Homes without a vehicle"
    share = tables["public_contributions"].query("neighborhood_id == 'n00' and indicator == 'no_vehicle'").iloc[0]
    row = page.locator(ROWS, has_text="Alder Grove")
    assert f"{100 * share['indicator_share']:.0f}% \u00b1 {100 * share['indicator_share_moe']:.0f}" in (
        row.text_content() or ""
    )
    after = page.locator(".leaflet-overlay-pane path.leaflet-interactive").evaluate_all(
        "p => p.map(x => x.getAttribute('fill'))"
    )
    assert before is not None and len(set(after)) > 2
    assert wrong == []


def test_a_level_shows_only_the_schools_that_serve_it(pages: Path, visit: Any) -> None:
    page, wrong = visit(pages / "seats.html")
    dots = page.locator(".leaflet-overlay-pane path[stroke='#222']")

    def named() -> int:
        amounts = page.locator(".legend ul[aria-label^=Schools] .amount").all_text_contents()
        return sum(int(text.strip("()")) for text in amounts)

    # a private school of unknown grades stands on every sheet
    for key, count in (
        ("zones_elementary:unmet", 7),
        ("zones_middle:unmet", 7),
        ("zones_high:unmet", 6),
        ("zones_elementary:unmet", 7),
    ):
        page.select_option("#view", key)
        assert (dots.count(), named()) == (count, count), key
    assert not wrong


def test_on_a_phone_captions_and_the_first_numbers_of_a_wide_table_are_in_sight(pages: Path, visit: Any) -> None:
    page, wrong = visit(pages / "quality_of_data.html", 390, 844)
    captions = page.eval_on_selector_all("caption span", "all => all.map(one => one.getBoundingClientRect().right)")
    assert len(captions) == 6 and max(captions) <= 390
    table = page.locator("table", has=page.get_by_text("How far a count depends"))
    heads = table.locator("thead th")
    assert heads.nth(1).inner_text().startswith("As mapped")
    for place in range(3):
        box = heads.nth(place).bounding_box()
        assert box["x"] + box["width"] <= 390, heads.nth(place).inner_text()
    table.evaluate("it => it.parentElement.scrollLeft = 400")
    assert page.locator("caption span", has_text="How far a count").bounding_box()["x"] >= 0
    assert wrong == []


def test_a_long_name_without_blanks_does_not_make_the_packets_wider_than_the_page(tmp_path: Path, visit: Any) -> None:
    place = tmp_path / "rfp_packets.html"
    place.write_text(
        packets(town(["W" * 200], "x" * 200), replace(ABOUT, title="M" * 200), SHEETS)[0], encoding="utf-8"
    )
    page, wrong = visit(place, 1280, 800)
    assert page.locator(".packet").count() and page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert wrong == []


def test_a_text_that_all_rows_share_is_told_in_the_panel_alone(pages: Path, visit: Any) -> None:
    page, wrong = visit(pages / "siting.html")
    page.locator("#table tbody button").first.click()
    assert "New sites counted" in page.locator("#panel").inner_text()
    assert "New sites counted" not in page.locator("#table").inner_text()
    assert not wrong


def test_on_a_phone_the_panel_of_an_area_that_was_touched_comes_into_sight(pages: Path, visit: Any) -> None:
    page, wrong = visit(pages / "need.html", 390, 844)
    page.locator("#map_need path.leaflet-interactive").nth(3).click()
    panel = page.locator("#panel").bounding_box()
    assert panel and panel["y"] < 0.7 * 844, "nothing shows that there is more to read"
    assert not wrong


def test_on_a_phone_every_sheet_is_in_the_menu_and_a_wide_table_says_so(pages: Path, visit: Any) -> None:
    page, wrong = visit(pages / "need.html", 390, 844)
    assert page.locator("nav a").count() == len(SHEETS) + 1
    for link in page.locator("nav a").all():
        link.focus()  # the menu is one line, which moves to the sheet that has the focus
        box = link.bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= 390
    assert page.locator(".side .sideways").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    wide, _ = visit(pages / "need.html", 1280, 800)
    assert not wide.locator(".side .sideways").is_visible()
    assert not wrong


def test_the_map_shows_the_places_of_its_layer(tmp_path: Path, visit: Any) -> None:
    town_ = town()
    zones = town_["public_zones"]
    # only one small high school zone is known: the map must come closer to it
    zones = zones[(zones["level"] != "high") | (zones["zone_id"] == "h0")].reset_index(drop=True)
    zones.loc[zones["zone_id"] == "h0", "geometry"] = town_["public_neighborhoods"].geometry.iloc[0]
    town_["public_zones"] = zones
    page, wrong = visit(write(bind(town_, ABOUT), tmp_path) / "seats.html")
    scale = page.locator(".leaflet-control-scale-line").first
    before = scale.text_content(), scale.bounding_box()["width"]
    page.select_option("#view", "zones_high:unmet")
    page.wait_for_timeout(400)
    assert (scale.text_content(), scale.bounding_box()["width"]) != before
    assert not wrong


def test_a_long_table_shows_its_first_rows_until_more_are_asked_for(tmp_path: Path, visit: Any) -> None:
    page, wrong = visit(write(bind(town(columns=27, rows=10), ABOUT), tmp_path) / "need.html")
    assert page.locator(ROWS).count() == 100
    assert page.locator("#table .more-rows").text_content() == "Show the other 170 neighborhoods"
    hidden = page.evaluate(
        "Array.from({length: 270}, (_, row) => row).find(row => !document.querySelector(`#table tr[data-row='${row}']`))"
    )
    page.locator(".leaflet-overlay-pane path.leaflet-interactive").nth(hidden).dispatch_event("click")
    assert page.locator(ROWS).count() == 270 and page.locator("#table .more-rows").count() == 0
    assert page.locator(f"{ROWS}.picked").get_attribute("data-row") == str(hidden)
    assert wrong == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.key)
def test_a_print_shows_table_and_legend_and_hides_controls(
    pages: Path, visit: Any, screenshots: Path, sheet: Any
) -> None:
    page, wrong = visit(pages / f"{sheet.key}.html")
    page.emulate_media(media="print")
    if sheet.places:
        assert page.locator("#legend").is_visible() and page.locator("#table").is_visible()
    else:
        assert page.locator("table").first.is_visible()
    assert page.locator(".tools").is_hidden() and page.locator("nav").is_hidden()
    page.pdf(path=str(screenshots / f"{sheet.key}.pdf"))
    assert wrong == []


@pytest.mark.parametrize("folder", ["", *LANGUAGES])
def test_each_packet_of_a_site_is_one_sheet_of_paper(pages: Path, visit: Any, screenshots: Path, folder: str) -> None:
    page, wrong = visit(pages / folder / "rfp_packets.html")
    packets = page.locator(".packet").count()
    place = screenshots / f"rfp_packets-{folder or 'en'}.pdf"
    page.pdf(path=str(place), format="Letter")
    assert len(pypdf.PdfReader(place).pages) == packets > 1
    assert wrong == []


@pytest.fixture(scope="module")
def empty_pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(bind(nothing(), ABOUT), tmp_path_factory.mktemp("nothing"))


@pytest.mark.parametrize("name", PAGES)
def test_a_study_without_inputs_still_opens(empty_pages: Path, visit: Any, name: str) -> None:
    page, wrong = visit(empty_pages / name, 390, 844)
    assert page.evaluate("document.documentElement.scrollWidth") == 390, "words hidden in the menu widen the page"
    assert page.locator("h1").count() == 1 and wrong == []


@pytest.mark.parametrize("name", PAGES)
def test_the_demo_town_opens_without_request_or_error(
    millbrook_workspace: Path, visit: Any, screenshots: Path, name: str
) -> None:
    page, wrong = visit(millbrook_workspace / "maps" / name)
    _everything(page)
    page.evaluate("window.scrollTo(0, 0)")
    page.screenshot(path=str(screenshots / f"millbrook-{_picture(name)}.png"))
    assert wrong == [] and page.evaluate("window.executed") == []


def test_the_demo_town_shows_its_published_ranks(millbrook_workspace: Path, millbrook: Any, visit: Any) -> None:
    page, _ = visit(millbrook_workspace / "maps/need.html")
    ranked = (
        millbrook("public_neighborhoods").dropna(subset=["need_rank"]).sort_values(["need_rank", "neighborhood_id"])
    )
    shown = page.locator(f"{ROWS} button").all_text_contents()
    assert shown[: len(ranked)] == ranked["name"].tolist()
    assert page.locator(f"{ROWS} td.shown").all_text_contents()[0] == f"{ranked['need_index'].iloc[0]:.0f}"
