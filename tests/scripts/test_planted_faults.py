"""Every rule of the house sees the fault it is there for.

Each test breaks one file in a copy of the tree, and the rule must name that
file. The last test counts: a rule without a planted fault fails it.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts.ideas_page import IDEAS
from scripts.tree import ROOT, files
from tests.conftest import build
from tests.site.checks import (
    built,
    code,
    numbers,
    pages,
    paths,
    project,
    prose,
)
from tests.site.checks.project import WORDS, shingle
from tests.site.test_house import BUILT, TREE

PSI = "snippets/drift/psi.py"
PSI_PAGE = "docs/snippets/drift/psi.md"
CONTRACT = "snippets/hardening/data_contract.py"
GUIDE = "docs/guides/accuracy.md"
HOME = "docs/index.md"
ARGUMENT = "docs/start/argument.md"
SOURCES = "docs/evidence.toml"
COPIED = "a made up sentence of eight words here"
Edit = Callable[[str], str]


def add(text: str) -> Edit:
    return lambda old: f"{old}\n{text}\n"


def swap(pattern: str, new: str) -> Edit:
    def edit(old: str) -> str:
        text, count = re.subn(pattern, new, old, count=1, flags=re.M)
        assert count, (
            f"the tree has no {pattern} any more: plant another fault"
        )
        return text

    return edit


def remove(_old: str) -> str:
    return ""


SECTION = "def planted():\n    # --8<-- [start:planted]\n    pass\n"
CLOSED = f"{SECTION}    # --8<-- [end:planted]\n"

# rule, file, what happens to it, what the rule says
FAULTS = [
    (paths.module_page_test_and_output_share_one_path, PSI_PAGE, remove,
     f"{PSI_PAGE}: is missing"),
    (paths.module_page_test_and_output_share_one_path,
     "tests/snippets/drift/test_nothing.py", add("x = 1"),
     "test_nothing.py: belongs to no module"),
    (paths.module_page_test_and_output_share_one_path,
     "snippets/drift/old.out.txt", add("3"), "old.out.txt: belongs to no mod"),
    (paths.snippets_holds_only_areas_modules_and_their_data,
     "snippets/drift/__init__.py", add(""), "areas are namespaces"),
    (paths.snippets_holds_only_areas_modules_and_their_data,
     "snippets/drift/nobodys.csv", add("1"), "no module of the area names it"),
    (paths.snippets_holds_only_areas_modules_and_their_data,
     "snippets/misc/thing.py", add(""), "misc/thing.py: is in none of"),
    (code.imports_match_the_needs_line, CONTRACT,
     swap("^import math$", "import math\nfrom snippets.drift import psi"),
     f"{CONTRACT}:\\d+: imports a sibling"),
    (code.imports_match_the_needs_line, CONTRACT,
     swap("^import math$", "import math\nimport psi"),
     f"{CONTRACT}:\\d+: imports a sibling"),
    (code.imports_match_the_needs_line, CONTRACT,
     swap("^import math$", "import math\nimport scipy.stats"),
     f"{CONTRACT}:\\d+: imports scipy, which the Needs: line does not name"),
    (code.imports_match_the_needs_line, PSI,
     swap("^Needs: .*$", "Needs:   Python 3.11, NumPy 1.26, pandas 2.3"),
     f"{PSI}: Needs: names pandas and nothing imports it"),
    (code.the_banner_is_complete_and_true, PSI, swap("^Version: .*\n", ""),
     f"{PSI}: banner must be"),
    (code.the_banner_is_complete_and_true, PSI,
     swap("^Source:  .*$", "Source:  snippets/drift/ks.py"),
     f"{PSI}: Source: or Page: names another file"),
    (code.all_names_every_public_function_and_class, PSI,
     add("def planted():\n    pass"), f"{PSI}: __all__ lacks planted"),
    (code.all_names_every_public_function_and_class, PSI,
     lambda old: old.replace("__all__ = [", '__all__ = ["a", "b", "c",', 1)
     + "".join(f"\n\ndef {x}():\n    pass\n" for x in "abc"),
     f"{PSI}: three public names at most"),
    (code.lines_are_short_and_the_demo_is_small, PSI, add("#" * 80),
     f"{PSI}:\\d+: is 80 characters long"),
    (code.lines_are_short_and_the_demo_is_small, PSI, add("    print()\n" * 9),
     f"{PSI}:\\d+: the demo has"),
    (code.sections_are_closed_used_and_inside_functions, PSI, add(CLOSED),
     f"{PSI}:\\d+: no page shows section planted"),
    (code.sections_are_closed_used_and_inside_functions, PSI, add(SECTION),
     f"{PSI}:\\d+: section planted is never closed"),
    (code.sections_are_closed_used_and_inside_functions, PSI,
     add(CLOSED + CLOSED), f"{PSI}:\\d+: section planted exists already"),
    (code.sections_are_closed_used_and_inside_functions, PSI,
     add("# --8<-- [start:top]\nx = 1\n# --8<-- [end:top]"),
     f"{PSI}:\\d+: section top must be inside one function body"),
    (code.directives_are_spelt_right, PSI, add("# --8<- [start: core]"),
     f"{PSI}:\\d+: cannot read"),
    (code.directives_are_spelt_right, HOME, add("--8<--- 'README.md'"),
     f"{HOME}:\\d+: cannot read"),
    (code.directives_are_spelt_right, PSI_PAGE,
     add(f'--8<-- "{PSI}:nowhere"'), f"{PSI_PAGE}:\\d+: .* has no section"),
    (pages.front_matter_is_complete, GUIDE, swap("^next: .*\n", ""),
     f"{GUIDE}: front matter lacks next"),
    (pages.front_matter_is_complete, GUIDE,
     swap("^description: .*$", "description: " + "long " * 25),
     f"{GUIDE}: description has \\d+ characters"),
    (pages.copied_snippets_state_what_they_take, PSI_PAGE,
     swap("^labels: .*$", "labels: maybe"),
     f"{PSI_PAGE}: labels must be one of"),
    (pages.the_argument_leads_to_the_guides_of_each_step, ARGUMENT,
     swap("guides/accuracy.md", "guides/drift.md"),
     "argument.md: step"),
    (pages.front_matter_is_complete, GUIDE, swap("^step: .*\n", ""),
     f"{GUIDE}: step 1 to 7 belongs to guides"),
    (pages.no_two_pages_describe_themselves_alike, PSI_PAGE,
     swap("^title: .*$", "title: What the scoreboard hides"), "same title"),
    (pages.every_id_exists_or_is_planned, GUIDE,
     swap("^next: .*$", "next: guides/nowhere"),
     f"{GUIDE}: next names guides/nowhere"),
    (pages.every_id_exists_or_is_planned, GUIDE,
     swap(r"^seeds: \[", "seeds: [Z99, "), f"{GUIDE}: seeds names Z99"),
    (pages.every_idea_of_the_essays_has_a_page, IDEAS, add("Z98\tNew"),
     f"{IDEAS}: no page treats Z98"),
    (pages.planned_lists_only_what_is_named_and_missing, "docs/planned.txt",
     add("guides/accuracy"), "guides/accuracy exists"),
    (pages.planned_lists_only_what_is_named_and_missing, "docs/planned.txt",
     add("guides/nowhere"), "nothing names guides/nowhere"),
    (pages.the_bank_page_shows_every_section, pages.BANK_PAGE,
     swap("^## Data$", "## Facts"), "bank.md: sections must be"),
    (pages.sources_are_complete_and_cited, SOURCES, add("[nobody2020]"),
     f"{SOURCES}: no page cites nobody2020"),
    (pages.sources_are_complete_and_cited, SOURCES, swap("^limits = .*\n", ""),
     f"{SOURCES}: .* lacks, or should not have: limits"),
    (pages.citations_and_front_matter_agree, GUIDE,
     swap(r"^evidence: \[", "evidence: [wong2026, "),
     f"{GUIDE}: lists under evidence:, and does not cite, wong2026"),
    (pages.citations_and_front_matter_agree, GUIDE,
     add("[Nobody 2020](../evidence.md#nobody2020)"),
     f"{GUIDE}: docs/evidence.toml has no nobody2020"),
    (pages.snippet_pages_show_the_whole_file, PSI_PAGE,
     swap(r'--8<-- "tests/.*"', ""), f"{PSI_PAGE}: lacks the line"),
    (pages.snippet_pages_show_the_whole_file, PSI_PAGE,
     swap("^## API$", "## Interface"), f"{PSI_PAGE}: lacks the line ## API"),
    (numbers.measured_figures_are_the_ones_printed, PSI_PAGE,
     swap("(?s)^numbers:.*?^---", 'numbers:\n  "77": models.late\n---'),
     f"{PSI_PAGE}: '77'"),
    (numbers.every_probability_has_a_source, GUIDE, add("It was .123."),
     f"{GUIDE}: .123 stands neither"),
    (numbers.pages_with_money_say_that_it_is_invented,
     "docs/guides/planted.md", add("It earned 12 points per thousand."),
     "planted.md: shows value"),
    (prose.no_banned_word, GUIDE, add("This is simply done."),
     f"{GUIDE}:\\d+: 'simply'"),
    (prose.no_emoji_short_code, GUIDE, add("Done :smile:"),
     f"{GUIDE}:\\d+: :smile:"),
    (prose.boxes_are_of_four_kinds, GUIDE, add('!!! danger "No"\n    Text'),
     f"{GUIDE}:\\d+: a box is one of"),
    (prose.tables_have_headings_and_no_alignment, GUIDE,
     add("| | b |\n|---|---|\n| 1 | 2 |"), f"{GUIDE}:\\d+: a header cell"),
    (prose.tables_have_headings_and_no_alignment, GUIDE,
     add("| a | b |\n|---|--:|\n| 1 | 2 |"), f"{GUIDE}:\\d+: aligned columns"),
    (prose.pages_keep_to_their_length, GUIDE, add("word " * 1200),
     f"{GUIDE}: \\d+ words"),
    (prose.guides_have_three_to_six_parts, GUIDE, add("## Seven\n" * 7),
     f"{GUIDE}: \\d+ H2s"),
    (prose.sentences_are_short, GUIDE, add("This is long" + " too" * 43 + "."),
     f"{GUIDE}: 46 words"),
    (prose.sentences_are_short, "docs/guides/planted.md",
     add(f"{'Slow words ' * 10}end.\n"), "planted.md: median sentence of 21"),
    (prose.headings_are_in_sentence_case, GUIDE, add("## All About Drift"),
     f"{GUIDE}:\\d+: About has a capital"),
    (prose.figures_state_their_claim, GUIDE,
     add("<figure><figcaption>Loss by week.</figcaption></figure>"),
     f"{GUIDE}: a figure's caption"),
    (prose.checklists_have_seven_items_at_most, GUIDE,
     add('<div class="p2p-check" markdown>\n' + "- x\n" * 8 + "</div>"),
     f"{GUIDE}: a checklist has 8 items"),
    (prose.one_title_on_each_page, GUIDE, add("# Again"),
     f"{GUIDE}: one H1 stands first"),
    (prose.text_fences_hold_included_output, GUIDE,
     add("```text\nmade up\n```"), f"{GUIDE}: a text fence"),
    (prose.no_highlighted_lines_and_no_inline_style, GUIDE,
     add('```python hl_lines="2"\nx\n```'), f"{GUIDE}: hl_lines"),
    (prose.no_highlighted_lines_and_no_inline_style, GUIDE,
     add('<p style="color: red">x</p>'), f"{GUIDE}: style="),
    (project.nothing_is_left_to_do, GUIDE, add("TO" "DO: finish"),
     f"{GUIDE}:\\d+: TO"),
    (project.no_machine_and_no_registry_is_named, GUIDE,
     add("See " "/roo" "t/notes.txt"), f"{GUIDE}:\\d+: "),
    (project.no_machine_and_no_registry_is_named, "requirements-site.txt",
     add("--index-url https://index.example/" "simple/"),
     "requirements-site.txt:\\d+: https"),
    (project.no_sentence_is_shared_with_the_essays, GUIDE, add(COPIED),
     f"{GUIDE}:\\d+: '{COPIED}' stands in an essay"),
    (project.every_asset_is_used, "docs/assets/nobodys.css", add("p {}"),
     "docs/assets/nobodys.css: nothing uses it"),
]  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree; the made-up sentence counts as an essay's."""
    assert len(COPIED.split()) == WORDS
    root = tmp_path_factory.mktemp("tree")
    for path in files(ROOT):
        target = root / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    with (root / "tests/site/shingles.txt").open("a") as known:
        known.write(f"{shingle(COPIED)}\n")
    return root


