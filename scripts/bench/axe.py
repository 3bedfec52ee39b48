"""What axe-core finds on each kind of page: stock Material and ours.

Counted are the rules of axe-core (WCAG 2.2 AA and best practice) that a page
breaks, and the elements that break them, at 360 and 1440 pixels, light and
dark, every folded answer open.
"""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import (  # type: ignore[import-untyped, unused-ignore]
    Axe,
)

from scripts.bench.both_sites import KINDS, chromium


def violations(addresses: dict[str, str]) -> dict[str, Any]:
    """By kind and site: the broken rules, and the number of elements."""
    found: dict[str, Any] = {}
    for kind, path in KINDS.items():
        for name, address in addresses.items():
            found.setdefault(kind, {})[name] = page(address + path)
    return found


def page(url: str) -> dict[str, Any]:
    """One page in four fresh profiles."""
    rules: set[str] = set()
    elements = 0
    with chromium() as browser:
        for width in (360, 1440):
            for scheme in ("light", "dark"):
                context = browser.new_context(
                    viewport={"width": width, "height": 900},
                    color_scheme=scheme,  # type: ignore[arg-type]
                )
                tab = context.new_page()
                tab.goto(url, wait_until="load")
                tab.evaluate(
                    "document.querySelectorAll('main details')"
                    ".forEach(box => { box.open = true })"
                )
                broken = Axe().run(tab).response["violations"]
                rules.update(rule["id"] for rule in broken)
                elements += sum(len(rule["nodes"]) for rule in broken)
                context.close()
    return {"rules": sorted(rules), "elements": elements}
