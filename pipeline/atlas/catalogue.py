"""The catalogue of messages: every sentence of the pages in English, and what it is in another language.

Pages and published tables are written in English, once, from numbers. Another language is the same page retold: a
sentence is found in the catalogue by its pattern, and its numbers and names are copied as they stand. So the two
languages cannot disagree on a number, and a translator needs no Python: ``messages/es.po`` is a file of GNU gettext.

In a message ``{...}`` stands for what differs from one sentence to the next, and its first letters say what it may be:

=========== ===========================================================================================
``{n}``     a number as the pages write it, with sign and percent: copied
``{y}``     a year, a school year or the years of a survey: copied
``{g}``     a grade: copied
``{name}``  a name or id of the study: copied
``{names}`` several of them in a row, as `numerals.listed` writes them: the words between are retold
``{any}``   anything, as of a file's own words: copied
``{t}``     a text that is itself in the catalogue
``{list}``  several of those in a row
=========== ===========================================================================================

Further letters or digits tell two of a kind apart: ``{n1}``, ``{n2}``, ``{t_of}``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from io import BytesIO

from babel.messages.pofile import PoFileError, read_po

from pipeline.errors import PipelineError

MESSAGES = files("pipeline.atlas") / "messages"
LANGUAGES = {"es": "Espa\u00f1ol"}  # beside English, each by its own name
KINDS = {
    "n": r"[+\u2212\u00b1-]?\d[\d,]*(?:\.\d+)?%?",
    "y": r"\d{4}(?:[-\u2013]\d{2,4})?",
    "g": r"(?:pre-K|TK|K|\d{1,2})",
    "name": r".+?",
    "names": r".+?",
    "any": r"(?:(?![.;?!] ).)+?",  # of one sentence
    "t": r".+?",
    "list": r".+?",
}
_SLOT = re.compile(r"\{([a-z]+)(_?\w*?)\}")
_BRACES = re.compile(r"\{[^}]*\}?")  # slots, and what is none
_NUMBERS = re.compile(r"\{(?:n|y|g)\d*(?:_\w*)?\}|\d+")
_LINE = re.compile(rb'#.*|\s*|(?:msg(?:ctxt|id|str) )?".*"')
_CHARSET = re.compile(rb'^"Content-Type:[^"]*charset=([^\\";\s]*)', re.MULTILINE | re.IGNORECASE)
_WORD = re.compile(r"[a-z]+")
_LETTER = re.compile(r"[^\W\d_]")
_AFTER_SENTENCE = re.compile(r"(?<=[.?!:;])\s+(?=\S)")
_LEAD = re.compile(r"[:,;\u00b7][:,;\u00b7\s]*")
_BETWEEN = " \u00b7 "
_AND, _OTHERS, _BETWEEN_ITEMS = " and ", re.compile(r"(\d+) others"), re.compile("(, | and )")
DEEPEST = 6  # texts within texts
# Nothing longer is ours, and a hostile file must not make the search long.
LONGEST, MOST_SENTENCES, MOST_TOGETHER, MOST_ITEMS = 1500, 40, 9, 40


@dataclass(frozen=True)
class Message:
    """A sentence or a word in English, and in the other language; ``where`` tells two meanings of a word apart."""

    english: str
    other: str
    where: str = ""

    @cached_property
    def slots(self) -> tuple[str, ...]:
        """What differs from one sentence to the next.

        >>> Message("{n} of {n2} schools", "").slots
        ('n', 'n2')
        """
        return tuple(kind + rest for kind, rest in _SLOT.findall(self.english))

    @cached_property
    def words(self) -> frozenset[str]:
        """Words that must stand in any sentence of its kind."""
        return frozenset(_WORD.findall(_SLOT.sub(" ", self.english).lower()))

    @cached_property
    def weight(self) -> int:
        """How many letters it fixes: of two messages that fit a sentence, the one that fixes more is meant."""
        return len(_SLOT.sub("", self.english))

    @cached_property
    def ends(self) -> tuple[str, str]:
        """What its sentences begin and end with, in small letters: quicker to ask than the pattern is to make.

        >>> Message("Of {n} schools {n2} are strong", "").ends
        ('of ', ' are strong')
        """
        pieces = _SLOT.split(self.english.lower())
        return pieces[0], pieces[-1]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What its sentences look like; their first letter may be large or small."""
        pieces, end = [], 0
        for found in _SLOT.finditer(self.english):
            pieces.append(_literal(self.english[end : found.start()], first=end == 0))
            pieces.append(f"(?P<{found[1]}{found[2]}>{KINDS[found[1]]})")
            end = found.end()
        pieces.append(_literal(self.english[end:], first=end == 0))
        return re.compile("".join(pieces), re.DOTALL)

    def filled(self, parts: Mapping[str, str]) -> str:
        """The other language's sentence with what stands in the slots.

        >>> Message("{n} of {n2} schools", "de {n2} escuelas, {n}").filled({"n": "3", "n2": "9"})
        'de 9 escuelas, 3'
        """
        return _SLOT.sub(lambda slot: parts[slot[1] + slot[2]], self.other)


