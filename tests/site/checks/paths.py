"""The same path three times, and nothing beside it."""

from pathlib import Path

from scripts.tree import AREAS, STANDALONE, files, modules


def module_page_test_and_output_share_one_path(root: Path) -> list[str]:
    """Module, page, test and output: each of them needs the other three."""
    found = modules(root)
    wanted = {
        path
        for m in found
        for path in (m.source, m.page, m.test, m.output, m.meta)
    }
    mapped = (
        *root.glob("snippets/*/*.out.txt"),
        *root.glob("docs/snippets/*/*"),
        *(p for p in root.glob("tests/snippets/**/*.py") if not _shared(p)),
        *root.glob("includes/generated/meta/**/*.md"),
    )
    there = {path.relative_to(root).as_posix() for path in mapped}
    there |= {m.source for m in found}
    return [
        f"{path}: is missing; module, page, test and output go together"
        for path in sorted(wanted - there)
    ] + [
        f"{path}: belongs to no module in snippets/"
        for path in sorted(there - wanted)
    ]


def _shared(path: Path) -> bool:
    """The case has fixtures in common; a test to copy is one whole file."""
    area = path.parent.name
    return path.name == "conftest.py" and area not in STANDALONE


def snippets_holds_only_areas_modules_and_their_data(root: Path) -> list[str]:
    """A file beside the modules is used by one of them."""
    problems = []
    for path in files(root):
        parts = path.relative_to(root).parts
        if parts[0] != "snippets":
            continue
        place = "/".join(parts)
        if len(parts) < 3 or parts[1] not in AREAS:
            problems.append(f"{place}: is in none of {', '.join(AREAS)}")
        elif path.name == "__init__.py":
            problems.append(f"{place}: areas are namespaces; remove it")
        elif path.suffix == ".py" and len(parts) > 3:
            problems.append(f"{place}: modules stand in snippets/<area>/")
        elif not path.name.endswith((".py", ".out.txt")) and not any(
            path.name in m.text or parts[2:] == ("results", f"{m.name}.json")
            for m in modules(root)
            if m.area == parts[1]
        ):
            problems.append(f"{place}: no module of the area names it")
    return problems
