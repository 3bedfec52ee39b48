"""The review on `readiness/`, as somebody uses it: fields, files, tabs, paper.

That page and command line judge alike is in `test_review_verdict.py`.
"""

import datetime as dt
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import (  # type: ignore[import-untyped]
    Axe,
)
from playwright.sync_api import BrowserContext, Page, expect

from scripts.review_bank import FILES, review_bank
from scripts.tree import ROOT, planned
from snippets.readiness import review
from snippets.readiness.review import as_markdown, assess, load_questions
from tests.browser.conftest import OpenContext

TODAY = dt.date(2026, 11, 21)
NOON = dt.datetime(2026, 11, 21, 12)
BANK = load_questions()
CORE = [q.id for q in BANK.asked(BANK.review("five-minute"))]
SCRIPT = '<img src=x onerror="window.ran=1"><script>window.ran=1</script>'
Sheet = dict[str, Any]
Open = Callable[..., Page]


@pytest.fixture
def opened(open_context: OpenContext) -> Any:
    """Open the review in a profile of its own; any complaint fails."""
    said: list[str] = []
    contexts: list[BrowserContext] = []

    def one(
        width: int = 1440,
        scheme: str = "light",
        path: str = "readiness/",
        before: str = "",
        **options: Any,
    ) -> Page:
        context = open_context(width, scheme, **options)
        contexts.append(context)
        if before:
            context.add_init_script(before)
        return tab(context, path, said)

    yield one
    assert said == []
    assert [c.off_site for c in contexts if c.off_site] == []  # type: ignore[attr-defined]


def tab(
    context: BrowserContext, path: str = "readiness/", said: Any = None
) -> Page:
    page = context.new_page()
    page.clock.set_fixed_time(NOON)
    if said is not None:
        page.on("console", lambda m: said.append(f"{m.type}: {m.text}"))
        page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(path)
    expect(page.locator("#verdict")).to_be_attached()
    return page


def pick(page: Page, name: str, level: int) -> None:
    box = page.locator(f"#{name.lower()}")
    box.locator(f"input[type=radio][value='{level}']").check()


def write(page: Page, name: str, label: str, text: str) -> None:
    page.locator(f"#{name.lower()}").get_by_label(label, exact=True).fill(text)


def prove(page: Page, name: str, level: int = 1) -> None:
    """Answer a question with all the evidence that its level needs."""
    pick(page, name, level)
    write(page, name, "Link: what one could open", f"docs/{name}.md")
    write(page, name, "Made, or last run, on", "2026-11-01")
    write(page, name, "Owner", "Ada")
    if level > 1:
        write(page, name, "Result that was kept", "runs/7.txt")
        write(page, name, "Verified by a second person", "Grace")


def fill_core(page: Page) -> None:
    """Let a file answer every core question at level 1, without a name."""
    answer = {"level": 1, "link": "a.md", "date": "2026-11-01", "owner": "Ada"}
    sheet = {"date": str(TODAY), "review": "five-minute"}
    load(page, packed({**sheet, "answers": dict.fromkeys(CORE, answer)}))
    told(page).to_have_text(re.compile("^(Loaded|This replaces)"))


def name_it(page: Page) -> None:
    for label, text in (
        ("System", "Late flights"),
        ("Version or commit", "1.4"),
        ("Population: whom or what it serves", "everyone"),
    ):
        page.get_by_label(label, exact=True).fill(text)


def stage(page: Page) -> str:
    return page.locator("#verdict summary b").inner_text()


def saved(page: Page, button: str = "Save the sheet") -> bytes:
    with page.expect_download() as found:
        page.get_by_role("button", name=button).click()
    return Path(found.value.path()).read_bytes()


def load(page: Page, raw: bytes, name: str = "sheet.json") -> None:
    file = {"name": name, "mimeType": "application/json", "buffer": raw}
    page.locator("#review-file").set_input_files(file)  # type: ignore[arg-type]