def _literal(text: str, *, first: bool) -> str:
    if first and text[:1].isalpha():
        return f"[{text[0].upper()}{text[0].lower()}]{re.escape(text[1:])}"
    return re.escape(text)


def _kind(slot: str) -> str:
    found = _SLOT.fullmatch(f"{{{slot}}}")
    return found[1] if found else ""


@cache
def messages(language: str) -> tuple[Message, ...]:
    """All messages of a language, as they stand in its file.

    Raises
    ------
    PipelineError
        If the file cannot be read, is not UTF-8 or holds no message, or a message stands twice, is marked fuzzy, has
        a slot that nothing is known of, or other slots or numbers than its English, or these in another order; names
        the line.
    """
    place = f"pipeline/atlas/messages/{language}.po"
    data = _in_utf8((MESSAGES / f"{language}.po").read_bytes(), place)
    for line, text in enumerate(data.splitlines(), start=1):
        if not _LINE.fullmatch(text):
            raise PipelineError(f"{place}, line {line} is neither a message nor a comment: {text[:60]!r}.")
    try:
        read = read_po(BytesIO(data), locale=language, charset="utf-8", abort_invalid=True)
    except (PoFileError, ValueError) as error:
        raise PipelineError(f"{place} is no catalogue of messages: {error}.") from error
    told = [each for each in read if each.id]
    if not told:
        raise PipelineError(f"{place} holds no message: bring back the file as it was.")
    if len(told) != len(re.findall(rb"(?m)^msgid (?!\"\"$)", data)):
        raise PipelineError(f"{place}: a message stands twice, or is cut off. `msgfmt -c {place}` says where.")
    for each in told:
        english, other = str(each.id), str(each.string)
        if fault := _fault(english, other, is_fuzzy=each.fuzzy):
            raise PipelineError(f"{place}, line {each.lineno}: {fault} ({english[:60]!r}).")
    return tuple(Message(str(each.id), str(each.string), each.context or "") for each in told)


def _in_utf8(data: bytes, place: str) -> bytes:
    """A catalogue's bytes with plain line ends; editors of other systems write others.

    Raises
    ------
    PipelineError
        If it is not UTF-8, says that it is not, or begins with a mark that gettext does not read.
    """
    remedy = "Save it as UTF-8 without a byte order mark"
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise PipelineError(f"{place} begins with a byte order mark. {remedy}.")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise PipelineError(f"{place}, line {line} is not UTF-8. {remedy}.") from error
    said = _CHARSET.search(data)
    if said and said[1].lower() not in (b"utf-8", b"utf8"):
        charset = said[1].decode("utf-8")[:40]
        raise PipelineError(f"{place} says charset={charset} in its head. {remedy}, and write charset=UTF-8.")
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _fault(english: str, other: str, *, is_fuzzy: bool = False) -> str:
    """What is wrong with a message; nothing where it is sound.

    >>> _fault("{n} of {n2} schools", "{n2} escuelas, {n} de ellas")
    'its numbers stand in another order than in English'
    """
    slots = [found[0] for found in _SLOT.finditer(english)]
    if not other or is_fuzzy:
        return "it is not told, or marked as fuzzy"
    if unknown := [part for part in _BRACES.findall(english) if part not in slots or _kind(part[1:-1]) not in KINDS]:
        return f"a slot is of no kind that is known ({', '.join(KINDS)}): {', '.join(unknown)}"
    if len(set(slots)) < len(slots) or sorted(slots) != sorted(found[0] for found in _SLOT.finditer(other)):
        return "its slots are not those of the English, each once"
    # so that a page has the same numbers in the same order in every language, which a test can hold
    if _NUMBERS.findall(english) != _NUMBERS.findall(other):
        return "its numbers stand in another order than in English"
    return ""


