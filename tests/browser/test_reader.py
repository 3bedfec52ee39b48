"""What a reader does: search, copy, switch the scheme, read without script."""

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from scripts.tree import ROOT, Module, modules
from tests.browser.conftest import OpenContext

RESULTS = ".md-search-result__item > a"


def search(page: Page, words: str) -> list[str]:
    """Paths of the pages that a search finds, best first."""
    page.goto("")
    page.get_by_role("textbox", name="Search").fill(words)
    expect(page.locator(RESULTS).first).to_be_visible()
    links = page.locator(RESULTS).evaluate_all("x => x.map(a => a.pathname)")
    return list(dict.fromkeys(links))


def test_search_finds_the_snippet_by_its_name(desktop: Page) -> None:
    found = search(desktop, "population stability index")
    assert found[0] == "/snippets/drift/psi/"


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("may it go live", "/readiness/"),
        ("feed is late", "/snippets/drift/freshness/"),
        ("which drift check", "/snippets/drift/"),
        ("labels delayed", "/snippets/drift/label_gap/"),
        ("how many rows", "/snippets/drift/detectable_shift/"),
    ],
)
def test_search_finds_a_page_by_a_question(
    desktop: Page, words: str, page: str
) -> None:
    assert search(desktop, words)[0] == page


def test_search_costs_nothing_until_it_is_wanted(desktop: Page) -> None:
    asked: list[str] = []
    desktop.on("request", lambda request: asked.append(request.url))
    desktop.goto("", wait_until="networkidle")
    parts = re.compile("bundle|worker|search_index")
    assert [url for url in asked if parts.search(url)] == []
    search(desktop, "drift")
    assert any("search_index.json" in url for url in asked)


def test_search_asks_for_nothing_that_is_missing(desktop: Page) -> None:
    missing: list[str] = []
    desktop.on("response", lambda r: r.status < 400 or missing.append(r.url))
    desktop.goto("readiness/")
    desktop.get_by_role("textbox", name="Search").fill("drift")
    expect(desktop.locator(RESULTS).first).to_be_visible()
    desktop.wait_for_load_state("networkidle")
    assert missing == []


def test_words_typed_before_search_is_ready_count(desktop: Page) -> None:
    def late(route: Route) -> None:
        time.sleep(1)
        route.fallback()

    desktop.route("**/bundle*.js", late)
    assert search(desktop, "population stability index")


def test_the_page_stays_as_it_is_when_search_arrives(desktop: Page) -> None:
    desktop.goto("guides/accuracy/")
    article = desktop.locator("main")
    before = article.inner_html()
    desktop.get_by_role("textbox", name="Search").fill("drift")
    expect(desktop.locator(RESULTS).first).to_be_visible()
    assert article.inner_html() == before


@pytest.fixture
def copier(open_context: OpenContext) -> Page:
    """A tab that may read the clipboard."""
    grants = ["clipboard-read", "clipboard-write"]
    return open_context(1440, permissions=grants).new_page()


def clipboard(page: Page) -> str:
    expect(page.get_by_role("status")).to_have_text("Copied")
    return str(page.evaluate("navigator.clipboard.readText()"))


@pytest.mark.parametrize("module", modules(ROOT), ids=lambda m: m.id)
def test_copy_gives_the_file_byte_for_byte(
    copier: Page, module: Module
) -> None:
    copier.goto(f"{module.id}/")
    copier.locator(".tabbed-labels label", has_text="Code").click()
    copier.locator(".tabbed-block .p2p-copy:visible").click()
    assert clipboard(copier) == module.copied


def test_copy_of_a_console_block_gives_the_commands(
    copier: Page, site_dir: Path
) -> None:
    pages = [
        path.parent.relative_to(site_dir).as_posix() + "/"
        for path in sorted(site_dir.rglob("index.html"))
        if 'class="language-console' in path.read_text("utf-8")
    ]
    assert pages, "no page has a console block"
    copier.goto(pages[0])
    block = copier.locator(".language-console").first
    block.get_by_role("button", name="Copy the commands").click()
    shown = block.locator("code").text_content() or ""
    prompted = re.findall(r"^\$ (.*\n)", shown, re.M)
    assert prompted
    assert clipboard(copier) == "".join(prompted)


def test_the_download_is_the_file_on_the_page(site_dir: Path) -> None:
    for module in modules(ROOT):
        path = site_dir / "files" / module.area / f"{module.name}.py"
        assert path.read_text("utf-8") == module.copied


def ground(page: Page) -> str:
    return str(
        page.evaluate("getComputedStyle(document.body).backgroundColor")
    )


def test_the_scheme_switches_and_stays(desktop: Page) -> None:
    desktop.goto("")
    light = ground(desktop)
    switch = desktop.get_by_role("button", name="Switch between")
    switch.click()
    dark = ground(desktop)
    assert dark != light
    desktop.goto("readiness/")
    assert ground(desktop) == dark
    switch.click()
    assert ground(desktop) == light


@pytest.mark.parametrize("width", [360, 1440])
def test_the_scheme_follows_the_system_at_first(
    open_context: OpenContext, width: int
) -> None:
    shown = []
    for scheme in ("light", "dark"):
        page = open_context(width, scheme).new_page()
        page.goto("")
        shown.append(ground(page))
    assert shown[0] != shown[1]


def test_the_site_stores_only_what_it_names(desktop: Page) -> None:
    named = re.findall(
        r"(?m)^\| `([\w-]+)`", (ROOT / "docs/about.md").read_text("utf-8")
    )
    desktop.goto("readiness/")
    desktop.locator("#dat-01 input[type=radio][value='1']").check()
    desktop.get_by_role("button", name="Switch between").click()
    desktop.get_by_role("textbox", name="Search").fill("drift")
    expect(desktop.locator(RESULTS).first).to_be_visible()
    stored = desktop.evaluate("Object.keys(localStorage)")
    assert {"p2p-review", "p2p-scheme"} <= set(stored) <= set(named)
    assert desktop.evaluate("sessionStorage.length") == 0
    assert desktop.context.cookies() == []


def test_a_missing_page_offers_a_way_on(desktop: Page) -> None:
    answer = desktop.goto("no/such/page/")
    assert answer is not None
    assert answer.status == 404
    assert desktop.locator("main a[href]").count() >= 4


@pytest.fixture
def plain(open_context: OpenContext) -> Page:
    """A tab of a phone without JavaScript."""
    return open_context(360, "dark", java_script_enabled=False).new_page()


def test_without_javascript_the_page_and_its_menu_work(plain: Page) -> None:
    plain.goto("snippets/drift/psi/")
    expect(plain.get_by_role("heading", level=1)).to_be_visible()
    expect(plain.get_by_text("def psi(").first).to_be_visible()
    plain.locator(".tabbed-labels label", has_text="Test").click()
    expect(plain.get_by_text("def test_").first).to_be_visible()
    plain.locator(".md-header [for=__drawer]").click()
    plain.get_by_role("link", name="Readiness", exact=True).click()
    assert plain.url.endswith("/readiness/")


def test_without_javascript_nothing_is_offered_that_needs_it(
    plain: Page,
) -> None:
    plain.goto("snippets/drift/psi/")
    expect(plain.get_by_role("textbox", name="Search")).to_be_hidden()
    expect(plain.locator(".p2p-scheme")).to_be_hidden()
