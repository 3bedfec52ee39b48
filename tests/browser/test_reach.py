"""Reachable by everyone: axe-core on each kind of page, and the keyboard."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import KINDS, unfold, violations
from tests.browser.conftest import OpenContext


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_kind_of_page(
    open_context: OpenContext, scheme: str
) -> None:
    # On a phone's width test_every_page.py asks the same of every page.
    # A fresh profile for each. Only colours differ from light to dark.
    found = {}
    seen: list[str] = []
    for width in (768, 1440):
        context = open_context(width, scheme, reduced_motion="reduce")
        page = context.new_page()
        for kind, path in KINDS.items():
            page.goto(path, wait_until="load")
            unfold(page)
            rules = violations(page, seen, colours_only=scheme == "dark")
            found[f"{kind} at {width}"] = rules
    assert len(seen) > 25
    assert {kind: rules for kind, rules in found.items() if rules} == {}


def test_axe_finds_nothing_in_the_open_menu(phone: Page) -> None:
    phone.goto("guides/accuracy/")
    phone.get_by_role("button", name="Menu").click()
    phone.wait_for_timeout(400)
    assert violations(phone) == []


def test_axe_finds_nothing_in_the_open_search(desktop: Page) -> None:
    desktop.goto("")
    desktop.get_by_role("textbox", name="Search").fill("drift")
    expect(desktop.locator(".md-search-result__item").first).to_be_visible()
    desktop.wait_for_timeout(400)
    assert violations(desktop) == []


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus, and see the focus ring."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            assert_ringed(page)
            return
    pytest.fail(f"Tab never reaches {selector}")


def assert_ringed(page: Page) -> None:
    """The focused element, or the label that stands for it, is outlined."""
    ringed = page.evaluate(
        """() => {
          const at = document.activeElement;
          const shown = [at, ...(at.labels || []), at.nextElementSibling];
          return shown.some(e => e && e.getClientRects().length
            && parseFloat(getComputedStyle(e).outlineWidth) >= 2
            && getComputedStyle(e).outlineStyle !== "none");
        }"""
    )
    assert ringed, "the focus is not visible"


def test_the_keyboard_walks_the_sections(desktop: Page) -> None:
    desktop.goto("")
    tab_to(desktop, ".p2p-tabs a[href*='guides/']")
    desktop.keyboard.press("Enter")
    desktop.wait_for_url("**/guides/**")
    tab_to(desktop, "a.md-skip")
    desktop.keyboard.press("Enter")
    desktop.keyboard.press("Tab")
    inside = "document.activeElement.closest('main') !== null"
    assert desktop.evaluate(inside), "the skip link ends before the content"


def test_the_keyboard_opens_and_leaves_the_menu_on_a_phone(
    phone: Page,
) -> None:
    phone.goto("guides/accuracy/")
    tab_to(phone, "[data-p2p-opens=__drawer]")
    phone.keyboard.press("Space")
    menu = phone.locator(".md-sidebar--primary")
    expect(menu).to_be_in_viewport()
    phone.keyboard.press("Escape")
    expect(menu).not_to_be_in_viewport()
    expect(phone.get_by_role("button", name="Menu")).to_be_focused()
    phone.keyboard.press("Space")
    tab_to(phone, ".p2p-nav a[href*='readiness/']")
    phone.keyboard.press("Enter")
    phone.wait_for_url("**/readiness/")


def test_a_closed_menu_is_out_of_the_keyboards_way(phone: Page) -> None:
    phone.goto("guides/accuracy/")
    for _ in range(12):
        phone.keyboard.press("Tab")
        hidden = "document.activeElement.closest('.md-sidebar') !== null"
        assert not phone.evaluate(hidden)


@pytest.mark.parametrize("width", [360, 1440])
def test_the_keyboard_searches(open_context: OpenContext, width: int) -> None:
    page = open_context(width).new_page()
    page.goto("")
    if width < 960:
        tab_to(page, "[data-p2p-opens=__search]")
        page.keyboard.press("Space")
        expect(page.get_by_role("textbox", name="Search")).to_be_focused()
    else:
        tab_to(page, ".md-search__input")
    page.keyboard.type("population stability index", delay=5)
    first = page.locator(".md-search-result__item > a").first
    expect(first).to_contain_text("Has this input moved?")
    page.wait_for_timeout(500)  # the answers to earlier letters are in
    page.keyboard.press("ArrowDown")
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/snippets/drift/psi/**")


def test_search_stays_open_on_a_page_with_an_anchor(phone: Page) -> None:
    phone.goto("guides/accuracy/#better-than-what")
    phone.get_by_role("button", name="Search").click()
    field = phone.get_by_role("textbox", name="Search")
    expect(field).to_be_focused()
    phone.wait_for_timeout(1500)
    expect(field).to_be_focused()
    assert phone.locator("#__search").is_checked()


def test_the_keyboard_switches_the_scheme(desktop: Page) -> None:
    desktop.goto("")
    tab_to(desktop, ".p2p-scheme")
    before = desktop.locator("body").get_attribute("data-md-color-scheme")
    desktop.keyboard.press("Enter")
    after = desktop.locator("body").get_attribute("data-md-color-scheme")
    assert before != after


def test_what_scrolls_can_be_reached(phone: Page) -> None:
    phone.goto("snippets/drift/psi/")
    code = phone.locator(".tabbed-block pre > code").first
    expect(code).to_have_attribute("tabindex", "0")
