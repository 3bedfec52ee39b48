"""Each snippet runs alone, and the generated texts say what they say now.

The slow ones, which are figures and runs of the case, are compared by
`scripts/refresh.py --check`, a step of `dev.py check`.
"""

import pytest

from scripts.refresh import Item, items, settle
from scripts.tree import ROOT


def slow(item: Item) -> bool:
    """Whether the flights are read, or a figure is drawn."""
    return item.paths[0].startswith(("snippets/flights", "docs/assets"))


@pytest.mark.parametrize(
    "item",
    [item for item in items(ROOT) if not slow(item)],
    ids=lambda item: item.paths[0],
)
def test_what_is_committed_is_what_is_made_now(item):
    state, detail = settle(ROOT, item, check=True)
    if state != "same":
        pytest.fail(f"{item.paths[0]}: {state}\n{detail}", pytrace=False)
