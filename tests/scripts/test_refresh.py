"""What the generated texts say, and when they count as stale."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from scripts.catalogue import catalogue, meta_line, runs_with
from scripts.evidence_page import evidence_pages
from scripts.refresh import (
    Item,
    Refused,
    has_results,
    meta,
    near_json,
    orphans,
    output,
    settle,
)
from scripts.tree import Module, modules, publish

CODE = '''\
"""Is three the number?

Needs:   {needs}
Source:  snippets/drift/three.py
Page:    snippets/drift/three
Version: 1.2.0 (MIT-0)
"""

__all__ = ["three"]


def three():
    # --8<-- [start:core]
    return 3
    # --8<-- [end:core]


if __name__ == "__main__":
    {demo}
'''
LOCK = """\
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:13b2
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:f072
scikit-learn==1.9.1 \\
    --hash=sha256:0268
"""
SOURCE = """\
[kapoor2023]
authors = "Kapoor, S., Narayanan, A."
title = "Leakage"
venue = "Patterns 4(9)"
year = 2023
link = "https://doi.org/10.1/2"
setting = "A survey"
found = "17 fields"
limits = "A count"
certainty = "seen"
where = "abstract"
sense = "Leakage is common"
checked = 2026-11-21
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path


def snippet(
    root: Path,
    demo: str = "print(three())",
    needs: str = "Python 3.11, standard library",
) -> Module:
    write(root, "snippets/drift/three.py", CODE.format(demo=demo, needs=needs))
    write(root, "requirements-test.txt", LOCK)
    return Module(root, "drift", "three")


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, "utf-8")


def commit(root: Path) -> None:
    identity = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run(["git", *identity, *command], cwd=root, check=True)


# Outputs


def test_the_output_is_what_a_copy_prints_alone(root):
    assert output(snippet(root)) == "3\n"


def test_data_that_the_code_names_lies_beside_the_copy(root):
    write(root, "snippets/drift/named.toml", "x = 1\n")
    write(root, "snippets/drift/other.toml", "x = 2\n")
    module = snippet(
        root, 'import os; print(os.listdir(), open("named.toml").close())'
    )
    assert module.data == ["named.toml"]
    assert "other.toml" not in output(module)


@pytest.mark.parametrize(
    ("demo", "message"),
    [
        ("import numpy", "No module named 'numpy'"),
        ("import snippets.drift.three", "No module named 'snippets'"),
        ("import sys; sys.stderr.write('oh no')", "exit 0: oh no"),
        ("import sys; sys.exit(3)", "exit 3: no message"),
        ("import warnings; warnings.warn('late')", "UserWarning: late"),
    ],
)
def test_what_would_fail_in_an_empty_folder_is_refused(root, demo, message):
    with pytest.raises(Refused, match=message):
        output(snippet(root, demo))


def test_a_named_package_may_be_imported(root):
    needs = "Python 3.11, NumPy 1.26"
    assert output(snippet(root, "import numpy; print(1)", needs)) == "1\n"


def test_a_chapter_of_the_case_has_results(root):
    for name, text in (
        ("leak", "chapter(run, report)"),
        ("loader", "def chapter(run, report):"),
    ):
        write(root, f"snippets/flights/{name}.py", text)
    assert [has_results(m) for m in modules(root)] == [True, False]


# When two results agree


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ({"auc": 0.7412}, {"auc": 0.7419}, True),
        ({"auc": 0.741}, {"auc": 0.743}, False),
        ({"value": 188.4}, {"value": 189.3}, True),
        ({"value": 188.4}, {"value": 189.5}, False),
        ({"weeks": 11}, {"weeks": 12}, False),
        ({"rows": 221871}, {"rows": 221900}, True),
        ({"rows": 1000}, {"rows": 1010}, False),
        ({"a": [1.0, None]}, {"a": [1.0, None]}, True),
        ({"a": [1.0]}, {"a": [1.0, 2.0]}, False),
        ({"a": 1}, {"a": 1.0}, False),
        ({"a": True}, {"a": 1}, False),
        ({"a": "jun"}, {"a": "jul"}, False),
        ({"a": 1}, {"b": 1}, False),
    ],
)
def test_results_agree_as_far_as_two_machines_do(old, new, same):
    assert near_json(json.dumps(old), json.dumps(new)) is same


def test_broken_results_agree_with_nothing():
    assert not near_json("", "{}")


# Stale, written, refused


def test_a_missing_or_changed_file_is_stale_until_it_is_written(root):
    item = Item(("a.txt",), lambda: "new\n")
    assert settle(root, item, check=True)[0] == "STALE"
    assert settle(root, item, check=False)[0] == "written"
    assert settle(root, item, check=True) == ("same", "")
    write(root, "a.txt", "old\n")
    state, difference = settle(root, item, check=True)
    assert state == "STALE"
    assert "-old" in difference
    assert "+new" in difference


def test_a_check_writes_nothing(root):
    settle(root, Item(("a.txt",), lambda: "new\n"), check=True)
    assert not list(root.iterdir())


def test_a_text_that_says_the_same_is_left_alone(root):
    write(root, "a.json", "[0.5001]")
    item = Item(("a.json",), lambda: "[0.5002]", near_json)
    assert settle(root, item, check=False)[0] == "same"
    assert (root / "a.json").read_text("utf-8") == "[0.5001]"