def told(page: Page) -> Any:
    return expect(page.locator(".p2p-said"))


def rich(**more: Any) -> Sheet:
    """A sheet with every part, more than the page has fields for."""
    answer = {"level": 2, "link": "a.md", "date": "2026-11-01", "note": "n"}
    answer |= {"owner": "Ada", "result": "r", "verified_by": "Grace"}
    return {
        "system": "s",
        "version": "1",
        "population": "p",
        "date": "2026-11-20",
        "review": "full",
        "score": "95 %",
        "note": "kept as it is",
        "answers": {
            **{q.id: answer for q in BANK.questions},
            "OWN-01": answer | {"level": "demonstrated"},
            "SLC-01": answer | {"level": 1},
            "SEC-01": answer | {"date": "n/a"},
            "LLM-01": {"level": 0, "not_applicable": "r", "approver": "A"},
        },
        "live": {BANK.live[0].id: {"date": "2026-11-02", "note": "x"}},
        "accepted_risks": [
            {
                "question": "SLC-01",
                "owner": "Ada",
                "reason": "small",
                "date": "2026-11-20",
                "until": "2026-12-20",
            }
        ],
        "spot_checks": [
            {
                "question": "DAT-01",
                "date": "2026-11-19",
                "by": "Tom",
                "refuted": False,
                "note": "fine",
            }
        ],
        **more,
    }


def packed(sheet: object) -> bytes:
    return json.dumps(sheet).encode()


def from_command_line(raw: bytes, folder: Path) -> review.Verdict:
    path = folder / "readiness.json"
    path.write_bytes(raw)
    return review._verdict(str(path), BANK, TODAY)


# --- The bank -----------------------------------------------------------


def test_the_bank_of_the_page_is_made_from_the_questions_and_fresh() -> None:
    found = tuple((ROOT / name).read_text("utf-8") for name in FILES)
    assert found == review_bank(ROOT)


# --- From the first question to a verdict -------------------------------


def test_the_first_screen_of_a_phone_shows_the_first_question(
    opened: Open,
) -> None:
    page = opened(360)
    expect(page.get_by_text("Answers stay in this browser")).to_be_in_viewport(
        ratio=1
    )
    expect(page.locator("#dat-01 legend")).to_be_in_viewport(ratio=1)
    expect(page.locator("#dat-01 .p2p-levels")).to_be_in_viewport()
    expect(page.locator("#verdict")).to_be_in_viewport(ratio=1)


def test_the_verdict_follows_as_you_type(opened: Open) -> None:
    page = opened()
    assert stage(page) == "EXPERIMENT"
    counts = page.locator("#own-01-counts")
    pick(page, "OWN-01", 1)
    expect(counts).to_have_text("Counts 0 of 3: no link, no date, no owner")
    write(page, "OWN-01", "Link: what one could open", "rota.md")
    expect(counts).to_have_text("Counts 0 of 3: no date, no owner")
    write(page, "OWN-01", "Made, or last run, on", "2026-11-01")
    write(page, "OWN-01", "Owner", "Ada")
    expect(counts).to_have_text("Counts 1 of 3: stated")
    fill_core(page)
    page.get_by_role("button", name="Replace it").click()
    assert stage(page) == "ENGINEERING"
    way = page.locator("#in-the-way")
    expect(way).to_contain_text("the highest stage it can award is engineer")
    name_it(page)
    verdict = page.locator("#verdict")
    expect(verdict).to_contain_text("the questions that this review does not")
    write(page, "OWN-01", "Owner", "unknown")
    assert stage(page) == "EXPERIMENT"


