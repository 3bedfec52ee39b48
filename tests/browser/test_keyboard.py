"""The whole site by keyboard: what Tab reaches, in which order, seen."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenContext

# Where the focus is, and whether a reader sees it: the ring's contrast with
# the ground around it, and what of the element other boxes cover.
WHERE = """
() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const level = rgb => {
    const part = x => x <= .04045 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4;
    const [r, g, b] = rgb.match(/[\\d.]+/g).map(x => part(x / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const ground = el => {
    for (let on = el.parentElement; on; on = on.parentElement) {
      const colour = getComputedStyle(on).backgroundColor;
      if (colour.startsWith("rgb(")) return level(colour);
    }
    return 1;
  };
  const ring = el => {
    const s = getComputedStyle(el);
    if (s.outlineStyle === "none" || parseFloat(s.outlineWidth) < 2) return 0;
    if (!el.getClientRects().length) return 0;
    const [a, b] = [level(s.outlineColor), ground(el)];
    return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  };
  const rings = [at, ...(at.labels || []),
    at.closest("label"), at.parentElement.querySelector(".tabbed-labels"),
    document.querySelector(`[for="${at.id}"]`)].filter(Boolean);
  const best = rings.reduce((a, b) => ring(b) > ring(a) ? b : a);
  const shown = at.matches("input[type=radio], input[type=checkbox]")
    ? best : at;
  const box = shown.getBoundingClientRect();
  const points = [.1, .5, .9].flatMap(x => [.1, .5, .9].map(y =>
    [box.left + x * box.width, box.top + y * Math.min(box.height, 200)]));
  const over = points.map(([x, y]) => {
    const top = document.elementFromPoint(x, y);
    if (!top) return "edge of the screen";
    const bar = top.closest(".md-header, .p2p-verdict");
    return bar && !bar.contains(at) ? bar.className : "";
  }).filter(Boolean);
  // What is higher than half of the screen may lie in part under a bar.
  const high = box.height > innerHeight / 2 && over.length < points.length;
  window.stops = (window.stops || []).concat(at);
  return {
    what: `${at.tagName} ${at.getAttribute("aria-label")
      || at.textContent.trim().slice(0, 40) || at.id || at.className}`,
    ring: Math.round(ring(best) * 100) / 100,
    over: high ? "" : over.join(),
    first: window.stops.length > 1 && window.stops[0] === at,
    part: at.type === "date" && (!ring(at) || window.stops.at(-2) === at),
    again: window.stops.slice(0, -1).includes(at),
    body: !!at.closest(".md-content__inner"),
    back: window.stops.length > 1 && !!(window.stops.at(-2)
      .compareDocumentPosition(at) & Node.DOCUMENT_POSITION_PRECEDING),
  };
}
"""
Stop = dict[str, object]


def walk(page: Page, key: str = "Tab") -> list[Stop]:
    """Every stop until the focus leaves the page."""
    page.evaluate("window.stops = []")
    stops: list[Stop] = []
    for _ in range(400):
        page.keyboard.press(key)
        stop = page.evaluate(WHERE)
        if stop is None or stop["first"]:
            return stops
        if stop["part"]:  # of a date: the browser shows where the focus is
            continue
        assert not stop["again"], f"{key} goes round: {stop}"
        stops.append(stop)
    raise AssertionError(f"{key} never leaves the page")


@pytest.mark.parametrize(
    ("path", "width", "scheme"),
    [
        ("guides/accuracy/", 1440, "dark"),
        ("snippets/drift/psi/", 360, "light"),
        ("readiness/", 360, "dark"),
        ("readiness/", 1440, "light"),
        ("snippets/", 768, "light"),
    ],
)
def test_every_stop_is_seen_and_the_way_out_is_open(
    open_context: OpenContext, path: str, width: int, scheme: str
) -> None:
    page = open_context(width, scheme, reduced_motion="reduce").new_page()
    page.goto(path)
    there = walk(page)
    assert "Skip to content" in str(there[0]["what"])
    back = walk(page, "Shift+Tab")
    assert len(there) > 10
    stops = there + back
    assert [s for s in stops if float(str(s["ring"])) < 3] == []
    assert [s for s in stops if s["over"]] == []
    assert [s for s in there if s["back"]] == []


@pytest.mark.parametrize("width", [360, 1440])
def test_two_keys_lead_into_the_text(
    open_context: OpenContext, width: int
) -> None:
    page = open_context(width).new_page()
    page.goto("snippets/drift/psi/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    stop = page.evaluate(WHERE)
    assert stop["body"], f"after the skip link comes {stop['what']}"
    first = page.locator("main a[href]:not([tabindex])").first
    expect(first).to_be_focused()


def test_arrows_turn_the_tabs_over_the_code(desktop: Page) -> None:
    desktop.goto("snippets/drift/psi/")
    tabs = desktop.get_by_role("radiogroup", name="Code or Output or Test")
    tabs.get_by_role("radio", name="Code").focus()
    for name, text in (("Output", "limit"), ("Test", "def test_")):
        desktop.keyboard.press("ArrowRight")
        expect(tabs.get_by_role("radio", name=name)).to_be_checked()
        panel = desktop.get_by_role("group", name=name, exact=True)
        expect(panel.get_by_text(text).first).to_be_visible()
    desktop.keyboard.press("ArrowRight")
    expect(tabs.get_by_role("radio", name="Code")).to_be_checked()


def test_enter_opens_the_numbers_behind_a_figure(desktop: Page) -> None:
    desktop.goto("snippets/drift/psi/")
    box = desktop.locator("figure details").first
    box.locator("summary").focus()
    desktop.keyboard.press("Enter")
    expect(box.get_by_role("table")).to_be_visible()
    desktop.keyboard.press("Space")
    expect(box.get_by_role("table")).to_be_hidden()


def test_enter_copies_and_the_reader_hears_it(
    open_context: OpenContext,
) -> None:
    grants = ["clipboard-read", "clipboard-write"]
    page = open_context(1440, permissions=grants).new_page()
    page.goto("snippets/drift/psi/")
    page.get_by_role("button", name="Copy the code").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").last).to_have_text("Copied")


def test_search_says_what_it_found_and_gives_the_focus_back(
    phone: Page,
) -> None:
    phone.goto("guides/accuracy/")
    opener = phone.get_by_role("button", name="Search")
    field = phone.get_by_role("textbox", name="Search")
    expect(field).to_be_hidden()
    opener.focus()
    phone.keyboard.press("Enter")
    expect(field).to_be_focused()
    phone.keyboard.type("drift", delay=5)
    said = phone.get_by_role("search").get_by_role("status")
    expect(said).to_contain_text(re.compile(r"\d+ "))
    phone.keyboard.press("Escape")
    expect(field).to_be_hidden()
    expect(opener).to_be_focused()


def test_search_that_opens_late_leaves_the_focus_where_it_is(
    desktop: Page,
) -> None:
    desktop.goto("guides/accuracy/")
    link = desktop.get_by_role("link", name="Guides").first
    link.focus()
    desktop.locator("#__search").evaluate("box => box.click()")
    desktop.wait_for_timeout(150)
    expect(link).to_be_focused()
