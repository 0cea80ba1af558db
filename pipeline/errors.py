"""The ways the pipeline can refuse, each with one readable message."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST_VALUE, LONGEST_TEXT = 80, 1_500
# a value of a file is written in quotes, or has no blank
_LONG_VALUE = re.compile(rf"""'[^']{{{LONGEST_VALUE},}}'?|"[^"]{{{LONGEST_VALUE},}}"?|[^\s'"]{{{LONGEST_VALUE},}}""")
_LONG_WORD = re.compile(rf"\S{{{LONGEST_VALUE},}}")


def shortened(text: str, most: int = LONGEST_VALUE) -> str:
    """The beginning of a text that is longer than a message has room for, and how long it was.

    >>> shortened("x" * 40_000, 30)
    'xxxxxxxxxxxx\u2026 (40,000 letters)'
    """
    count = f"\u2026 ({len(text):,} letters)"
    return text if len(text) <= most else text[: max(most - len(count), 0)] + count


def readable(text: str, values: re.Pattern[str] = _LONG_WORD) -> str:
    """A sentence of a message whose long values are shortened, and the whole where there are many.

    >>> len(readable("row 7 (name=" + "x" * 40_000 + ")"))
    86
    """
    return shortened(values.sub(lambda found: shortened(found[0]), text), LONGEST_TEXT)


@dataclass(frozen=True)
class Fault:
    """One kind of fault in one file or table.

    ``what`` is the rule that was broken, ``count`` how often, ``first`` the first
    example with its row or id, and ``remedy`` what the reader can do about it.
    """

    code: str
    what: str
    count: int
    first: str
    remedy: str

    def __str__(self) -> str:
        times = "once" if self.count == 1 else f"{self.count:,} times"
        return (
            f"[{self.code}] {readable(self.what)} ({times}; first: {readable(self.first, _LONG_VALUE)}). {self.remedy}"
        )


class PipelineError(Exception):
    """A refusal that a planner can read; ``python -m pipeline`` prints it and exits with 1."""


# What to do where the system itself refuses; by its error number.
_REMEDIES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "Free some space and run it again."),
    **dict.fromkeys((errno.EACCES, errno.EPERM), "Make the file and its folder yours to read and write."),
    errno.EROFS: "The disk can only be read: use a workspace that can be written.",
    errno.EISDIR: "A folder stands where a file must be: move it away.",
    **dict.fromkeys((errno.ENOTDIR, errno.EEXIST), "A file stands where a folder must be: move it away."),
}


def refusal_of(error: OSError, what: object = None) -> str:
    """What the system refused, and what to do about it.

    >>> refusal_of(PermissionError(errno.EACCES, "Permission denied", "maps/need.html"))
    'maps/need.html: Permission denied. Make the file and its folder yours to read and write.'
    """
    about = what or error.filename or "a file"
    reason = os.strerror(error.errno) if error.errno else (str(error).splitlines() or [type(error).__name__])[0]
    return f"{about}: {reason}. {_REMEDIES.get(error.errno or 0, 'Check the file and its disk.')}"


class ConfigError(PipelineError):
    """The study's YAML says something the pipeline does not understand."""


class MissingInput(PipelineError):
    """A file or table that is needed is not there; says where to get it."""


class FaultyInput(PipelineError):
    """All faults of one file or table, in one message."""

    def __init__(self, subject: str, faults: Iterable[Fault]) -> None:
        self.subject = subject
        self.faults = tuple(faults)
        lines = "".join(f"\n  - {fault}" for fault in self.faults)
        super().__init__(f"{subject} cannot be used:{lines}")


class SourceError(FaultyInput):
    """A raw file breaks its layout."""


class ContractError(FaultyInput):
    """A table of ours breaks its contract."""


class LedgerError(PipelineError):
    """More was lost in a join than the study allows."""
