"""Draw the pictures that a shared link shows, one for each kind of page.

    .venv/bin/python scripts/cards.py

Writes docs/assets/cards/ and the icon for a phone's home screen, in Chromium.
They are committed; run it again when the mark, the colours or the font
change. Two machines draw letters differently, so no test compares pixels.
"""

import base64
import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.dev import find_chromium

ASSETS = Path(__file__).resolve().parent.parent / "docs/assets"
# The paper says what the page is, the pager what the reader may expect.
CARDS = {
    "home.png": ("Paper to Pager", "does it work?", "does it keep working?"),
    "guide.png": ("Guide", "the answer first,", "then the evidence"),
    "how-to.png": ("How-to", "each step", "ends in a check"),
    "snippet.png": ("Snippet", "one file to copy,", "tested alone"),
    "chapter.png": ("The flights case", "what broke,", "and what it cost"),
    "reference.png": ("Reference", "to look up", "and to print"),
    "case-study.png": ("Case study", "it happened", "to somebody else"),
    "essay.png": ("Essay", "claim by claim,", "with the evidence"),
}
FAVICON = (ASSETS / "favicon.svg").read_text("utf-8")
SHAPES = FAVICON.partition("</style>")[2]
MARK = f'<svg class="mark" viewBox="0 0 32 32">{SHAPES}'
STYLE = """
@font-face { font-family: own; src: url(data:font/woff2;base64,FONT);
  font-weight: 100 900; }
body { margin: 0; background: #fcfcfa; color: #1a211e;
  font-family: own, "DejaVu Serif", Georgia, serif; }
.mark rect { fill: #d9e2cf; stroke: #6f8068; stroke-width: 2 }
.mark path { fill: #16261d }
.card { width: 1200px; height: 630px; box-sizing: border-box; display: grid;
  grid-template: auto 1fr auto / 1fr; padding: 64px 80px 72px; }
header { display: flex; align-items: center; gap: 22px; font-size: 34px;
  font-weight: 600; }
header .mark { width: 60px; }
h1 { font-size: 104px; font-weight: 400; letter-spacing: -.014em; margin: 0;
  align-self: center; line-height: 1.1; }
p { margin: 0; background: #d9e2cf; border: 3px solid #6f8068;
  border-radius: 14px; padding: 30px 38px; color: #16261d; font: 38px/1.4
  "DejaVu Sans Mono", Menlo, Consolas, monospace; }
.icon { width: 180px; height: 180px; background: #d9e2cf; }
.icon rect { fill: none; stroke: none }
"""


def draw(browser: Browser, html: str, size: tuple[int, int], to: Path) -> None:
    """Draw, and keep the few colours there are."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.set_content(html)
    page.evaluate("document.fonts.ready")
    with Image.open(io.BytesIO(page.screenshot())) as drawn:
        flat = drawn.convert("RGB").quantize(32, dither=Image.Dither.NONE)
    flat.save(to, optimize=True)
    page.close()
    print(f"{to.stat().st_size:6d} bytes  {to.name}")


def main() -> None:
    font = ASSETS / "fonts/serif.woff2"
    data = base64.b64encode(font.read_bytes()).decode()
    style = f"<style>{STYLE.replace('FONT', data)}</style>"
    folder = ASSETS / "cards"
    folder.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(Path(sys.executable)),
            args=["--no-sandbox"],
        )
        for name, (title, *lines) in CARDS.items():
            above = "" if name == "home.png" else "Paper to Pager"
            html = (
                f'{style}<div class="card"><header>{MARK}{above}</header>'
                f"<h1>{title}</h1><p>{'<br>'.join(lines)}</p></div>"
            )
            draw(browser, html, (1200, 630), folder / name)
        icon = f'{style}<div class="icon">{MARK}</div>'
        target = ASSETS / "apple-touch-icon.png"
        draw(browser, icon, (180, 180), target)
        browser.close()


if __name__ == "__main__":
    main()
