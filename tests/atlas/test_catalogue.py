"""The Spanish of the pages: nothing is left in English, no number differs, and no message is wrong in form."""

from __future__ import annotations

import ast
import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import config, store
from pipeline.atlas.catalogue import KINDS, LANGUAGES, Catalogue, Message, messages
from pipeline.atlas.escape import esc, plain
from pipeline.atlas.retold import catalogue, retell, script_words
from pipeline.atlas.words import LABELS
from tests.atlas.payloads import PAYLOADS

SLOT = re.compile(r"\{(\w+)\}")
PAGES = [f"{sheet}.html" for sheet in ("access", "enrollment", "facilities", "growth", "how_wrong", "index", "need", "outlook", "packet", "quality_of_data", "rfp", "rfp_packets", "schools", "seats", "sharing", "siting")]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_messages_are_sound(language: str) -> None:
    read = messages(language)
    assert len({(each.where, each.english) for each in read}) == len(read) > 1500
    for each in read:
        slots = SLOT.findall(each.english)
        assert len(set(slots)) == len(slots), f"a slot stands twice: {each.english}"
        assert set(SLOT.findall(each.other)) == set(slots), f"slots differ: {each.english}"
        assert all(re.match(r"[a-z]+", slot)[0] in KINDS for slot in slots), each.english  # type: ignore[index]
        assert each.english.count("{") == len(slots) and each.other.count("{") == each.other.count("}"), each.english


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_scripts_ask_for_messages_that_are_there(language: str) -> None:
    known = {each.english for each in messages(language)}
    script = (Path("pipeline/atlas/assets/atlas.js")).read_text(encoding="utf-8")
    asked = set()
    for start in (found.end() for found in re.finditer(r"\btell\(", script)):
        first = re.match(r'(?:[^"{(),]|"(?:[^"\\]|\\.)*"|\([^()]*\))*', script[start:])
        assert first
        asked |= {json.loads(text) for text in re.findall(r'"(?:[^"\\]|\\.)*"', first[0])}
    asked = {text for text in asked if re.search(r"[A-Za-z]{2}", SLOT.sub("", text))}
    assert len(asked) > 40 and asked <= set(script_words())
    assert sorted(asked - known) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_no_text_of_the_demo_town_is_left_in_english(millbrook_workspace: Path, language: str, name: str) -> None:
    page = (millbrook_workspace / "maps" / language / name).read_text(encoding="utf-8")
    assert re.findall(r'<span lang="en">(.*?)</span>', page) == []
    assert left_in_data(page, (millbrook_workspace / "maps" / name).read_text(encoding="utf-8")) == []


def left_in_data(other: str, english: str) -> list[str]:
    """Sentences of a page's data that are the same in both languages."""
    mine, theirs = ({*sentences(found_in(page))} for page in (other, english))
    return sorted(text for text in mine & theirs if len(re.findall(r"\b(the|of|and|is|are|to|in)\b", text)) >= 2)


