"""A page and its twin in another language: what one has and the other lacks."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any


def unlike(english: str, other: str) -> Iterator[str]:
    """What is wrong with the twin of an English page: texts left in English, other numbers, or in another order."""
    # the page counts them itself, those in its data and attributes too
    counted = re.search(r'<html lang="\w+" data-english="(\d+)"', other)
    if not counted or counted[1] != "0":
        left = " ".join(re.findall(r'<span lang="en">(.*?)</span>', other)[:1])
        yield f"{counted[1] if counted else 'uncounted'} texts are left in English{f', first: {html.unescape(left)}' if left else ''}"
    # the letters of a longer text are smaller: z1, z2
    mine, theirs = (numbers(re.sub(r'class="leaf[^"]*"', "", page)) for page in (english, other))
    if mine != theirs:
        place = next((n for n, pair in enumerate(zip(mine, theirs, strict=False)) if pair[0] != pair[1]), 0)
        yield f"numbers differ, first {mine[place : place + 6]} and {theirs[place : place + 6]}"


def _data_of(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    data = json.loads(found[1]) if found else {}
    return {name: value for name, value in data.items() if name not in ("messages", "sources")}  # titles keep theirs


def numbers(page: str) -> list[str]:
    """Every number of a page in its order, but those of its scripts, styles and policy."""
    data = json.dumps(_data_of(page), ensure_ascii=False)
    shown = re.sub(r"<(script|style)\b.*?</\1>|<meta [^>]*>| data-english=\"\d+\"", " ", page, flags=re.S)
    return re.findall(r"\d[\d,.]*\d|\d", f"{html.unescape(shown)} {data}")
