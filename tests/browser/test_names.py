"""What a screen reader is told: Chromium's accessibility tree."""

import re
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import KINDS, unfold
from tests.browser.conftest import OpenContext

NAMED = {"link", "button", "textbox", "radio", "checkbox", "combobox"}
NAMED |= {"image", "radiogroup", "navigation", "search", "dialog"}
SIGNS = re.compile(r"[¶#+→←↗]|\b[a-f0-9]{12,}")
VAGUE = {"here", "click here", "link", "more", "read more", "this", "page"}
Node = dict[str, Any]


@pytest.fixture(scope="module")
def trees(browser: Any, address: str) -> dict[str, list[Node]]:
    """For each kind of page, what is not ignored, in reading order."""
    context = browser.new_context(
        base_url=address, viewport={"width": 1440, "height": 900}
    )
    page = context.new_page()
    found = {}
    for kind, path in KINDS.items():
        page.goto(path, wait_until="load")
        unfold(page)
        found[kind] = tree(page)
    context.close()
    return found


def said(node: Node, what: str) -> str:
    return str(node.get(what, {}).get("value", ""))


def tree(page: Page) -> list[Node]:
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    by_id = {node["nodeId"]: node for node in nodes}
    heard: list[Node] = []

    def read(node: Node, inside: tuple[str, ...]) -> None:
        role = said(node, "role")
        more = {
            one["name"]: one["value"].get("value")
            for one in node.get("properties", [])
        }
        if not node["ignored"]:
            heard.append(
                {
                    "role": role,
                    "name": said(node, "name"),
                    "description": said(node, "description"),
                    "inside": inside,
                    **more,
                }
            )
        for child in node.get("childIds", []):
            if child in by_id:
                read(by_id[child], (*inside, role))

    read(nodes[0], ())
    return heard


def problems(trees: dict[str, list[Node]], wrong: Any) -> dict[str, list[str]]:
    each = {
        kind: [f"{n['role']} {n['name']!r}" for n in heard if wrong(n)]
        for kind, heard in trees.items()
    }
    return {kind: found for kind, found in each.items() if found}


def test_what_can_be_used_has_a_name(trees: dict[str, list[Node]]) -> None:
    def nameless(node: Node) -> bool:
        svg = node["role"] == "image" and "button" in node["inside"]
        return node["role"] in NAMED and not node["name"].strip() and not svg

    assert sum(n["role"] in NAMED for n in trees["review"]) > 50
    assert problems(trees, nameless) == {}


def test_what_scrolls_says_what_it_is(desktop: Page) -> None:
    desktop.goto("snippets/drift/psi/")
    boxes = desktop.locator("[tabindex='0']:visible")
    assert boxes.count() >= 1
    for box in boxes.all():
        expect(box).to_have_attribute("role", "group")
        expect(box).to_have_attribute("aria-label", re.compile("scrolls"))


def test_no_name_holds_a_sign_or_a_hash(trees: dict[str, list[Node]]) -> None:
    def tedious(node: Node) -> bool:
        named = node["role"] in NAMED | {"heading", "region", "group"}
        return named and bool(SIGNS.search(node["name"]))

    assert problems(trees, tedious) == {}


def test_nothing_is_said_twice(trees: dict[str, list[Node]]) -> None:
    def twice(node: Node) -> bool:
        more = node["description"]
        return bool(more) and more in node["name"]

    assert problems(trees, twice) == {}


def test_a_link_says_where_it_leads(trees: dict[str, list[Node]]) -> None:
    def vague(node: Node) -> bool:
        name = node["name"].strip().casefold()
        year = re.fullmatch(r"(19|20)\d\d", name)
        return node["role"] == "link" and bool(name in VAGUE or year)

    assert problems(trees, vague) == {}


LANDMARKS = ("banner", "main", "contentinfo", "navigation", "search")


def test_landmarks_are_few_and_named(trees: dict[str, list[Node]]) -> None:
    for kind, heard in trees.items():
        marks = [
            (n["role"], n["name"]) for n in heard if n["role"] in LANDMARKS
        ]
        assert len(marks) == len(set(marks)), f"{kind}: {marks}"
        roles = Counter(role for role, _ in marks)
        once = {roles[x] for x in ("banner", "main", "contentinfo", "search")}
        assert once == {1}, f"{kind}: {roles}"
        assert len(marks) <= 8, f"{kind}: {marks}"
        for node in heard:
            if node["role"] == "navigation":
                assert "main" not in node["inside"], f"{kind}: {node['name']}"


def test_headings_go_down_one_step_at_a_time(
    trees: dict[str, list[Node]],
) -> None:
    for kind, heard in trees.items():
        levels = [n["level"] for n in heard if n["role"] == "heading"]
        assert levels[0] == 1, kind
        assert levels.count(1) == 1, kind
        steps = [b - a for a, b in pairwise(levels)]
        assert max(steps, default=0) <= 1, f"{kind}: {levels}"


def test_every_table_has_heads_for_its_cells(
    trees: dict[str, list[Node]],
) -> None:
    assert sum(n["role"] == "table" for h in trees.values() for n in h) > 20
    for kind, heard in trees.items():
        tables = sum(n["role"] == "table" for n in heard)
        heads = [n for n in heard if n["role"] == "columnheader"]
        assert len(heads) >= tables, kind
        cells = [n for n in heard if n["role"] in ("cell", "gridcell")]
        assert bool(cells) == bool(tables), kind
    assert (
        problems(
            trees,
            lambda n: n["role"] == "LayoutTable" or "Layout" in n["role"],
        )
        == {}
    )


def test_each_page_has_a_title_of_its_own(
    trees: dict[str, list[Node]],
) -> None:
    titles = [heard[0]["name"] for heard in trees.values()]
    assert len(set(titles)) == len(titles)
    assert all("Paper to Pager" in title for title in titles)


def test_a_term_leads_to_the_glossary(open_context: OpenContext) -> None:
    page = open_context(360, java_script_enabled=False).new_page()
    page.goto("snippets/drift/psi/")
    page.locator("a.p2p-term", has_text="PSI").first.click()
    assert page.url.endswith("/glossary/#psi")
