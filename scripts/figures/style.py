"""House style of every figure: one SVG that follows the scheme of the page.

A figure file has one function, ``draw() -> Figure``. Inside ``with house():``
it draws with matplotlib in the colours named here, and in no others: on the
page each of them becomes a class, so the reader's light or dark scheme
decides the colour. Text stays text and takes the font of the page.
matplotlib measures it with DejaVu, the font it ships, so the same data give
the same bytes on every machine.
"""

from __future__ import annotations

import io
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import Any

import matplotlib as mpl

mpl.use("svg")

import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib.figure import Figure as MplFigure

INK = "#1a211e"  # text, first series
INK2 = "#505a55"  # secondary text
EDGE = "#7b857f"  # axes
GRID = "#d8dcd5"  # grid, quiet areas
S2 = "#1f6aa8"  # second series: earns, main
S3 = "#c24e0c"  # third series: loses, contrast
S4 = "#858f88"  # fourth series: reference
LCD = "#d9e2cf"  # ground of the pager's display
LCDINK = "#16261d"  # text on the display

TOKENS = {
    INK: "ink", INK2: "ink2", EDGE: "edge", GRID: "grid", S2: "s2",
    S3: "s3", S4: "s4", LCD: "lcd", LCDINK: "lcdink",
}  # fmt: skip

RC: Any = {
    "figure.figsize": (5.0, 2.6),  # two panels: 5.0 x 3.7
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "font.family": "DejaVu Serif",
    "font.monospace": ["DejaVu Sans Mono"],
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.titleweight": "regular",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.labelsize": 10,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.linewidth": 0.8,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "text.color": INK,
    "axes.titlecolor": INK,
    "axes.labelcolor": INK2,
    "xtick.color": INK2,
    "ytick.color": INK2,
    "axes.edgecolor": EDGE,
    "grid.color": GRID,
    "axes.prop_cycle": (
        cycler(color=[INK, S2, S3, S4])
        + cycler(linestyle=["-", "--", "-.", ":"])
        + cycler(marker=["o", "s", "^", "D"])
    ),
    "axes.unicode_minus": True,
    "figure.max_open_warning": 0,
    "svg.fonttype": "none",
    "svg.hashsalt": "paper-to-pager",
}

# CSS properties that are also attributes, which a strict policy allows.
_ATTRIBUTES = {
    "clip-rule", "fill", "fill-opacity", "fill-rule", "font-style",
    "font-weight", "opacity", "stroke", "stroke-dasharray",
    "stroke-dashoffset", "stroke-linecap", "stroke-opacity", "stroke-width",
    "text-anchor",
}  # fmt: skip
_DEFAULTS = {
    ("stroke-linecap", "butt"),
    ("stroke-dasharray", "none"),
    ("stroke-dashoffset", "0"),
    ("text-anchor", "start"),
    ("stroke-linejoin", "round"),
}
_UNTURNED = re.compile(r"rotate\(-?0 [^)]*\)")
_XLINK = "{http://www.w3.org/1999/xlink}href"


@dataclass(frozen=True)
class Figure:
    """One figure of the site.

    Attributes:
        fig: The drawing: a matplotlib figure, or the text of an SVG that
            uses the classes of the style sheet and no ids.
        title: What is plotted, for a reader who cannot see it.
        desc: What there is to see in it, in one or two sentences.
        table: The numbers behind it. The first row holds the headings, the
            first column names the rows.
    """

    fig: MplFigure | str
    title: str
    desc: str
    table: list[list[str]]


