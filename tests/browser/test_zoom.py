"""Large text, wide spacing, no motion, forced colours, no JavaScript."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import KINDS, unfold
from tests.browser.conftest import OpenContext

SPACING = """
* { line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important; }
p { margin-bottom: 2em !important; }
"""
# Text that is cut off or pushed over other text, and boxes that stick out.
# Code and tables may scroll in their own box.
LOST = """
() => {
  const found = [];
  const wide = document.documentElement.clientWidth;
  const say = (why, at) => found.push(`${why}: ${at.tagName}.${at.className}`
    + ` ${at.textContent.trim().slice(0, 40)}`);
  const page = document.documentElement;
  if (page.scrollWidth > wide) say("scrolls", page);
  const own = "pre, code, .p2p-scroll, svg, .p2p-hidden, .md-search, "
    + ".md-sidebar, [aria-hidden=true], .md-skip, select, textarea, input";
  const texts = [];
  for (const at of document.body.querySelectorAll("*")) {
    const says = n => n.nodeType === 3 && n.data.trim();
    if (![...at.childNodes].some(says) || at.closest(own)) continue;
    if (!at.checkVisibility({ visibilityProperty: true })) continue;
    const box = at.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    if (box.right > wide + 1 || box.left < -1) say("outside", at);
    const s = getComputedStyle(at);
    const cut = s.overflowX !== "visible" || s.overflowY !== "visible";
    if (cut && s.display !== "inline" && (at.scrollWidth > at.clientWidth + 1
      || at.scrollHeight > at.clientHeight + 2)) say("cut", at);
    if (s.display !== "inline") texts.push([at, box]);
  }
  texts.sort((a, b) => a[1].top - b[1].top);
  texts.forEach(([at, box], i) => {
    for (let j = i + 1; j < texts.length; j++) {
      const [other, its] = texts[j];
      if (its.top >= box.bottom - 3) break;
      if (at.contains(other) || other.contains(at)) continue;
      if (at.closest(".md-header, .p2p-verdict")
        || other.closest(".md-header, .p2p-verdict")) continue;
      if (Math.min(box.right, its.right) - Math.max(box.left, its.left) > 3
        && Math.min(box.bottom, its.bottom) - its.top > 3) {
        say("under " + other.textContent.trim().slice(0, 30), at);
      }
    }
  });
  return found.slice(0, 6);
}
"""


@pytest.mark.parametrize("width", [320, 640])
def test_nothing_is_lost_when_text_is_large_or_widely_spaced(
    open_context: OpenContext, width: int
) -> None:
    # 320 pixels are a screen of 1280 at 400 %, 640 are one at 200 %.
    context = open_context(width, reduced_motion="reduce", bypass_csp=True)
    page = context.new_page()
    lost = {}
    for kind, path in KINDS.items():
        page.goto(path, wait_until="load")
        unfold(page)
        lost[kind] = page.evaluate(LOST)
        page.add_style_tag(content=SPACING)
        lost[f"{kind}, spaced"] = page.evaluate(LOST)
    assert {kind: found for kind, found in lost.items() if found} == {}


@pytest.mark.parametrize("path", ["", "snippets/drift/psi/", "readiness/"])
def test_nothing_moves_for_those_who_asked_for_rest(
    open_context: OpenContext, path: str
) -> None:
    page = open_context(360, reduced_motion="reduce").new_page()
    page.goto(path)
    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")].filter(at => {
          const s = getComputedStyle(at);
          const long = x => x.split(",").some(t => parseFloat(t) > 0);
          return long(s.transitionDuration) || s.animationName !== "none"
            || s.scrollBehavior === "smooth";
        }).map(at => at.tagName + "." + at.className)"""
    )
    assert moving == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colours_leave_marks_focus_and_figures(
    open_context: OpenContext, scheme: str
) -> None:
    # The other scheme is stored: the system decides all the same.
    page = open_context(1440, scheme, forced_colors="active").new_page()
    page.goto("guides/accuracy/")
    paper, ink, text, line, here, ahead, tab = page.evaluate(
        """() => {
          const style = (selector, property) =>
            getComputedStyle(document.querySelector(selector))[property];
          document.body.setAttribute("data-md-color-scheme",
            matchMedia("(prefers-color-scheme: dark)").matches
              ? "default" : "slate");
          return [style("body", "backgroundColor"), style("body", "color"),
            style(".p2p-plot .f-ink", "fill"),
            style(".p2p-plot .s-s2", "stroke"),
            style(".p2p-line li.on", "backgroundColor"),
            style(".p2p-line li:not(.on, .past)", "backgroundColor"),
            style(".p2p-tabs [aria-current]", "borderBottomStyle")];
        }"""
    )
    assert text == ink
    assert paper not in (text, line, here)
    assert here != ahead
    assert tab == "solid"
    page.keyboard.press("Tab")
    ring = page.evaluate(
        "getComputedStyle(document.activeElement).outlineStyle"
    )
    assert ring == "solid"
    page.goto("snippets/drift/psi/")
    label = page.locator(".tabbed-labels label").first
    expect(label).to_have_css("border-bottom-style", "solid")


@pytest.fixture(params=[360, 1440])
def plain(open_context: OpenContext, request: pytest.FixtureRequest) -> Page:
    """A tab without JavaScript."""
    width = request.param
    return open_context(width, java_script_enabled=False).new_page()


def test_without_javascript_every_kind_reads_and_leads_on(
    plain: Page,
) -> None:
    for kind, path in KINDS.items():
        plain.goto(path, wait_until="load")
        main = plain.get_by_role("main")
        expect(main.get_by_role("heading", level=1)).to_be_visible()
        assert len(main.inner_text()) > 200, kind
        for button in plain.get_by_role("button").all():
            assert not button.is_visible(), f"{kind}: {button.inner_text()}"
        for entry in plain.get_by_role("textbox").all():
            assert not entry.is_visible(), f"{kind}: a field"
        if plain.locator(".md-header [for=__drawer]").is_visible():
            plain.locator(".md-header [for=__drawer]").click()
            pages = plain.get_by_role("navigation", name="Pages")
            door = pages.get_by_role("link", name="Readiness", exact=True)
        else:
            tabs = plain.get_by_role("navigation", name="Sections")
            door = tabs.get_by_role("link", name="Readiness")
        expect(door.first).to_be_visible()
