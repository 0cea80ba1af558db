"""Compiling by numba, with its cache where there is a place for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """`numba.njit` without Python's lock, cached beside the module or in the user's folder.

    Where neither can be written (a read-only image), the code is compiled anew in each process, which takes
    some ten seconds; set ``NUMBA_CACHE_DIR`` to a folder that can be.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        try:
            return numba.njit(cache=True, nogil=True, **options)(function)
        except RuntimeError:  # numba found no place for its cache
            return numba.njit(nogil=True, **options)(function)

    return decorate
