"""The Spanish of the pages: nothing is left in English, no number differs, and no message is wrong in form."""

from __future__ import annotations

import ast
import html
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import config, store
from pipeline.atlas.catalogue import LANGUAGES, Catalogue, Message, messages
from pipeline.atlas.escape import esc, plain
from pipeline.atlas.retold import catalogue, retell, script_words
from pipeline.atlas.words import LABELS
from pipeline.errors import PipelineError
from tests.atlas.payloads import PAYLOADS
from tests.atlas.twins import unlike

SLOT = re.compile(r"\{(\w+)\}")
PAGES = [f"{sheet}.html" for sheet in ("access", "enrollment", "facilities", "growth", "how_wrong", "index", "need", "outlook", "packet", "quality_of_data", "rfp", "rfp_packets", "schools", "seats", "sharing", "siting")]  # fmt: skip


HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('msgid "{n} of {n2}"\nmsgstr "{n2} de {n}"', "line 5: its numbers stand in another order"),
        ('msgid "{n} schools"\nmsgstr "escuelas"', "its slots are not those of the English"),
        ('msgid "{number} schools"\nmsgstr "{number} escuelas"', ": {number} ("),
        ('msgid "{n} schools, {N} open"\nmsgstr "{n} escuelas, {N} abiertas"', ": {N} ("),
        ('msgid "{n} schools, {n2"\nmsgstr "{n} escuelas, {n2"', ": {n2 ("),
        ('msgid "Need"\nmsgstr ""', "it is not told"),
        ('#, fuzzy\nmsgid "Need"\nmsgstr "Necesidad"', "marked as fuzzy"),
        ('msgid "Need"\nmsgstr "Necesidad"\n\nmsgid "Need"\nmsgstr "Falta"', "a message stands twice"),
        ('msgid "Need"\nmsgstr "Necesidad', "line 6 is neither a message nor a comment"),
        ('<<<<<<< HEAD\nmsgid "Need"\nmsgstr "Necesidad"', "line 5 is neither a message nor a comment"),
    ],
)
def test_a_broken_catalogue_is_refused_by_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str) -> None:  # fmt: skip
    (tmp_path / "xx.po").write_text(HEAD + text + "\n", encoding="utf-8")
    monkeypatch.setattr("pipeline.atlas.catalogue.MESSAGES", tmp_path)
    messages.cache_clear()
    with pytest.raises(PipelineError, match=re.escape(said)):
        messages("xx")
    messages.cache_clear()


@pytest.fixture
def catalogue_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], tuple[Message, ...]]]:
    monkeypatch.setattr("pipeline.atlas.catalogue.MESSAGES", tmp_path)

    def read(data: bytes) -> tuple[Message, ...]:
        (tmp_path / "xx.po").write_bytes(data)
        messages.cache_clear()
        return messages("xx")

    yield read
    messages.cache_clear()


GOOD = (HEAD + 'msgid "Change"\nmsgstr "Variaci\u00f3n"\n').encode()


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_catalogue_is_read_whatever_its_lines_end_with(catalogue_of: Any, end: bytes) -> None:
    assert catalogue_of(GOOD.replace(b"\n", end)) == (Message("Change", "Variaci\u00f3n"),)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xef\xbb\xbf" + GOOD, "begins with a byte order mark. Save it as UTF-8"),
        (GOOD.decode().encode("utf-16"), "begins with a byte order mark"),
        (GOOD.decode().encode("latin-1"), "line 6 is not UTF-8"),
        (GOOD.replace(b"charset=UTF-8", b"charset=latin-1"), "says charset=latin-1 in its head"),
        (GOOD.replace(b"charset=UTF-8", b"charset=nonsense"), "says charset=nonsense in its head"),
        (b"", "xx.po holds no message"),
        (HEAD.encode(), "xx.po holds no message"),
    ],
)
def test_a_catalogue_that_is_not_utf_8_or_empty_is_refused(catalogue_of: Any, data: bytes, said: str) -> None:
    with pytest.raises(PipelineError, match=re.escape(said)):
        catalogue_of(data)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_a_message_for_every_word(language: str) -> None:
    assert len(messages(language)) > 3800  # as many as there were in November 2026


@pytest.mark.parametrize("name", ["Cedar Grove", *map(plain, PAYLOADS)])
def test_what_is_said_of_a_proposer_s_school_is_told_whatever_its_name(name: str) -> None:
    told = Catalogue(messages("es"), [name])
    assert told.tell(f"The directory calls the school of this school_id {name}.").startswith(
        f"El directorio llama {name} a"
    )
    assert told.tell("Its school_id 9 is no school of the directory.").startswith("Su school_id 9 no es")
    assert not told.missing


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_messages_differ_in_their_first_letter_s_case_alone(language: str) -> None:
    """One serves both cases (`Catalogue`), unless the script asks for both by their very words."""

    def small(text: str) -> str:
        return text[:1].lower() + text[1:]

    known = {(each.where, each.english): each.other for each in messages(language)}
    twins = {
        text
        for (where, text), other in known.items()
        if text != small(text) and small(known.get((where, small(text)), "")) == small(other)
    }
    assert sorted(text for text in twins if not {text, small(text)} <= set(script_words())) == []


