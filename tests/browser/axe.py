"""axe-core on an open page, in a quarter of the time."""

from pathlib import Path

import axe_playwright_python  # type: ignore[import-untyped]
from playwright.sync_api import Page

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
SOURCE = AXE.read_text("utf-8")

KINDS = {
    "home": "",
    "start": "start/symptoms/",
    "guide": "guides/accuracy/",
    "how-to": "how-to/drift-action/",
    "snippet": "snippets/drift/psi/",
    "chapter": "snippets/flights/leak/",
    "case": "flights/",
    "catalogue": "snippets/",
    "comparison": "snippets/same-data/",
    "benchmark": "benchmarks/",
    "review": "readiness/",
    "example review": "readiness/example/",
    "bank": "readiness/bank/",
    "sheet": "readiness/launch-review/",
    "evidence": "evidence/",
    "sources": "evidence/a-b/",
    "folklore": "folklore/",
    "glossary": "glossary/",
    "case study": "case-studies/sepsis-alert/",
    "essay": "essays/both-sides/",
    "coverage": "essays/coverage/",
    "missing": "404.html",
}

# The two rules about colour take four fifths of the time. They get each
# look once: colour, ground, large or not, line, and what a link stands in.
# The spans that colour code matter to no other rule: they go before it.
LOOKS = """
seen => {
  const grounds = new Map([[null, ""]]);
  const ground = at => {
    if (grounds.has(at)) return grounds.get(at);
    const s = getComputedStyle(at);
    const own = [s.backgroundColor, s.backgroundImage, s.opacity].join();
    const under = ground(at.parentElement);
    const solid = own.startsWith("rgb(") && own.endsWith("none,1");
    const bare = own === "rgba(0, 0, 0, 0),none,1";
    grounds.set(at, bare ? under : solid ? own : under + own);
    return grounds.get(at);
  };
  const looks = new Map();
  for (const at of document.body.querySelectorAll("*")) {
    const says = n => n.nodeType === 3 && n.data.trim();
    const shown = at.matches("a, input, textarea, select")
      || [...at.childNodes].some(says);
    if (!shown || !at.checkVisibility({ visibilityProperty: true })) continue;
    const s = getComputedStyle(at);
    const size = parseFloat(s.fontSize);
    const large = size >= 24 || (size >= 18.66 && s.fontWeight >= 700);
    const parent = at.parentElement;
    const link = at.tagName === "A" && parent.tagName
      + getComputedStyle(parent).color + s.textDecorationLine;
    const look = [s.color, large, link, ground(at)].join();
    if (!seen.includes(look) && !looks.has(look)) looks.set(look, at);
  }
  return looks;
}
"""
RUN = """
async ([seen, rest]) => {
  const colours = ["color-contrast", "link-in-text-block"];
  const looks = (LOOKS)(seen);
  const found = [];
  const run = async (where, options) => {
    const only = { resultTypes: ["violations"], ...options };
    found.push(...(await axe.run(where, only)).violations);
  };
  if (looks.size) await run([...looks.values()], { runOnly: colours });
  if (rest) {
    for (const code of document.querySelectorAll("pre code")) {
      code.textContent = code.textContent;
    }
    // A bar that lies over what scrolls under it covers no target for good;
    // that it never covers the focus is tested with the keyboard.
    for (const bar of document.querySelectorAll(".p2p-verdict")) {
      bar.style.position = "static";
    }
    await run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa",
        "best-practice"],
      rules: Object.fromEntries(colours.map(x => [x, { enabled: false }])),
    });
  }
  const targets = rule => rule.nodes.map(n => n.target.join(" "));
  const say = rule => `${rule.id}: ${rule.help} (${rule.nodes.length}) `
    + targets(rule).slice(0, 4).join("; ");
  return [found.map(say), [...looks.keys()]];
}
""".replace("LOOKS", LOOKS)


def violations(
    page: Page, seen: list[str] | None = None, colours_only: bool = False
) -> list[str]:
    """Rule, help and first targets of all that axe-core finds wrong.

    The page is changed: go to another one afterwards. Looks in ``seen``
    were tested on another page; the new ones are added to it.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(SOURCE)
    said, looks = page.evaluate(RUN, [seen or [], not colours_only])
    if seen is not None:
        seen += looks
    return list(said)


def unfold(page: Page) -> None:
    """Open every box that is folded."""
    page.evaluate(
        "document.querySelectorAll('details').forEach(d => { d.open = true })"
    )
