"""Which rules stay in the one style sheet of the site."""

import pytest

from scripts.styles import slim

WORDS = {"a", "b", "slate", "--set-by-script"}


@pytest.mark.parametrize(
    ("css", "left"),
    [
        (".a { color: red }", ".a{color:red}"),
        (".a .x, .b > p { color: red; top: 0 }", ".b > p{color:red;top:0}"),
        (".a:not(.x) { top: 0 }", ".a:not(.x){top:0}"),
        (":is(.a, .x) { top: 0 }", ":is(.a, .x){top:0}"),
        ("[s=slate] p{top:0}[s=red] p{top:0}", "[s=slate] p{top:0}"),
        ("@media print{.x{top:0}.a{top:0}}", "@media print{.a{top:0}}"),
        ("@media print{.x{top:0}}", ""),
        ('a[href^="http"]{top:0}', None),
        ('.a{--i:url("data:x;{.x}");top:0}', ".a{top:0}"),
        (".a{--i:1;top:var(--i)}", ".a{--i:1;top:var(--i)}"),
        (".a{--i:1;--j:var(--i);top:0}", ".a{top:0}"),
        (".a{--set-by-script:1}", ".a{--set-by-script:1}"),
        ("@keyframes k{from{top:0}to{top:1px}}.a{top:0}", ".a{top:0}"),
        ("@keyframes k{to{top:0}}.a{animation:k 1s}", None),
        ('@font-face{src:url(a.woff2)}.a:before{content:"{;}"}', None),
    ],
)
def test_a_rule_stays_if_a_page_can_need_it(
    css: str, left: str | None
) -> None:
    assert slim(css, WORDS) == (css if left is None else left)