def test_one_message_serves_both_cases_of_its_first_letter() -> None:
    for message in (Message("not known", "se desconoce"), Message("Not known", "Se desconoce")):
        told = Catalogue([message, Message("{n} {t}", "{n}: {t}")])
        assert [told.tell(text) for text in ("Not known", "not known", "3 not known")] == ["Se desconoce", "se desconoce", "3: se desconoce"]  # fmt: skip
    pattern = Catalogue([Message("in {n} years", "en {n} a\u00f1os")])
    assert (pattern.tell("In 5 years"), pattern.tell("in 5 years")) == ("En 5 a\u00f1os", "en 5 a\u00f1os")


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
def test_a_page_of_the_demo_town_and_its_twin_say_the_same(millbrook_workspace: Path, language: str, name: str) -> None:
    english, other = (millbrook_workspace / "maps" / folder / name for folder in ("", language))
    assert list(unlike(english.read_text(encoding="utf-8"), other.read_text(encoding="utf-8"))) == []


def test_what_differs_between_twins_is_found() -> None:
    told = Catalogue([Message("{n} of {n2} schools", "{n} de {n2} escuelas")])
    page = '<html lang="en"><main title="1 of 2 schools">3 of 1,204 schools</main></html>'
    other = retell(page, told, "es")
    assert list(unlike(page, other)) == []
    assert list(unlike(page, other.replace("1,204", "1,240"))) == ["numbers differ, first ['1,204'] and ['1,240']"]
    assert len(list(unlike(page, other.replace("3 de 1,204", "1,204 de 3")))) == 1, "numbers that changed places"
    for left in ("<p>Nobody knows.</p>", '<p title="Nobody knows."></p>', "<option>Nobody knows.</option>"):
        broken = page.replace("</html>", left + "</html>")
        assert next(unlike(broken, retell(broken, told, "es"))).startswith("1 texts are left in English"), left
    data = '<html lang="en"><script type="application/json" id="data">{"label":"Strong schools near"}</script></html>'
    assert next(unlike(data, retell(data, told, "es"))).startswith("1 texts are left in English")


@pytest.mark.parametrize(
    "text",
    [
        "K, " * 200 + "Zz",
        "K and " * 200 + "Zz",
        "K. " * 2000,
        "xx; " * 450,
        "1. " * 900 + "x",
        f"Not available in this study: {'K, ' * 30}Zz.",
        "a" * 20_000,
        "of the " * 400,
    ],
)
def test_no_text_makes_the_search_long(text: str) -> None:
    told = Catalogue(messages("es"), ["K", "K, K", "A"])
    start = time.process_time()
    told.find(text)
    assert time.process_time() - start < 1.0


def test_a_place_may_be_called_like_a_word_of_the_page() -> None:
    told = Catalogue([Message("Need", "Necesidad"), Message("{name}: {n}", "{name}: {n}")], ["Need"])
    page = '<html lang="en"><nav>Need</nav><script type="application/json" id="data">{"columns":[{"key":"name","form":"text","cells":["Need"]},{"key":"why","form":"word","cells":["Need"]}],"caption":"Need: 3"}</script></html>'
    other = retell(page, told, "es")
    assert "<nav>Necesidad</nav>" in other and '"cells":["Need"]},{' in other and '"cells":["Necesidad"]' in other
    assert '"caption":"Need: 3"' in other


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_of_the_study_stay_as_they_are_and_cannot_break_out(payload: str) -> None:
    name = plain(payload)
    told = Catalogue([Message("Close {name}", "Cerrar {name}")], [name])
    other = retell(f'<html lang="en"><p title="{esc(f"Close {payload}")}">{esc(payload)}</p></html>', told, "es")
    found = re.fullmatch(r'<html lang="es" data-english="0"><p title="([^"<>]*)">([^"<>]*)</p></html>', other)
    assert found and [html.unescape(part) for part in found.groups()] == [f"Cerrar {name}", name]


def test_what_no_message_knows_is_marked_and_counted() -> None:
    told = Catalogue([Message("Need", "Necesidad")])
    other = retell('<html lang="en"><h1>Need</h1><p>Nobody knows.</p><p translate="no">Need</p></html>', told, "es")
    assert other == '<html lang="es" data-english="1"><h1>Necesidad</h1><p><span lang="en">Nobody knows.</span></p><p translate="no">Need</p></html>'  # fmt: skip
    assert dict(told.missing) == {"Nobody knows.": 1}


