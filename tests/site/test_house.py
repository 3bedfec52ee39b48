"""The house rules, without exceptions.

Each rule is a function in ``checks/`` that gives its problems, one a line.
"""

import inspect
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from scripts.tree import ROOT
from tests.site.checks import (
    built,
    code,
    numbers,
    pages,
    paths,
    project,
    prose,
)


def rules(
    module: ModuleType, *arguments: str
) -> list[Callable[..., list[str]]]:
    """The functions of a module that take these arguments."""
    return [
        function
        for _, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and inspect.signature(function).return_annotation == list[str]
        and [p.strip("_") for p in inspect.signature(function).parameters]
        == list(arguments)
    ]


TREE = [
    rule
    for module in (paths, code, pages, numbers, prose, project)
    for rule in rules(module, "root")
]
BUILT = rules(built, "root", "site")


@pytest.mark.parametrize("rule", TREE, ids=lambda rule: rule.__name__)
def test_the_tree_keeps(rule: Callable[[Path], list[str]]) -> None:
    _hold(rule(ROOT))


@pytest.mark.parametrize("rule", BUILT, ids=lambda rule: rule.__name__)
def test_the_built_site_keeps(
    rule: Callable[[Path, Path], list[str]], site_dir: Path
) -> None:
    _hold(rule(ROOT, site_dir))


def _hold(problems: list[str]) -> None:
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)
