"""What the site promises to the eye: fonts, first screens, paper."""

from collections import Counter

from playwright.sync_api import Browser, Page

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
