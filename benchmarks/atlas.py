"""The atlas against folium: one page whose indicators are switched, or a page for each; and what a browser takes to show it."""

from __future__ import annotations

import os
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest.mock import patch

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks.harness import Result, in_turns, result, seconds, within
from benchmarks.layers import coverage
from pipeline.analysis.indicators import INDICATORS
from pipeline.atlas import payload, vector_tiles
from pipeline.atlas.catalogue import LANGUAGES
from pipeline.atlas.drawings import draw
from pipeline.atlas.exports import PUBLISHED
from pipeline.atlas.page import sheet_page
from pipeline.atlas.render import asset
from pipeline.atlas.retold import catalogue, retell
from pipeline.atlas.sheets import SHEETS
from pipeline.atlas.spec import About
from pipeline.columns import LEVELS
from pipeline.tables import empty

CRS = "EPSG:3310"
ABOUT = About("A county", 2024, "2019-2023", "2014-2018")
NEED = next(sheet for sheet in SHEETS if sheet.key == "need")
MOST_ERROR = 1e-6  # of a number, which a page holds to seven digits
FASTER, SMALLER = 20.0, 9.0
TILES_FASTER, TILES_SMALLER = 2.0, 4.0
DISTRICT_KB, SWITCH_S, PAINT_S, ZOOM_S = 300.0, 0.100, 1.0, 0.120


def published(areas: int, indicators: int, vertices: int = 95, seed: int = 7) -> dict[str, Any]:
    """Published tables of need of about so many neighborhoods; every other table is empty."""
    shapes = shapely.coverage_clean(coverage(areas, vertices, seed))  # a few of its winding borders cross
    n, rng = len(shapes), np.random.default_rng(seed)
    ids = [f"n{row:05d}" for row in range(n)]
    names = [indicator.name for indicator in INDICATORS[:indicators]]
    share = np.round(rng.beta(2, 6, (n, len(names))), 3)
    adds = 100 * share.argsort(axis=0).argsort(axis=0) / n / len(names)
    need = adds.sum(axis=1)
    rank = (-need).argsort(kind="stable").argsort(kind="stable") + 1.0
    tables = {table.name: empty(table.name, CRS) for table in PUBLISHED}
    plain = {"name": [f"Tract {row / 100:.2f}" for row in range(n)], "need_class": "not_high", "need_index": need}
    plain |= {"need_rank": rank, "need_rank_low": np.maximum(rank - 9, 1), "need_rank_high": np.minimum(rank + 9, n)}
    plain |= {"high_need_probability_share": np.round(1 - rank / n, 2), "children_0_17": rng.integers(100, 900, n)}
    plain |= {"children_0_17_moe": rng.integers(40, 200, n), "reliability_class": "medium", "is_approximate": False}
    frame = pd.DataFrame({"neighborhood_id": ids, **plain}).reindex(columns=tables["public_neighborhoods"].columns)
    tables["public_neighborhoods"] = gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=shapes, crs=CRS)
    universes = {indicator.universe: rng.integers(60, 2_400, n) for indicator in INDICATORS}
    whole = np.column_stack([universes[indicator.universe] for indicator in INDICATORS[: len(names)]])
    tables["public_contributions"] = pd.DataFrame(
        {
            "neighborhood_id": np.repeat(ids, len(names)),
            "indicator": np.tile(names, n),
            "indicator_share": share.ravel(),
            "indicator_share_moe": np.round(share.ravel() / 5 + 0.02, 3),
            "indicator_count": np.round(share * whole).ravel(),
            "indicator_count_moe": np.round(share * whole / 5 + 9).ravel(),
            "universe_count": whole.ravel().astype("float64"),
            "universe_count_moe": np.round(whole / 9 + 7).ravel(),
            "percentile_share": 0.5,
            "indicator_weight": 1 / len(names),
            "contribution_index": adds.ravel(),
        }
    )
    tables["public_changes"] = changed(ids, rank, rng, tables["public_changes"])
    return tables


def changed(ids: list[str], rank: Any, rng: np.random.Generator, none: pd.DataFrame) -> pd.DataFrame:
    """Every neighborhood with another rank and another access than in the last release."""
    parts = []
    for fact, level in (("need_rank", "all"), *(("relative_access_ratio", level) for level in LEVELS)):
        now = rank if fact == "need_rank" else np.round(rng.gamma(3, 0.3, len(ids)), 2)
        then = now + (rng.integers(1, 9, len(ids)) if fact == "need_rank" else 0.07)
        plain = {"release_id": "2023-24", "subject_kind": "neighborhood", "fact_level": level, "fact": fact}
        plain |= {"change_evidence": "within" if fact == "need_rank" else "no_margin", "changed_by": "data"}
        numbers = {"value_from": then.round(2), "value_to": now, "value_change": now - then}
        parts.append(pd.DataFrame({"subject_id": ids, **plain, **numbers}))
    return pd.concat(parts, ignore_index=True).reindex(columns=none.columns)