class Catalogue:
    """Retells English texts in one other language.

    Parameters
    ----------
    messages : what is known; in any order.
    names : names and ids of the study, which stay as they are.

    Attributes
    ----------
    missing : texts that were asked for and are in no message, with how often; they stay in English.

    Examples
    --------
    >>> told = Catalogue([Message("{n} of {n2} schools are {t}", "{n} de {n2} escuelas son {t}"), Message("Strong", "Fuertes")])
    >>> told.tell("3 of 1,204 schools are strong")
    '3 de 1,204 escuelas son fuertes'
    >>> told.tell("Nobody knows."), dict(told.missing)
    ('Nobody knows.', {'Nobody knows.': 1})
    """

    def __init__(self, messages: Iterable[Message], names: Iterable[str] = ()) -> None:
        self.names = frozenset(names)
        self.missing: Counter[str] = Counter()
        ordered = sorted(messages, key=lambda each: (-each.weight, each.english, each.where))
        self._all = {each.english: each.other for each in ordered if not each.where}
        self._fixed = {(each.where, each.english): each for each in ordered if not each.slots}
        common = Counter(word for each in ordered for word in each.words)
        self._by_word: dict[str, list[Message]] = {}
        self._loose: list[Message] = []
        for each in ordered:
            if not each.slots:
                continue
            rarest = min(each.words, key=lambda word: (common[word], word), default="")
            (self._by_word.setdefault(rarest, []) if rarest else self._loose).append(each)
        self._known: dict[tuple[str, str], str] = {}
        self._failed: dict[tuple[str, str], int] = {}

    def of(self, texts: Iterable[str]) -> dict[str, str]:
        """Those of these texts that are messages themselves, slots and all, each with the other language's."""
        return {text: self._all[text] for text in texts if text in self._all}

    def keeping(self, texts: Iterable[str]) -> Catalogue:
        """The same catalogue, for a page some of whose texts are told already."""
        other = copy(self)
        other.names = self.names.union(texts)
        other._known, other._failed = {}, {}
        return other

    def tell(self, text: str, where: str = "", *, is_name: bool = False) -> str:
        """A text in the other language; in English, and counted, where no message fits it."""
        told = self.find(text, where, is_name=is_name)
        if told is None:
            self.missing[text] += 1
            return text
        return told

    def find(self, text: str, where: str = "", depth: int = 0, *, is_name: bool = False) -> str | None:
        """A text in the other language, or None; ``is_name`` says that it is a name where the study has such a name."""
        if is_name and text in self.names:
            return text
        key = (where, text)
        known = self._known.get(key)
        if known is None and depth < self._failed.get(key, DEEPEST + 2):
            known = self._find(text, where, depth)
            if known is None:
                self._failed[key] = depth  # a text too deep within others may be known by itself
            else:
                self._known[key] = known
        return known

    def _find(self, text: str, where: str, depth: int) -> str | None:
        one = self._sentence(text, where, depth)
        return one if one is not None or depth > DEEPEST else self._sentences(text, where, depth)

    def _sentences(self, text: str, where: str, depth: int) -> str | None:
        """Several sentences, each of them known; one message may hold a few."""
        gaps = list(_AFTER_SENTENCE.finditer(text))
        starts, ends = [0, *(gap.end() for gap in gaps)], [*(gap.start() for gap in gaps), len(text)]
        if not 1 < len(starts) <= MOST_SENTENCES:
            return None
        parts: list[str | None] = [*([None] * len(starts)), ""]  # what is told from each sentence on
        for first in reversed(range(len(starts))):
            for last in range(first, min(first + MOST_TOGETHER, len(starts))):
                rest = parts[last + 1]
                if rest is None or (first == 0 and last == len(starts) - 1):
                    continue
                told = self._sentence(text[starts[first] : ends[last]], where, depth + 1)
                if told is not None:
                    parts[first] = f"{told} {rest}" if rest else told
                    break
        return parts[0]

    def _sentence(self, text: str, where: str, depth: int) -> str | None:
        """A text that is one message, a name, or nothing but numbers; or such parts with a dot between."""
        if not _LETTER.search(text) or text.startswith(("https://", "http://")):
            return text
        fixed = self._fixed_as(text, where)
        if fixed is not None or text in self.names:
            return text if fixed is None else fixed
        if len(text) > LONGEST:
            return None
        lead = _LEAD.match(text)
        if lead:  # the rest of a line whose head is another element
            rest = self.find(text[lead.end() :], where, depth)
            return None if rest is None else lead[0] + rest
        told = self._as_pattern(text, depth)
        if told is None and _BETWEEN in text and depth <= DEEPEST:
            parts = [self.find(part, where, depth + 1) for part in text.split(_BETWEEN)]
            if None not in parts:
                return _BETWEEN.join(part for part in parts if part is not None)
        return told

    def _fixed_as(self, text: str, where: str) -> str | None:
        for place in dict.fromkeys((where, "")):
            for start in dict.fromkeys((text[:1], text[:1].upper(), text[:1].lower())):
                found = self._fixed.get((place, start + text[1:]))
                if found:
                    return _cased(found.other, found.english, text)
        return None

    def _as_pattern(self, text: str, depth: int) -> str | None:
        if depth > DEEPEST:
            return None
        small = text.lower()
        words = set(_WORD.findall(small))
        near = [each for word in words for each in self._by_word.get(word, ()) if each.words <= words]
        near.sort(key=lambda each: (-each.weight, each.english))
        for each in (*near, *self._loose):
            start, end = each.ends
            found = each.pattern.fullmatch(text) if small.startswith(start) and small.endswith(end) else None
            parts = found and self._parts(found.groupdict(), depth)
            if parts:
                return _cased(each.filled(parts), each.english, text)
        return None

    def _parts(self, found: Mapping[str, str], depth: int) -> dict[str, str] | None:
        """What stands in each slot, retold by its kind; None where one is not what it must be."""
        parts = {}
        for slot, text in found.items():
            kind = _kind(slot)
            if kind == "name":
                part = text if text in self.names else None
            elif kind == "t":
                part = self.find(text, "", depth + 1, is_name=True)
            elif kind in ("names", "list"):
                part = self._row(text, depth, names=kind == "names")
            else:
                part = text
            if part is None:
                return None
            parts[slot] = part
        return parts

    def _row(self, text: str, depth: int, *, names: bool) -> str | None:
        """Several in a row; a name may itself hold a comma or an "and", so that the longest known one is taken."""
        pieces = _BETWEEN_ITEMS.split(text)  # items, and what stands between them
        if len(pieces) > 2 * MOST_ITEMS:
            return None
        rests: list[str | None] = [None] * len(pieces)  # what is told from each item on
        lone: set[int] = set()  # where one item goes on to the end
        for first in reversed(range(0, len(pieces), 2)):
            for last in reversed(range(first, len(pieces), 2)):
                end = last + 1 == len(pieces)
                rest = "" if end else rests[last + 2]
                if rest is None or (not end and pieces[last + 1] == _AND and last + 2 not in lone):
                    continue  # "and" stands before the last only
                item = "".join(pieces[first : last + 1])
                if names and not _OTHERS.fullmatch(item):
                    told = item if item in self.names else None
                else:
                    told = self.find(item, "", depth + 1, is_name=True)
                if told is not None:
                    between = "" if end else f" {self._and(rest)} " if pieces[last + 1] == _AND else ", "
                    rests[first] = f"{told}{between}{rest}"
                    lone |= {first} if end else set()
                    break
        return rests[0]

    def _and(self, following: str) -> str:
        """The word between the last two of a row; Spanish "y" gives way before the same sound (e inglés, but y hierro)."""
        word = self._all.get("and", "and")
        start = following.lower()
        return (
            "e"
            if word == "y" and start.startswith(("i", "hi")) and not start.startswith(("hia", "hie", "io"))
            else word
        )


def _cased(other: str, english: str, text: str) -> str:
    """The other language's text, beginning large or small where the sentence does so otherwise than its message."""
    if english[:1] == text[:1] or english[:1].lower() != text[:1].lower():
        return other
    return (other[:1].upper() if text[:1].isupper() else other[:1].lower()) + other[1:]
