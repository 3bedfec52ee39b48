"""The snippet catalogue: its filter, its address, its table without script."""

import re

from playwright.sync_api import Page, expect

from scripts.tree import ROOT, STANDALONE, modules, pages
from tests.browser.conftest import OpenContext

CATALOGUE = "snippets/"
COUNTED = re.compile(r"^\d+ of \d+ files?$")
META = {page.id: page.meta for page in pages(ROOT)}
COPIED = [m for m in modules(ROOT) if m.area in STANDALONE]


def shown(page: Page) -> set[str]:
    """Names of the rows that a reader sees."""
    names = page.locator(".p2p-catalogue tbody tr:visible td:first-child")
    return set(names.all_inner_texts())


def test_the_filter_shows_what_the_front_matter_says(desktop: Page) -> None:
    desktop.goto(CATALOGUE)
    expect(desktop.get_by_role("status").first).to_have_text(
        f"{len(modules(ROOT))} files"
    )
    desktop.get_by_label("Outcomes").select_option("none")
    desktop.get_by_label("Rows come").select_option("stream")
    wanted = {
        m.name
        for m in COPIED
        if META[m.id]["labels"] in {"none", "either"}
        and META[m.id]["arrives"] in {"stream", "either"}
    }
    assert {"page_hinkley", "eprocess"} < wanted < {m.name for m in COPIED}
    expect(desktop.get_by_role("status").first).to_have_text(
        f"{len(wanted)} of {len(modules(ROOT))} files"
    )
    assert shown(desktop) == wanted
    assert desktop.url.endswith("?labels=none&arrives=stream")


def test_a_shared_link_shows_the_same_rows(desktop: Page) -> None:
    desktop.goto(f"{CATALOGUE}?area=hardening&needs=stdlib&labels=nonsense")
    assert shown(desktop) == {
        m.name for m in COPIED if m.area == "hardening" and not m.needs
    }
    expect(desktop.get_by_label("Outcomes")).to_have_value("")
    assert desktop.url.endswith("?area=hardening&needs=stdlib")
    # No link leads to a part that is hidden.
    contents = desktop.get_by_role("navigation", name="On this page")
    expect(contents.get_by_role("link", name="Hardening")).to_be_visible()
    expect(contents.get_by_role("link", name="Drift")).to_be_hidden()


def test_words_find_names_questions_and_other_names(desktop: Page) -> None:
    desktop.goto(CATALOGUE)
    for typed, wanted in (
        ("kill_switch", "kill_switch"),
        ("Is the feed late?", "freshness"),
        ("circuit breaker", "fallback"),
        ("population stability", "psi"),
    ):
        desktop.get_by_label("Words").fill("zebra")
        expect(desktop.get_by_role("status").first).to_contain_text("No file")
        desktop.get_by_label("Words").fill(typed)
        expect(desktop.get_by_role("status").first).to_have_text(COUNTED)
        assert wanted in shown(desktop)
        assert len(shown(desktop)) < 6


def test_an_arrow_key_filters_and_the_count_is_told(desktop: Page) -> None:
    desktop.goto(CATALOGUE)
    status = desktop.get_by_role("status").first
    expect(status).to_have_text(f"{len(modules(ROOT))} files")
    area = desktop.get_by_label("Area")
    area.focus()
    desktop.keyboard.press("ArrowDown")
    expect(area).not_to_have_value("")
    expect(area).to_be_focused()
    chosen = area.input_value()
    wanted = {m.name for m in modules(ROOT) if m.area == chosen}
    expect(status).to_have_text(f"{len(wanted)} of {len(modules(ROOT))} files")
    assert shown(desktop) == wanted


def test_an_empty_answer_says_what_to_drop(phone: Page) -> None:
    phone.goto(f"{CATALOGUE}?area=readiness&labels=none&arrives=stream")
    status = phone.get_by_role("status").first
    expect(status).to_contain_text("No file fits")
    assert shown(phone) == set()
    button = status.get_by_role("button", name="Rows come: one by one")
    promised = int((button.inner_text()).split("then ")[1].split(" ")[0])
    button.press("Enter")
    expect(status).to_have_text(f"{promised} of {len(modules(ROOT))} files")
    assert len(shown(phone)) == promised
    expect(phone.get_by_label("Rows come")).to_be_focused()
    phone.locator(".p2p-filter [type=reset]").press("Enter")
    expect(status).to_have_text(f"{len(modules(ROOT))} files")
    assert phone.url.endswith(CATALOGUE)


def test_without_javascript_it_is_a_whole_table(
    open_context: OpenContext,
) -> None:
    plain = open_context(1440, java_script_enabled=False).new_page()
    plain.goto(f"{CATALOGUE}?labels=none")
    assert shown(plain) == {m.name for m in modules(ROOT)}
    expect(plain.get_by_label("Outcomes")).to_be_hidden()
