"""The flights, read once for all chapters."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from snippets.flights import loader
from snippets.flights.loader import Flights

RESULTS = Path(loader.__file__).parent / "results"


@pytest.fixture(scope="session")
def sample() -> Flights:
    """The 20 % sample that ships with the project."""
    return loader.load()


@pytest.fixture(scope="session")
def everything() -> Flights:
    """All 336,776 flights, from the package."""
    return loader.load(full=True)


@pytest.fixture(scope="session")
def differences() -> Callable[[str, Any], list[str]]:
    """Where fresh results leave the committed ones, in words.

    Machines round differently, and a tree may split elsewhere: shares may
    differ by .001 (PSI by .01), points per 1,000 flights by 1, counts of
    flights in a bin by 1 %. `seeds`, the spread over several fits, is not
    compared here, for it takes minutes.
    """

    def compare(name: str, fresh: Any) -> list[str]:
        path = RESULTS / f"{name}.json"
        committed = json.loads(path.read_text("utf-8"))
        return list(_apart(name, json.loads(loader.as_json(fresh)), committed))

    return compare


def _apart(where: str, fresh: Any, committed: Any) -> Iterator[str]:
    if where.endswith("seeds"):
        return
    if isinstance(committed, dict):
        if fresh.keys() != committed.keys():
            yield f"{where} has other keys"
            return
        for key in committed:
            yield from _apart(f"{where}.{key}", fresh[key], committed[key])
    elif isinstance(committed, list):
        if len(fresh) != len(committed):
            yield f"{where} has another length"
            return
        for i, pair in enumerate(zip(fresh, committed, strict=True)):
            yield from _apart(f"{where}.{i}", *pair)
    elif isinstance(committed, float | int) and fresh is not None:
        if abs(fresh - committed) > _tolerance(where, committed):
            yield f"{where} was {committed}, is {fresh}"
    elif fresh != committed:
        yield f"{where} was {committed!r}, is {fresh!r}"


def _tolerance(where: str, committed: float) -> float:
    if isinstance(committed, int):
        return 0.01 * committed if "reliability" in where else 0
    if "score_psi" in where:
        return 0.01
    return 0.001 if abs(committed) <= 1 else 1.0
