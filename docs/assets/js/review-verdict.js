/* The rules of snippets/readiness/review.py, in the browser. Pure: no page, no clock, no storage, no network.
   Same sheet, same bank, same day: same verdict, same words. tests/browser/test_review_verdict.py holds the two together.
   A sheet is a tree of Map, Array, string, bigint (a whole number), number (a float), boolean and null: plain objects
   would lose what Python tells apart (2 and 2.0, large numbers, the order of keys). A day is a text like 2026-11-21. */

export const LEVELS = ["nothing to show", "stated", "demonstrated", "enforced"];
export const STAGES = ["experiment", "engineering", "ready_for_launch", "operated"];
export const MEANING = {
  experiment: "It may be able to work. Nobody should depend on it yet.",
  engineering: "Nothing asked speaks against building it. No user should depend on it yet.",
  ready_for_launch: "It may go live, under the name of its owner.",
  operated: "It is live, drilled and reviewed, and can show it.",
};
const GATES = ["research", "engineering", "operations"];
const NEEDS = {
  experiment: {},
  engineering: { core: 1, research: 1 },
  ready_for_launch: { core: 2, research: 2, engineering: 2 },
  operated: { core: 3, research: 2, engineering: 2, operations: 2 },
};
const RISK_STAGES = ["ready_for_launch", "operated"];
const MAX_RISKS = 3;
const MAX_RISK_DAYS = 90;
export const MAX_BYTES = 1000000;
const MAX_TEXT = 2000;
const MAX_DEPTH = 900; /* Python gives up somewhat later; a sheet is four deep */
const MAX_DIGITS = 4300;

const BLANK = new Set(["", "?", "n a", "n/a", "na", "no", "none", "nothing to show", "unknown", "planned", "in progress", "todo", "tbd"]);
const WORDS = new Map([...[...BLANK].map((text) => [text, 0]), ...LEVELS.map((text, level) => [text, level])]);
export const SCOPE = ["system", "version", "population"];
export const SHEET = [...SCOPE, "date", "review", "score", "bank", "note", "answers", "live", "accepted_risks", "spot_checks"];
export const ANSWER = ["level", "link", "date", "owner", "result", "verified_by", "verified_on", "not_applicable", "approver", "note"];
const CHECK = ["question", "date", "by", "refuted", "note"];
const RISK = ["question", "owner", "reason", "date", "until"];
export const FACT = ["date", "link", "owner", "note"];

/* Input that cannot be judged; the message names key and value, `at` where it stands. */
export class ReviewError extends Error {
  constructor(message, at = "") {
    super(message);
    this.at = at;
  }
}

/* ---- Texts as Python sees them ---- */

const SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;
const HIDDEN = /[\p{C}\p{Z}]/gu;
const split = (text) => text.split(SPACE).filter(Boolean);
const cut = (text, size) => (text.length <= size ? text : [...text].slice(0, size).join(""));

/* One line, with a mask for what a terminal would obey; joiners stay, some scripts need them between letters. */
export function tidy(text) {
  return split(text).join(" ").replace(HIDDEN, (c) => (" \u200c\u200d".includes(c) ? c : "?"));
}

/* str.casefold: JavaScript has none. Letter by letter, or the last sigma of a word would differ. */
export function fold(text) {
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase();
  let folded = "";
  for (const c of text) {
    if (c === "\u0131") folded += c;
    else if (c === "\u1e9e") folded += "ss";
    else for (const d of c.toUpperCase()) folded += d.toLowerCase();
  }
  return folded.replace(/[\u13f8-\u13fd\uab70-\uabbf]/g, (c) => c.toUpperCase());
}

const word = (text) => split(fold(text).replace(/[_-]/g, " ")).join(" ");

/* The order of Python: by character, not by half a character. */
function before(a, b) {
  const x = [...a];
  const y = [...b];
  for (let i = 0; i < x.length && i < y.length; i++) {
    if (x[i] !== y[i]) return x[i].codePointAt(0) - y[i].codePointAt(0);
  }
  return x.length - y.length;
}

const sorted = (rows, ...keys) =>
  [...rows].sort((a, b) => keys.reduce((order, key) => order || before(key(a), key(b)), 0));