def test_the_keyboard_alone_reaches_a_verdict(opened: Open) -> None:
    page = opened(locale="en-US")
    page.locator(".p2p-sizes input").first.focus()

    def tab_to(selector: str) -> None:
        for _ in range(12):
            page.keyboard.press("Tab")
            at = "s => document.activeElement.matches(s)"
            if page.evaluate(at, selector):
                return
        pytest.fail(f"Tab does not reach {selector}")

    for name in CORE:
        tab_to(f"#{name.lower()} input[type=radio]")
        page.keyboard.press("Space")
        page.keyboard.press("ArrowRight")
        tab_to(f"#{name.lower()} input[type=text]")
        page.keyboard.type("a.md")
        page.keyboard.press("Tab")
        page.keyboard.type("11012026")
        tab_to(f"#{name.lower()} input[type=text]")
        page.keyboard.type("Ada")
    assert stage(page) == "ENGINEERING"
    tab_to("#what-is-judged input")
    page.keyboard.type("Late flights")
    expect(page.locator("#verdict")).to_contain_text(
        "Not named yet: version, population"
    )
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(
            "document.activeElement.closest('#verdict') !== null"
        ):
            break
    else:
        pytest.fail("Tab does not reach the verdict")


def test_the_verdict_is_said_once_you_pause(opened: Open) -> None:
    page = opened()
    spoken = page.locator(".p2p-tool > [role=status]")
    expect(spoken).to_have_attribute("role", "status")
    page.wait_for_timeout(1100)
    assert spoken.inner_text() == ""
    fill_core(page)
    expect(spoken).to_have_text(
        "Stage: engineering. 11 things in the way of ready for launch."
    )
    pick(page, "OWN-01", 0)
    expect(spoken).to_have_text(
        "Stage: experiment. 1 thing in the way of engineering."
    )


def test_every_blocker_leads_to_its_question_and_to_fixes_that_exist(
    opened: Open, site_dir: Path
) -> None:
    page = opened(path="readiness/?review=full")
    expect(page.locator(".p2p-questions .p2p-ask")).to_have_count(63)
    links = page.locator("#in-the-way a, .p2p-ask a, #verdict a").evaluate_all(
        "links => [...new Set(links.map(a => a.href))]"
    )
    here = [urlsplit(link) for link in links]
    anchors = {x.fragment for x in here if x.path == "/readiness/"}
    anchors.discard("")
    assert {name.lower() for name in CORE} <= anchors
    for name in anchors:
        expect(page.locator(f"[id='{name}']")).to_have_count(1)
    fixes = [x.path for x in here if x.path != "/readiness/"]
    assert len(fixes) > 5
    for path in fixes:
        assert (site_dir / path.lstrip("/") / "index.html").exists(), path
    rows = page.locator("#in-the-way .p2p-way > li")
    expect(rows).to_have_count(len(CORE) + 18)
    text = "\n".join(rows.all_inner_texts())
    said = ", ".join(re.findall(r"no page yet \(([^)]+)\)", text))
    assert {*said.split(", ")} - {""} <= {*planned(ROOT)}


def test_sizes_change_without_losing_an_answer(opened: Open) -> None:
    page = opened()
    pick(page, "OWN-01", 2)
    page.get_by_label(re.compile("^full")).check()
    expect(page.locator(".p2p-questions .p2p-ask")).to_have_count(63)
    expect(page.locator("#own-01 [value='2']")).to_be_checked()
    pick(page, "SLC-01", 3)
    page.get_by_label(re.compile("^five-minute")).check()
    expect(page.locator(".p2p-questions .p2p-ask")).to_have_count(11)
    found = json.loads(saved(page))
    assert found["answers"] == {"OWN-01": {"level": 2}, "SLC-01": {"level": 3}}
    assert found["review"] == "five-minute"


def test_a_link_from_another_page_reaches_the_question(desktop: Page) -> None:
    desktop.goto("")
    desktop.get_by_role("link", name=re.compile("Who is paged")).click()
    expect(desktop.locator("#own-01 legend")).to_be_in_viewport()
    expect(desktop.locator("fieldset#own-01")).to_have_count(1)


