"""Rules for the modules themselves."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts.tree import BANNER, MARKER, STANDALONE, Module, modules, pages

# Packages whose import name is not their lower-case name.
IMPORTED_AS = {"scikit-learn": "sklearn", "pyyaml": "yaml"}
NEEDS = re.compile(r"Python 3\.\d+, (standard library|[A-Z]?[\w-]+ [\d.]+.*)")
VERSION = re.compile(r"\d+\.\d+\.\d+ \(MIT-0\)")
WIDTH = 79
DEMO = 8


def standalone(root: Path) -> list[Module]:
    """Modules that are there to be copied."""
    return [m for m in modules(root) if m.area in STANDALONE]


def imports_match_the_needs_line(root: Path) -> list[str]:
    """A copy runs with what ``Needs:`` names: no more, no less."""
    problems = []
    siblings = {m.name for m in modules(root)} - sys.stdlib_module_names
    for m in standalone(root):
        declared = {
            IMPORTED_AS.get(name.lower(), name.lower()) for name in m.needs
        }
        used = set()
        for name, line in _imports(m):
            if name in {"", "snippets"} | siblings:
                problems.append(
                    f"{m.source}:{line}: imports a sibling; what another "
                    "snippet computes comes in as an argument"
                )
            elif name not in sys.stdlib_module_names:
                used.add(name)
                if name not in declared:
                    problems.append(
                        f"{m.source}:{line}: imports {name}, which the "
                        "Needs: line does not name"
                    )
        problems += [
            f"{m.source}: Needs: names {name} and nothing imports it"
            for name in sorted(declared - used)
        ]
    return problems


def _imports(m: Module) -> Iterator[tuple[str, int]]:
    """Top-level package and line of every import; "" for a relative one."""
    for node in ast.walk(ast.parse(m.text)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.partition(".")[0], node.lineno
        elif isinstance(node, ast.ImportFrom):
            name = "" if node.level else node.module or ""
            yield name.partition(".")[0], node.lineno


def the_banner_is_complete_and_true(root: Path) -> list[str]:
    """A question first; last the four lines that a copy keeps."""
    problems = []
    for m in modules(root):
        if m.notebook:
            continue
        doc = ast.get_docstring(ast.parse(m.text)) or ""
        if not doc.partition("\n")[0].endswith("?"):
            problems.append(f"{m.source}:1: must begin with its question")
        if tuple(m.banner) != BANNER:
            problems.append(f"{m.source}: banner must be {', '.join(BANNER)}")
            continue
        for line in doc.splitlines()[-len(BANNER) :]:
            if not re.match(
                r"(Needs:   |Source:  |Page:    |Version: )\S", line
            ):
                problems.append(f"{m.source}: not a banner line: {line!r}")
        if m.banner["Source"] != m.source or m.banner["Page"] != m.id:
            problems.append(f"{m.source}: Source: or Page: names another file")
        if not NEEDS.fullmatch(m.banner["Needs"]):
            problems.append(f"{m.source}: cannot read {m.banner['Needs']!r}")
        if not VERSION.fullmatch(m.banner["Version"]):
            problems.append(
                f"{m.source}: Version: must look like 1.0.0 (MIT-0)"
            )
    return problems


def all_names_every_public_function_and_class(root: Path) -> list[str]:
    """``__all__`` is complete; a snippet to copy has three names at most.

    Result types, which are dataclasses without a method of their own, are not
    counted. A module to copy that has a ``main`` is a tool, and there is one.
    """
    problems, tools = [], []
    for m in modules(root):
        if m.notebook:
            continue
        tree = ast.parse(m.text)
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        public = {
            node.name: node
            for node in tree.body
            if isinstance(node, kinds) and node.name[0] != "_"
        }
        exported = _exported(tree)
        if exported is None:
            problems.append(f"{m.source}: has no __all__")
            continue
        missing = sorted(set(public) - set(exported) - {"main"})
        if missing and m.area in STANDALONE:
            problems.append(f"{m.source}: __all__ lacks {', '.join(missing)}")
        known = set(public) | _assigned(tree)
        if unknown := sorted(set(exported) - known):
            problems.append(f"{m.source}: __all__ names {', '.join(unknown)}")
        counted = [name for name, x in public.items() if not _is_result(x)]
        if m.area in STANDALONE and "main" in public:
            tools.append(m.source)
        elif m.area in STANDALONE and len(counted) > 3:
            problems.append(
                f"{m.source}: three public names at most, got {counted}"
            )
    if len(tools) > 1:
        problems.append(f"{tools[1]}: {tools[0]} is the one tool")
    return problems


def _exported(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and "__all__" in _targets(node):
            return list(ast.literal_eval(node.value))
    return None


def _assigned(tree: ast.Module) -> set[str]:
    nodes = [n for n in tree.body if isinstance(n, ast.Assign | ast.AnnAssign)]
    return {name for node in nodes for name in _targets(node)}


def _targets(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [t.id for t in targets if isinstance(t, ast.Name)]


def _is_result(node: ast.stmt) -> bool:
    """A dataclass or enumeration with no public method but properties."""
    if not isinstance(node, ast.ClassDef):
        return False
    marks = " ".join(map(ast.unparse, node.decorator_list + node.bases))
    return ("dataclass" in marks or "Enum" in marks) and all(
        method.name[0] == "_"
        or "property" in map(ast.unparse, method.decorator_list)
        for method in node.body
        if isinstance(method, ast.FunctionDef)
    )


def lines_are_short_and_the_demo_is_small(root: Path) -> list[str]:
    """What is shown fits the page; the demo is eight lines at most."""
    problems = []
    for m in modules(root):
        for path in (m.source, m.test):
            text = (
                (root / path).read_text("utf-8")
                if (root / path).exists()
                else ""
            )
            problems += [
                f"{path}:{number}: is {len(line)} characters long"
                for number, line in enumerate(text.splitlines(), 1)
                if len(line) > WIDTH
            ]
        for node in ast.parse(m.text).body:
            if isinstance(node, ast.If) and "__main__" in ast.unparse(
                node.test
            ):
                long = (node.end_lineno or 0) - node.lineno
                if long > DEMO and m.area in STANDALONE:
                    problems.append(
                        f"{m.source}:{node.lineno}: the demo has {long} "
                        f"lines, {DEMO} at most"
                    )
    return problems


def sections_are_closed_used_and_inside_functions(root: Path) -> list[str]:
    """Two at most, each opened once, closed, not empty, shown on a page."""
    shown = "\n".join(page.text for page in pages(root))
    problems = []
    for m in modules(root):
        lines = m.text.splitlines()
        bodies = _bodies(m.text)
        opened: dict[str, int] = {}
        closed: set[str] = set()
        for number, line in enumerate(lines, 1):
            found = MARKER.match(line)
            if found is None:
                continue
            place, name = f"{m.source}:{number}", found[2]
            if found[1] == "start":
                if name in opened:
                    problems.append(f"{place}: section {name} exists already")
                opened[name] = number
                continue
            if name not in opened or name in closed:
                problems.append(f"{place}: section {name} was not open")
                continue
            closed.add(name)
            first = opened[name]
            if not "".join(lines[first : number - 1]).strip():
                problems.append(f"{place}: section {name} is empty")
            if not any(a <= first and number <= b for a, b in bodies):
                problems.append(
                    f"{place}: section {name} must be inside one function body"
                )
        problems += [
            f"{m.source}:{opened[name]}: section {name} is never closed"
            for name in sorted(set(opened) - closed)
        ]
        problems += [
            f"{m.source}:{opened[name]}: no page shows section {name}"
            for name in opened
            if f'--8<-- "{m.source}:{name}"' not in shown
        ]
        if len(opened) > 2:
            problems.append(
                f"{m.source}: two sections at most, got {len(opened)}"
            )
    return problems


def _bodies(text: str) -> list[tuple[int, int]]:
    """First and last line of each function body, comments included."""
    lines, found = text.splitlines(), []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inside, last = " " * (node.col_offset + 1), node.body[0].lineno
            while last < len(lines) and (
                not lines[last].strip() or lines[last].startswith(inside)
            ):
                last += 1
            found.append((node.lineno + 1, last))
    return found


def directives_are_spelt_right(root: Path) -> list[str]:
    """A misspelt marker or include is printed as text: the build is silent."""
    suspect = re.compile(
        r"-\s*8\s*[<>]|8\s*[<>]\s*-|-{2,}8-|#\W*\[(start|end)\b"
    )
    include = re.compile(r' *--8<-- "([\w./-]+?)(?::([a-z][a-z0-9_]*))?"')
    problems = []
    places = [(m.source, m.text, MARKER) for m in modules(root)]
    places += [(page.path, page.text, include) for page in pages(root)]
    for path, text, shape in places:
        for number, line in enumerate(text.splitlines(), 1):
            if not suspect.search(line):
                continue
            found = shape.fullmatch(line)
            if found is None:
                problems.append(
                    f"{path}:{number}: cannot read {line.strip()!r}"
                )
            elif shape is include and not (root / found[1]).is_file():
                problems.append(f"{path}:{number}: there is no {found[1]}")
            elif shape is include and found[2]:
                start = f"# --8<-- [start:{found[2]}]"
                if start not in (root / found[1]).read_text("utf-8"):
                    problems.append(
                        f"{path}:{number}: {found[1]} has no section "
                        f"{found[2]}"
                    )
    return problems
