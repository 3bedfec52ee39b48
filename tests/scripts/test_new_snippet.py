"""What a new snippet starts with, and what is refused."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.new_snippet import MARK, create, with_line
from scripts.tree import ROOT, Module
from tests.site.checks.code import (
    imports_match_the_needs_line,
    sections_are_closed_used_and_inside_functions,
    the_banner_is_complete_and_true,
)
from tests.site.checks.project import nothing_is_left_to_do

QUESTION = "Largest gap between two distributions?"
NAV = """\
nav:
  - Home: index.md
  - Snippets:  # by stage
      - snippets/index.md
      - Drift:
          - snippets/drift/ks.md
          - PSI: snippets/drift/psi.md
  - Evidence: evidence.md
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "mkdocs.yml").write_text(NAV, "utf-8")
    return tmp_path


def test_it_makes_module_test_page_and_one_line_of_navigation(root):
    module = Module(root, "drift", "label_gap")
    paths = create(root, "drift", "label_gap", QUESTION)
    assert paths == [module.source, module.test, module.page, "mkdocs.yml"]
    assert all((root / path).is_file() for path in paths)
    assert ast.get_docstring(ast.parse(module.text)).split("\n")[0] == QUESTION
    lines = (root / "mkdocs.yml").read_text("utf-8").splitlines()
    assert set(lines) - set(NAV.splitlines()) == {
        "          - snippets/drift/label_gap.md"
    }


def test_what_it_makes_runs_and_keeps_the_rules_for_code(root):
    create(root, "drift", "label_gap", QUESTION)
    assert not imports_match_the_needs_line(root)
    assert not the_banner_is_complete_and_true(root)
    assert not sections_are_closed_used_and_inside_functions(root)
    isolated = [sys.executable, "-I", "-S", "-W", "error"]
    command = [*isolated, root / "snippets/drift/label_gap.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "1.0\n"


def test_each_mark_left_is_a_problem_with_file_and_line(root):
    paths = create(root, "drift", "label_gap", QUESTION)
    found = nothing_is_left_to_do(root)
    for path in paths[:3]:
        lines = (root / path).read_text("utf-8").splitlines()
        marked = [n for n, line in enumerate(lines, 1) if MARK in line]
        assert marked
        assert [place for place in found if place.startswith(f"{path}:")] == [
            f"{path}:{n}: {lines[n - 1].strip()[:70]}" for n in marked
        ]


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("categories", "snippets/drift/ks.md"),
        ("label_gap", "PSI: snippets/drift/psi.md"),
        ("wasserstein", "Evidence: evidence.md"),
    ],
)
def test_the_line_takes_its_place_in_the_alphabet(name, before):
    lines = with_line(NAV, "drift", name).splitlines()
    at = lines.index(f"          - snippets/drift/{name}.md")
    assert lines[at + 1].strip() == f"- {before}"


def test_the_first_page_of_an_area_brings_its_heading():
    lines = with_line(NAV, "hardening", "parity").splitlines()
    at = lines.index("      - Hardening:")
    assert lines[at - 1] == "      - snippets/index.md"
    assert lines[at + 1] == "          - snippets/hardening/parity.md"


def test_the_real_navigation_has_a_place_for_every_area():
    nav = (ROOT / "mkdocs.yml").read_text("utf-8")
    for area in ("drift", "readiness", "hardening", "flights"):
        assert f"snippets/{area}/new_one.md" in with_line(nav, area, "new_one")


@pytest.mark.parametrize(
    ("area", "name", "question", "message"),
    [
        ("shift", "ks", QUESTION, "area must be one of drift, .* got 'shift'"),
        ("drift", "KS", QUESTION, "name must be a lower-case word, got 'KS'"),
        ("drift", "2ks", QUESTION, "got '2ks'"),
        ("drift", "class", QUESTION, "got 'class'"),
        ("drift", "../ks", QUESTION, "got '../ks'"),
        ("drift", "json", QUESTION, "hide Python's own module json"),
        ("drift", "ks", "No question.", "ends in [?], got 'No question.'"),
        ("drift", "ks", "W" + "h" * 80 + "?", "76 characters"),
    ],
)
def test_a_wrong_argument_is_refused_by_name(
    root, area, name, question, message
):
    with pytest.raises(ValueError, match=message):
        create(root, area, name, question)
    assert (root / "mkdocs.yml").read_text("utf-8") == NAV


@pytest.mark.parametrize("left", ["source", "test", "page"])
def test_nothing_that_exists_is_overwritten(root, left):
    module = Module(root, "drift", "gap")
    create(root, "drift", "gap", QUESTION)
    for part in {"source", "test", "page"} - {left}:
        (root / getattr(module, part)).unlink()
    with pytest.raises(ValueError, match=getattr(module, left)):
        create(root, "drift", "gap", QUESTION)


def test_a_navigation_without_a_place_is_refused_before_writing(root):
    (root / "mkdocs.yml").write_text("nav:\n  - index.md\n", "utf-8")
    with pytest.raises(
        ValueError, match=r"snippets/drift/ nor snippets/index"
    ):
        create(root, "drift", "gap", QUESTION)
    shutil.rmtree(root / "snippets", ignore_errors=True)
    assert not (root / "docs").exists()
