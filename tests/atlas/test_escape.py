from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.atlas.committee_page import anchor as of_leaf
from pipeline.atlas.escape import cell, data_block, esc, fragment, plain
from pipeline.atlas.site_packets import anchor as of_site
from tests.atlas.payloads import PAYLOADS


class _Reader(HTMLParser):
    """Collects what a browser would make of a text: its tags and its words."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.words += data


def _read(text: str) -> _Reader:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payload_becomes_plain_words(payload: str) -> None:
    safe = esc(payload)
    assert not set("<>\"'`${}\\") & set(safe)
    assert _read(safe).tags == []
    assert _read(safe).words == plain(payload)


@given(st.text())
def test_any_text_is_shown_as_it_is_and_opens_no_tag(text: str) -> None:
    reader = _read(f"<p>{esc(text)}</p>")
    assert reader.tags == ["p"]
    assert reader.words == plain(text)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_data_block_is_the_same_data_and_cannot_leave_its_script(value: object) -> None:
    block = data_block(value)
    assert not set("<>&\u2028\u2029") & set(block)
    assert json.loads(block) == value


def test_data_block_refuses_a_number_that_is_none() -> None:
    with pytest.raises(ValueError, match="JSON"):
        data_block({"value": float("nan")})


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\uff1d", "\u00a0=", " =", "\ufeff="])
def test_a_text_cell_that_looks_like_a_formula_is_quoted(start: str) -> None:
    assert cell(f"{start}1+1").startswith("'")


def test_an_ordinary_text_cell_is_left_alone() -> None:
    assert cell("Lincoln = best") == "Lincoln = best"


@given(st.text(), st.text())
@example("A.a", "A\u02ea")
def test_two_ids_have_two_places_on_a_page(first: str, second: str) -> None:
    assert (fragment(first) == fragment(second)) == (first == second)
    assert re.fullmatch("[0-9A-Za-z-]*", fragment(first))


def test_leaves_and_packets_are_placed_alike() -> None:
    for name in ("A.a", "A\u02ea", "N 01"):
        assert (of_leaf(name), of_site(name)) == (f"n-{fragment(name)}", f"site-{fragment(name)}")
    assert of_leaf("") == "summary"
