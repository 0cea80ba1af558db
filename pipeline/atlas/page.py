"""The HTML shell of the sheets: a question, its answer, a table and a map tied to each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.atlas.compact import packed
from pipeline.atlas.escape import data_block, esc, plain
from pipeline.atlas.render import asset, draw_map, policy
from pipeline.atlas.retold import in_other_languages
from pipeline.atlas.spec import About, Credit, Sheet
from pipeline.atlas.vector_tiles import blocks
from pipeline.atlas.words import RULES, rule, say
from pipeline.numerals import school_year


def document(
    *,
    title: str,
    body: str,
    scripts: Sequence[str] = (),
    data: Any = None,
    with_map: bool = False,
    more_styles: Sequence[str] = (),
    pictures: str = "",
) -> str:
    """A whole page with everything in it and a policy that lets it load nothing, but pictures of one origin."""
    styles = [*([asset("leaflet/leaflet.css")] if with_map else []), asset("atlas.css"), *more_styles]
    block = f'<script type="application/json" id="data">{data_block(data)}</script>\n' if data is not None else ""
    return (
        "<!DOCTYPE html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy(scripts, styles, pictures)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<link rel="icon" href="data:,">\n'
        f"<title>{esc(title)}</title>\n"
        + "".join(f"<style>{style}</style>\n" for style in styles)
        + f"</head>\n<body>\n{body}\n{block}"
        + "".join(f"<script>{script}</script>\n" for script in scripts)
        + "</body>\n</html>\n"
    )


def sheet_page(
    sheet: Sheet,
    sheets: tuple[Sheet, ...],
    about: About,
    answer: str,
    page: dict[str, Any],
    reading: tuple[tuple[str, str], ...],
    lacking: list[tuple[str, str, str]],
    drawing: str = "",
    further: tuple[str, ...] = (),
) -> str:
    """One sheet as a single file."""
    has_map = bool(page["views"])
    archives = page.get("archives", {})  # of sets of very many areas
    page = {name: part for name, part in page.items() if name != "archives"}
    origin = "/".join(about.tiles.split("/")[:3]) if has_map else ""
    if origin:
        page = {**page, "tiles": {"address": about.tiles, "credit": plain(about.tiles_credit)}}
    chart, script = draw_map(sheet.key, page) if has_map else ("", "")
    main = (
        _explorer(chart, origin.removeprefix("https://"))
        if has_map
        else f'<div class="card drawing">{drawing}</div>'
        if drawing  # its question is answered by tables
        else '<p class="nothing">This study has no figures to draw for this question. What it lacks, and where that can be had, stands below and on the sheet <a href="quality_of_data.html">Quality of the data</a>.</p>'
    )
    body = f"""<a class="skip" href="#{"table" if has_map else "more"}">Skip to the {"table" if has_map else "text"}</a>
{header(sheets, about, sheet.key)}
<main>
<div class="question"><h1>{esc(sheet.question)}</h1>
<p class="answer">{esc(answer)}</p>{_further(further)}</div>
{_approximate(page)}{main}
<div id="more" class="more">
{_take(sheet) if has_map else ""}<section class="card reading"><h2>How to read this</h2>{_reading(reading)}{_lacking(lacking)}</section>
<div id="annexes"></div>
</div>
</main>
{footer(about, about.credits.get(sheet.key))}{blocks(archives)}"""
    scripts = [asset("leaflet/leaflet.js")] if has_map else []
    return document(
        title=f"{sheet.question} {about.title}",
        body=body,
        scripts=[
            *scripts,
            asset("atlas.js"),
            *([asset("vector_tiles.js")] if archives else []),
            *([script] if has_map else []),
            "schoolshed.begin();",
        ],
        data=packed(page),
        with_map=has_map,
        pictures=origin,
    )


def _further(texts: tuple[str, ...]) -> str:
    """What else there is to say beside the answer, folded up."""
    items = "".join(f"<li>{esc(text)}</li>" for text in texts)
    return f'<details class="further"><summary>More</summary><ul>{items}</ul></details>' if items else ""


def _take(sheet: Sheet) -> str:
    """Links to further pages of a sheet that has figures."""
    items = "".join(f'<li><a href="{esc(name)}">{esc(text)}</a></li>' for name, text in sheet.links)
    return f'<section class="card"><h2>To print and attach</h2><ul>{items}</ul></section>' if items else ""


_BARE = '<span class="unseen"> (no figures in this study)</span>'


def header(sheets: tuple[Sheet, ...], about: About, current: str, file: str = "") -> str:
    """The band with the study's name, the way to the other sheets and to this page in another language."""
    links = [("index", "Overview"), *((sheet.key, sheet.name) for sheet in sheets)]
    items = "".join(
        f'<li{" class=bare" if key in about.bare else ""}><a href="{key}.html"{" aria-current=page" if key == current else ""}>{esc(name)}{_BARE if key in about.bare else ""}</a></li>'
        for key, name in links
    )
    return f"""<header class="band"><div class="brand"><a href="index.html" tabindex="-1">{esc(about.title)}</a>
<span>School year {esc(school_year(about.fall_year))} \u00b7 census {esc(about.now)}{f" and {esc(about.before)}" if about.before else ""}</span></div>
<nav aria-label="Sheets"><ul>{items}</ul></nav>{in_other_languages(f"{file or current}.html")}</header>"""


