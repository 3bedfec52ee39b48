/* The review on readiness/: fields in, verdict out. The rules stand in review-verdict.js, the questions in
   review-bank.json. Answers go to this browser's storage, to files that you save, and nowhere else.
   Every text becomes a text node: nothing that a sheet says is ever read as HTML. */
import * as rules from "./review-verdict.js";

const KEY = "p2p-review";
const UNREAD = "p2p-review-unread"; /* what stood there and could not be read */
const FIRST = 5; /* blockers beside the questions; all stand below them, */
const SHOWN = 6; /* these in full, the others folded */
const root = document.getElementById("review");
const printed = root.querySelector(".p2p-printed");

function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

const anchor = (id) => id.toLowerCase();
const day = (date) => [String(date.getFullYear()).padStart(4, "0"), date.getMonth() + 1, date.getDate()]
  .map((part) => String(part).padStart(2, "0")).join("-");
const today = () => day(new Date());

async function fetched(name) {
  const answer = await fetch(new URL(name, import.meta.url));
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return answer.json();
}

function start(bank) {
  let sheet;
  let seen = null; /* what the storage held when this tab last looked */
  let keeps = true; /* whether this browser keeps anything */
  let verdict = null;
  const controls = new Map(); /* by path in the sheet, as keys joined by dots */
  const blocks = new Map(); /* by question id */

  /* ---- The sheet: a tree as in review-verdict.js ---- */

  function blank() {
    return new Map([["date", today()], ["review", bank.reviews[0].id], ["bank", bank.version], ["answers", new Map()]]);
  }

  const look = (path) => path.reduce((table, key) => (table instanceof Map ? table.get(key) : undefined), sheet);

  function put(path, value) {
    const tables = [sheet];
    for (const key of path.slice(0, -1)) {
      const table = tables[tables.length - 1];
      if (!(table.get(key) instanceof Map)) table.set(key, new Map());
      tables.push(table.get(key));
    }
    const key = path[path.length - 1];
    if (value !== "") tables[tables.length - 1].set(key, value);
    else tables[tables.length - 1].delete(key);
    if (path.length === 3 && !tables[2].size) tables[1].delete(path[1]); /* an empty answer is no answer */
  }

  /* Keys in the order of a sheet, answers in the order of the bank: two saved sheets can be compared line by line. */
  function ordered(table, keys, inner) {
    const known = keys.filter((key) => table.has(key));
    const rest = [...table.keys()].filter((key) => !keys.includes(key));
    return new Map([...known, ...rest].map((key) => [key, inner ? inner(key, table.get(key)) : table.get(key)]));
  }
  function text() {
    const rows = (keys) => (key, row) => (row instanceof Map ? ordered(row, keys) : row);
    return `${rules.dump(ordered(sheet, rules.SHEET, (key, value) => {
      if (!(value instanceof Map)) return value;
      if (key === "answers") return ordered(value, bank.questions.map((q) => q.id), rows(rules.ANSWER));
      return ordered(value, bank.live.map((fact) => fact.id), rows(rules.FACT));
    }))}\n`;
  }

  /* A sheet whose tables are tables: any other fault has a field, or a button that takes it out. */
  function sound(tree) {
    const tables = (value) => value === undefined
      || (value instanceof Map && [...value.values()].every((row) => row === null || row instanceof Map));
    return tree instanceof Map && tables(tree.get("answers")) && tables(tree.get("live"));
  }

  const answered = () => (look(["answers"]) || new Map()).size;
  const empty = () => !answered() && rules.SCOPE.every((key) => rules.isBlank(look([key])));

  /* ---- What this browser keeps. Two tabs write in turn: each change is made to what stands there now. ---- */

  function stored() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      keeps = false;
      return seen;
    }
  }

  function keep() {
    const now = text();
    try {
      localStorage.setItem(KEY, now);
      keeps = true;
      seen = now;
    } catch {
      keeps = false;
    }
    privacy();
  }

  function adopt(kept) {
    seen = kept;
    if (kept === null) {
      sheet = blank();
      return;
    }
    let tree = null;
    try {
      tree = rules.parse(kept);
    } catch { /* not ours, or half written */ }
    if (sound(tree)) {
      sheet = tree;
      return;
    }
    sheet = blank();
    try {
      localStorage.setItem(UNREAD, kept);
      localStorage.removeItem(KEY);
      seen = null;
    } catch { /* then it stays where it is */ }
  }

  function catchUp() {
    const kept = keeps ? stored() : seen;
    if (kept === seen) return false;
    adopt(kept);
    fill();
    return true;
  }

  function edit(path, value) {
    const late = catchUp();
    put(path, value);
    keep();
    if (late) fill(); /* what was typed here first gave way to what came from there */
    judge();
  }

  function fromElsewhere() {
    if (!catchUp()) return;
    judge();
    said.replaceChildren(el("p", {}, seen === null ? "The answers were deleted in another tab." : "Answers taken over from another tab."));
  }
  addEventListener("storage", (event) => {
    if (event.key === KEY || event.key === null) fromElsewhere();
  });
  addEventListener("pageshow", (event) => event.persisted && fromElsewhere());
  document.addEventListener("visibilitychange", () => document.hidden || fromElsewhere());

  /* ---- The texts of the longer reviews, fetched when one is chosen ---- */

  let more = null;
  function texts() {
    more = more || fetched("review-bank-rest.json").then((rest) => rules.addTexts(bank, rest));
    return more;
  }

  /* Whether the review at hand can be shown; if not, it is shown when its texts are here. */
  function complete() {
    if (rules.complete(bank, reviewNow())) return true;
    texts().then(() => {
      fill();
      judge();
    }, (error) => {
      more = null;
      say(`The questions of the longer review could not be loaded (${error.message}). Your answers are as they were.`);
    });
    return false;
  }

  /* ---- Fields ---- */

  let fields = 0;
  function field(path, label, options = {}) {
    const id = `review-field-${++fields}`;
    const input = el(options.tag || "input", {
      id, type: options.tag ? null : options.type || "text", autocomplete: "off", spellcheck: options.tag ? null : "false",
      max: options.type === "date" && !options.future ? today() : null, maxlength: options.type === "date" ? null : 2000,
      rows: options.tag ? 3 : null,
      oninput: () => edit(path, input.value),
    });
    controls.set(path.join("."), input);
    return el("div", { class: `p2p-field${options.wide ? " p2p-field--wide" : ""}` }, el("label", { for: id }, label), input);
  }

  function fill() {
    for (const [name, input] of controls) {
      if (input.type === "radio") continue;
      const value = look(name.split("."));
      const shown = typeof value !== "string" ? "" : input.type === "date" && !rules.isDay(value) ? "" : value;
      if (input.value !== shown) input.value = shown;
    }
    for (const [id, block] of blocks) {
      const level = rules.claim(look(["answers", id, "level"]));
      block.radios.forEach((radio, i) => { radio.checked = i === level; });
    }
    const review = reviewNow();
    sizes.querySelectorAll("input").forEach((radio) => { radio.checked = radio.value === review.id; });
    if (complete()) list(review);
  }

  function reviewNow() {
    const name = look(["review"]);
    return bank.reviews.find((review) => review.id === name) || bank.reviews[bank.reviews.length - 1];
  }

  /* ---- A question ---- */

  function fixes(names) {
    const written = names.filter((name) => bank.pages[name]);
    const later = names.filter((name) => !bank.pages[name]);
    const parts = written.flatMap((name, i) => [
      i ? ", " : "",
      el("a", { href: new URL(`../../${bank.pages[name][1]}`, import.meta.url).href }, bank.pages[name][0]),
    ]);
    if (later.length) parts.push(`${written.length ? "; " : ""}no page yet (${later.join(", ")})`);
    return parts;
  }

  function question(q) {
    const path = (key) => ["answers", q.id, key];
    const hint = `${anchor(q.id)}-counts`;
    const radios = rules.LEVELS.map((name, level) => el("input", {
      type: "radio", name: `level-${q.id}`, value: level, onchange: () => edit(path("level"), BigInt(level)),
    }));
    controls.set(`answers.${q.id}.level`, radios[0]);
    const shown = el("p", { class: "p2p-shown" });
    const counts = el("p", { class: "p2p-counts", id: hint });
    const basics = [
      field(path("link"), "Link: what one could open", { wide: true }),
      field(path("date"), "Made, or last run, on", { type: "date" }),
      field(path("owner"), "Owner"),
    ];
    const result = field(path("result"), "Result that was kept", { wide: true });
    const second = field(path("verified_by"), "Verified by a second person");
    const more = el("details", {},
      el("summary", {}, q.may_be_na ? "A note, a second look, or it does not apply" : "A note, a second look"),
      el("div", { class: "p2p-fields" },
        q.may_be_na ? field(path("not_applicable"), "Does not apply, because", { wide: true }) : null,
        q.may_be_na ? field(path("approver"), "Approved by") : null,
        field(path("verified_on"), "Looked at again on", { type: "date" }),
        field(path("note"), "Note", { tag: "textarea", wide: true })));
    const group = el("div", { class: "p2p-fields" }, ...basics, result, second);
    const box = el("fieldset", { class: "p2p-ask", id: anchor(q.id), "aria-describedby": hint, tabindex: "-1" },
      el("legend", {}, el("span", { class: "p2p-ask__id" }, `${q.id} ${q.name}${q.core.length ? "" : `, ${q.gate}`}`), ` ${q.question}`),
      el("div", { class: "p2p-levels" }, ...radios.map((radio, level) =>
        el("label", {}, radio, el("span", {}, el("span", { class: "p2p-levels__n" }, `${level} `), rules.LEVELS[level])))),
      el("details", {}, el("summary", {}, "Why it is asked, what counts"),
        el("p", {}, q.why),
        el("dl", {}, ...q.levels.flatMap((text, level) => [
          el("dt", {}, `${level} ${rules.LEVELS[level]}`), el("dd", {}, text),
        ])),
        el("p", {}, `Evidence: ${q.evidence} It counts in full for ${q.max_age_days} days.`),
        el("p", {}, "How to get there: ", ...fixes(q.fixes), ".")),
      shown, counts, group, more);
    const filled = (key) => { const value = look(path(key)); return value !== undefined && value !== ""; };
    blocks.set(q.id, {
      box, radios, q,
      show(answer) {
        const level = rules.claim(look(path("level")));
        const some = level > 0;
        for (const [node, key, wanted] of [
          [basics[0], "link", some], [basics[1], "date", some], [basics[2], "owner", some], [result, "result", level > 1],
          [second, "verified_by", level > 1 && q.core.length > 0],
        ]) node.hidden = !(wanted || filled(key));
        group.hidden = ![...group.children].some((node) => !node.hidden);
        more.hidden = !(q.may_be_na || some || ["verified_on", "note"].some(filled));
        shown.hidden = level === null;
        shown.textContent = level === null ? "" : `To show: ${q.levels[level]}`;
        shown.classList.toggle("p2p-shown--none", level === 0);
        if (level === 0) shown.textContent = `That is: ${q.levels[0]}`;
        counts.hidden = !answer || level === null;
        if (answer) {
          const why = rules.reasons(answer);
          counts.textContent = answer.not_applicable ? "Not applicable" : `Counts ${answer.level} of 3: ${why}`;
          counts.classList.toggle("p2p-counts--less", answer.level < answer.claimed);
        }
      },
    });
    return box;
  }

  let listed = "";
  function list(review) {
    if (listed === review.id) return;
    listed = review.id;
    const groups = [];
    for (const q of rules.asked(bank, review)) {
      const title = bank.sections.find((section) => section.id === q.section);
      if (groups[groups.length - 1]?.id !== q.section) {
        groups.push({ id: q.section, node: el("section", {}, el("h3", {}, title.title), title.note ? el("p", { class: "p2p-meta" }, title.note) : null) });
      }
      const fresh = !blocks.has(q.id);
      groups[groups.length - 1].node.append(fresh ? question(q) : blocks.get(q.id).box);
    }
    questions.replaceChildren(...groups.map((group) => group.node));
    live.hidden = !review.asks.includes("operations");
    fill(); /* what is new has no values yet */
  }

  /* ---- The parts of the page ---- */

  const sizes = el("fieldset", { class: "p2p-sizes" }, el("legend", {}, "How long have you got?"),
    ...bank.reviews.map((review) => el("label", {},
      el("input", { type: "radio", name: "review-size", value: review.id, onchange: () => resize(review.id) }),
      el("span", {}, review.title.replace(/ review$/, ""), el("small", {}, ` ${rules.asked(bank, review).length} questions`)))));
  const promise = el("p", { class: "p2p-meta p2p-promise" });
  const questions = el("div", { class: "p2p-questions" });
  const live = el("section", { hidden: true }, el("h3", {}, "Facts of the live system, for the stage operated"),
    ...bank.live.map((fact) => el("fieldset", { class: "p2p-ask p2p-ask--fact" }, el("legend", {}, fact.text),
      el("div", { class: "p2p-fields" },
        field(["live", fact.id, "link"], "Link", { wide: true }),
        field(["live", fact.id, "date"], "On", { type: "date" }),
        field(["live", fact.id, "owner"], "Owner")))));
  const scope = el("fieldset", { class: "p2p-ask p2p-scope", id: "what-is-judged", tabindex: "-1" },
    el("legend", {}, "What is judged: one system, one version, one population"),
    el("div", { class: "p2p-fields" },
      field(["system"], "System", { wide: true }),
      field(["version"], "Version or commit"),
      field(["date"], "Date of this sheet", { type: "date" }),
      field(["population"], "Population: whom or what it serves", { wide: true }),
      field(["score"], "The score you were shown (no rule reads it)", { wide: true })));
  const way = el("section", { id: "in-the-way", tabindex: "-1" });
  const paper = el("div", { class: "p2p-paper" });
  const said = el("div", { class: "p2p-said", role: "status", tabindex: "-1" });
  const button = (name, onclick) => el("button", { type: "button", class: "p2p-button", onclick }, name);
  const chooser = el("input", { type: "file", id: "review-file", class: "p2p-hidden", accept: ".json,.toml,application/json", onchange: load });
  const take = el("section", { id: "take-along", tabindex: "-1" }, el("h3", {}, "Take it with you"),
    el("div", { class: "p2p-buttons" },
      button("Save the sheet", save),
      chooser, el("label", { for: "review-file", class: "p2p-button" }, "Load a sheet"),
      button("Copy as Markdown", copyMarkdown),
      button("Save as Markdown", () => ready() && download("readiness.md", `${rules.asMarkdown(verdict)}\n`, "text/markdown")),
      button("Print", () => print()),
      button("Copy link", copyLink),
      button("Delete everything", remove)),
    said,
    el("p", { class: "p2p-meta" }, "The sheet is JSON, and review.py reads the same file. Markdown is for the launch ticket. The link opens the same "
      + "questions and never carries an answer."));
  const stage = el("b", {});
  const short = el("span", { class: "p2p-verdict__short" });
  const body = el("div", { class: "p2p-verdict__body" });
  const fold = el("details", {}, el("summary", {}, el("span", { class: "p2p-verdict__key" }, "Stage"), " ", stage, " ", short), body);
  const panel = el("section", { class: "p2p-verdict", id: "verdict", "aria-label": "Verdict", tabindex: "-1" }, fold);
  const spoken = el("p", { class: "p2p-hidden", role: "status" });
  const wide = matchMedia("(min-width: 60em)");
  const unfold = () => { fold.open = wide.matches; };
  wide.addEventListener("change", unfold);
  unfold();

  function privacy() {
    promise.replaceChildren(
      keeps
        ? "Answers stay in this browser; nothing is sent. "
        : "This browser keeps nothing for this page: your answers are gone when you close it. Save the sheet before you do. ",
      el("a", { href: "#what-counts-as-an-answer" }, "The levels"), " ", el("a", { href: "#take-along" }, "Save or delete"), " ", el("a", { href: "#verdict" }, "Verdict"));
    promise.classList.toggle("p2p-promise--none", !keeps);
  }

  function resize(name) {
    edit(["review"], name);
    fill();
    judge();
    history.replaceState(history.state, "", `${location.pathname}?review=${name}${location.hash}`);
  }

  /* ---- The verdict ---- */

  function judge() {
    if (!rules.complete(bank, reviewNow())) {
      verdict = null;
      stage.textContent = "…";
      short.textContent = "the questions are on their way";
      return;
    }
    const open = rules.SCOPE.filter((key) => rules.isBlank(look([key])));
    const named = open.length ? new Map([...sheet, ...open.map((key) => [key, "not named"])]) : sheet;
    let error = null;
    try {
      verdict = rules.assess(named, bank, today());
    } catch (problem) {
      if (!(problem instanceof rules.ReviewError)) throw problem;
      [verdict, error] = [null, problem];
    }
    const byId = new Map(verdict ? verdict.answers.map((a) => [a.id, a]) : []);
    for (const [id, block] of blocks) if (block.box.isConnected || !questions.isConnected) block.show(byId.get(id));
    for (const [name, input] of controls) {
      if (error && error.at === name) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
    if (error) refused(error);
    else decided(open);
    document.documentElement.dataset.review = empty() ? "blank" : "answered";
    clearTimeout(judge.later);
    judge.later = setTimeout(announce, 1000);
  }

  function announce() {
    const now = verdict
      ? `Stage: ${rules.plain(verdict.stage)}. ${verdict.blockers.length + verdict.missing_facts.length
        ? `${rules.many(verdict.blockers.length + verdict.missing_facts.length, "thing")} in the way of ${rules.plain(verdict.aim)}.` : ""}`
      : `Not judged: ${stage.title}`;
    if (announce.last !== undefined && announce.last !== now) spoken.textContent = now;
    announce.last = now;
  }

  /* Limits as a list; what stands between backticks is a command. */
  const reach = (v, attributes) => el("ul", attributes, ...rules.limits(v).map((text) =>
    el("li", {}, ...text.split("`").map((part, i) => (i % 2 ? el("code", {}, part) : part)))));
  const row = (key, ...value) => [el("dt", {}, key), el("dd", {}, ...value)];

  function refused(error) {
    const input = controls.get(error.at);
    const id = /^answers\.([^.]+)\./.exec(error.at)?.[1];
    const away = bank.questions.some((q) => q.id === id) && !blocks.get(id)?.box.isConnected;
    const mend = away && root.contains(panel)
      ? button("Show the question", async () => {
        await texts();
        resize(bank.reviews[bank.reviews.length - 1].id);
        reveal(controls.get(error.at));
      })
      : input ? el("a", { href: "#verdict", onclick: (event) => { event.preventDefault(); reveal(input); } }, "Go to the field")
      : button("Take it out of the sheet", () => { takeOut(error.at); });
    stage.textContent = "NOT JUDGED";
    stage.title = error.message;
    short.textContent = "a value is wrong";
    body.replaceChildren(el("p", {}, error.message), el("p", {}, error.at ? mend : ""));
    way.replaceChildren(el("h3", {}, "Not judged"), el("p", {}, error.message));
    paper.replaceChildren(el("h2", {}, "Not judged"), el("p", {}, error.message));
  }

  function reveal(input) {
    if (!input) return;
    for (let box = input.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    for (let box = input.closest("[hidden]"); box; box = input.closest("[hidden]")) box.hidden = false;
    input.focus();
  }

  /* A key that no field shows, such as the id of a question that the bank dropped. */
  function takeOut(at) {
    catchUp();
    let table = sheet;
    const keys = at.split(".");
    while (table && keys.length) {
      const key = Array.isArray(table) ? Number(keys.shift()) - 1 : keys.shift();
      if (Array.isArray(table)) {
        table.splice(key, 1);
        break;
      }
      if (!keys.length || !(table.get(key) instanceof Map || Array.isArray(table.get(key)))) {
        table.delete(table.has(key) ? key : [key, ...keys].join("."));
        break;
      }
      table = table.get(key);
    }
    keep();
    fill();
    judge();
  }

  function decided(open) {
    const v = verdict;
    const steps = v.blockers.length + v.missing_facts.length;
    const titles = v.weakest.length > 6 ? `${v.weakest.length} of ${new Set(v.answers.map((a) => a.section)).size} sections` : v.weakest.map((x) => x.title).join(", ");
    stage.textContent = rules.plain(v.stage).toUpperCase();
    stage.title = "";
    const picked = v.answers.filter((a) => a.claimed > 0 || a.not_applicable).length;
    const short_of = v.answers.filter((a) => a.claimed > a.level).length;
    short.textContent = !picked ? `0 of ${v.asked} answered`
      : steps ? `${steps} in the way${short_of ? `, ${short_of} incomplete` : ""}`
      : v.stage === "operated" ? "nothing above" : "ask the longer review";
    body.replaceChildren(...[
      el("p", {}, rules.MEANING[v.stage]),
      el("dl", {},
        ...row("Weakest", `${titles}: ${rules.LEVELS[v.weakest_level]}`),
        ...row("Core", rules.core(v)),
        ...row("Next", rules.next(v))),
      v.blockers.length ? el("ul", {}, ...v.blockers.slice(0, FIRST).map((b) =>
        el("li", {}, el("a", { href: `#${anchor(b.id)}` }, `${b.id} ${b.name}`), ` ${b.level} → ${b.needed}`))) : null,
      steps ? el("p", {}, el("a", { href: "#in-the-way" }, steps > 1 ? `All ${steps}, and how to fix them` : "How to fix it")) : null,
      open.length ? el("p", {}, "Not named yet: ", el("a", { href: "#what-is-judged" }, open.join(", "))) : null,
    ].filter(Boolean));
    const rest = v.blockers.slice(SHOWN);
    const unfolded = way.querySelector(".p2p-rest")?.open || false;
    way.replaceChildren(...[
      el("h3", {}, steps ? `In the way of ${rules.plain(v.aim)}` : "In the way"),
      steps ? null : el("p", {}, v.stage === "operated" ? "Nothing. The evidence ages from here." : "Nothing that this review asks. A longer one asks more."),
      blockers(v.blockers.slice(0, SHOWN), 1),
      rest.length ? el("details", { class: "p2p-rest", open: unfolded }, el("summary", {}, `and ${rules.many(rest.length, "more answer")}`), blockers(rest, SHOWN + 1)) : null,
      ...also(v),
      reach(v, { class: "p2p-limits" }),
    ].filter(Boolean));
    sheetOfPaper(v);
  }

  function blockers(some, first) {
    return el("ol", { class: "p2p-way", start: first }, ...some.map((b) => el("li", {},
      el("p", {}, el("a", { href: `#${anchor(b.id)}` }, `${b.id} ${b.name}`), ` ${b.core ? "(core) " : ""}counts ${b.level}, needs ${b.needed}`,
        b.reasons.length ? `: ${b.reasons.join("; ")}` : ""),
      el("p", {}, "To show: ", b.show),
      el("p", {}, "Fix: ", ...fixes(b.fixes), b.fixes.some((name) => bank.pages[name]) ? "." : ". Until then, the line above says what to do."))));
  }

  /* Risks, live facts and spot checks: read from the sheet, judged, and shown. */
  function also(v) {
    const parts = [];
    const lines = (title, rows) => rows.length && parts.push(el("h4", {}, title), el("ul", {}, ...rows.map((text) => el("li", {}, text))));
    if (v.missing_facts.length || v.facts.some((fact) => fact.date)) {
      lines("Live facts", v.facts.map((f) => `${f.text} ${f.date || "No date"}: ${f.counts ? "counts" : f.why}`));
    }
    lines("Accepted risks", v.risks.map((r) => `${r.question}: ${rules.state(r)}, ${r.owner || "nobody"}${r.until ? `, until ${r.until}` : ""}. ${r.reason}`));
    lines("Spot checks", v.checks.map((c) => `${c.question}, ${c.date}, ${c.by}: ${c.refuted ? "refuted" : "holds"}. ${c.note}`));
    return parts;
  }

  function sheetOfPaper(v) {
    const cells = (tag, texts) => el("tr", {}, ...texts.map((x) => el(tag, {}, x)));
    const table = (head, rows) => el("table", {}, el("thead", {}, cells("th", head)), el("tbody", {}, ...rows.map((x) => cells("td", x))));
    const evidence = (a) => [a.link, a.date, a.owner && `owner ${a.owner}`, a.result && `result ${a.result}`,
      a.verified_by && `verified by ${a.verified_by}${a.verified_on ? ` on ${a.verified_on}` : ""}`, a.absence && `does not apply: ${a.absence}`,
      a.approver && `approved by ${a.approver}`, a.note].filter(Boolean).join("; ");
    paper.replaceChildren(...[
      el("h2", {}, `Readiness: ${rules.plain(v.stage)}`),
      el("p", {}, rules.MEANING[v.stage]),
      el("dl", {},
        ...row("System", `${v.system}, version ${v.version}`), ...row("Population", v.population),
        ...row("Sheet", `${v.date}, judged on ${v.today}; ${v.review}, ${rules.many(v.asked, "question")}, bank ${v.bank}`),
        ...(v.score ? row("Score", `${v.score} (no rule reads it)`) : []),
        ...row("Weakest", `${v.weakest.map((x) => x.title).join(", ")} (level ${v.weakest_level})`),
        ...row("Core", rules.core(v)), ...row("Next", rules.next(v)), ...(v.note ? row("Note", v.note) : [])),
      v.blockers.length ? el("h3", {}, `In the way of ${rules.plain(v.aim)}`) : null,
      v.blockers.length ? table(["Question", "Counts", "Needs", "To show"], v.blockers.map((b) => [`${b.id} ${b.name}`, b.level, b.needed, b.show])) : null,
      ...also(v),
      el("h3", {}, "Every answer"),
      table(["Question", "Claimed", "Counts", "Why", "Evidence"], v.answers.map((a) =>
        [`${a.id} ${a.name}`, a.claimed, a.not_applicable ? "–" : a.level, rules.reasons(a), evidence(a)])),
      reach(v, {}),
    ].filter(Boolean));
  }

  /* ---- Files, clipboard, link ---- */

  /* What a button did, beside the buttons; the focus stays where it was, or comes here if its place is gone. */
  function say(message, ...rest) {
    const lost = said.contains(document.activeElement);
    said.replaceChildren(el("p", {}, message), ...rest);
    if (lost) said.focus();
    else if (!document.hidden) said.scrollIntoView({ block: "nearest" });
  }

  function ask(message, name, act) {
    const no = button("Keep everything", () => say("Nothing was changed."));
    say(message, el("div", { class: "p2p-buttons" }, button(name, act), no));
    no.focus();
  }

  function download(name, content, type) {
    const link = el("a", { href: URL.createObjectURL(new Blob([content], { type: `${type};charset=utf-8` })), download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  const missing = () => rules.SCOPE.filter((key) => rules.isBlank(look([key])));

  function save() {
    catchUp();
    download("readiness.json", text(), "application/json");
    say(missing().length ? `Saved. review.py refuses it until ${missing().join(", ")} ${missing().length > 1 ? "are" : "is"} filled in.` : "Saved as readiness.json.");
  }

  /* Whether there is a verdict with a name on it, for the ticket. */
  function ready() {
    if (verdict && !missing().length) return true;
    say(verdict ? `A ticket has to say what was judged. Fill in: ${missing().join(", ")}.` : "There is no verdict to copy: a value is wrong.");
    const input = verdict && controls.get(missing()[0]);
    if (input) input.focus();
    return false;
  }

  async function copy(content, done) {
    try {
      await navigator.clipboard.writeText(content);
      say(done);
    } catch {
      const area = el("textarea", { rows: 8, readonly: true, "aria-label": "Text to copy" });
      area.value = content;
      say("This browser does not let the page copy. Copy it from here:", area);
      area.focus();
      area.select();
    }
  }

  function copyMarkdown() {
    if (ready()) copy(rules.asMarkdown(verdict), "Copied. Paste it into the launch ticket.");
  }

  function copyLink() {
    copy(`${location.origin}${location.pathname}?review=${reviewNow().id}`, "Copied. The link opens these questions, without your answers.");
  }

  async function load() {
    const file = chooser.files[0];
    chooser.value = "";
    if (!file) return;
    let tree;
    try {
      const bytes = new Uint8Array(await file.slice(0, rules.MAX_BYTES + 1).arrayBuffer());
      const { sheet: given, place } = rules.read(file.name, bytes);
      try {
        /* A sheet that was saved before it had a name may come back. */
        await texts();
        const names = rules.SCOPE.filter((key) => rules.isBlank(given.get(key))).map((key) => [key, "not named"]);
        rules.assess(new Map([...given, ...names]), bank, today());
      } catch (error) {
        throw error instanceof rules.ReviewError ? place(error) : error;
      }
      tree = given;
    } catch (error) {
      const known = error instanceof rules.ReviewError;
      say(`${known ? error.message : `${file.name}: cannot be read`}. Nothing was changed.`);
      return;
    }
    const replace = () => {
      sheet = tree;
      keep();
      fill();
      judge();
      say(`Loaded ${rules.tidy(file.name)}: ${rules.many(answered(), "answer")}.`);
    };
    catchUp();
    if (empty()) replace();
    else ask(`This replaces what stands here now (${rules.many(answered(), "answer")}). Save it first if you need it.`, "Replace it", replace);
  }

  function remove() {
    ask("This deletes every answer from this browser. A file that you saved stays.", "Delete them", () => {
      try {
        localStorage.removeItem(KEY);
        localStorage.removeItem(UNREAD);
      } catch { /* nothing is kept there */ }
      adopt(null);
      fill();
      judge();
      say("Deleted. This browser keeps no answer.");
    });
  }

  function unread() {
    let found = null;
    try {
      found = localStorage.getItem(UNREAD);
    } catch { /* nothing is kept there */ }
    if (found === null) return;
    questions.before(el("div", { class: "p2p-said", role: "status" },
      el("p", {}, "This browser kept answers that this page cannot read. They are not lost:"),
      button("Save them as they are", () => download("readiness-unread.txt", found, "text/plain"))));
  }

  /* The page opens what is folded for paper; here it is folded again afterwards. */
  let open = [];
  addEventListener("beforeprint", () => { open = [...root.querySelectorAll("details[open]")]; }, true);
  addEventListener("afterprint", () => root.querySelectorAll(".p2p-tool details").forEach((box) => { box.open = open.includes(box); }));

  /* ---- Begin ---- */

  adopt(stored());
  const wanted = new URLSearchParams(location.search).get("review");
  if (bank.reviews.some((review) => review.id === wanted)) put(["review"], wanted);
  fill();
  printed.querySelectorAll("[id]").forEach((node) => node.removeAttribute("id")); /* the fields take the anchors */
  root.prepend(el("div", { class: "p2p-tool" },
    el("div", { class: "p2p-tool__main" }, el("h2", { class: "p2p-hidden" }, "Your answers"), sizes, promise, questions, live, scope, way, take),
    panel, spoken), paper);
  root.classList.add("p2p-review--ready");
  privacy();
  judge();
  unread();
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

fetched("review-bank.json").then(start).catch((error) => {
  root.classList.remove("p2p-review--ready");
  root.classList.add("p2p-review--failed");
  root.prepend(el("p", {}, `The fields could not be loaded (${error.message}). The questions stand below; paper or the command line will do.`));
});