function quoted(text, ascii) {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  let shown = mark;
  for (const c of text) {
    const code = c.codePointAt(0);
    if (c === mark || c === "\\") shown += `\\${c}`;
    else if (code >= 32 && code < 127) shown += c;
    else if ("\n\r\t".includes(c)) shown += { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[c];
    else if (!ascii && c.search(HIDDEN) < 0) shown += c;
    else if (code < 256) shown += `\\x${code.toString(16).padStart(2, "0")}`;
    else if (code < 65536) shown += `\\u${code.toString(16).padStart(4, "0")}`;
    else shown += `\\U${code.toString(16).padStart(8, "0")}`;
  }
  return shown + mark;
}

function float(value) {
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [, sign, first, rest = "", power] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(value.toExponential());
  const [digits, ten] = [first + rest, Number(power)];
  if (ten < -4 || ten > 15) {
    return `${sign}${first}${rest && `.${rest}`}e${power[0]}${power.slice(1).padStart(2, "0")}`;
  }
  if (ten < 0) return `${sign}0.${"0".repeat(-ten - 1)}${digits}`;
  return `${sign}${digits.slice(0, ten + 1).padEnd(ten + 1, "0")}.${digits.slice(ten + 1) || "0"}`;
}

function ascii(value) {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") return quoted(value, true);
  if (typeof value === "number") return float(value);
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${value.map(ascii).join(", ")}]`;
  return `{${[...value].map(([key, x]) => `${quoted(key, true)}: ${ascii(x)}`).join(", ")}}`;
}

function show(value) {
  if (typeof value === "bigint") {
    const bits = value === 0n ? 0 : (value < 0n ? -value : value).toString(2).length;
    if (bits > 64) return `a whole number of ${bits} bits`;
  }
  if (value instanceof Map) return "a table";
  const text = ascii(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

/* difflib: how alike two texts are, by the blocks they share. */
function shared(a, b) {
  let [best, ends, row] = [0, [0, 0], []];
  for (let i = 0; i < a.length; i++) {
    const next = [];
    for (let j = 0; j < b.length; j++) {
      if (a[i] !== b[j]) continue;
      next[j] = (row[j - 1] || 0) + 1;
      if (next[j] > best) [best, ends] = [next[j], [i + 1, j + 1]];
    }
    row = next;
  }
  if (!best) return 0;
  const [i, j] = ends;
  return best + shared(a.slice(0, i - best), b.slice(0, j - best)) + shared(a.slice(i), b.slice(j));
}

function unknown(name, known) {
  const wanted = [...name.toUpperCase()];
  let best = null;
  for (const one of known) {
    const upper = one.toUpperCase();
    const length = upper.length + wanted.length;
    if ((2 * Math.min(upper.length, wanted.length)) / length < 0.6) continue; /* too long or too short to be near */
    const ratio = (2 * shared([...upper], wanted)) / length;
    if (ratio >= 0.6 && (!best || ratio > best.ratio || (ratio === best.ratio && upper > best.upper))) {
      best = { ratio, upper, one };
    }
  }
  return `is not known${best ? `, did you mean ${quoted(best.one, true)}?` : ""}`;
}

/* ---- Days ---- */

const DAY = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;

/* Days since 1 March of the year 0: a year that starts in March has its odd day last. */
function count(day) {
  const [year, month, date] = day.split("-").map(Number);
  const y = month > 2 ? year : year - 1;
  const m = (month + 9) % 12;
  return 365 * y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + Math.floor((153 * m + 2) / 5) + date;
}

export function isDay(text) {
  if (!DAY.test(text)) return false;
  const [year, month, date] = text.split("-").map(Number);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const last = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return year > 0 && date > 0 && date <= (last || 0);
}

/* ---- Reading a file, with Python's words for what is wrong with it ---- */

class Malformed extends Error {}
class TooDeep extends Error {}

function malformed(message, text, at) {
  const head = [...text.slice(0, at)];
  const line = head.reduce((n, c) => n + (c === "\n"), 1);
  const column = head.length - head.lastIndexOf("\n");
  return new Malformed(`${message}: line ${line} column ${column} (char ${head.length})`);
}

/* UTF-8, or the place of the first byte that is not. */
function decode(bytes) {
  const body = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body) };
  } catch {
    let i = 0;
    for (;;) {
      const a = body[i];
      const size = a < 0x80 ? 1 : a >= 0xc2 && a < 0xe0 ? 2 : a >= 0xe0 && a < 0xf0 ? 3 : a >= 0xf0 && a < 0xf5 ? 4 : 0;
      const b = body[i + 1];
      const second = !(
        (a === 0xe0 && b < 0xa0) || (a === 0xed && b > 0x9f) || (a === 0xf0 && b < 0x90) || (a === 0xf4 && b > 0x8f)
      );
      if (!size || (size > 1 && !second)) break;
      if ([1, 2, 3].some((k) => k < size && (body[i + k] & 0xc0) !== 0x80)) break;
      i += size;
    }
    return { bad: i };
  }
}

/* json.loads as review.py calls it: every key once, no NaN, numbers kept as they are written. */
export function parse(text) {
  const fail = (message, at) => malformed(message, text, at);
  const space = (at) => {
    while (" \t\n\r".includes(text[at] || "x")) at++;
    return at;
  };
  const digit = (at) => text[at] >= "0" && text[at] <= "9";

  function string(start) {
    let value = "";
    let at = start;
    for (;;) {
      let next = at;
      while (next < text.length && text[next] !== '"' && text[next] !== "\\") {
        if (text.charCodeAt(next) < 32) throw fail("Invalid control character at", next);
        next++;
      }
      if (next >= text.length) throw fail("Unterminated string starting at", start - 1);
      value += text.slice(at, next);
      if (text[next] === '"') return [value, next + 1];
      const mark = text[next + 1];
      if (mark === undefined) throw fail("Unterminated string starting at", start - 1);
      if (mark === "u") {
        const hex = text.slice(next + 2, next + 6);
        if (next + 6 >= text.length || !/^[0-9a-fA-F]{4}$/.test(hex)) throw fail("Invalid \\uXXXX escape", next + 1);
        const code = parseInt(hex, 16);
        const low = text.slice(next + 8, next + 12);
        if (code >= 0xd800 && code < 0xdc00 && next + 12 < text.length && text.slice(next + 6, next + 8) === "\\u"
          && !/^[0-9a-fA-F]{4}$/.test(low)) throw fail("Invalid \\uXXXX escape", next + 7);
        value += String.fromCharCode(code);
        at = next + 6;
      } else {
        const plain = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" }[mark];
        if (plain === undefined) throw fail("Invalid \\escape", next);
        value += plain;
        at = next + 2;
      }
    }
  }

  function number(start) {
    let at = start + (text[start] === "-");
    if (text[at] === "0") at++;
    else if (digit(at)) while (digit(at)) at++;
    else throw fail("Expecting value", start);
    let whole = true;
    if (text[at] === "." && digit(at + 1)) {
      whole = false;
      for (at += 2; digit(at); at++);
    }
    if (text[at] === "e" || text[at] === "E") {
      let power = at + 1;
      if (text[power] === "-" || text[power] === "+") power++;
      if (digit(power)) {
        whole = false;
        for (at = power; digit(at); at++);
      }
    }
    const written = text.slice(start, at);
    if (!whole) return [Number(written), at];
    const digits = written.replace("-", "").length;
    if (digits > MAX_DIGITS) {
      throw new Malformed(
        `Exceeds the limit (${MAX_DIGITS} digits) for integer string conversion: value has ${digits} digits; `
          + "use sys.set_int_max_str_digits() to increase the limit",
      );
    }
    return [written[0] === "-" ? -BigInt(written.slice(1)) : BigInt(written), at];
  }

  function object(start, depth) {
    const table = new Map();
    const times = new Map();
    let at = space(start);
    let value;
    while (text[at] !== "}" || times.size) {
      let key;
      if (text[at] !== '"') throw fail("Expecting property name enclosed in double quotes", at);
      [key, at] = string(at + 1);
      at = space(at);
      if (text[at] !== ":") throw fail("Expecting ':' delimiter", at);
      [value, at] = any(space(at + 1), depth);
      table.set(key, value);
      times.set(key, (times.get(key) || 0) + 1);
      at = space(at);
      if (text[at] === "}") break;
      if (text[at] !== ",") throw fail("Expecting ',' delimiter", at);
      at = space(at + 1);
    }
    for (const [key, n] of times) if (n > 1) throw repeated(key, n);
    return [table, at + 1];
  }

  function repeated(key, times) {
    const seen = new Set();
    let line = 0;
    places(text, (stack, number) => {
      if (stack[stack.length - 1] !== key) return false;
      const place = JSON.stringify(stack);
      if (seen.has(place)) line = number;
      seen.add(place);
      return line > 0;
    });
    return new Malformed(`key ${show(key)} stands ${times} times${line ? `, the second at line ${line}` : ""}`);
  }

  function list(start, depth) {
    const rows = [];
    let at = space(start);
    if (text[at] === "]") return [rows, at + 1];
    for (;;) {
      let value;
      [value, at] = any(at, depth);
      rows.push(value);
      at = space(at);
      if (text[at] === "]") return [rows, at + 1];
      if (text[at] !== ",") throw fail("Expecting ',' delimiter", at);
      at = space(at + 1);
    }
  }

  function any(at, depth) {
    if (text[at] === '"') return string(at + 1);
    if (text[at] === "{" || text[at] === "[") {
      if (depth >= MAX_DEPTH) throw new TooDeep();
      return text[at] === "{" ? object(at + 1, depth + 1) : list(at + 1, depth + 1);
    }
    for (const [name, value] of [["null", null], ["true", true], ["false", false]]) {
      if (text.startsWith(name, at)) return [value, at + name.length];
    }
    for (const name of ["NaN", "Infinity", "-Infinity"]) {
      if (text.startsWith(name, at)) throw new Malformed(`${name} is not a number`);
    }
    return number(at);
  }

  if (text[0] === "\ufeff") throw fail("Unexpected UTF-8 BOM (decode using utf-8-sig)", 0);
  const [value, end] = any(space(0), 0);
  if (space(end) < text.length) throw fail("Extra data", space(end));
  return value;
}

/* Calls `found` with every key, after its parents, and its line, until it returns true. */
function places(text, found) {
  const stack = []; /* keys; in a list, the number of the row */
  let [last, line, from] = ["", 1, 0];
  for (let at = 0; at < text.length; at++) {
    const token = text[at];
    const top = stack.length - 1;
    if (token === "[" || token === "{") {
      stack.push(token === "[" ? 1 : "");
      if (stack.length > 1000) return;
    } else if (token === "]" || token === "}") stack.pop();
    else if (token === "," && top >= 0 && typeof stack[top] === "number") stack[top]++;
    else if (token === ":" && top >= 0 && typeof stack[top] === "string") {
      for (; from < at; from++) if (text[from] === "\n") line++;
      stack[top] = last;
      if (found(stack.map(String), line)) return;
    } else if (token === '"') {
      let end = at + 1;
      while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
      last = text.slice(at + 1, end);
      at = end;
    }
  }
}

/* The error with the line at which its key stands. */
function located(name, text, error) {
  const wanted = error.at.split(".");
  let [depth, line] = [0, 0];
  places(text, (stack, number) => {
    if (stack.length > depth && stack.length <= wanted.length && stack.every((key, i) => key === wanted[i])) {
      [depth, line] = [stack.length, number];
    }
    return false;
  });
  return new ReviewError(`${name}: ${line ? `line ${line}: ` : ""}${error.message}`, error.at);
}

/* A file as the tables of a sheet, not yet judged, and `place`, which gives an error its file and line. */
export function read(file, bytes) {
  const name = tidy(file);
  const refuse = (why) => new ReviewError(`${name}: ${why}`);
  if (bytes.length > MAX_BYTES) throw refuse("is larger than 1,000,000 bytes");
  const { text, bad } = decode(bytes);
  if (bad !== undefined) {
    const hint = bytes[0] === 0xff || bytes[0] === 0xfe ? " (UTF-16? save it as UTF-8)" : "";
    const line = bytes.subarray(0, bad).reduce((n, byte) => n + (byte === 10), 1);
    throw refuse(`is not UTF-8 text at byte ${bad}, line ${line}${hint}`);
  }
  if (!name.toLowerCase().endsWith(".json") && split(text.slice(0, 10000)).join("")[0] !== "{") {
    throw refuse("is not JSON. A sheet in TOML has to be turned into JSON first: see “From TOML to JSON” on this page");
  }
  let sheet;
  try {
    sheet = parse(text);
  } catch (error) {
    if (error instanceof TooDeep) throw refuse("is nested too deeply");
    if (!(error instanceof Malformed)) throw error;
    throw refuse(`is not valid JSON: ${cut(tidy(error.message), 200)}`);
  }
  if (!(sheet instanceof Map)) throw refuse(`must hold a table, got ${show(sheet)}`);
  return { sheet, place: (error) => located(name, text, error) };
}

/* ---- The tables of a sheet, read field by field ---- */

class Table {
  constructor(value, at, known) {
    if (!(value instanceof Map)) throw new ReviewError(`${at || "the sheet"} must be a table, got ${show(value)}`, at);
    this.raw = value;
    this.at = at ? `${at}.` : "";
    for (const key of value.keys()) {
      if (!known.includes(key)) {
        throw new ReviewError(`${this.at}${cut(tidy(key), 60)} ${unknown(key, known)}`, `${this.at}${key}`);
      }
    }
  }

  get(key, otherwise) {
    return this.raw.has(key) ? this.raw.get(key) : otherwise;
  }

  fail(key, must) {
    const got = this.raw.has(key) ? show(this.raw.get(key)) : "nothing";
    throw new ReviewError(`${this.at}${key} must be ${must}, got ${got}`, `${this.at}${key}`);
  }

  text(key, required = false) {
    const value = this.get(key, "");
    if (typeof value !== "string") this.fail(key, "text");
    if (value.length > MAX_TEXT && [...value].length > MAX_TEXT) this.fail(key, "text of at most 2,000 characters");
    const clean = BLANK.has(word(value)) ? "" : tidy(value);
    if (required && !clean) this.fail(key, "filled in");
    return clean;
  }

  day(key, today) {
    const value = this.get(key, "");
    if (typeof value === "string" && BLANK.has(word(value))) return null;
    if (typeof value !== "string" || !isDay(value)) this.fail(key, "a date like 2026-11-21");
    if (today && value > today) this.fail(key, `today (${today}) or earlier`);
    return value;
  }

  flag(key) {
    const value = this.get(key);
    if (typeof value !== "boolean") this.fail(key, "true or false");
    return value;
  }

  rows(key) {
    const value = this.get(key, []);
    if (!Array.isArray(value)) this.fail(key, "a list of tables");
    return value;
  }

  question(ids) {
    const name = this.text("question", true);
    if (!ids.includes(name)) {
      throw new ReviewError(`${this.at}question ${show(name)} ${unknown(name, ids)}`, `${this.at}question`);
    }
    return name;
  }
}

/* ---- The rules ---- */

/* The review called `name`; the last one if blank. */
export function reviewOf(bank, name) {
  const found = bank.reviews.find((review) => review.id === name);
  if (found) return found;
  if (!name) return bank.reviews[bank.reviews.length - 1];
  throw new ReviewError(`review ${show(name)} ${unknown(name, bank.reviews.map((review) => review.id))}`, "review");
}

/* The questions of a review, by section, then by id. */
export function asked(bank, review) {
  const place = new Map(bank.sections.map((section, i) => [section.id, i]));
  return bank.questions
    .filter((q) => review.asks.includes(q.gate) || (q.core.length && review.asks.includes("core")))
    .sort((a, b) => place.get(a.section) - place.get(b.section) || before(a.id, b.id));
}

/* Whether a value of the sheet says nothing, as "unknown" does. */
export const isBlank = (value) => value === undefined || (typeof value === "string" && BLANK.has(word(value)));

/* Whether the bank holds the texts of every question of a review; the longer ones come in a second file. */
export const complete = (bank, review) => asked(bank, review).every((q) => q.levels);
export const addTexts = (bank, rest) => bank.questions.forEach((q) => Object.assign(q, rest[q.id]));

/* The level that a sheet claims, 0 to 3; null where nothing, or nothing of the kind, is written. */
export function claim(raw) {
  if (typeof raw === "string") return word(raw) && WORDS.has(word(raw)) ? WORDS.get(word(raw)) : null;
  return typeof raw === "bigint" && raw >= 0n && raw <= 3n ? Number(raw) : null;
}

const need = (answer, stage) => NEEDS[stage][answer.core ? "core" : answer.gate] || 0;

function short(answer, stage, accepted) {
  const missing = need(answer, stage) - answer.level;
  if (answer.not_applicable || missing <= 0) return false;
  return !(RISK_STAGES.includes(stage) && accepted.has(answer.id) && missing === 1);
}

/* Judge one sheet on one day. Returns the object that `review.py check --format json` prints. */
export function assess(sheet, bank, today) {
  if (!isDay(today)) throw new ReviewError(`today must be a date, got ${show(today)}`);
  const top = new Table(sheet, "", SHEET);
  const [system, version, population] = SCOPE.map((key) => top.text(key, true));
  const date = top.day("date", today);
  if (date === null) top.fail("date", "filled in");
  const review = reviewOf(bank, top.text("review"));
  const questions = asked(bank, review);
  const ids = bank.questions.map((q) => q.id);
  const checks = spotChecks(top, ids, today);
  const refuted = refutations(checks, bank);
  const titles = new Map(bank.sections.map((section) => [section.id, section.title]));
  const given = new Table(top.get("answers", new Map()), "answers", ids);
  const judged = new Map();
  for (const q of bank.questions) judged.set(q.id, judge(q, titles.get(q.section), given.get(q.id, null), refuted, today));
  const answers = questions.map((q) => judged.get(q.id));
  const risks = acceptedRisks(top, bank, ids, today);
  const accepted = new Set(risks.filter((risk) => risk.accepted).map((risk) => risk.question));
  const facts = liveFacts(top, bank.live, today);
  const missing = facts.filter((fact) => !fact.counts).map((fact) => fact.id);

  const open = new Set(answers.filter((a) => !a.core).map((a) => a.gate));
  let ceiling = STAGES[1];
  for (const name of STAGES.slice(2)) {
    if (Object.keys(NEEDS[name]).every((gate) => gate === "core" || open.has(gate))) ceiling = name;
  }
  let stage = STAGES[0];
  for (const name of STAGES.slice(1, STAGES.indexOf(ceiling) + 1)) {
    if (answers.some((a) => short(a, name, accepted))) break;
    if (name === "operated" && missing.length) break;
    stage = name;
  }
  const aim = STAGES[Math.min(STAGES.indexOf(stage) + 1, STAGES.length - 1)];

  const gating = answers.filter((a) => !a.not_applicable && need(a, aim));
  const low = Math.min(...gating.map((a) => a.level));
  const weak = new Set(gating.filter((a) => a.level === low).map((a) => a.section));
  const text = new Map(questions.map((q) => [q.id, q]));
  const blocked = answers
    .filter((a) => short(a, aim, accepted))
    .sort((a, b) => Number(b.core) - Number(a.core) || a.level - need(a, aim) - (b.level - need(b, aim)));
  const other = top.text("bank");
  return {
    system,
    version,
    population,
    date,
    today,
    score: top.text("score"),
    bank: bank.version,
    review: review.title,
    asked: questions.length,
    asked_core: answers.filter((a) => a.core).length,
    stage,
    aim,
    ceiling,
    not_asked: GATES.filter((gate) => !open.has(gate)),
    core_floor: Math.min(...answers.filter((a) => a.core).map((a) => a.level)),
    weakest: bank.sections.filter((section) => weak.has(section.id)),
    weakest_level: low,
    blockers: blocked.map((a) => ({
      id: a.id,
      name: a.name,
      core: a.core,
      level: a.level,
      needed: need(a, aim),
      show: text.get(a.id).levels[need(a, aim)],
      fixes: text.get(a.id).fixes,
      reasons: a.reasons,
    })),
    missing_facts: aim === "operated" ? missing : [],
    answers,
    risks,
    facts,
    checks,
    notes: other && other !== bank.version ? [`The sheet was filled in for bank ${other}.`] : [],
    note: top.text("note"),
  };
}

function judge(question, title, value, refuted, today) {
  const table = new Table(value === null ? new Map() : value, `answers.${question.id}`, ANSWER);
  const raw = table.get("level", "");
  const said = typeof raw === "string" ? word(raw) : "";
  let level;
  if (typeof raw === "string" && WORDS.has(said)) level = WORDS.get(said);
  else if (typeof raw !== "bigint") table.fail("level", "0, 1, 2, 3 or one of their names");
  else if (raw >= 0n && raw <= 3n) level = Number(raw);
  else table.fail("level", "0, 1, 2 or 3");
  const claimed = level;
  const [link, owner, result, verifier] = ["link", "owner", "result", "verified_by"].map((key) => table.text(key));
  const second = verifier !== "" && word(verifier) !== word(owner);
  const day = table.day("date", today);
  const verifiedOn = table.day("verified_on", today);
  const [absent, approver, note] = ["not_applicable", "approver", "note"].map((key) => table.text(key));
  const reasons = [];
  const cap = (limit, reason) => {
    if (level <= limit) return;
    level = limit;
    reasons.push(reason);
  };
  if (said && claimed === 0) reasons.push(`"${said}" counts as nothing to show`);
  else if (typeof raw === "string" && !said && !absent) reasons.push("not answered");
  if (absent && claimed) table.fail("not_applicable", `blank when level is ${claimed}`);
  if (absent && !question.may_be_na) reasons.push("this question is never not applicable");
  else if (absent && !approver) reasons.push("not applicable, but nobody approved it");
  const lacks = Object.entries({ link, date: day, owner }).filter(([, part]) => !part).map(([name]) => `no ${name}`);
  cap(lacks.length ? 0 : 3, lacks.join(", "));
  cap(result ? 3 : 1, "no result kept");
  if (question.core.length && !second) cap(1, "not verified by a second person");
  for (const check of refuted.get(question.section) || []) {
    if (second && verifiedOn && verifiedOn > check.date) continue;
    if (check.question === question.id) cap(0, `refuted by ${check.by} on ${check.date}`);
    cap(1, `${check.question} in this section was refuted on ${check.date}`);
  }
  if (day !== null) {
    const age = count(today) - count(day);
    const lost = Math.floor(age / question.max_age_days);
    cap(Math.max(level - lost, 0), `evidence is ${age} days old, ${question.max_age_days} a level`);
  }
  return {
    id: question.id,
    section: question.section,
    section_title: title,
    name: question.name,
    core: question.core.length > 0,
    gate: question.gate,
    claimed,
    level,
    not_applicable: Boolean(absent && approver && question.may_be_na),
    reasons,
    owner,
    link,
    result,
    date: day,
    verified_by: verifier,
    verified_on: verifiedOn,
    absence: absent,
    approver,
    note,
  };
}

function spotChecks(top, ids, today) {
  const found = top.rows("spot_checks").map((row, i) => {
    const table = new Table(row, `spot_checks.${i + 1}`, CHECK);
    const question = table.question(ids);
    const date = table.day("date", today);
    if (date === null) table.fail("date", "filled in");
    const [by, note] = [table.text("by", true), table.text("note")];
    return { question, date, by, refuted: table.flag("refuted"), note };
  });
  return sorted(found, (x) => x.question, (x) => x.date, (x) => x.by, (x) => String(Number(x.refuted)), (x) => x.note);
}

function refutations(checks, bank) {
  const section = new Map(bank.questions.map((q) => [q.id, q.section]));
  const found = new Map();
  for (const check of checks.filter((x) => x.refuted)) {
    const key = section.get(check.question);
    found.set(key, [...(found.get(key) || []), check]);
  }
  for (const [key, rows] of found) found.set(key, sorted(rows, (x) => x.date, (x) => x.by, (x) => x.question));
  return found;
}

function acceptedRisks(top, bank, ids, today) {
  const rows = top.rows("accepted_risks");
  const tables = rows.map((row, i) => new Table(row, `accepted_risks.${i + 1}`, RISK));
  const questions = tables.map((table) => table.question(ids)).map((name) => bank.questions.find((q) => q.id === name));
  const risks = tables.map((table, i) => {
    const question = questions[i];
    const [owner, reason] = [table.text("owner"), table.text("reason")];
    const [date, until] = [table.day("date", today), table.day("until", null)];
    let why = "";
    if (question.core.length) why = "never for a core question";
    else if (rows.length > MAX_RISKS) why = `${rows.length} risks on the sheet, at most ${MAX_RISKS}`;
    else if (questions.filter((q) => q.section === question.section).length > 1) {
      why = `more than one risk in section ${question.section}`;
    } else if (!(owner && date && until)) why = "needs owner, date and until";
    else if (count(until) - count(date) > MAX_RISK_DAYS) why = `runs longer than ${MAX_RISK_DAYS} days`;
    else if (until < today) why = "expired";
    return { question: question.id, owner, reason, date, until, accepted: !why, why };
  });
  return sorted(risks, (risk) => risk.question, written);
}

/* How Python writes a risk: it sorts by that. */
function written(risk) {
  const day = (text) => (text ? `datetime.date(${text.split("-").map(Number).join(", ")})` : "None");
  const text = (value) => quoted(value, false);
  return `Risk(question=${text(risk.question)}, owner=${text(risk.owner)}, reason=${text(risk.reason)}, `
    + `date=${day(risk.date)}, until=${day(risk.until)}, accepted=${risk.accepted ? "True" : "False"}, why=${text(risk.why)})`;
}

function liveFacts(top, live, today) {
  const given = new Table(top.get("live", new Map()), "live", live.map((fact) => fact.id));
  return live.map((fact) => {
    const row = given.get(fact.id, null);
    const table = new Table(row === null ? new Map() : row, `live.${fact.id}`, FACT);
    const date = table.day("date", today);
    const parts = { link: table.text("link"), owner: table.text("owner") };
    const note = table.text("note");
    const lacks = Object.keys(parts).filter((name) => !parts[name]).map((name) => `no ${name}`);
    const age = date === null ? 0 : count(today) - count(date);
    let why = "";
    if (date === null) why = row === null ? "nothing to show" : "no date";
    else if (lacks.length) why = lacks.join(", ");
    else if (age >= fact.max_age_days) why = `${age} days old, good for ${fact.max_age_days}`;
    return { id: fact.id, text: fact.text, date, counts: !why, why, ...parts, note };
  });
}

/* ---- Showing the verdict ---- */

export const plain = (stage) => stage.replaceAll("_", " ");
export const many = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
const and = (words) => (words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}` : words[0]);

