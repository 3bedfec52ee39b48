"""The one style sheet of the site looks like the sheets it is made from."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenContext

LOOKS = """() => [...document.body.querySelectorAll(":not(pre *, script)")]
  .flatMap(e => ["", "::before", "::after"].map(part => {
    const style = getComputedStyle(e, part);
    if (part && style.content === "none") return "";
    const names = [...style].filter(name => !name.startsWith("--"));
    return names.map(n => n + ":" + style.getPropertyValue(n)).join(";");
  }))"""
DIFFER = f"""before => {{
  const now = ({LOOKS})();
  return [now.length === before.length, now.length, now.flatMap((x, i) =>
    x === before[i] ? [] : [x.split(";").filter(y => !before[i].includes(y))]
  ).slice(0, 5)];
}}"""
SWAP = """paths => {
  const link = document.querySelector("link[href*='css/site.']");
  const root = link.href.split("assets/")[0];
  return Promise.all(paths.map(path => new Promise(done => {
    const old = document.createElement("link");
    old.rel = "stylesheet";
    old.href = root + path;
    old.onload = done;
    link.before(old);
  }))).then(() => link.remove());
}"""


def sheets(site: Path) -> list[str]:
    """The sheets that the pages named before, in their order."""
    found = [
        *site.glob("assets/stylesheets/main.*.css"),
        *site.glob("assets/stylesheets/palette.*.css"),
        site / "assets/_mkdocstrings.css",
        site / "assets/css/paper-to-pager.css",
    ]
    return [path.relative_to(site).as_posix() for path in found]


def differences(page: Page, site: Path) -> list[list[str]]:
    """What the old sheets would show otherwise, for the first elements."""
    looks = page.evaluate_handle(LOOKS)
    page.evaluate(SWAP, sheets(site))
    same_number, number, found = page.evaluate(DIFFER, looks)
    assert same_number
    assert number > 100
    return list(found)


@pytest.mark.parametrize(
    ("path", "width", "media"),
    [
        ("snippets/drift/freshness/", 360, "screen"),
        ("readiness/", 1440, "print"),
    ],
)
def test_no_rule_that_a_page_needs_is_gone(
    open_context: OpenContext,
    site_dir: Path,
    path: str,
    width: int,
    media: Any,
) -> None:
    # Without fonts: one that comes late would move everything.
    context = open_context(width, "dark", reduced_motion="reduce")
    context.route("**/*.woff2", lambda route: route.abort())
    page = context.new_page()
    page.emulate_media(media=media)
    page.goto(path)
    assert differences(page, site_dir) == []
