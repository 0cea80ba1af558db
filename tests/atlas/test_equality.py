"""Every number of a finished page stands in the published tables, at the place or in the table it is said of."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline import store
from pipeline.analysis.indicators import INDICATORS
from pipeline.analysis.told_counts import COUNTS
from pipeline.atlas.book import bind
from pipeline.atlas.changes_frames import fact_of
from pipeline.atlas.compact import COUNTED
from pipeline.atlas.sheets import SHEETS
from pipeline.atlas.words import say
from tests.atlas.blocks import block
from tests.atlas.published import ABOUT, town

# Pages print seven digits.
SAME = 1e-6
# Numbers of places that are the difference of two published ones: page and column, then what is taken from what.
DIFFERENCES = {
    ("siting", "before"): ("public_siting_coverage", "unmet_seats", "served_before_seats"),
    ("siting", "after"): ("public_siting_coverage", "unmet_seats", "served_after_seats"),
}


def poor_access(tables: dict[str, pd.DataFrame]) -> list[float]:
    """Places where access is poor and the share of children who live there, by level and by each method or all of them."""
    children = tables["public_neighborhoods"].set_index("neighborhood_id")["children_0_17"]
    rows = tables["public_access_methods"].dropna(subset="relative_access_ratio")
    poor = rows.pivot_table("is_poor_access", ["level", "neighborhood_id"], "access_method", aggfunc="min").dropna() > 0
    poor["all"] = poor.all(axis=1)
    weight = children.reindex(poor.index.get_level_values("neighborhood_id")).to_numpy()
    part = poor.astype(float).mul(weight, axis=0).groupby("level").sum()
    shares = part.div(pd.Series(weight, poor.index).groupby("level").sum(), axis=0)
    return [*shares.to_numpy().ravel(), *poor.groupby("level").sum().to_numpy().ravel()]


def charter_shares(tables: dict[str, pd.DataFrame]) -> list[float]:
    """Pupils at charter schools of all at public schools, by place, year and way of counting."""
    rows = tables["public_sectors"]
    key = ["counted_by", "layer", "area_id", "fall_year"]
    wide = rows.pivot_table(index=key, columns="run_by", values="pupils", aggfunc="sum")
    public = wide.drop(columns="private", errors="ignore")
    return list((public["charter"] / public.sum(axis=1)).dropna())


def with_transitional(tables: dict[str, pd.DataFrame]) -> list[float]:
    """Our kindergarten with transitional kindergarten, as the state counts it, and every other grade."""
    grades = tables["public_outlook_grades"].assign(grade=lambda frame: frame["grade"].replace("TK", "KG"))
    return list(grades.groupby(["fall_year", "grade"])["pupils_projected"].sum())


# What is computed from several tables for the page: sheet and column, and the same computed here.
COMPUTED = {
    ("access", "children"): poor_access,
    ("access", "places"): poor_access,
    ("enrollment", "share"): charter_shares,
    ("outlook", "outlook"): with_transitional,
}


def numbers_of(table: pd.DataFrame) -> pd.DataFrame:
    """The numbers of a table, those that are published as text ("127", or "*") among them."""
    columns = {
        name: pd.to_numeric(column, errors="coerce") if name == "value_text" else column
        for name, column in table.drop(columns="geometry", errors="ignore").items()
        if name == "value_text" or pd.api.types.is_numeric_dtype(column)
    }
    return pd.DataFrame(columns).astype("float64")


def by_place(tables: dict[str, pd.DataFrame]) -> dict[str, list[float]]:
    """Numbers of all rows in which an id, or the end of a key like ``elementary 101``, stands."""
    found: dict[str, list[float]] = defaultdict(list)
    for table in tables.values():
        numbers = numbers_of(table).to_numpy()
        for name in table.columns.difference(["geometry"]):
            if pd.api.types.is_string_dtype(table[name]):
                for key, row in zip(table[name], numbers, strict=True):
                    if isinstance(key, str):
                        found[re.split(r"[:| ]", key)[-1]].extend(row[~np.isnan(row)])
    return found


def of_table(table: pd.DataFrame) -> np.ndarray:
    """Numbers of a table below the map: its own, and how many, how much together and which share by each of its words."""
    numbers = numbers_of(table)
    parts = [numbers.to_numpy(), _shares(numbers.to_numpy())]
    words = [
        name
        for name in table.columns.difference(["geometry"])
        if pd.api.types.is_string_dtype(table[name]) or pd.api.types.is_bool_dtype(table[name]) or name == "fall_year"
    ]
    for by in [[name] for name in words] + [[one, other] for one in words for other in words if one < other]:
        keys = [table[name].astype("object").astype("str") for name in by]
        grouped = numbers.drop(columns="fall_year", errors="ignore").groupby(keys)
        sums, sizes = grouped.sum(), grouped.size()
        parts += [sums.to_numpy(), sizes.to_numpy(), grouped.count().to_numpy(), _shares(sums.to_numpy())]
        wholes = (
            [pd.Series(0, sums.index)] if len(by) == 1 else [sums.index.get_level_values(level) for level in (0, 1)]
        )
        for whole in wholes:
            parts += [(one / one.groupby(whole).transform("sum")).to_numpy() for one in (sums, sizes)]
    found = np.concatenate([np.asarray(part, dtype=float).ravel() for part in parts])
    unique: np.ndarray = np.unique(found[np.isfinite(found)])
    return unique


def _shares(numbers: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        shares: np.ndarray = (numbers[:, :, None] / numbers[:, None, :]).ravel()
    return shares


def printed(cell: Any) -> Iterator[float]:
    if isinstance(cell, list):
        for part in cell:
            yield from printed(part)
    elif isinstance(cell, int | float) and not isinstance(cell, bool):
        yield float(cell)


def is_among(value: float, known: Any) -> bool:
    known = np.asarray(known, dtype=float)
    return bool(len(known)) and bool((np.abs(known - value) <= SAME * np.maximum(1, np.abs(known))).any())


def strangers(key: str, page: dict[str, Any], tables: dict[str, pd.DataFrame]) -> tuple[int, list[str]]:
    """How many numbers a page prints, and those that the published tables do not have."""
    places, count, strange = by_place(tables), 0, []
    for (sheet, column), (name, whole, part) in DIFFERENCES.items():
        if sheet == key:
            for place, rest in zip(
                tables[name]["neighborhood_id"], tables[name][whole] - tables[name][part], strict=True
            ):
                places[f"{place}, {column}"].append(rest)
    for table in page.get("tables", {}).values():
        for place, row in zip(table["ids"], table["rows"], strict=True):
            for column, cell in zip(table["columns"], row, strict=True):
                known = places[str(place)] + places[f"{place}, {column['key'].split('|')[0]}"]
                for value in () if "words" in column else printed(cell):
                    count += 1
                    if not is_among(value, known):
                        strange.append(f"{key}, {place}, {column['key']}: {value}")
        count += _of_panels(key, table, places, strange)
    captions = {annex.caption: annex.table for sheet in SHEETS if sheet.key == key for annex in sheet.annexes}
    computed = {column: compute(tables) for (sheet, column), compute in COMPUTED.items() if sheet == key}
    for annex in page["annexes"]:
        known_there = of_table(tables[captions[annex["caption"]]])
        for row in annex["rows"]:
            for column, cell in zip(annex["columns"], row, strict=True):
                known_here = [*known_there, *computed[column["key"]]] if column["key"] in computed else known_there
                for value in () if "words" in column else printed(cell):
                    count += 1
                    if not is_among(value, known_here):
                        strange.append(f"{key}, {annex['caption']}, {column['key']}: {value}")
    return count, strange


def _of_panels(key: str, table: dict[str, Any], places: dict[str, list[float]], strange: list[str]) -> int:
    """Numbers that only a panel says: the counts behind shares, and those of the last release."""
    seen = 0
    for part, names in (("counts", COUNTED), ("since", ("from", "to"))):
        for own in table[part]:
            for name in names:
                for place, value in zip(table["ids"], own.get(name, ()), strict=bool(own.get(name))):
                    if value is not None:
                        seen += 1
                        if not is_among(value, places[str(place)]):
                            strange.append(f"{key}, {place}, {own.get('field', own.get('what'))}, {name}: {value}")
    return seen


@pytest.fixture(scope="module")
def tables(millbrook_workspace: Path) -> dict[str, pd.DataFrame]:
    folder = millbrook_workspace / store.PROCESSED
    published = [*sorted(folder.glob("public_*.parquet")), folder / "disclosure.parquet"]
    return {path.stem: pd.read_parquet(path) for path in published}


@pytest.mark.parametrize("key", [sheet.key for sheet in SHEETS])
def test_every_number_of_a_page_is_published(
    key: str, millbrook_workspace: Path, tables: dict[str, pd.DataFrame]
) -> None:
    page = block((millbrook_workspace / "maps" / f"{key}.html").read_text(encoding="utf-8"))
    count, strange = strangers(key, page, tables)
    assert count > 0 and strange == []


def test_a_wrong_digit_anywhere_is_found(millbrook_workspace: Path, tables: dict[str, pd.DataFrame]) -> None:
    page = block((millbrook_workspace / "maps" / "need.html").read_text(encoding="utf-8"))
    (table,) = page["tables"].values()
    _, before = strangers("need", page, tables)
    assert before == []
    planted = 0
    for row in table["rows"]:
        for place, cell in enumerate(row):
            if "words" not in table["columns"][place]:
                wrong = [value + 0.3713579 for value in printed(cell)]
                planted += len(wrong)
                row[place] = wrong if isinstance(cell, list) or not wrong else wrong[0]
    assert planted > 500 and len(strangers("need", page, tables)[1]) == planted


def test_the_counts_of_a_panel_give_the_share_beside_them(
    millbrook_workspace: Path, tables: dict[str, pd.DataFrame]
) -> None:
    """On the page a share is that of its counts: to a point for those of the census, exactly for seats and pupils."""
    compared = {"of": 0, "seats_for": 0}
    for key in ("need", "seats"):
        page = block((millbrook_workspace / "maps" / f"{key}.html").read_text(encoding="utf-8"))
        for table in page["tables"].values():
            columns = {column["key"]: place for place, column in enumerate(table["columns"])}
            for made in (each for each in table["counts"] if each["form"] != "pupils"):
                for row, cells in enumerate(table["rows"]):
                    shown, count, whole = cells[columns[made["field"]]], made["count"][row], made["whole"][row]
                    if count is None or whole is None or shown is None:
                        continue
                    if made["field"] == "unmet":
                        assert shown == max(whole - count, 0)
                    elif made["form"] == "of":
                        assert abs(count / whole - shown[0]) <= 0.01
                    else:
                        assert abs(count / whole - shown) <= 0.005
                    compared[made["form"]] += 1
    assert compared["of"] > 300 and compared["seats_for"] > 50


def test_no_count_of_pupils_stands_behind_an_indicator(
    millbrook_workspace: Path, tables: dict[str, pd.DataFrame]
) -> None:
    rows = tables["public_contributions"]
    pupils = rows["indicator"].isin([each.name for each in INDICATORS if each.source != "census"])
    assert pupils.sum() > 100 and rows.loc[pupils, list(COUNTS)].isna().all(axis=None)
    page = block((millbrook_workspace / "maps" / "need.html").read_text(encoding="utf-8"))
    (table,) = page["tables"].values()
    told = {made["field"].partition("|")[2]: made for made in table["counts"]}
    untold = {name for name, made in told.items() if made["form"] == "pupils"}
    assert set(told) - untold == set(rows.loc[~pupils, "indicator"])
    assert untold == set(rows.loc[pupils, "indicator"]) and all(set(told[name]) == {"field", "form"} for name in untold)


def test_a_change_follows_from_the_numbers_said_beside_it(millbrook_workspace: Path) -> None:
    """Before and now, or now and expected, of the same band and year: their difference is the number shown."""
    compared = {"before_now": 0, "now_expected": 0, "less": 0}
    for key in ("growth", "outlook", "siting"):
        page = block((millbrook_workspace / "maps" / f"{key}.html").read_text(encoding="utf-8"))
        for table in page["tables"].values():
            columns = {column["key"]: place for place, column in enumerate(table["columns"])}
            for made in table["counts"]:
                for row, cells in enumerate(table["rows"]):
                    cell = cells[columns[made["field"]]]
                    shown = cell[0] if isinstance(cell, list) else cell
                    if shown is None:
                        continue
                    if made["form"] == "less":
                        assert shown == made["count"][row] - made["whole"][row]
                    else:
                        first, last = (cells[columns[name]] for name in made["table"])
                        first, last = (each[0] if isinstance(each, list) else each for each in (first, last))
                        assert shown == pytest.approx(last - first, abs=0.01), (key, made)
                    compared[made["form"]] += 1
    assert min(compared.values()) > 50


def test_a_panel_tells_every_number_that_the_release_told_otherwise() -> None:
    released = town()
    places, zones = released["public_neighborhoods"], released["public_zones"]
    rows = [
        ("neighborhood", places["neighborhood_id"][3], "all", "need_rank", 12.0, 9.0, "beyond", "both"),
        ("neighborhood", places["neighborhood_id"][3], "high", "relative_access_ratio", 0.41, 0.52, "no_margin", "data"),
        ("neighborhood", places["neighborhood_id"][4], "all", "children_0_17", 240.123456, 260.5, "overlapping", "data"),
        ("neighborhood", places["neighborhood_id"][5], "all", "children_0_17", 240.0, 240.0, "same", "nothing"),
        *(("zone", zone, level, "unmet_seats", 40.0, 70.0, "not_comparable", "both") for level, zone in zip(zones["level"], zones["zone_id"], strict=True)),
    ]  # fmt: skip
    names = [
        "subject_kind",
        "subject_id",
        "fact_level",
        "fact",
        "value_from",
        "value_to",
        "change_evidence",
        "changed_by",
    ]
    changes = pd.DataFrame(rows, columns=names).assign(release_id="2023-24", period_from="2023", period_to="2024")
    released["public_changes"] = changes.reindex(columns=released["public_changes"].columns)
    pages = bind(released, ABOUT)
    for key, kind in (("need", "neighborhood"), ("access", "neighborhood"), ("seats", "zone"), ("schools", "school")):
        page = block(str(pages[f"maps/{key}.html"]))
        told = [
            (kind, str(place), fact["what"], before, now, evidence, why)
            for table in page["tables"].values()
            for fact in table["since"]
            for place, before, now, evidence, why in zip(table["ids"], *(fact[name] for name in ("from", "to", "evidence", "why")), strict=True)
            if before is not None
        ]  # fmt: skip
        wanted = changes[(changes["subject_kind"] == kind) & (changes["change_evidence"] != "same")]
        assert sorted(told) == sorted(
            (kind, row["subject_id"], fact_of(row), float(f"{row['value_from']:.7g}"), float(f"{row['value_to']:.7g}"), say("change_evidence", row["change_evidence"]), say("changed_by", row["changed_by"]))
            for row in wanted.to_dict("records")
        )  # fmt: skip
        assert page["since"]["head"] == "Since the release 2023-24"