def ours(tables: dict[str, Any]) -> str:
    """One page of all indicators, from published tables to text."""
    drawn, drawings = draw(tables)
    page = payload.build(NEED, drawn, ABOUT, drawings)
    return sheet_page(NEED, SHEETS, ABOUT, "", page, (), [])


def _wide(tables: dict[str, Any]) -> Any:
    shares = tables["public_contributions"].pivot_table(index="neighborhood_id", columns="indicator", values="indicator_share", sort=False)  # fmt: skip
    frame = tables["public_neighborhoods"][["neighborhood_id", "name", "geometry"]]
    return frame.merge(shares, on="neighborhood_id", validate="1:1").to_crs(4326)


def choropleths(tables: dict[str, Any]) -> list[str]:
    """A page for each indicator by ``folium.Choropleth``."""
    import folium

    frame, pages = _wide(tables), []
    for name in frame.columns[3:]:
        chart = folium.Map(tiles=None)
        text = frame[["neighborhood_id", "name", "geometry"]].to_json()
        folium.Choropleth(
            text, data=frame, columns=["neighborhood_id", name], key_on="feature.properties.neighborhood_id"
        ).add_to(chart)
        pages.append(chart.get_root().render())
    return pages


def geojsons(tables: dict[str, Any]) -> list[str]:
    """A page for each indicator by ``folium.GeoJson`` with a colour for each area."""
    import folium

    frame, pages = _wide(tables), []
    for name in frame.columns[3:]:
        chart = folium.Map(tiles=None)
        cuts = np.quantile(frame[name], [0.2, 0.4, 0.6, 0.8])
        frame["fill"] = [NEED_COLORS[place] for place in np.searchsorted(cuts, frame[name], side="right")]
        folium.GeoJson(
            frame[["neighborhood_id", "name", name, "fill", "geometry"]],
            style_function=lambda feature: {"fillColor": feature["properties"]["fill"], "fillOpacity": 1, "weight": 1},
            tooltip=folium.GeoJsonTooltip(["name", name]),
        ).add_to(chart)
        pages.append(chart.get_root().render())
    return pages