@pytest.fixture
def plant(tree: Path) -> Iterator[Callable[[str, Edit], None]]:
    """Edit one file of the copy, or delete it; it is put back afterwards."""
    kept: list[tuple[Path, bytes | None]] = []

    def edit(path: str, change: Edit) -> None:
        target = tree / path
        old = target.read_bytes() if target.exists() else None
        kept.append((target, old))
        target.parent.mkdir(parents=True, exist_ok=True)
        new = change((old or b"").decode("utf-8"))
        target.write_text(new, "utf-8") if new else target.unlink()

    yield edit
    for target, old in kept:
        if old is None:
            target.unlink()
            if not any(target.parent.iterdir()):
                target.parent.rmdir()
        else:
            target.write_bytes(old)


@pytest.mark.parametrize(
    ("rule", "path", "change", "said"),
    FAULTS,
    ids=[f"{rule.__name__}-{path}" for rule, path, _, _ in FAULTS],
)
def test_a_fault_in_one_file_is_named(tree, plant, rule, path, change, said):
    before = rule(tree)
    plant(path, change)
    new = [problem for problem in rule(tree) if problem not in before]
    assert [x for x in new if re.search(said, x)], f"{said!r} not in {new}"


@pytest.mark.parametrize(
    "path",
    [
        "snippets/drift/psi.out.txt",
        "docs/assets/figures/psi_months.svg.html",
        "docs/assets/figures/psi_months.table.html",
        "includes/generated/meta/snippets/drift/psi.md",
        "includes/generated/catalogue.md",
        "docs/evidence.md",
    ],
)
def test_a_stale_generated_text_is_named(tree, plant, path):
    plant(path, lambda old: old[:-1] + "x\n")
    check = [sys.executable, "scripts/refresh.py", "--check", path]
    done = subprocess.run(
        check, cwd=tree, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(rf"STALE .* {path.split('.')[0]}", done.stdout)


def test_faults_in_a_built_page_are_named(tree, plant, tmp_path):
    planted = (
        '<a href="#nowhere">gone</a> <a href="../no/page/">gone</a>\n'
        '<img src="https://elsewhere.example/x.png" alt="x">\n\n'
        "    ;--8<-- [start:core]\n\n"
        "| a |\n|:-:|\n| b |"
    )
    site = tmp_path / "site"
    plant(GUIDE, add(planted))
    plant(PSI_PAGE, swap('^( *--8<-- "snippets/drift/psi.py")$', r"\1\n    x"))
    build(tree, site)
    long = '<nav class="p2p-nav"><ul class="p2p-nav__pages">' + "<li>" * 21
    (site / "alone.html").write_text(f"<title>alone</title>{long}", "utf-8")
    guide = "guides/accuracy/index.html"
    faults = (
        (built.links_and_anchors_resolve, f"{guide}:.*#nowhere has no such"),
        (built.links_and_anchors_resolve, f"{guide}:.*no/page/ leads to no f"),
        (built.nothing_comes_from_another_host, f"{guide}:.*elsewhere"),
        (built.no_marker_is_printed, f"{guide}:.*8<"),
        (built.no_inline_style, f"{guide}:.*text-align"),
        (built.every_page_can_be_reached, "alone.html: no link"),
        (built.navigation_shows_what_a_person_can_hold,
         "alone.html: 0 sections"),
        (built.navigation_shows_what_a_person_can_hold,
         "alone.html: 21 lines"),
        (built.navigation_shows_what_a_person_can_hold,
         "alone.html: is not marked"),
        (built.snippet_pages_print_the_file_byte_for_byte,
         "snippets/drift/psi/index.html: does not print snippets/drift/psi"),
    )  # fmt: skip
    for rule, said in faults:
        found = rule(tree, site)
        assert [x for x in found if re.search(said, x)], f"{said}: {found}"
    assert {rule for rule, _ in faults} == set(BUILT)


def test_every_rule_has_a_planted_fault():
    assert {rule for rule, *_ in FAULTS} == set(TREE)
