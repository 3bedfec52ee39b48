"""Each HTML file of the site, opened once on a phone's width.

One tab opens them all; the tests read what was noted on the way.
"""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route

from tests.browser.axe import unfold, violations

FEWEST = 10  # a build with fewer pages is not the site
# Runs before any script of the page: what the policy refuses, it notes.
LISTEN = """
  window.refused = [];
  document.addEventListener("securitypolicyviolation", event =>
    refused.push(`${event.violatedDirective}: ${event.blockedURI}`));
"""


@dataclass
class Visit:
    """What happened on one page."""

    path: str
    said: list[str] = field(default_factory=list)
    off_site: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    stored: list[str] = field(default_factory=list)
    width: int = 0
    violations: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def visits(browser: Browser, address: str, site_dir: Path) -> list[Visit]:
    paths = sorted(
        path.relative_to(site_dir).as_posix()
        for path in site_dir.rglob("*.html")
    )
    context = browser.new_context(
        viewport={"width": 360, "height": 780}, reduced_motion="reduce"
    )
    seen: dict[str, list[str]] = {"slate": [], "default": []}
    context.add_init_script(LISTEN)
    tab = context.new_page()
    noted: list[Visit] = []

    def guard(route: Route) -> None:
        url = route.request.url
        if url.startswith((address, "data:")):
            route.continue_()
        else:
            noted[-1].off_site.append(url)
            route.abort()

    tab.route("**/*", guard)
    tab.on("console", lambda m: noted[-1].said.append(f"{m.type}: {m.text}"))
    tab.on("pageerror", lambda error: noted[-1].said.append(str(error)))
    for path in paths:
        noted.append(Visit(path))
        tab.goto(address + path, wait_until="load")
        unfold(tab)
        noted[-1].width = tab.evaluate("document.documentElement.scrollWidth")
        for scheme, looks in seen.items():  # as the switch does it
            tab.evaluate(
                "s => document.body.setAttribute('data-md-color-scheme', s)",
                scheme,
            )
            dark = scheme == "slate"
            found = violations(tab, looks, colours_only=dark)
            noted[-1].violations += [f"{scheme}: {rule}" for rule in found]
        noted[-1].refused = tab.evaluate("refused")
        noted[-1].stored = tab.evaluate(
            "[localStorage, sessionStorage].flatMap(x => Object.keys(x))"
        )
        noted[-1].stored += [c["name"] for c in context.cookies()]
    context.close()
    return noted


def test_the_whole_site_is_here(visits: list[Visit]) -> None:
    assert len(visits) >= FEWEST


def test_no_page_does_what_its_policy_refuses(visits: list[Visit]) -> None:
    assert {v.path: v.refused for v in visits if v.refused} == {}


def test_the_policy_refuses_what_is_not_ours(
    browser: Browser, address: str
) -> None:
    context = browser.new_context()
    context.add_init_script(LISTEN)
    tab = context.new_page()
    tab.goto(address)
    tab.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.foreign = true";
          document.body.append(script, Object.assign(new Image(),
            {src: "https://tracker.example/pixel.gif"}));
        }"""
    )
    tab.wait_for_function("refused.length === 2")
    assert sorted(tab.evaluate("refused")) == [
        "img-src: https://tracker.example/pixel.gif",
        "script-src-elem: inline",
    ]
    assert not tab.evaluate("'foreign' in window")
    context.close()


def test_reading_leaves_no_cookie_and_stores_nothing(
    visits: list[Visit],
) -> None:
    assert {v.path: v.stored for v in visits if v.stored} == {}


def test_no_page_complains_in_the_console(visits: list[Visit]) -> None:
    assert {v.path: v.said for v in visits if v.said} == {}


def test_no_page_asks_another_host_for_anything(visits: list[Visit]) -> None:
    assert {v.path: v.off_site for v in visits if v.off_site} == {}


def test_no_page_scrolls_sideways_on_a_phone(visits: list[Visit]) -> None:
    assert {v.path: v.width for v in visits if v.width > 360} == {}


def test_axe_finds_nothing_on_any_page(visits: list[Visit]) -> None:
    assert {v.path: v.violations for v in visits if v.violations} == {}


def test_each_page_has_a_strict_policy(site_dir: Path) -> None:
    without = [
        path
        for path in site_dir.rglob("*.html")
        if "default-src 'none'" not in path.read_text("utf-8")
    ]
    assert without == []
