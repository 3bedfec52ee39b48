"""The page "Same data, different answers" says what its run says."""

import json
import re

import numpy as np
import pytest

from scripts.bench.same_data import CASES, DRAWS, hear, summary
from scripts.bench.same_data_peers import PEERS, judged
from scripts.same_data_page import PARTS, RESULT, number, rang
from scripts.tree import ROOT

FOUND = json.loads((ROOT / RESULT).read_text("utf-8"))
PAGE = (ROOT / "docs/snippets/same-data.md").read_text("utf-8")
NEVER, ALWAYS = (0, 0), (DRAWS, DRAWS)
# What the page says in words: package, check, case, draws that rang.
SAID = [
    ("Evidently", "its choice", "quiet", NEVER),
    ("Evidently", "its choice", "few", ALWAYS),
    ("Evidently", "psi", "few", ALWAYS),
    ("NannyML", "jensen_shannon", "quiet", (10, 40)),
    ("NannyML", "jensen_shannon", "few", NEVER),
    ("alibi-detect", "CVMDrift", "ties", ALWAYS),
    ("These snippets", "psi", "slow", (40, 90)),
    ("These snippets", "ks", "slow", (40, 90)),
    ("These snippets", "wasserstein", "slow", (40, 90)),
    ("NannyML", "jensen_shannon", "slow", (5, 39)),
    ("river", "ADWIN", "slow", ALWAYS),
    ("river", "PageHinkley", "quiet", (40, 60)),
    ("river", "PageHinkley", "heavy", ALWAYS),
    ("river", "PageHinkley", "ties", ALWAYS),
    ("These snippets", "wasserstein", "few", (0, 5)),
    ("These snippets", "wasserstein", "flag", ALWAYS),
    ("These snippets", "wasserstein", "tiny", ALWAYS),
    ("Evidently", "psi", "shift", (51, 75)),
    ("Evidently", "psi", "outlier", NEVER),
    ("These snippets", "psi", "outlier", ALWAYS),
    ("Evidently", "missing values", "missing", ALWAYS),
    ("NannyML", "missing values", "missing", ALWAYS),
    ("These snippets", "psi", "missing", ALWAYS),
    ("river", "ADWIN", "spread", (0, 5)),
    ("deepchecks", "FeatureDrift", "spread", NEVER),
    ("deepchecks", "FeatureDrift", "zeros", NEVER),
    ("deepchecks", "FeatureDrift", "flag", NEVER),
    ("These snippets", "ks", "flag", NEVER),
    ("These snippets", "psi", "flag", ALWAYS),
    ("NannyML", "jensen_shannon", "flag", ALWAYS),
    ("These snippets", "psi", "tiny", ALWAYS),
    ("These snippets", "ks", "tiny", ALWAYS),
    ("deepchecks", "FeatureDrift", "new", NEVER),
]


@pytest.mark.parametrize(("package", "check", "case", "draws"), SAID)
def test_a_sentence_of_the_page_is_in_the_run(package, check, case, draws):
    low, high = draws
    assert low <= FOUND["packages"][package]["cases"][case][check]["rang"]
    assert FOUND["packages"][package]["cases"][case][check]["rang"] <= high


def test_every_package_answered_every_case():
    assert FOUND["draws"] == DRAWS
    assert [x["name"] for x in FOUND["cases"]] == [x.name for x in CASES]
    assert {x.name for x in CASES} == {y for x in PARTS.values() for y in x}
    assert [*FOUND["packages"]] == [*PEERS]
    for name, package in FOUND["packages"].items():
        assert package["pins"] == list(PEERS[name].pins)
        for case in CASES:
            answers = package["cases"][case.name]
            assert [*answers] == [*PEERS[name].checks[case.kind]]
            for one in answers.values():
                failed = one["draws"] - one["judged"]
                assert one["rang"] <= one["judged"]
                no_limit = one["first"] is not None and not one["judged"]
                assert bool(failed) == (bool(one["errors"]) or no_limit)


def test_the_page_counts_its_cases_and_packages():
    words = {16: "sixteen", 8: "seven"}  # our own files are the eighth
    assert f"planting {words[len(CASES)]} cases" in PAGE
    assert f"to {words[len(PEERS)]} packages" in PAGE


def test_wasserstein_in_the_text_is_the_run_s():
    checks = FOUND["packages"]["SciPy"]["cases"]
    said = re.search(
        r"goes from (\.\d) to ([\d,]+) by that", PAGE.replace("\n", " ")
    )
    for case, text in zip(("shift", "outlier"), said.groups(), strict=True):
        first = checks[case]["wasserstein_distance"]["first"]
        assert float(text.replace(",", "")) == pytest.approx(first, rel=0.25)


def test_the_same_seed_gives_every_package_the_same_rows():
    for at, case in enumerate(CASES):
        one, two = (
            case.draw(np.random.default_rng([at, 0])) for _ in range(2)
        )
        for a, b in zip(one, two, strict=True):
            assert len(a)
            assert [*map(str, a[:50])] == [*map(str, b[:50])]


def test_a_failure_is_an_answer():
    column = np.zeros(2)

    def fails(*_):
        raise TypeError("no order\nbetween these")

    heard = [
        hear(fails, column, column),
        hear(lambda *_: (2.0, True), column, column),
    ]
    heard.append(hear(lambda *_: (float("nan"), False), column, column))
    heard.append(hear(lambda *_: (1.0, None), column, column))
    found = summary(heard)
    assert (found["rang"], found["judged"], found["draws"]) == (1, 1, 4)
    assert found["errors"] == {"TypeError: no order": 1, "not a number": 1}
    assert rang(found) == "error 3 times"
    with pytest.raises(ValueError, match="not a number"):
        judged(float("nan"))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0314, ".0314"), (1000.4, "1,000"), (float("inf"), "∞"), (0.0, "0")],
)
def test_numbers_of_the_tables(value, text):
    assert number(value) == text