def _explorer(chart: str, host: str) -> str:
    tiles = (
        f'<label id="tiles-choice"><input id="tiles" type="checkbox"> <span>Streets, loaded from {esc(host)}</span></label>\n'
        if host
        else ""
    )
    return f"""<div class="tools" role="group" aria-label="What is shown">
<label>Show <select id="view"></select></label>
<span id="compare" class="compare" role="group" aria-label="Compare two" hidden><label>Compare <select id="from"></select></label> <label>with <select id="to"></select></label></span>
<label>Find <input id="find" type="search" placeholder="Name" autocomplete="off" spellcheck="false"></label>
<label id="dots-choice" hidden><input id="dots" type="checkbox" checked> <span></span></label>
{tiles}</div>
<div class="explorer">
<section class="side" aria-label="Table">
<div id="panel" class="panel" hidden></div>
<div class="scroll" role="region" aria-labelledby="caption"><table id="table" tabindex="-1"><caption><h2><span id="caption"></span></h2></caption><thead></thead><tbody></tbody></table></div>
</section>
<section class="picture" aria-label="Map">
<div class="frame" id="map">{chart}</div>
<div class="over"><label id="names-choice"><input id="names" type="checkbox" checked> <span>Names</span></label><button type="button" id="whole">Reset map</button></div>
<div id="legend" class="legend"></div>{"<p id=tiles-credit class=credit hidden></p>" if host else ""}
</section>
</div>
<p id="status" class="unseen" role="status"></p>
<noscript><p class="nothing">This page draws its map and tables with a script, which is switched off here. The same numbers are in schoolshed.xlsx.</p></noscript>"""


def _approximate(page: dict[str, Any]) -> str:
    if not any(view["approximate"] for view in page["views"]):
        return ""
    return '<p class="banner"><strong>Approximate.</strong> Some areas on this sheet are stand-ins: drawn by the nearest school because none are published, or the part of a census area inside the district, or their people could be placed by plain area only. They are marked with a dashed border; their numbers are approximate.</p>'


def _reading(lines: tuple[tuple[str, str], ...]) -> str:
    return "".join(f"<p>{f'<strong>{esc(term)}.</strong> ' if term else ''}{esc(text)}</p>" for term, text in lines)


def _lacking(lines: list[tuple[str, str, str]]) -> str:
    if not lines:
        return ""
    items = "".join(f"<li><strong>{esc(subject)}</strong>: {esc(reason)}</li>" for _, subject, reason in lines)
    return f"<h3>Missing or to know in this study</h3><ul>{items}</ul>"


def footer(about: About, credits: tuple[Credit, ...] | None = None) -> str:
    """Who made it, from which sources (all, or those of one sheet), and what the signs mean."""
    shown = about.sources if credits is None else credits
    sources = "".join(f"<li>{_source(*source)}</li>" for source in shown)
    label = "Sources" if credits is None else "Sources of the numbers on this sheet"
    rest = "" if credits is None else '<p>The <a href="index.html">overview</a> lists all sources of the study.</p>'
    small = (
        f" Counts of fewer than {about.smallest_cell} pupils are not shown (*). Some larger counts are hidden too, so that the small ones cannot be worked out from them."
        if about.smallest_cell
        else ""
    )
    printed = '<p class="printed"></p>'  # filled in by the script when it is printed
    by = f"<p>Prepared by {esc(about.prepared_by)}.</p>" if about.prepared_by else ""
    note = f"<p>{esc(about.note)}</p>" if about.note else ""
    listing = (
        f'<details><summary>{label} ({len(shown)})</summary><ul class="sources" translate="no">{sources}</ul>{rest}</details>'
        if shown
        else ""
    )
    vintages = f"{esc(about.now)}{f' and {esc(about.before)}' if about.before else ''}"
    return f"""<footer>{printed}{note}{by}<p>School year {esc(school_year(about.fall_year))}; census figures of {vintages}, with 90% margins of error (\u00b1).{small}</p>{listing}</footer>"""


def _source(producer: str, title: str, vintage: str, licence: str, url: str) -> str:
    where = (
        f' <a href="{esc(url)}" rel="noreferrer noopener">{esc(url)}</a>'
        if url.startswith("https://")
        else f" {esc(url)}"
        if url
        else ""
    )
    return f"{esc(producer)}: {esc(title)}, {esc(vintage)} ({esc(licence)}).{where}"