def test_a_value_that_cannot_be_judged_is_named_and_found(
    opened: Open,
) -> None:
    page = opened()
    prove(page, "OWN-01")
    write(page, "OWN-01", "Made, or last run, on", "2026-11-22")
    expect(page.locator("#verdict")).to_contain_text(
        "answers.OWN-01.date must be today (2026-11-21) or earlier, "
        "got '2026-11-22'"
    )
    assert stage(page) == "NOT JUDGED"
    page.get_by_role("link", name="Go to the field").click()
    field = page.locator("#own-01").get_by_label("Made, or last run, on")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("2026-11-21")
    assert stage(page) == "EXPERIMENT"
    expect(field).not_to_have_attribute("aria-invalid", "true")


def test_a_wrong_value_in_a_question_of_a_longer_review_is_found(
    opened: Open,
) -> None:
    page = opened(path="readiness/?review=full")
    prove(page, "SLC-01")
    write(page, "SLC-01", "Made, or last run, on", "2026-11-22")
    page.get_by_label(re.compile("^five-minute")).check()
    page.reload()
    assert stage(page) == "NOT JUDGED"
    page.get_by_role("button", name="Show the question").click()
    field = page.locator("#slc-01").get_by_label("Made, or last run, on")
    expect(field).to_be_focused()
    expect(page.locator(".p2p-questions .p2p-ask")).to_have_count(63)


# --- What the browser keeps ---------------------------------------------


def test_a_reload_keeps_the_answers(opened: Open) -> None:
    page = opened()
    prove(page, "OWN-01", 2)
    name_it(page)
    page.locator("#own-01 summary").last.click()
    write(page, "OWN-01", "Note", "line one\nline two")
    before = saved(page)
    page.reload()
    expect(page.locator("#own-01 [value='2']")).to_be_checked()
    expect(page.get_by_label("System", exact=True)).to_have_value(
        "Late flights"
    )
    assert saved(page) == before


def test_two_tabs_do_not_lose_each_others_answers(opened: Open) -> None:
    one = opened()
    two = tab(one.context)
    pick(one, "OWN-01", 2)
    expect(two.locator("#own-01 [value='2']")).to_be_checked()
    told(two).to_contain_text("Answers taken over from another tab.")
    pick(two, "FAL-01", 1)
    expect(one.locator("#fal-01 [value='1']")).to_be_checked()
    # A tab that missed the news still adds to what is there.
    deaf = "addEventListener('storage', e => e.stopImmediatePropagation(), "
    three = one.context.new_page()
    three.add_init_script(deaf + "true)")
    three.clock.set_fixed_time(NOON)
    three.goto("readiness/")
    expect(three.locator("#fal-01 [value='1']")).to_be_checked()
    write(one, "OWN-01", "Owner", "Ada")
    pick(three, "RET-01", 3)
    wanted = {"OWN-01": {"level": 2, "owner": "Ada"}, "FAL-01": {"level": 1}}
    wanted["RET-01"] = {"level": 3}
    assert json.loads(saved(three))["answers"] == wanted
    expect(one.locator("#ret-01 [value='3']")).to_be_checked()
    assert json.loads(saved(one))["answers"] == wanted


def test_delete_asks_first_and_then_leaves_nothing(opened: Open) -> None:
    page = opened()
    prove(page, "OWN-01")
    other = tab(page.context)
    delete = page.get_by_role("button", name="Delete everything")
    delete.click()
    expect(page.get_by_role("button", name="Keep everything")).to_be_focused()
    page.keyboard.press("Enter")
    told(page).to_have_text("Nothing was changed.")
    delete.click()
    page.get_by_role("button", name="Delete them").click()
    told(page).to_have_text("Deleted. This browser keeps no answer.")
    assert page.evaluate("Object.keys(localStorage)") == []
    expect(page.locator("#own-01 :checked")).to_have_count(0)
    expect(other.locator("#own-01 :checked")).to_have_count(0)
    told(other).to_have_text("The answers were deleted in another tab.")


BLOCKED = """
for (const name of ["getItem", "setItem", "removeItem"]) {
  Storage.prototype[name] = () => { throw new DOMException("no"); };
}
"""
FULL = "Storage.prototype.setItem = () => { throw new DOMException('full') };"