@contextmanager
def house() -> Iterator[None]:
    """Draw in the style of the house until the block ends."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(RC)
        yield


def by_name(
    names: Sequence[str], *shares: Sequence[Sequence[float]]
) -> list[dict[str, tuple[float, ...]]]:
    """Shares by size and check, as `alarm_rates` takes them: by check."""
    return [
        dict(zip(names, zip(*each, strict=True), strict=True))
        for each in shares
    ]


def alarm_rates(
    rows: Sequence[int],
    quiet: Mapping[str, Sequence[float]],
    moved: Mapping[str, Sequence[float]],
    *,
    promised: float,
    change: str,
    per: str = "rows on each side",
    rate: str = "checks",
) -> MplFigure:
    """Two panels over the number of rows: false alarms, and power.

    Args:
        rows: shape (k,), numbers of rows, increasing, two or more.
        quiet: Name of a check and its share of alarms, shape (k,), [0, 1],
            when nothing has changed. At most four checks.
        moved: The same when the change is there.
        promised: Share of false alarms that the check promises, (0, 1).
        change: The change of the lower panel, in words.
        per: What `rows` counts.
        rate: What rings or does not: checks, days, quarters.

    Returns:
        The drawing, with each line named at its right end.
    """
    lines = ("-", "--", "-.", ":")
    looks = list(zip((INK, S2, S3, S4), "os^D", lines, strict=True))
    with house():
        fig, (upper, lower) = plt.subplots(
            2, 1, figsize=(5.0, 4.6), sharex=True
        )
        top = max(100 * max(map(max, quiet.values())), 250 * promised)
        upper.set_ylim(-0.03 * top, 1.15 * top)
        lower.set_ylim(-3, 108)
        lower.set_yticks(range(0, 101, 25))
        for ax, shares in ((upper, quiet), (lower, moved)):
            ax.yaxis.set_major_formatter("{x:g} %")
            ends = []
            for (colour, marker, line), (name, found) in zip(
                looks, shares.items(), strict=False
            ):
                ends.append([100 * found[-1], name, colour])
                ax.plot(
                    rows,
                    [100 * share for share in found],
                    color=colour,
                    ls=line,
                    marker=marker,
                )
            if len(shares) > 1:
                _name_the_ends(ax, ends)
        upper.axhline(100 * promised, color=INK2, lw=1, ls=(0, (1, 2)))
        lower.set_xscale("log")
        lower.set_xticks(rows, [f"{n:,}" for n in rows])
        lower.minorticks_off()
        lower.set_xlabel(per)
        upper.set_title(f"Nothing changed: {rate} that ring")
        lower.set_title(f"{change}: {rate} that ring")
        upper.annotate(
            f"promised {100 * promised:g} %",
            (rows[0], 100 * promised),
            (0, 4),
            textcoords="offset points",
            color=INK2,
        )
        fig.tight_layout(h_pad=1.5)
    return fig


def _name_the_ends(ax: Any, ends: list[list[Any]]) -> None:
    """Name each line at its right end, no name on top of another."""
    low, high = ax.get_ylim()
    gap, last = (high - low) / 8, -math.inf
    for y, name, colour in sorted(ends, key=lambda end: end[0]):
        last = max(y, last + gap)
        ax.annotate(
            name,
            (1.02, last),
            xycoords=("axes fraction", "data"),
            va="center",
            color=colour,
            annotation_clip=False,
        )


def to_svg(figure: Figure, name: str) -> str:
    """Inline SVG without a style attribute, a fixed colour or a fixed font.

    Args:
        figure: What ``draw()`` returned.
        name: Name of the figure, in lower case; it prefixes every id.

    Returns:
        One line of HTML: the SVG inside a ``div``.

    Raises:
        ValueError: If the name is not a plain word, the drawing uses a
            colour that is no token, or it carries a style attribute.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ValueError(f"name must be a plain lower-case word, got {name!r}")
    root = ET.fromstring(_source(figure.fig))
    for element in root.iter():
        element.tag = element.tag.split("}")[-1]
        if "style" in element.attrib:
            _style_to_attributes(element, name)
    _drop(root, {"metadata", "style"})
    _prefix_ids(root, name)
    _unwrap(root)
    for element in root.iter():
        element.text = (element.text or "").strip() or None
        element.tail = (element.tail or "").strip() or None
        for key, value in element.attrib.items():
            if key not in {"id", "class", "href"}:
                element.set(key, _compact(value))
        if _UNTURNED.fullmatch(element.get("transform", "")):
            del element.attrib["transform"]
    width, height = root.attrib["viewBox"].split()[2:]
    extra = root.get("class", "p2p-plot")
    root.attrib = {
        "class": extra,
        "viewBox": f"0 0 {float(width):.0f} {float(height):.0f}",
        "role": "img",
        "aria-labelledby": f"{name}-t",
        "aria-describedby": f"{name}-d",
    }
    for tag, text in (("desc", figure.desc), ("title", figure.title)):
        child = ET.Element(tag, id=f"{name}-{tag[0]}")
        child.text = text
        root.insert(0, child)
    svg = ET.tostring(root, encoding="unicode").replace(" />", "/>")
    return f'<div class="p2p-plotbox" data-search-exclude>{svg}</div>\n'


