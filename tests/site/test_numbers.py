"""How a printed figure is read, and when it agrees with a run."""

import json
from pathlib import Path

import pytest

from tests.site.checks.numbers import (
    measured_figures_are_the_ones_printed,
    occurs,
    printed,
)

PAGE = """\
---
numbers:
  {numbers}
---
The score was .952, or 95.2 %.
It lost 82: \u221282 points over 105,475 flights.
"""


@pytest.mark.parametrize(
    ("text", "value", "half"),
    [
        (".952", 0.952, 0.0005),
        ("95.2 %", 0.952, 0.0005),
        ("21 per cent", 0.21, 0.005),
        ("12 percentage points", 0.12, 0.005),
        ("\u221282", -82, 0.5),
        ("\u2212.45", -0.45, 0.005),
        ("+0.12", 0.12, 0.005),
        ("105,475", 105475, 0.5),
        ("11 weeks", 11, 0.5),
        ("PSI 1.03", 1.03, 0.005),
        ("1.10", 1.1, 0.005),
    ],
)
def test_a_printed_figure_is_a_value_with_half_a_digit(text, value, half):
    assert printed(text) == [pytest.approx((value, half))]


def test_a_range_has_two_numbers():
    assert printed(".738 to .741") == [
        pytest.approx((0.738, 0.0005)),
        pytest.approx((0.741, 0.0005)),
    ]


@pytest.mark.parametrize("text", ["-82", "eleven", "four in five"])
def test_a_hyphen_or_a_word_is_no_printed_figure(text):
    with pytest.raises(ValueError, match=text):
        printed(text)


@pytest.mark.parametrize(
    ("text", "body", "there"),
    [
        (".95", "scored .952", False),
        (".95", "scored .95.", True),
        ("82", "182 flights", False),
        ("82", "82.5", False),
        ("82", "lost 82, then", True),
        ("95.2 %", "95.2\u00a0% of rows", True),
        ("475", "105,475", False),
    ],
)
def test_a_figure_stands_on_the_page_as_a_number_of_its_own(text, body, there):
    assert occurs(text, body) is there


@pytest.mark.parametrize(
    ("numbers", "problem"),
    [
        ('".952": run.auc', None),
        ('"95.2 %": [run.auc, run.list.0]', None),
        ('"82": -run.value', None),
        ('".952, or 95.2 %": [run.auc, run.auc]', None),
        ('".952, or 95.2 %": [run.auc, run.other]', "run.other is 0.9528"),
        ('"\u221282": run.value', None),
        ('"105,475": run.n', None),
        ('".952": run.other', "run.other is 0.9528"),
        ('".952": run.no.such', "no number at run.no.such"),
        ('".952": lost.auc', "no number at lost.auc"),
        ('".627": run.auc', "is not on the page"),
        (".952: run.auc", "in quotes"),
    ],
)
def test_the_page_agrees_with_the_run_to_the_printed_digit(
    tmp_path: Path, numbers, problem
):
    results = {
        "auc": 0.95249, "other": 0.9528, "list": [0.9516], "value": -82.4,
        "n": 105475,
    }  # fmt: skip
    for path, text in (
        ("docs/page.md", PAGE.format(numbers=numbers)),
        ("snippets/flights/results/run.json", json.dumps(results)),
    ):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(text, "utf-8")
    found = "\n".join(measured_figures_are_the_ones_printed(tmp_path))
    assert problem in found if problem else not found
