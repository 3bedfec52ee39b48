"""A measured figure on a page is the figure that the run gave."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from scripts.tree import Page, pages
from tests.site.checks.prose import prose

# One number as a page prints it: 95.2 %, .627, 105,475, +0.12
NUMBER = re.compile(
    r"(?P<sign>[+\u2212-]?)"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?!\d)|\d+)?(?P<decimals>\.\d+)?"
    r"(?P<share>\s?(?:%|per cent|percentage points?))?"
)


def printed(text: str) -> list[tuple[float, float]]:
    """Each number in a text, with half its last printed digit.

    A share counts in hundredths: ``95.2 %`` is (.952, .0005).
    """
    numbers = []
    for found in NUMBER.finditer(text):
        if not (found["digits"] or found["decimals"]):
            continue
        if found["sign"] == "-":
            raise ValueError(f"{text!r} has a hyphen; a minus is \u2212")
        decimals = found["decimals"] or ""
        value = float((found["digits"] or "0").replace(",", "") + decimals)
        half = 0.5 * 10.0 ** -max(len(decimals) - 1, 0)
        scale = 0.01 if found["share"] else 1.0
        sign = -1 if found["sign"] == "\u2212" else 1
        numbers.append((sign * value * scale, half * scale))
    if not numbers:
        raise ValueError(f"{text!r} has no number")
    return numbers


def measured_figures_are_the_ones_printed(root: Path) -> list[str]:
    """``numbers:`` maps a text on the page to a key of the results.

    A list of keys goes with the numbers of the text one by one, or all of
    them with its only number. A key with a minus before it is turned round,
    for a page that says "lost 82" of a run that says -82.
    """
    load = cache(lambda name: _load(root, name))
    problems = []
    for page in pages(root):
        for text, keys in (page.meta.get("numbers") or {}).items():
            problems += [
                f"{page.path}: {text!r}: {problem}"
                for problem in _problems(page, text, keys, load)
            ]
    return problems


def _problems(page: Page, text: Any, keys: Any, load: Any) -> list[str]:
    if not isinstance(text, str):
        return ["put the text in quotes"]
    try:
        values = printed(text)
    except ValueError as error:
        return [str(error)]
    problems = []
    if not occurs(text, page.body):
        problems.append("is not on the page")
    keys = keys if isinstance(keys, list) else [keys]
    if len(values) != len(keys):  # one number, several runs: or its first
        values = values[:1] * len(keys)
    for key, (value, half) in zip(keys, values, strict=True):
        sign = -1 if key.startswith("-") else 1
        name, *steps = key.removeprefix("-").split(".")
        try:
            found = load(name)
            for step in steps:
                found = found[int(step) if isinstance(found, list) else step]
            run = sign * float(found)
        except (KeyError, IndexError, TypeError, ValueError, OSError):
            problems.append(f"no number at {key} in the results")
            continue
        if not abs(run - value) <= half * (1 + 1e-6):
            problems.append(f"{key} is {run:g}")
    return problems


def _load(root: Path, name: str) -> Any:
    path = root / f"snippets/flights/results/{name}.json"
    return json.loads(path.read_text("utf-8"))


def occurs(text: str, body: str) -> bool:
    """Whether a text stands on the page, as a number of its own."""
    pattern = re.escape(" ".join(text.split())).replace(r"\ ", r"\s+")
    return bool(re.search(rf"(?<![\w.,]){pattern}(?![\w%]|[.,]\d)", body))


def pages_with_money_say_that_it_is_invented(root: Path) -> list[str]:
    """The points of the case: acting costs 1, a late flight caught saves 4."""
    money = re.compile(r"(?i)points?\s+(?:per|a)\s+(?:1,000|thousand)")
    return [
        f"{page.path}: shows value and does not say that it is invented"
        for page in pages(root)
        if money.search(prose(page.body)) and "invented" not in page.body
    ]


def every_probability_has_a_source(root: Path) -> list[str]:
    """A figure like .952 comes from a run or stands beside a citation.

    On the page of a snippet its test holds the figures as well.
    """
    problems = []
    for page in pages(root):
        if page.meta.get("kind") == "snippet":
            continue
        known = " ".join(map(str, page.meta.get("numbers") or {}))
        for block in re.split(r"\n\s*\n", prose(page.body)):
            if "evidence.md#" in block:
                continue
            for figure in re.findall(r"(?<![\w.])\.\d{2,}\b", block):
                if figure not in known:
                    problems.append(
                        f"{page.path}: {figure} stands neither in numbers: "
                        "nor beside a citation"
                    )
    return problems
