"""A packet for each listed site: one page to print and attach to a request for proposals."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.atlas.escape import esc, fragment
from pipeline.atlas.page import document, footer, header
from pipeline.atlas.site_pictures import sketch, utilization_chart
from pipeline.atlas.site_terms import address, around, building, terms
from pipeline.atlas.spec import About, Sheet
from pipeline.atlas.words import LABELS, grade, kilometres, say
from pipeline.columns import OFFERED_STATUSES
from pipeline.numerals import number, percent

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, Any]
Rows = list[tuple[str, ...]]
TABLES = ("public_rfp", "public_capacity", "public_utilization", "public_rooms", "public_neighborhoods", "public_zones", "public_schools", "public_nearby", "public_sites", "public_backtest", "public_matches", "public_siting_choices", "public_siting_plans", "public_siting", "public_enrollment_zones")  # fmt: skip
STYLE = """body{overflow-wrap:anywhere}.packet .wide{overflow-wrap:normal}
.packet{break-after:page;margin:0 0 2.5rem}.packet:last-child{break-after:auto}
.packet .pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:1rem;align-items:start}
.packet svg{width:100%;max-width:24rem;height:auto;background:#fff}.packet h2{margin:.2rem 0}.packet h3{margin:.8rem 0 .2rem}
.packet table{border-collapse:collapse;width:100%;font-size:.9em}.packet td,.packet th{padding:.15rem .5rem .15rem 0;text-align:left;vertical-align:top;border-bottom:1px solid #d5d8dc}
.packet td.n,.packet th.n{text-align:right}.packet .wide{overflow-x:auto}.packet .pair>div{min-width:0}.packet .blank{display:inline-block;min-width:9rem;border-bottom:1px solid #1c2733}
main:has(.packet:target) .packet:not(:target){display:none}
@media screen and (max-width:40rem){.packet .long thead{display:none}.packet .long tr{display:block;border-bottom:1px solid #d5d8dc;padding:.25rem 0}
.packet .long th,.packet .long td{display:block;border:0;padding:0;text-align:left}.packet .long td:empty{display:none}.packet .long td::before{content:attr(data-head) ": ";color:#4a5a6a}}
@media print{@page{margin:9mm}.contents{display:none}.packet{font-size:7.4pt;line-height:1.2;margin:0;padding:0;border:0}
.packet p{margin:.1rem 0}.packet h3{margin:.25rem 0 0;font-size:8.5pt}.packet svg{max-width:52mm}.packet .chart{max-width:70mm}.packet svg text{font-size:11px}.packet .chart text{font-size:9px}.packet .pair{grid-template-columns:1fr 1fr;gap:.3rem 1rem}
.packet td,.packet th{padding:.04rem .4rem .04rem 0}footer{font-size:5.6pt;line-height:1.1}footer p,footer li{margin:0}footer ul{columns:2}}"""


def packets(tables: Tables, about: About, sheets: tuple[Sheet, ...]) -> tuple[str, dict[str, str]]:
    """All packets on one page, and each as a page of its own by the name of its file.

    Opened with the id of a site (``rfp_packets.html#site-...``), the page shows that packet alone.
    """
    rows = tables["public_rfp"]
    chosen = rows[rows["rfp_status"].isin(OFFERED_STATUSES)].sort_values(["name", "site_id"], kind="stable")
    chosen = chosen.sort_values("rfp_status", key=lambda codes: codes.ne("listed"), kind="stable")
    sections = {str(row.site_id): _packet(row, tables, about) for row in chosen.itertuples()}
    contents = "".join(
        f'<li><a href="#{anchor(row.site_id)}">{esc(row.name)}</a> ({esc(say("rfp_status", row.rfp_status).lower())})</li>'
        for row in chosen.itertuples()
    )
    none = '<p class="nothing">No site of this study can be listed; the sheet <a href="rfp.html">Request for proposals</a> says why.</p>'
    credits = about.credits.get("rfp")
    body = f"""<a class="skip" href="#packets">Skip to the packets</a>
{header(sheets, about, "rfp", "rfp_packets")}
<main><div class="question contents" id="packets"><h1>Packets of the listed sites</h1>
<p>One page for each site; it prints on a page of its own. A link below shows one alone.</p>{f"<ul>{contents}</ul>" if contents else none}</div>
{"".join(sections.values())}
</main>
{footer(about, credits)}"""
    page = document(title=f"Packets of the listed sites: {about.title}", body=body, more_styles=(STYLE,))
    singles = {}
    for place, row in enumerate(chosen.itertuples(), start=1):
        name = re.sub(r"[^A-Za-z0-9_-]", "_", str(row.site_id))
        singles[f"{place:03d}_{name}.html"] = document(
            title=f"{row.name}: {about.title}",
            body=f"<main><h1>{esc(about.title)}: request for proposals</h1>{sections[str(row.site_id)]}</main>{footer(about, credits)}",
            more_styles=(STYLE,),
        )
    return page, singles


def archive(pages: Mapping[str, str]) -> bytes:
    """Pages as one file to send; the same bytes for the same pages."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        for name, page in pages.items():
            packed.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), page)
    return out.getvalue()


def anchor(site_id: object) -> str:
    """The place of a site's packet on the page.

    >>> anchor("Dr. King"), anchor("S101")
    ('site-Dr-2e--20-King', 'site-S101')
    """
    return f"site-{fragment(site_id)}"


def _packet(row: Any, tables: Tables, about: About) -> str:
    sites, schools = tables["public_sites"], tables["public_schools"]
    mine = sites.loc[sites["site_id"] == row.site_id]
    place = mine.geometry.iloc[0] if len(mine) else None
    offered = tables["public_rfp"].loc[tables["public_rfp"]["rfp_status"].isin(OFFERED_STATUSES), "site_id"]
    others = sites[sites["site_id"].isin(offered) & (sites["site_id"] != row.site_id)]
    nearby = schools[(schools["school_status"] == "open") & ~schools["is_virtual"].astype(bool)]
    use = tables["public_utilization"]
    use = use[use["site_id"] == row.site_id]
    known = [code for code in about.rules.judged_by if use.loc[use["capacity_definition"] == code, "utilization_ratio"].notna().any()]  # fmt: skip
    chart = utilization_chart(use[use["capacity_definition"] == known[0]], about.rules.under_ratio, about.fall_year) if known else ""  # fmt: skip
    words = f"By {LABELS['capacity_definition'][known[0]]}; the band is the 80% interval, the dashed line {percent(about.rules.under_ratio)}." if known else ""  # fmt: skip
    drawn = sketch(place, tables["public_neighborhoods"], nearby, others)
    return f"""<section class="packet card" id="{anchor(row.site_id)}"><h2>{esc(row.name)}</h2>
<p class="address">{esc(address(row, tables))}</p>
<p><strong>{esc(say("rfp_status", row.rfp_status))}.</strong> {esc(row.reason)}</p>
<p class="due">Responses are due by <span class="blank">&nbsp;</span> Contact <span class="blank">&nbsp;</span> Visits <span class="blank">&nbsp;</span></p>
<div class="pair"><div><h3>Terms</h3>{_table(terms(row, tables, about))}
<h3>Seats in use</h3>{f"{chart}<p>{esc(words)}</p>" if chart else "<p>Not known, or not shown.</p>"}</div>
<div><h3>Building</h3>{_table(building(row))}
<h3>Where it stands</h3>{drawn or "<p>The inventory gives no place.</p>"}{"<p>The dark square is the site, circles are open schools, light squares other listed sites, by name.</p>" if drawn else ""}
<h3>Neighborhood</h3>{_table(around(row))}</div></div>
<h3>Capacity</h3>{_table(_capacity(row.site_id, tables, about), ("Counted by", "Seats", "Rooms counted", "In use", "Source"), (1, 2, 3))}
{"<p>Nobody is taught there, so that each way takes its lowest number of pupils for a room; functional capacity takes the rooms to be in use part of the day, which is too few seats for elementary pupils alone.</p>" if row.lease_limit == "no_host" else ""}
<div class="pair"><div><h3>Rooms</h3>{_rooms(row.site_id, tables["public_rooms"])}</div><div><h3>Nearest schools</h3>{_neighbors(row.site_id, place, tables, about)}</div></div></section>"""


def _table(rows: Rows, heads: tuple[str, ...] = (), right: tuple[int, ...] = ()) -> str:
    top = "".join(f'<th scope="col"{" class=n" if n in right else ""}>{esc(head)}</th>' for n, head in enumerate(heads))
    body = "".join(
        "<tr>"
        + f'<th scope="row">{esc(row[0])}</th>'
        + "".join(
            f"<td{' class=n' if n in right else ''}{_head(heads, n)}>{esc(text)}</td>"
            for n, text in enumerate(row[1:], 1)
        )
        + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table{" class=long" if heads else ""}>{f"<thead><tr>{top}</tr></thead>" if heads else ""}<tbody>{body}</tbody></table></div>'


def _head(heads: tuple[str, ...], place: int) -> str:
    """What a cell is, for narrow screens, where the heads of a table are not shown."""
    return f' data-head="{esc(heads[place])}"' if heads else ""


def _capacity(site_id: str, tables: Tables, about: About) -> Rows:
    rows = tables["public_capacity"]
    now = tables["public_utilization"]
    now = now[(now["site_id"] == site_id) & (now["fall_year"] == about.fall_year)].set_index("capacity_definition")
    found: Rows = []
    for each in rows[rows["site_id"] == site_id].itertuples():
        used = now["utilization_ratio"].get(each.capacity_definition)
        name = LABELS["capacity_definition"][each.capacity_definition]
        found.append(
            (
                name[:1].upper() + name[1:],
                number(each.capacity_seats) if each.capacity_status == "known" else say("capacity_status", each.capacity_status).lower(),
                "" if each.rooms_counted != each.rooms_counted else number(each.rooms_counted),
                "" if used is None or used != used else percent(float(used)),
                each.capacity_source,
            )
        )  # fmt: skip
    return found


def _rooms(site_id: str, rooms: pd.DataFrame) -> str:
    mine = rooms[(rooms["site_id"] == site_id) & (rooms["rooms"] > 0)]
    if mine.empty:
        return "<p>No inventory of rooms is known.</p>"
    lines = [
        (say("room_type", r.room_type) + (", portable" if r.is_portable else ""), number(r.rooms))
        for r in mine.itertuples()
    ]
    return _table([*lines, ("All", number(mine["rooms"].sum()))], (), (1,))


def _neighbors(site_id: str, place: Any, tables: Tables, about: About) -> str:
    if place is None or place.is_empty:
        return "<p>Not known.</p>"
    near = tables["public_nearby"]
    near = near[(near["origin_layer"] == "site") & (near["origin_id"] == site_id)]
    if near.empty:
        return f"<p>No open school is known to lie within {kilometres(about.rules.reach_m)}.</p>"
    schools = tables["public_schools"].merge(near, left_on="school_id", right_on="destination_id", validate="1:1")
    lines: Rows = []
    for s in schools.sort_values(["straight_m", "school_id"], kind="stable").itertuples():
        grades = " to ".join(grade(g) for g in dict.fromkeys((s.grade_low, s.grade_high)) if isinstance(g, str))
        lines.append((s.name, say("sector", s.sector), grades, say("quality_class", s.quality_class), f"{number(s.straight_m / 1000, 1)} km"))  # fmt: skip
    return _table(lines, ("School", "Run as", "Grades", "Results", "Straight line"), (4,))
