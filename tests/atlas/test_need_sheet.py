"""The sheet Need and the lines to quote: what moves ranks, other indices, scales that are not 0 to 100."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.atlas.book import bind
from pipeline.atlas.classes import classify
from pipeline.atlas.reading import need as need_reading
from pipeline.atlas.spec import Scheme
from tests.atlas.blocks import block
from tests.atlas.published import ABOUT, nothing, told, town
from tests.atlas.test_book import paragraphs


def annex(page: str, key: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in block(page)["annexes"] if one["key"] == key)
    return found


def test_what_moves_ranks_most_stands_first_and_in_the_answer(files: dict[str, Any]) -> None:
    rows = annex(files["maps/need.html"], "moves")["rows"]
    assert [row[0] for row in rows] == [
        "Margins of error of the survey",
        "Weights of the indicators",
        "Leaving one indicator out",
    ]
    assert rows[0][1:3] == [0.62, [0.59, 0.65]]
    assert "Ranks move most with the survey's margins of error" in told(files["maps/need.html"])


def test_the_same_town_by_other_indices_and_held_against_the_state(
    files: dict[str, Any], tables: dict[str, Any]
) -> None:
    ranks = tables["public_families"].query("norm == 'local'").pivot(index="neighborhood_id", columns="family", values="family_rank")  # noqa: PD010  # fmt: skip
    families = annex(files["maps/need.html"], "families")["rows"]
    assert len(families) == len(ranks) == 39
    assert [row[1:3] for row in families] == ranks.sort_values("percentile")[["percentile", "standardised"]].astype(int).to_numpy().tolist()  # fmt: skip
    assert {row[3] for row in families} == {None}  # families that were not computed are not known
    state = annex(files["maps/need.html"], "statewide")["rows"]
    assert len(state) == 39 and state[0][1] == 1 and state[0][2] != 1
    local = tables["public_families"].query("norm == 'local'")
    page = bind({**tables, "public_families": local}, ABOUT)["maps/need.html"]
    assert annex(str(page), "statewide")["rows"] == []
    assert "no counts of the areas of its state" in annex(str(page), "statewide")["empty"]


def test_the_draws_are_told_by_what_they_vary(tables: dict[str, Any], files: dict[str, Any]) -> None:
    told = paragraphs(files["maps/need.html"])
    assert "drawn 1,000 times with the survey's margins of error, the weights of the indicators and one indicator left out varied at once" in told  # fmt: skip
    alone = tables["public_sensitivity"].query("factor == 'margins'")
    told = paragraphs(str(bind({**tables, "public_sensitivity": alone}, ABOUT)["maps/need.html"]))
    assert "with the survey's margins of error varied." in told and "weights of the indicators" not in told


def test_thresholds_stand_on_the_layer_of_findings(tables: dict[str, Any]) -> None:
    rules = replace(ABOUT.rules, certain_share=0.9, possible_share=0.35)
    views = block(str(bind(tables, replace(ABOUT, rules=rules))["maps/need.html"]))["views"]
    said = next(view for view in views if view["key"] == "neighborhoods:class")["explain"]
    assert "at least 90% of all draws" in said and "from 35% on" in said and "{" not in said


def test_outliers_among_neighbors_are_a_layer(files: dict[str, Any], tables: dict[str, Any]) -> None:
    view = next(v for v in block(files["maps/need.html"])["views"] if v["key"] == "neighborhoods:outlier")
    counts = {line["label"]: line["count"] for line in view["classes"]}
    assert counts["High among high"] == tables["public_neighborhoods"]["moran_class"].eq("high_high").sum() == 3
    assert counts["High among low"] == 1


def test_an_index_in_standard_deviations_is_shown_in_hundredths(tables: dict[str, Any]) -> None:
    places, parts = tables["public_neighborhoods"], tables["public_contributions"]
    index = places["need_index"]
    scaled = {
        **tables,
        "public_neighborhoods": places.assign(need_index=(index / 20 - 2.5).round(2)),
        "public_contributions": parts.assign(contribution_index=(parts["contribution_index"] / 20 - 0.625).round(4)),
    }
    rules = replace(ABOUT.rules, family="standardised")
    page = block(str(bind(scaled, replace(ABOUT, rules=rules))["maps/need.html"]))
    legend = [line["label"] for line in page["views"][0]["classes"]]
    assert (
        len(legend) == 5 and legend[0].startswith("\u2212") and all(re.search(r"\d\.\d\d to ", one) for one in legend)
    )
    bars = page["tables"]["neighborhoods"]["bars"]
    assert bars["unit"] == "standard deviations" and {most for row in bars["most"] for most in row} == {None}
    assert "0 is in the middle" in paragraphs(str(bind(scaled, replace(ABOUT, rules=rules))["maps/need.html"]))


def test_hundredths_are_classed_as_they_are_printed() -> None:
    legend, index = classify(pd.Series([-1.204, 0.35, 2.0, np.nan]), Scheme(), "index")
    assert index == [0, 1, 2, -1] and [line.label for line in legend] == ["\u22121.20 to 0.34", "0.35 to 1.99", "2"]
    assert [line.label for line in classify(pd.Series([3.0, 40.0]), Scheme(), "index")[0]] == ["3 to 39", "40"]


def test_lines_to_quote_stand_on_the_overview_and_the_others_say_why_not(files: dict[str, Any]) -> None:
    page = unescape(str(files["maps/index.html"]))
    assert page.index("Alder Grove and Ash Hill are high need.") < page.index("Where do children most need")
    assert "More cannot be said from the data of this study" in page
    assert "<strong>Growth</strong>: The number of children did not change beyond chance." in page
    assert "To quote" not in str(bind(nothing(), ABOUT)["maps/index.html"])


@pytest.mark.parametrize("names", [["<img src=x onerror=alert(1)>"]])
def test_a_line_is_text(names: list[str]) -> None:
    page = str(bind(town(text=names[0]), ABOUT)["maps/index.html"])
    assert names[0] not in page and "&lt;img" in page


def test_a_place_is_said_to_be_unranked_for_few_people_or_few_children(tables: dict[str, Any]) -> None:
    """Where a study has no counts of children only people count, and the sentence says no more."""
    places = tables["public_neighborhoods"]
    uncounted = {**tables, "public_neighborhoods": places.assign(children_0_17=float("nan"))}
    said, less = (dict(need_reading(each, ABOUT))["Not ranked"] for each in (tables, uncounted))
    assert said.startswith("Fewer than 50 people or 10 children live there, ")
    assert less.startswith("Fewer than 50 people live there, ")