@pytest.mark.parametrize("before", [BLOCKED, FULL])
def test_a_browser_that_keeps_nothing_says_so_and_works(
    opened: Open, before: str
) -> None:
    page = opened(before=before)
    fill_core(page)
    expect(page.locator("#verdict")).to_contain_text("ENGINEERING")
    prove(page, "OWN-01", 2)
    expect(page.locator(".p2p-promise")).to_contain_text(
        "This browser keeps nothing for this page"
    )
    assert len(json.loads(saved(page))["answers"]) == 11


def test_what_cannot_be_read_is_set_aside_and_not_lost(opened: Open) -> None:
    page = opened()
    page.evaluate("localStorage.setItem('p2p-review', '{\"answers\": 3')")
    page.reload()
    expect(page.locator(".p2p-said").first).to_contain_text(
        "cannot read. They are not lost"
    )
    pick(page, "OWN-01", 1)
    page.reload()
    expect(page.locator("#own-01 [value='1']")).to_be_checked()
    assert saved(page, "Save them as they are") == b'{"answers": 3'


def test_an_answer_to_a_question_that_is_gone_can_be_taken_out(
    opened: Open,
) -> None:
    page = opened()
    sheet = rich()
    sheet["answers"]["OLD-01"] = {"level": 1}
    kept = json.dumps(json.dumps(sheet))
    page.evaluate(f"localStorage.setItem('p2p-review', {kept})")
    page.reload()
    expect(page.locator("#verdict")).to_contain_text(
        "answers.OLD-01 is not known"
    )
    page.get_by_role("button", name="Take it out of the sheet").click()
    assert stage(page) != "NOT JUDGED"
    del sheet["answers"]["OLD-01"]
    assert json.loads(saved(page)) == sheet


# --- Files --------------------------------------------------------------


def test_save_and_load_is_the_same_sheet_and_the_same_verdict(
    opened: Open, tmp_path: Path
) -> None:
    sheet = rich()
    wanted = assess(sheet, BANK, TODAY)
    page = opened()
    load(page, packed(sheet))
    told(page).to_have_text("Loaded sheet.json: 63 answers.")
    first = saved(page)
    assert json.loads(first) == sheet
    assert from_command_line(first, tmp_path) == wanted
    assert stage(page) == wanted.stage.replace("_", " ").upper()
    # Parts without a field are judged, shown and kept.
    way = page.locator("#in-the-way")
    expect(way).to_contain_text("SLC-01: accepted, Ada, until 2026-12-20")
    expect(way).to_contain_text("DAT-01, 2026-11-19, Tom: holds. fine")
    expect(page.locator("#own-01 [value='2']")).to_be_checked()
    write(page, "OWN-01", "Owner", "Eve")
    load(page, first)
    told(page).to_contain_text("This replaces what stands here now")
    page.get_by_role("button", name="Replace it").click()
    assert saved(page) == first


def test_what_you_filled_in_is_judged_alike_on_the_command_line(
    opened: Open, tmp_path: Path
) -> None:
    page = opened()
    fill_core(page)
    prove(page, "OWN-01", 2)
    pick(page, "RET-02", 0)
    name_it(page)
    verdict = from_command_line(saved(page), tmp_path)
    assert [b.id for b in verdict.blockers] == ["RET-02"]
    assert {a.id: a.level for a in verdict.answers}["OWN-01"] == 2
    shown = page.locator("#verdict li a").all_inner_texts()
    assert shown == ["RET-02 Retraining"]
    text = saved(page, "Save as Markdown").decode()
    assert text == as_markdown(verdict) + "\n"


def bad(**more: Any) -> bytes:
    return json.dumps(rich(**more), indent=1).encode()