def found_in(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    data = json.loads(found[1]) if found else {}
    return {name: value for name, value in data.items() if name not in ("messages", "sources")}  # titles keep theirs


def sentences(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for part in parts for text in sentences(part)]


def digits(page: str) -> Counter[str]:
    """Every number of a page but those of its scripts, styles, links and policy."""
    data = json.dumps(found_in(page), ensure_ascii=False)
    shown = re.sub(r"<(script|style)\b.*?</\1>|<meta [^>]*>", " ", page, flags=re.S)
    return Counter(re.findall(r"\d[\d,.]*\d|\d", f"{html.unescape(shown)} {data}"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_both_languages_print_the_same_numbers(millbrook_workspace: Path, language: str, name: str) -> None:
    english, other = ((millbrook_workspace / "maps" / folder / name).read_text(encoding="utf-8") for folder in ("", language))  # fmt: skip
    if name == "packet.html":  # letters of a longer text are smaller: z1, z2
        english, other = (re.sub(r'class="leaf[^"]*"', "", page) for page in (english, other))
    assert digits(english) == digits(other)


def test_a_wrong_number_would_be_found() -> None:
    page = "<main><p>3 of 1,204 schools</p></main>"
    assert digits(page) != digits(page.replace("1,204", "1,240"))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_of_the_study_stay_as_they_are_and_cannot_break_out(payload: str) -> None:
    name = plain(payload)
    told = Catalogue([Message("Close {name}", "Cerrar {name}")], [name])
    other = retell(f'<html lang="en"><p title="{esc(f"Close {payload}")}">{esc(payload)}</p></html>', told, "es")
    found = re.fullmatch(r'<html lang="es"><p title="([^"<>]*)">([^"<>]*)</p></html>', other)
    assert found and [html.unescape(part) for part in found.groups()] == [f"Cerrar {name}", name]


def test_what_no_message_knows_is_marked_and_counted() -> None:
    told = Catalogue([Message("Need", "Necesidad")])
    other = retell('<html lang="en"><h1>Need</h1><p>Nobody knows.</p><p translate="no">Need</p></html>', told, "es")
    assert other == '<html lang="es"><h1>Necesidad</h1><p><span lang="en">Nobody knows.</span></p><p translate="no">Need</p></html>'  # fmt: skip
    assert dict(told.missing) == {"Nobody knows.": 1}


def test_of_two_messages_the_one_that_fixes_more_is_meant() -> None:
    few, more = Message("{n} of {n2} {t}", "{n} de {n2} {t}"), Message("{n} of {n2} schools", "{n} de {n2} escuelas")
    words = [Message("schools", "escuelas (palabra)"), few, more]
    for order in (words, words[::-1]):
        assert Catalogue(order).tell("3 of 4 schools") == "3 de 4 escuelas"


def test_a_row_of_names_knows_where_each_ends() -> None:
    told = Catalogue([Message("At {names}.", "En {names}."), Message("{n} others", "{n} m\u00e1s"), Message("and", "y")], ["Ash", "Oak and Elm", "Fir, Upper"])  # fmt: skip
    assert told.tell("At Ash, Fir, Upper and Oak and Elm.") == "En Ash, Fir, Upper y Oak and Elm."
    assert told.tell("At Ash, Oak and Elm and 3 others.") == "En Ash, Oak and Elm y 3 m\u00e1s."
    assert told.find("At Ash and Nowhere.") is None
    words = [Message(word, other) for word, other in (("and", "y"), ("mathematics", "matem\u00e1ticas"), ("English", "ingl\u00e9s"), ("In {list}", "En {list}"))]  # fmt: skip
    assert Catalogue(words).tell("In mathematics and English") == "En matem\u00e1ticas e ingl\u00e9s"


@given(st.lists(st.integers(0, 10**7), min_size=2, max_size=2), st.sampled_from(["", "%"]))
def test_numbers_are_copied(numbers: list[int], sign: str) -> None:
    told = Catalogue([Message("{n} of {n2} pupils", "de {n2} alumnos, {n}")])
    first, second = (f"{number:,}{sign}" for number in numbers)
    assert told.tell(f"{first} of {second} pupils") == f"de {second} alumnos, {first}"


def test_the_names_of_a_study_are_its_keys_and_names(
    millbrook_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(millbrook_workspace)
    tables = {name: store.read(name) for name in ("public_neighborhoods", "public_schools")}
    told = catalogue("es", tables, _about(config.load().study.title))
    assert {"N01", *tables["public_schools"]["name"].dropna()} <= told.names


def _about(title: str) -> Any:
    from tests.atlas.published import ABOUT

    return ABOUT.__class__(**{**ABOUT.__dict__, "title": title})


# Modules whose words stand on no page: files that are in English only, and what is no prose.
NO_PAGE = {"open_data", "exports", "styles", "paper", "render", "catalogue", "retold"}
NO_PROSE = re.compile(r"[{}<>=;]|--|'none'|\bIS NULL\b|[a-z]_[a-z]|src\b")


def pieces(path: Path) -> set[str]:
    """What a module says between its slots: parts of two words or more of its texts, without its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None}  # fmt: skip
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    faults = {id(part) for node in ast.walk(tree) if isinstance(node, ast.Raise) for part in ast.walk(node)}
    found = set()
    for node in ast.walk(tree):
        if id(node) in docs | inner | faults:
            continue
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = re.sub(r"\{[a-z]*\}", "\0", node.value)
        else:
            continue
        for part in re.split(r"<[^>]*>|\n|\0|(?<=[.?!:;\u00b7])\s", html.unescape(text)):
            words = part.strip(' .,;:()\u00b7"%')
            if len(re.findall(r"[A-Za-z]{2,}", words)) >= 2 and " " in words and not NO_PROSE.search(words):
                found.add(words)
    return found


def _ways(piece: str) -> Iterator[str]:
    """How a piece may stand in a message: a level is one text with its school, a number may be a slot."""
    for text in (piece, piece.removeprefix("school ")):
        yield from (text, re.sub(r"\d+", "\0", text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_piece_of_text_in_the_atlas_is_in_a_message(language: str) -> None:
    known = "\n".join(SLOT.sub("\0", each.english) for each in messages(language)).lower()
    modules = [path for path in sorted(Path("pipeline/atlas").glob("*.py")) if path.stem not in NO_PAGE]
    codes = {code for labels in LABELS.values() for code in labels} | {"state loading"}
    lost = {
        f"{path.stem}: {piece}"
        for path in modules
        for piece in pieces(path) - codes
        if not any(way in known for way in _ways(piece.lower()))
    }
    assert len(modules) > 50 and sorted(lost) == []