def to_table(rows: list[list[str]]) -> str:
    """An HTML table with headed columns and rows, in one line.

    Args:
        rows: Cells as text, shape (n, m) with n >= 2; the first row is the
            header. A hyphen before a digit becomes a minus sign.

    Raises:
        ValueError: If there is no data row, the rows differ in length, or a
            header cell is empty.
    """
    if len(rows) < 2:
        raise ValueError(f"rows must be a header and data, got {len(rows)}")
    if {len(row) for row in rows} != {len(rows[0])}:
        raise ValueError(f"rows must be equally long, got {rows!r}")
    if not all(cell.strip() for cell in rows[0]):
        raise ValueError(f"a header cell must have text, got {rows[0]!r}")
    head, *body = [[_cell(text) for text in row] for row in rows]
    columns = "".join(f'<th scope="col">{text}</th>' for text in head)
    lines = "".join(
        f'<tr><th scope="row">{first}</th>'
        + "".join(f"<td>{text}</td>" for text in rest)
        + "</tr>"
        for first, *rest in body
    )
    return (
        "<table data-search-exclude>"
        f"<thead><tr>{columns}</tr></thead><tbody>{lines}</tbody></table>\n"
    )


def _cell(text: str) -> str:
    return escape(re.sub(r"(?<![\w.])-(?=[\d.])", "\u2212", text))


def _source(fig: MplFigure | str) -> str:
    if isinstance(fig, str):
        return fig
    buffer = io.StringIO()
    with house():
        fig.savefig(
            buffer,
            format="svg",
            metadata={"Date": None, "Creator": None},
            bbox_inches="tight",
            pad_inches=0.03,
        )
    plt.close(fig)
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def _style_to_attributes(element: ET.Element, name: str) -> None:
    classes = []
    for declaration in element.attrib.pop("style").split(";"):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        if key == "font-family" and "Mono" in value:
            classes.append("t-mono")
        elif key in {"fill", "stroke"} and value != "none":
            if value.lower() not in TOKENS:
                raise ValueError(
                    f"{name}: {key} must be a colour of the house, got {value}"
                )
            classes.append(f"{key[0]}-{TOKENS[value.lower()]}")
        elif key in _ATTRIBUTES and (key, value) not in _DEFAULTS:
            element.set(key, value)
    if classes:
        element.set("class", " ".join(classes))


def _drop(parent: ET.Element, tags: set[str]) -> None:
    """Remove the elements so tagged, empty ``defs``, and unpainted paths."""
    for child in list(parent):
        _drop(child, tags)
        if (
            child.tag in tags
            or (child.tag == "defs" and not len(child))
            or (
                child.get("fill") == "none"
                and not {"class", "stroke"} & set(child.attrib)
            )
        ):
            parent.remove(child)


def _prefix_ids(root: ET.Element, name: str) -> None:
    """Keep the ids that something points at, in the figure's own space."""
    used = set()
    for element in root.iter():
        if _XLINK in element.attrib:
            element.set("href", element.attrib.pop(_XLINK))
        for key, value in element.attrib.items():
            used.update(re.findall(r"#([\w.-]+)", value))
            element.set(key, re.sub(r"#(?=[\w.-])", f"#{name}-", value))
    for element in root.iter():
        own = element.attrib.pop("id", None)
        if own in used:
            element.set("id", f"{name}-{own}")


def _unwrap(parent: ET.Element) -> None:
    """Lift the children of groups that carry nothing."""
    for child in list(parent):
        _unwrap(child)
        if child.tag == "g" and not child.attrib:
            at = list(parent).index(child)
            parent.remove(child)
            for offset, grandchild in enumerate(child):
                parent.insert(at + offset, grandchild)


def _compact(value: str) -> str:
    """Two decimals are enough: a hundredth of a pixel is not seen."""

    def short(found: re.Match[str]) -> str:
        text = f"{float(found[0]):.2f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text

    value = re.sub(r"-?\d+\.\d+", short, value)
    return re.sub(r"\s*([MLCQZz])\s*", r"\1", " ".join(value.split()))