BAD = {
    "broken.json": (b'{\n"a": [1,}', "is not valid JSON: Expecting value: l"),
    "unknown.json": (
        b'{"system": "s", "version": "1",\n"population": "p", "date": '
        b'"2026-11-20",\n"answers": {\n"OWN-1": {}}}',
        "line 4: answers.OWN-1 is not known, did you mean 'OWN-01'?",
    ),
    "four.json": (
        bad(answers={"OWN-01": {"level": 4}}),
        "answers.OWN-01.level must be 0, 1, 2 or 3, got 4",
    ),
    "future.json": (
        bad(answers={"OWN-01": {"date": "2027-01-01"}}),
        "answers.OWN-01.date must be today (2026-11-21) or earlier",
    ),
    "large.json": (b"#" * 10_000_000, "is larger than 1,000,000 bytes"),
    "picture.png": (b"\x89PNG\r\n\x1a\n\x00", "is not UTF-8 text at byte 0"),
    "twice.json": (
        b'{"answers": {"OWN-01": {},\n"OWN-01": {}}}',
        "key 'OWN-01' stands 2 times, the second at line 2",
    ),
    "sheet.toml": (b'system = "s"', "is not JSON. A sheet in TOML"),
    "<img src=x>.json": (b"[]", "<img src=x>.json: must hold a table"),
    "empty.json": (b"", "is not valid JSON: Expecting value: line 1 column 1"),
}


def test_a_bad_file_is_named_with_id_and_line_and_nothing_is_lost(
    opened: Open, tmp_path: Path
) -> None:
    page = opened()
    prove(page, "OWN-01")
    before = saved(page)
    for name, (raw, message) in BAD.items():
        path = tmp_path / name
        path.write_bytes(raw)
        page.locator("#review-file").set_input_files(path)
        told(page).to_contain_text(message)
        told(page).to_contain_text("Nothing was changed.")
        told(page).to_contain_text(name)
    assert saved(page) == before


def test_script_in_every_text_stays_a_text(opened: Open) -> None:
    sheet = rich(score=SCRIPT, note=SCRIPT, bank=SCRIPT)
    sheet |= {"system": SCRIPT, "version": SCRIPT, "population": SCRIPT}
    keys = ("link", "owner", "result", "verified_by", "note")
    sheet["answers"]["DAT-01"] |= dict.fromkeys(keys, SCRIPT)
    absent = dict.fromkeys(("not_applicable", "approver", "note"), SCRIPT)
    sheet["answers"]["LLM-01"] = {"level": 0, **absent}
    fact = dict.fromkeys(("link", "owner", "note"), SCRIPT)
    sheet["live"][BANK.live[0].id] |= fact
    sheet["accepted_risks"][0] |= {"owner": SCRIPT, "reason": SCRIPT}
    sheet["spot_checks"][0] |= {"refuted": True, "by": SCRIPT, "note": SCRIPT}
    page = opened()
    load(page, packed(sheet))
    told(page).to_contain_text("Loaded")
    for key in ("answers", "live", SCRIPT):
        load(page, packed({**sheet, key: {SCRIPT: SCRIPT}}), SCRIPT[:20])
        told(page).to_contain_text("is not known")
    page.reload()
    page.emulate_media(media="print")
    expect(page.locator(".p2p-paper")).to_contain_text(SCRIPT)
    page.emulate_media(media="screen")
    inside = page.locator(".p2p-review :is(img, script, [onerror], iframe)")
    expect(inside).to_have_count(0)
    assert page.evaluate("window.ran") is None
    field = page.locator("#dat-01").get_by_label("Owner", exact=True)
    expect(field).to_have_value(SCRIPT)
    assert json.loads(saved(page)) == sheet
    wanted = as_markdown(assess(sheet, BANK, TODAY)) + "\n"
    assert saved(page, "Save as Markdown").decode() == wanted


# --- Ticket, link, paper ------------------------------------------------