def test_of_two_messages_the_one_that_fixes_more_is_meant() -> None:
    few, more = Message("{n} of {n2} {t}", "{n} de {n2} {t}"), Message("{n} of {n2} schools", "{n} de {n2} escuelas")
    words = [Message("schools", "escuelas (palabra)"), few, more]
    for order in (words, words[::-1]):
        assert Catalogue(order).tell("3 of 4 schools") == "3 de 4 escuelas"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("how people are placed within census areas 4%", "c\u00f3mo se ubica a las personas dentro de las \u00e1reas censales (4%)"),
        ("Behind", "Rezagada"),
        ("3 are behind", "3 est\u00e1n rezagadas"),
        ("Zero lies outside an interval borrowed from schools", "El cero queda fuera de un intervalo tomado de las escuelas"),
        ("May be no change: zero lies within its interval", "Puede no haber cambio: el cero queda dentro de su intervalo"),
    ],
)  # fmt: skip
def test_words_that_could_be_misread_are_told_plainly(text: str, said: str) -> None:
    assert Catalogue(messages("es")).tell(text) == said


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


# Modules of analysis that write sentences for the published tables.
PROSE = ["advice_on_growth", "advice_on_need", "advice_on_rooms", "advice_on_schools", "advice_on_seats", "changes", "colocation_leases", "colocation_reasons", "committee_lines", "disclosure", "evidence", "infeasible", "lease", "lease_steps", "lines_of_need", "lines_of_schools", "outlook_rules", "pockets", "quotes", "recommendations", "rfp_confidence", "rfp_scores", "surplus", "told_counts", "told_need"]  # fmt: skip


def pieces(path: Path, call: str = "") -> set[str]:
    """What a module, or its calls of one function, say between slots: parts of two words or more, without docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if call:
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == call]  # fmt: skip
        tree = ast.Module([ast.Expr(argument) for node in calls for argument in [*node.args, *(word.value for word in node.keywords if word.arg not in ("item", "unit"))]], [])  # fmt: skip
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
def test_every_piece_of_text_for_the_public_is_in_a_message(language: str) -> None:
    known = "\n".join(SLOT.sub("\0", each.english) for each in messages(language)).lower()
    modules = [path for path in sorted(Path("pipeline/atlas").glob("*.py")) if path.stem not in NO_PAGE]
    told = {(path, piece) for path in [*modules, *(Path("pipeline/analysis") / f"{name}.py" for name in PROSE)] for piece in pieces(path)}  # fmt: skip
    # what a study lacks is published with its reason; other lines of the ledger stay inside
    told |= {
        (path, piece) for path in sorted(Path("pipeline").rglob("*.py")) for piece in pieces(path, "missing_input")
    }
    codes = {code for labels in LABELS.values() for code in labels} | {"state loading"}
    lost = {
        f"{path.stem}: {piece}"
        for path, piece in told
        if piece not in codes and not any(way in known for way in _ways(piece.lower()))
    }
    assert len(modules) > 50 and sorted(lost) == []


@pytest.mark.browser
def test_a_spanish_page_speaks_spanish_at_every_click(millbrook_workspace: Path, visit: Any) -> None:
    page, wrong = visit(millbrook_workspace / "maps/es/need.html")
    page.select_option("#view", index=1)
    assert page.locator("#status").text_content().startswith("Se muestra: ")
    page.locator("#table tbody button").first.click()
    name = page.locator("#panel h2").text_content()
    assert page.locator("#panel button").first.get_attribute("aria-label") == f"Cerrar {name}"
    shown = (
        page.locator("#panel").inner_text() + page.locator("#legend").inner_text() + page.locator("#table").inner_text()
    )
    assert re.findall(r"\b(?:the|of|and|is|are|not|known|rank|need)\b", shown) == []
    twin = page.locator("a.language")
    assert twin.text_content() == "English"
    # the twin opens at the same area
    assert "/maps/need.html#area=" in (twin.get_attribute("href") or "")
    assert wrong == [] and page.evaluate("window.executed") == []


def test_each_page_links_to_its_twin(millbrook_workspace: Path) -> None:
    maps = millbrook_workspace / "maps"
    for name in PAGES:
        for here, there in ((maps / name, f"es/{name}"), (maps / "es" / name, f"../{name}")):
            page = here.read_text(encoding="utf-8")
            assert f'href="{there}"' in page and (here.parent / there).is_file()
            links = re.findall(r'href="(?!#|https?:|data:)([^"#]+)', page)
            assert [link for link in links if not (here.parent / html.unescape(link)).is_file()] == []
