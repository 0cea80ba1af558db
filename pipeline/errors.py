"""The ways the pipeline can refuse, each with one readable message."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from dataclasses import dataclass


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
        return f"[{self.code}] {self.what} ({times}; first: {self.first}). {self.remedy}"


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