def test_the_ticket_gets_the_markdown_of_the_command_line(
    opened: Open, tmp_path: Path
) -> None:
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy as Markdown").click()
    told(page).to_contain_text("Fill in: system, version, population.")
    expect(page.get_by_label("System", exact=True)).to_be_focused()
    name_it(page)
    prove(page, "OWN-01", 2)
    page.get_by_role("button", name="Copy as Markdown").click()
    told(page).to_contain_text("Copied.")
    wanted = as_markdown(from_command_line(saved(page), tmp_path))
    assert page.evaluate("navigator.clipboard.readText()") == wanted


def test_without_a_clipboard_the_text_is_there_to_copy(opened: Open) -> None:
    page = opened(before="delete Navigator.prototype.clipboard")
    name_it(page)
    page.get_by_role("button", name="Copy as Markdown").click()
    area = page.get_by_label("Text to copy")
    expect(area).to_be_focused()
    expect(area).to_have_value(re.compile("^## Readiness: experiment"))


def test_a_link_carries_the_questions_and_no_answer(opened: Open) -> None:
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_label(re.compile("^one-hour")).check()
    expect(page.locator(".p2p-questions .p2p-ask")).to_have_count(29)
    asked.clear()  # the texts of the longer review
    name_it(page)
    prove(page, "OWN-01", 2)
    page.get_by_role("button", name="Copy link").click()
    told(page).to_contain_text("without your answers")
    link = page.evaluate("navigator.clipboard.readText()")
    address = urlsplit(link)
    assert (address.path, address.query) == ("/readiness/", "review=one-hour")
    assert address.fragment == ""
    assert page.url == link
    asked = [url for url in asked if not url.endswith("favicon.svg")]
    assert asked == []  # nothing is fetched, and nothing sent
    other = opened(path=link)
    expect(other.locator(".p2p-questions .p2p-ask")).to_have_count(29)
    expect(other.locator(".p2p-questions :checked")).to_have_count(0)


def test_a_filled_review_prints_as_a_document_of_its_own(
    opened: Open,
) -> None:
    page = opened(794)
    prove(page, "OWN-01", 2)
    write(page, "OWN-01", "Link: what one could open", "x" * 300)
    name_it(page)
    page.emulate_media(media="print")
    paper = page.locator(".p2p-paper")
    expect(paper).to_contain_text("Readiness: experiment")
    expect(paper).to_contain_text("x" * 300)
    expect(paper).to_contain_text("Late flights, version 1.4")
    for gone in (".p2p-tool", ".p2p-printed", ".md-header", "main h1"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.locator("#the-ten-in-one-view")).to_be_hidden()
    wide = "document.documentElement.scrollWidth"
    assert page.evaluate(wide) <= 794
    pages = page.pdf(format="A4").count(b"/Type /Page\n")
    assert 1 <= pages <= 4


def test_an_empty_review_prints_the_questions(opened: Open) -> None:
    page = opened(794)
    page.emulate_media(media="print")
    expect(page.locator(".p2p-tool")).to_be_hidden()
    expect(page.locator(".p2p-paper")).to_be_hidden()
    expect(page.locator(".p2p-printed")).to_contain_text("MON-01 Detection")


# --- Reachable by everyone ----------------------------------------------


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_review_at_work(
    opened: Open, scheme: str, width: int
) -> None:
    page = opened(width, scheme)
    prove(page, "OWN-01", 2)
    pick(page, "MON-01", 0)
    page.get_by_role("button", name="Delete everything").click()
    page.locator(".p2p-tool details").evaluate_all(
        "boxes => boxes.forEach(box => { box.open = true; })"
    )
    assert axe(page) == []


def test_axe_finds_nothing_in_a_review_that_is_refused(opened: Open) -> None:
    page = opened(1440, "dark")
    prove(page, "OWN-01")
    write(page, "OWN-01", "Made, or last run, on", "2026-11-22")
    assert stage(page) == "NOT JUDGED"
    assert axe(page) == []


def axe(page: Page) -> list[str]:
    found = Axe().run(page, context=".p2p-review").response["violations"]
    return [
        f"{x['id']}: {[n['target'] for n in x['nodes']][:3]}" for x in found
    ]


