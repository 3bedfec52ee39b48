"""How long a reader waits for results, and how often the right page is there.

The clock starts with the first letter and stops when a result can be seen.
Cold: the reader types into a page that has only been looked at. Warm: the
next word in the same page. Slow: cold, on the line that Lighthouse takes for
a phone, 1.6 Mbit/s with 150 ms for each answer.
"""

from __future__ import annotations

import tomllib
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Error, Page, expect

from scripts.bench.both_sites import ROOT, chromium

QUERIES = ROOT / "tests/browser/queries.toml"
ROUNDS = 5
RESULT = ".md-search-result__item > a"
PATIENCE = 30_000  # ms
CLOCK = """([words, selector]) => new Promise(done => {
  const field = document.querySelector(".md-search__input");
  const list = document.querySelector(".md-search-result__list");
  field.focus();
  const before = list.textContent;
  const start = performance.now();
  const look = () => {
    const first = document.querySelector(selector);
    if (first && first.getClientRects().length && list.textContent !== before)
      done(performance.now() - start);
    else requestAnimationFrame(look);
  };
  field.value = words;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new KeyboardEvent("keyup", { bubbles: true, key: "t" }));
  look();
})"""


def opened(browser: Browser, address: str, slow: bool = False) -> Page:
    """A tab of a fresh profile that has loaded all that it wants."""
    page = browser.new_context().new_page()
    page.set_default_timeout(PATIENCE)
    if slow:
        page.context.new_cdp_session(page).send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": 150,
                "downloadThroughput": 1.6e6 / 8,
                "uploadThroughput": 0.75e6 / 8,
            },
        )
    page.goto(address, wait_until="networkidle")
    return page


def times(address: str) -> dict[str, float]:
    """Medians in milliseconds."""
    found: dict[str, list[float]] = {"cold": [], "warm": [], "slow": []}
    with chromium() as browser:
        for _ in range(ROUNDS):
            page = opened(browser, address)
            for kind, words in (("cold", "drift"), ("warm", "latency")):
                found[kind].append(page.evaluate(CLOCK, [words, RESULT]))
            page.context.close()
        for _ in range(3):
            page = opened(browser, address, slow=True)
            found["slow"].append(page.evaluate(CLOCK, ["drift", RESULT]))
            page.context.close()
    return {kind: round(median(ms)) for kind, ms in found.items()}


def share(address: str) -> dict[str, int]:
    """For how many of the queries a right page stands high enough.

    High enough: among the first three; first, if a snippet was asked for.
    """
    queries = tomllib.loads(QUERIES.read_text("utf-8"))["queries"]
    good = 0
    with chromium() as browser:
        page = opened(browser, address)
        field = page.locator(".md-search__input")
        for query in queries:
            field.fill("")
            field.press("End")
            expect(page.locator(RESULT)).to_have_count(0)
            field.fill(query["words"])
            field.press("End")
            try:
                page.wait_for_selector(RESULT, timeout=3000)
            except Error:  # nothing found is an answer too
                continue
            page.wait_for_timeout(200)  # the list grows after its first line
            links = page.locator(RESULT).evaluate_all(
                "x => x.map(a => a.pathname.replace(/^.|.$/g, '') || 'index')"
            )
            top = list(dict.fromkeys(links))[: 1 if query.get("first") else 3]
            pages = {x.removesuffix("/index") for x in query["pages"]}
            good += not pages.isdisjoint(top)
    return {"found": good, "of": len(queries)}


def measure(addresses: dict[str, str]) -> dict[str, Any]:
    """Both sites."""
    return {
        name: times(address) | share(address)
        for name, address in addresses.items()
    }