/* What the reader of a verdict must know about its reach. */
export function limits(v) {
  const said = [...v.notes];
  if (v.not_asked.length) {
    said.push(
      `Asked: ${many(v.asked, "question")}, ${v.asked_core} of them core, and nothing beyond the core at the `
        + `${and(v.not_asked)} gate${v.not_asked.length > 1 ? "s" : ""}. Such a review can hold a launch back; `
        + `the highest stage it can award is ${plain(v.ceiling)}.`,
    );
  }
  said.push(
    "Only the form of the evidence was read. A second person has to open it; `review.py spot-check` draws three answers.",
  );
  return said;
}

export function core(v) {
  const low = v.core_floor;
  const number = v.answers.filter((a) => a.core && a.level === low).length;
  return `lowest level ${low}, ${LEVELS[low]}: ${number} of ${v.asked_core} answers`;
}

export function next(v) {
  if (v.stage === STAGES[3]) return "nothing above; the evidence ages from here";
  const ways = [];
  if (v.blockers.length) ways.push(many(v.blockers.length, "answer"));
  if (v.missing_facts.length) ways.push(many(v.missing_facts.length, "live fact"));
  if (STAGES.indexOf(v.aim) > STAGES.indexOf(v.ceiling)) ways.push("the questions that this review does not ask");
  return `${plain(v.aim)}; in the way: ${and(ways)}`;
}

