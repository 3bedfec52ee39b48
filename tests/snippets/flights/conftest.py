"""The flights, read once for all chapters."""

from __future__ import annotations

import pytest

from snippets.flights import loader
from snippets.flights.loader import Flights


@pytest.fixture(scope="session")
def sample() -> Flights:
    """The 20 % sample that ships with the project."""
    return loader.load()


@pytest.fixture(scope="session")
def everything() -> Flights:
    """All 336,776 flights, from the package."""
    return loader.load(full=True)