NEED_COLORS = ("#ffffcc", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494")


def error_of(tables: dict[str, Any], page: dict[str, Any]) -> float:
    """The largest difference between a share on the page and the table's; infinite where one is missing."""
    table = page["tables"]["neighborhoods"]
    keys = [column["key"] for column in table["columns"]]
    wide, worst = _wide(tables).set_index("neighborhood_id"), 0.0
    for name in wide.columns[2:]:
        if f"indicator|{name}" not in keys:
            return float("inf")
        place = keys.index(f"indicator|{name}")
        shown = np.array([row[place][0] for row in table["rows"]], dtype="float64")
        gap = np.abs(shown - wide.loc[table["ids"], name].to_numpy())
        worst = max(worst, float(gap.max()) if np.isfinite(gap).all() else float("inf"))
    return worst


def atlas(*, small: bool) -> list[Result]:
    """Build and bytes of ten indicators of 5,000 areas against folium; a district's sheet in bytes and in Chromium."""
    areas, indicators = (150, 3) if small else (5_300, 10)
    tables = published(areas, indicators)
    # ours before, between and after the peers: the machine may be slow for a while
    runs = {
        "ours": lambda: ours(tables),
        "folium.Choropleth": lambda: choropleths(tables),
        "ours again": lambda: ours(tables),
        "folium.GeoJson": lambda: geojsons(tables),
        "ours at last": lambda: ours(tables),
    }
    seconds(ours, published(60, 2, 20))  # imports of both sides are not measured
    seconds(choropleths, published(60, 2, 20))
    taken, pages = in_turns(runs, 1)  # type: ignore[arg-type]
    ours_s = statistics.median(taken[name] for name in runs if name.startswith("ours"))
    drawn, drawings = draw(tables)
    error = error_of(tables, payload.build(NEED, drawn, ABOUT, drawings))
    size = f"{len(tables['public_neighborhoods']):,} areas, {indicators} indicators"
    found = []
    for peer in ("folium.Choropleth", "folium.GeoJson"):
        by = {"max_error": error, "most_error": MOST_ERROR}
        bytes_ours, bytes_peer = (sum(len(text.encode()) for text in texts) for texts in ([pages["ours"]], pages[peer]))
        # every library of folium's pages is fetched from elsewhere; ours stand in the page and are counted
        found += [
            result("atlas: pages built", size, ours_s, peer, version("folium"), taken[peer], target=FASTER, **by),
            result("atlas: megabytes written", size, bytes_ours / 1e6, peer, version("folium"), bytes_peer / 1e6, target=SMALLER, unit="MB", **by),
        ]  # fmt: skip
    return [*found, *district(60 if small else 500)]


def district(areas: int) -> list[Result]:
    """A district's sheet: kilobytes beyond Leaflet, and in Chromium the first paint, a switch and a redraw on zoom."""
    tables = published(areas, 10)
    text = ours(tables)
    twins = {name: retell(text, catalogue(language, tables, ABOUT), language) for language, name in LANGUAGES.items()}
    vendored = sum(len(asset(f"leaflet/{name}").encode()) for name in ("leaflet.js", "leaflet.css"))
    size = f"{areas} areas, 10 indicators"
    with ThreadPoolExecutor(1) as apart:  # where a browser is driven already, a second one needs its own thread
        times = apart.submit(in_browser, text).result()
    return [
        *(
            within(
                f"atlas: kilobytes beyond Leaflet{name}",
                size,
                (len(page.encode()) - vendored) / 1e3,
                DISTRICT_KB,
                unit="kB",
            )
            for name, page in {"": text, **{f", {name}": page for name, page in twins.items()}}.items()
        ),
        within("atlas: first paint", size, times["paint"], PAINT_S),
        within("atlas: an indicator switched", size, times["switch"], SWITCH_S),
        within("atlas: redrawn on zoom", size, times["zoom"], ZOOM_S),
    ]


_SWITCH = """async () => {
    const choice = document.getElementById("view"), keys = Array.from(choice.options, (option) => option.value), taken = [];
    for (const key of keys.concat(keys)) {
        const start = performance.now();
        choice.value = key; choice.dispatchEvent(new Event("change"));
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        taken.push(performance.now() - start);
    }
    return taken;
}"""
_ZOOM = """async () => {
    const taken = [], chart = map_need;
    for (let turn = 0; turn < 8; turn++) {
        const start = performance.now();
        chart.setZoom(chart.getZoom() + (turn % 2 ? -1 : 1), {animate: false});
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        taken.push(performance.now() - start);
    }
    return taken;
}"""


def in_browser(text: str) -> dict[str, float]:
    """Seconds until a page is first painted, and medians of those for a switch and a zoom, until painted again."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        path = Path(folder) / "need.html"
        path.write_text(text, encoding="utf-8")
        chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True).new_page()
        page.goto(path.as_uri())
        page.wait_for_timeout(500)
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        switch, zoom = page.evaluate(_SWITCH), page.evaluate(_ZOOM)
        browser.close()
    return {"paint": paint / 1e3, "switch": statistics.median(switch) / 1e3, "zoom": statistics.median(zoom) / 1e3}


def tiles(*, small: bool) -> list[Result]:
    """Some 20,000 areas as vector tiles against shapes in the page, which the same page has with fewer areas."""
    tables = published(150 if small else 21_500, 3)
    pages = {}
    for kind, most in (("tiles", 0), ("shapes", 10**9)):
        with patch.object(vector_tiles, "MOST_SHAPES", most):
            pages[kind] = ours(tables)
    with ThreadPoolExecutor(1) as apart:
        times = {kind: apart.submit(in_browser, text).result() for kind, text in pages.items()}
    places = tables["public_neighborhoods"]
    in_full = places[["neighborhood_id", "geometry"]].to_crs(4326).to_json()
    borders = len(pages["tiles"].split('application/vnd.pmtiles"')[1].split("</script>")[0])
    size, exact = f"{len(places):,} areas, 3 indicators", {"max_error": 0.0, "most_error": 0.0}
    return [
        result("atlas: tiles redrawn on zoom", size, times["tiles"]["zoom"], "SVG shapes by Leaflet", "1.9.3", times["shapes"]["zoom"], target=TILES_FASTER, **exact),
        result("atlas: an indicator switched on tiles", size, times["tiles"]["switch"], "SVG shapes by Leaflet", "1.9.3", times["shapes"]["switch"], target=1.0, **exact),
        result("atlas: megabytes of borders as tiles", size, borders / 1e6, "GeoJSON in full", "RFC 7946", len(in_full) / 1e6, target=TILES_SMALLER, unit="MB", **exact),
        within("atlas: first paint with tiles", size, times["tiles"]["paint"], PAINT_S),
    ]  # fmt: skip