export function reasons(answer) {
  return answer.not_applicable ? "not applicable" : answer.reasons.join("; ") || LEVELS[answer.level];
}

export const state = (risk) => (risk.accepted ? "accepted" : `not accepted: ${risk.why}`);

/* What `review.py check --format markdown` prints: every text of the sheet is escaped. */
export function asMarkdown(v) {
  const md = (text) => String(text).replace(/([\\`*_[\]<>|#~&$@!])/g, "\\$1");
  const lines = [
    `## Readiness: ${plain(v.stage)}`,
    "",
    `* **System:** ${md(v.system)}, version ${md(v.version)}`,
    `* **Population:** ${md(v.population)}`,
    `* **Sheet:** ${v.date}, judged on ${v.today}; ${md(v.review)}, ${many(v.asked, "question")}, bank ${md(v.bank)}`,
    `* **Means:** ${MEANING[v.stage]}`,
  ];
  if (v.score) lines.push(`* **Score:** ${md(v.score)} (no rule reads it)`);
  lines.push(
    `* **Weakest:** ${md(v.weakest.map((section) => section.title).join(", "))} (level ${v.weakest_level})`,
    `* **Core:** ${core(v)}`,
    `* **Next:** ${next(v)}`,
  );
  if (v.blockers.length) lines.push("", "| Blocker | Counts | Needs | To show | Fix |", "|---|---|---|---|---|");
  for (const b of v.blockers) {
    const why = b.reasons.length ? ` (${md(b.reasons.join("; "))})` : "";
    lines.push(`| ${b.id} ${md(b.name)} | ${b.level}${why} | ${b.needed} | ${md(b.show)} | ${md(b.fixes.join(", "))} |`);
  }
  if (v.missing_facts.length) {
    lines.push("");
    for (const fact of v.facts) if (!fact.counts) lines.push(`* **Live fact ${md(fact.id)}:** ${fact.why}`);
  }
  if (v.risks.length) lines.push("", "| Risk | State | Owner | Until |", "|---|---|---|---|");
  for (const r of v.risks) {
    lines.push(`| ${r.question} ${md(r.reason)} | ${state(r)} | ${md(r.owner || "-")} | ${r.until || "-"} |`);
  }
  lines.push("", "| Answer | Claimed | Counts | Why | Owner | Evidence |", "|---|---|---|---|---|---|");
  for (const a of v.answers) {
    lines.push(`| ${a.id} ${md(a.name)} | ${a.claimed} | ${a.not_applicable ? "-" : a.level} | ${md(reasons(a))} | ${md(a.owner || "-")} | ${md(a.link || "-")} |`);
  }
  return [...lines, "", ...limits(v).map((text) => `* ${md(text)}`)].join("\n");
}

/* What `review.py check --format json` prints. */
export function asJson(v) {
  const wide = /[\x7f-\uffff]/g;
  return JSON.stringify(v, null, 2).replace(wide, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/* A sheet as JSON: what `parse` reads back is the same sheet. */
export function dump(value, indent = "") {
  const deeper = `${indent}  `;
  const rows = (open, inner, close) => (inner.length ? `${open}\n${inner.join(",\n")}\n${indent}${close}` : open + close);
  if (Array.isArray(value)) return rows("[", value.map((x) => deeper + dump(x, deeper)), "]");
  if (value instanceof Map) {
    return rows("{", [...value].map(([key, x]) => `${deeper}${JSON.stringify(key)}: ${dump(x, deeper)}`), "}");
  }
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return Number.isFinite(value) ? float(value) : `${value < 0 ? "-" : ""}1e999`;
  return JSON.stringify(value);
}
