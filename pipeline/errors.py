"""The ways the pipeline can refuse, each with one readable message."""

from __future__ import annotations

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
