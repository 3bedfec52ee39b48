"""What the site promises to the eye: fonts, first screens, paper."""

from collections import Counter

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import OpenContext

SHIFTS = """
window.shifts = [];
new PerformanceObserver(list => list.getEntries().forEach(
  shift => shift.hadRecentInput || window.shifts.push(shift.value)
)).observe({type: "layout-shift", buffered: true});
"""


def fonts(page: Page, selector: str) -> Counter[str]:
    """How many letters of the element each font draws."""
    tools = page.context.new_cdp_session(page)
    tools.send("DOM.enable")
    tools.send("CSS.enable")
    root = tools.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    query = {"nodeId": root, "selector": selector}
    node = tools.send("DOM.querySelector", query)["nodeId"]
    drawn = tools.send("CSS.getPlatformFontsForNode", {"nodeId": node})
    tools.detach()
    return Counter(
        {
            font["familyName"]: int(font["glyphCount"])
            for font in drawn["fonts"]
        }
    )


def test_the_font_comes_for_the_next_page_and_moves_nothing(
    browser: Browser, address: str
) -> None:
    # A profile of its own: where requests are watched, nothing is kept.
    context = browser.new_context(base_url=address)
    tab = context.new_page()
    tab.add_init_script(SHIFTS)
    tab.goto("guides/two-questions/", wait_until="networkidle")
    assert tab.evaluate("window.shifts") == []
    tab.locator(".p2p-next a").click()
    tab.wait_for_load_state("networkidle")
    assert tab.evaluate("window.shifts") == []
    prose = fonts(tab, ".md-content__inner > p")
    # The name inside the file: the licence reserves the original one.
    assert set(prose) == {"P2P Serif"}
    assert prose["P2P Serif"] > 50
    assert "P2P Serif" not in fonts(tab, ".md-typeset code")
    context.close()


@pytest.mark.parametrize("width", [360, 1440])
def test_the_first_screen_says_what_for_whom_and_what_to_do(
    open_context: OpenContext, width: int
) -> None:
    page = open_context(width).new_page()
    page.goto("")
    first = [
        page.get_by_role("heading", level=1),
        page.locator(".p2p-lead"),
        page.get_by_role("link", name="Ask your system ten questions"),
        page.get_by_role("link", name="Find it by symptom"),
        page.get_by_role("link", name="Copy a tested file"),
        page.get_by_role("link", name="Read the argument"),
    ]
    for part in first:
        expect(part).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize(
    "path", ["guides/accuracy/", "readiness/ownership-calendar/"]
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_has_all_of_the_page_and_where_it_came_from(
    open_context: OpenContext, scheme: str, path: str
) -> None:
    page = open_context(1440, scheme).new_page()
    page.goto(path)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.set_viewport_size({"width": 680, "height": 960})  # A4, less margins
    expect(page.locator(".p2p-where")).to_contain_text(f"{path} · reviewed 20")
    expect(page.locator(".md-header")).to_be_hidden()
    told = page.evaluate(
        """[...document.querySelectorAll(".md-content__inner a")].map(a => [
          a.pathname === location.pathname || a.protocol === "mailto:"
            || getComputedStyle(a, "::after").content.includes("/"),
          a.outerHTML])"""
    )
    assert len(told) > 5
    assert [link for good, link in told if not good] == []
    folded = page.locator("details > :not(summary)").all()
    assert [box for box in folded if not box.is_visible()] == []
    cut = page.evaluate(
        """[...document.querySelectorAll("table, pre")].filter(
          b => b.getBoundingClientRect().right > innerWidth + 1
            || b.scrollWidth > b.clientWidth + 1).map(b => b.outerHTML)"""
    )
    assert cut == []
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(255, 255, 255)"


@pytest.mark.parametrize("width", [360, 1440])
def test_a_missing_page_leads_on_by_what_the_reader_sees(
    open_context: OpenContext, width: int
) -> None:
    page = open_context(width).new_page()
    page.goto("no/such/page/")
    main = page.locator("main")
    expect(main.get_by_role("link", name="Find it by symptom")).to_be_visible()
    expect(main.get_by_role("link", name="tell us")).to_be_visible()
    main.get_by_role("button", name="Search for a few of its words").click()
    search = page.get_by_role("textbox", name="Search")
    expect(search).to_be_focused()
    search.fill("zzzquux")
    expect(page.locator(".md-search-result__meta")).to_have_text(
        "No matching documents"
    )
    instead = page.locator(".p2p-nothing")
    expect(instead).to_be_visible()
    search.press("ControlOrMeta+a")
    search.press_sequentially("stability")
    expect(instead).to_be_hidden()
    search.press("ControlOrMeta+a")
    search.press_sequentially("zzz")
    instead.get_by_role("link", name="All tested files").click()
    page.wait_for_url("**/snippets/")