def test_an_item_that_cannot_be_made_says_why(root):
    def make() -> str:
        raise Refused("no data")

    assert settle(root, Item(("a",), make), check=True) == (
        "FAILED",
        "Refused: no data",
    )


def test_a_generated_file_that_nothing_makes_is_found(root):
    made = Item(("snippets/drift/three.out.txt",), lambda: "")
    write(root, "snippets/drift/three.out.txt", "")
    write(root, "docs/assets/figures/old.svg.html", "")
    write(root, "includes/generated/meta/snippets/drift/old.md", "")
    assert orphans(root, [made]) == [
        "docs/assets/figures/old.svg.html",
        "includes/generated/meta/snippets/drift/old.md",
    ]


# The version of a snippet


def test_changed_code_under_an_old_version_is_refused(root):
    module = snippet(root)
    write(root, module.meta, meta(module))
    commit(root)
    assert meta(module) == meta_line(module)
    changed = snippet(root, "print(4)")
    with pytest.raises(Refused, match=r"three\.py changed .* 1\.2\.0; raise"):
        meta(changed)


def test_changed_code_under_a_new_version_is_accepted(root):
    module = snippet(root)
    write(root, module.meta, meta(module))
    commit(root)
    text = module.text.replace("return 3", "return 4")
    write(root, module.source, text.replace("1.2.0", "1.2.1"))
    assert "Version 1.2.1" in meta(Module(root, "drift", "three"))


def test_a_moved_section_marker_is_no_change(root):
    module = snippet(root)
    write(root, module.meta, meta(module))
    commit(root)
    marker = "    # --8<-- [start:core]\n"
    write(root, module.source, module.text.replace(marker, ""))
    assert Module(root, "drift", "three").hash == module.hash


def test_a_snippet_that_was_never_committed_may_change(root):
    write(root, "README.md", "one\n")
    commit(root)
    module = snippet(root)
    write(root, module.meta, meta(module))
    assert meta(snippet(root, "print(4)"))


# What the texts say


def test_the_meta_line_says_all_that_a_copier_checks(root):
    write(root, "snippets/drift/named.toml", "")
    module = snippet(root, 'print("named.toml")')
    up = "../../../files"
    assert meta_line(module) == (
        '<p class="p2p-meta">Version 1.2.0 · '
        f'<a href="{up}/SHA256SUMS">SHA-256</a> <code>{module.hash}</code>'
        " · Download "
        f'<a href="{up}/drift/three.py" download>three.py</a> · '
        f'<a href="{up}/drift/named.toml" download>named.toml</a> · '
        f'Licence <a href="{up}/LICENSE">MIT-0</a>'
        "<br>Tested with Python 3.11</p>\n"
    )


def test_a_copied_file_is_tested_with_the_oldest_and_the_locked(root):
    module = snippet(root, needs="Python 3.11, NumPy 1.26, scikit-learn 1.7")
    assert runs_with(module) == (
        "Python 3.11, NumPy 1.26 and 2.4.6, scikit-learn 1.7 and 1.9.1"
    )


def test_the_worked_case_is_tested_with_the_lock_alone(root):
    module = snippet(root, needs="Python 3.11, NumPy 1.26")
    write(root, "snippets/flights/three.py", module.text)
    assert runs_with(Module(root, "flights", "three")) == (
        "Python 3.11, NumPy 2.4.6"
    )


def test_the_download_is_the_file_without_markers(root):
    module = snippet(root)
    write(root, "LICENSE-CODE", "MIT No Attribution\n")
    publish(root, root / "site")
    text = (root / "site/files/drift/three.py").read_text("utf-8")
    assert text == module.copied
    assert "8<" not in text
    assert len(text.splitlines()) == len(module.text.splitlines()) - 2


def test_the_catalogue_has_a_table_for_each_area_with_a_module(root):
    module = snippet(root)
    write(root, module.test, "def test_a(): ...\n\n\ndef test_b(): ...\n")
    write(root, "docs/glossary.toml", "terms = []\n")
    write(
        root,
        module.page,
        "---\ntitle: Three\nlabels: none\narrives: batch\n"
        "tags: []\n---\n# Three\n",
    )
    [line] = [x for x in catalogue(root).splitlines() if "three.md" in x]
    cells = [re.sub(r"\{.*?\}", "", cell).strip() for cell in line.split("|")]
    assert cells[1:-1] == [
        "[`three`](drift/three.md)",
        "Is three the number?",
        "not needed",
        "in batches",
        "standard library",
        "2",
        "1.2.0",
    ]
    text = catalogue(root)
    assert text.count("\n## ") + text.startswith("## ") == 1


def test_the_evidence_pages_have_each_source_and_who_cites_it(root):
    write(root, "docs/evidence.toml", SOURCE)
    page = "---\ntitle: The gap\nevidence: [kapoor2023]\n---\n# The gap\n"
    write(root, "docs/guides/gap.md", page)
    text = "\n".join(evidence_pages(root))
    for part in (
        "## Kapoor 2023 { #kapoor2023 }",
        "**Leakage is common.** Kapoor, S., Narayanan, A. ",
        "[*Leakage*](https://doi.org/10.1/2). Patterns 4(9), 2023.",
        ":   17 fields.",
        ":   **Seen.** Read in: abstract. Checked on 2026-11-21.",
        ":   [The gap](../guides/gap.md)",
        "Sources by mark: 1 seen, 0 secondary, 0 unverified.",
        "reviewed: 2026-11-21",
    ):
        assert part in text