def index_page(
    sheets: tuple[Sheet, ...],
    about: About,
    answers: dict[str, str],
    pictures: dict[str, str],
    advice: list[dict[str, str]],
    lines: list[dict[str, Any]],
    since: tuple[str, str] = ("", ""),
) -> str:
    """The first page: the lines to quote, what changed (a heading and a text), every question with its answer, the recommendations and the files."""
    cards = "".join(
        f'<li class="card sheet"><a href="{sheet.key}.html"><div class="thumb">{pictures[sheet.key] or "<span>No figures in this study</span>"}</div><h2>{esc(sheet.question)}</h2></a><p>{esc(answers[sheet.key])}</p></li>'
        for sheet in sheets
    )
    downloads = "".join(
        f'<li><a href="{name}" download>{name}</a>: {text}</li>'
        for name, text in (
            ("packet.pdf", "the committee's packet to print or to send"),
            ("schoolshed.xlsx", "every published table as a workbook"),
            ("rfp_packets.zip", "a page for each site of the request for proposals, to attach"),
            ("schoolshed.gpkg", "neighborhoods, zones, schools and sites for QGIS (with styles) or ArcGIS"),
            ("schoolshed_data.zip", "every table as CSV, every layer as GeoJSON, described by a datapackage.json"),
            ("data_dictionary.csv", "what each column means, with its unit"),
        )
    )
    body = f"""<a class="skip" href="#sheets">Skip to the sheets</a>
{header(sheets, about, "index")}
<main>
<div class="question"><h1>Where do children need better schools, and where is there room?</h1><p class="answer">One sheet for each question, with its map, its table and its sources. Click an area, or its row, to see why.</p></div>
{_lines(lines)}{f'<section class="card lines"><h2>{esc(since[0])}</h2><p>{esc(since[1])}</p></section>' if since[1] else ""}
<ul class="cards" id="sheets">{cards}<li class="card take"><h2>Take the numbers with you</h2><p>All files hold the same published numbers as the sheets.</p><ul><li><a href="packet.html">packet.html</a>: the committee's packet, a page for each neighborhood</li><li><a href="rfp_packets.html">rfp_packets.html</a>: the packets of all listed sites on one page</li>{downloads}</ul></li></ul>
{_advice(advice)}
</main>
{footer(about)}"""
    return document(
        title=f"Schoolshed: {about.title}",
        body=body,
        scripts=[asset("atlas.js"), "schoolshed.begin();"],
        data={"annexes": []},
    )


def _lines(lines: list[dict[str, Any]]) -> str:
    """What a committee would quote; where a study can say less, why."""
    if not lines:
        return ""
    told = [line for line in lines if line["is_told"]]
    items = "".join(
        f'<li><p class="statement">{esc(line["statement"])}</p><p>{esc(line["evidence"])}</p>'
        f'<p class="rule">{esc(say("topic", line["topic"]))} \u00b7 {esc(line["reliability"])}</p></li>'
        for line in told
    )
    listing = f'<ol class="advice quotes">{items}</ol>' if told else ""
    rest = "".join(
        f"<li><strong>{esc(say('topic', line['topic']))}</strong>: {esc(line['statement'])}</li>"
        for line in lines
        if not line["is_told"]
    )
    lacking = f"<p>More cannot be said from the data of this study:</p><ul>{rest}</ul>" if rest else ""
    return f'<section class="card lines"><h2>To quote</h2><p>Written from the published numbers by fixed rules. \u00b1 is a 90% margin of error.</p>{listing}{lacking}</section>'


MOST = 24  # recommendations of one kind on the first page
KINDS = (
    ("neighborhood", "Neighborhoods"),
    ("zone", "Attendance zones"),
    ("site", "Sites"),
    ("school", "Schools"),
    ("district", "The district"),
)


def _advice(advice: list[dict[str, str]]) -> str:
    if not advice:
        return ""
    parts = []
    for kind, label in KINDS:
        rows = [row for row in advice if row["subject_kind"] == kind]
        more = f"<p>{len(rows) - MOST} more are in the workbook.</p>" if len(rows) > MOST else ""
        items = "".join(
            f'<li><p class="statement">{esc(row["statement"])}</p><p>{esc(row["evidence"])}</p><p>Against it: {esc(row["counter_evidence"])}</p>'
            f'<p class="rule">{esc(rule(row["rule_id"]))} \u00b7 {esc(row["reliability"])}</p></li>'
            for row in rows[:MOST]
        )
        if rows:
            parts.append(
                f'<details open><summary>{label} ({len(rows)})</summary><ul class="advice">{items}</ul>{more}</details>'
            )
    return f'<section class="card"><h2>What the numbers suggest</h2><p>Each line follows from a fixed rule. It is a reason to look, not a decision.</p>{"".join(parts)}{_rules()}</section>'


def _rules() -> str:
    lines = "".join(
        f'<tr><th scope="row">{esc(number)}</th><td class="words">{esc(name)}</td><td class="words">{esc(text)}</td></tr>'
        for number, (name, text) in RULES.items()
    )
    return f'<details open><summary>The rules</summary><div class="wide"><table class="rules"><thead><tr><th scope="col" class="words">Rule</th><th scope="col" class="words">Name</th><th scope="col" class="words">What it picks</th></tr></thead><tbody>{lines}</tbody></table></div></details>'
