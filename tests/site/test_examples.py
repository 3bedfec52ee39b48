"""The examples in the docstrings are there, and give what they say."""

import doctest
import importlib
import inspect

import pytest

from scripts.tree import ROOT, STANDALONE, modules


@pytest.mark.parametrize(
    "module",
    [module for module in modules(ROOT) if not module.notebook],
    ids=lambda module: module.id,
)
def test_every_example_in_a_docstring_gives_what_it_says(module):
    code = importlib.import_module(module.id.replace("/", "."))
    assert doctest.testmod(code).failed == 0


@pytest.mark.parametrize(
    "module",
    [module for module in modules(ROOT) if module.area in STANDALONE],
    ids=lambda module: module.id,
)
def test_every_public_function_of_a_snippet_has_an_example(module):
    code = importlib.import_module(module.id.replace("/", "."))
    if hasattr(code, "main"):
        return  # the tool: its command line is its example
    functions = [
        name
        for name in code.__all__
        if inspect.isfunction(getattr(code, name))
    ]
    shown = [
        test.name.split(".")[-1]
        for test in doctest.DocTestFinder().find(code)
        if test.examples
    ]
    assert not set(functions) - set(shown)