@pytest.mark.parametrize("width", [320, 360, 720])
def test_it_fits_a_small_screen_and_a_finger(opened: Open, width: int) -> None:
    page = opened(width, path="readiness/?review=full")
    prove(page, "OWN-01", 2)
    wide = "document.documentElement.scrollWidth"
    assert page.evaluate(wide) <= width
    small = page.locator(
        ".p2p-tool :is(.p2p-levels label, .p2p-sizes label, .p2p-button, "
        "summary, .p2p-field input)"
    ).evaluate_all(
        """all => all.filter(x => x.getClientRects().length)
          .map(x => [x.textContent, x.getBoundingClientRect()])
          .filter(([, box]) => box.height < 44 || box.width < 44)
          .map(([name, box]) => `${name}: ${box.width} x ${box.height}`)"""
    )
    assert sorted(set(small)) == []


def test_the_bar_of_a_phone_opens_and_hides_no_field(phone: Page) -> None:
    phone.goto("readiness/")
    bar = phone.locator("#verdict")
    expect(bar).to_be_in_viewport(ratio=1)
    body = bar.locator(".p2p-verdict__body")
    expect(body).to_be_hidden()
    bar.locator("summary").click()
    expect(body).to_be_visible()
    bar.locator("summary").click()
    pick(phone, "FAL-01", 1)
    for label in ("Link: what one could open", "Owner"):
        field = phone.locator("#fal-01").get_by_label(label, exact=True)
        field.focus()
        over = field.bounding_box()
        top = bar.bounding_box()
        assert over is not None
        assert top is not None
        assert over["y"] + over["height"] <= top["y"]
    phone.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(bar).not_to_be_in_viewport()


def test_forced_colours_and_reduced_motion_keep_it_usable(
    opened: Open,
) -> None:
    page = opened(forced_colors="active", reduced_motion="reduce")
    pick(page, "OWN-01", 2)
    chosen = page.locator("#own-01 label").nth(2)
    expect(chosen).to_have_css("outline-style", "solid")
    expect(page.locator("#verdict")).to_have_css("border-style", "solid")


# --- Without it ---------------------------------------------------------


def test_without_javascript_the_questions_stand_on_the_page(
    open_context: OpenContext,
) -> None:
    page = open_context(360, java_script_enabled=False).new_page()
    page.goto("readiness/#own-01")
    expect(page.locator(".p2p-printed h3")).to_have_count(11)
    expect(page.locator("#own-01")).to_be_in_viewport()
    expect(page.locator(".p2p-tool")).to_have_count(0)
    expect(page.get_by_text("review.py init > sheet.toml")).to_be_visible()


def test_if_the_bank_does_not_load_the_questions_stand_on_the_page(
    desktop: Page,
) -> None:
    desktop.route("**/review-bank.json", lambda route: route.abort())
    desktop.goto("readiness/")
    expect(desktop.locator(".p2p-review--failed")).to_contain_text(
        "The fields could not be loaded"
    )
    expect(desktop.locator(".p2p-printed h3").first).to_be_visible()


def test_if_the_longer_review_does_not_load_the_answers_stay(
    desktop: Page,
) -> None:
    desktop.route("**/review-bank-rest.json", lambda route: route.abort())
    desktop.goto("readiness/")
    pick(desktop, "OWN-01", 0)
    desktop.get_by_label(re.compile("^full")).check()
    told(desktop).to_contain_text("could not be loaded")
    desktop.get_by_label(re.compile("^five-minute")).check()
    assert stage(desktop) == "EXPERIMENT"
    expect(desktop.locator("#own-01 [value='0']")).to_be_checked()


def test_no_other_page_loads_the_review(site_dir: Path) -> None:
    users = {
        path.relative_to(site_dir).as_posix()
        for path in site_dir.rglob("*.html")
        if re.search(r"review-page\.js|css/review\.css", path.read_text())
    }
    assert users == {"readiness/index.html"}
