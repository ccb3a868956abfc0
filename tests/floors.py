"""The floors of the code as a picture: `python -m tests.floors > docs/floors.svg`."""

import sys

from tests.conftest import ROOT
from tests.test_floors import FLOORS

_WIDTH, _ROW, _LETTER = 880, 32, 7.3  # of the picture, of a line of boxes, of a letter
_HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<style>
  text {{ font: 12px monospace; fill: #222 }} .floor {{ fill: #777 }}
  rect {{ fill: #f4f7fa; stroke: #8fa9c0 }} .package {{ fill: #d3e2f0 }}
  @media (prefers-color-scheme: dark) {{
    text {{ fill: #eee }} .floor {{ fill: #aaa }}
    rect {{ fill: #1f2a35; stroke: #55718c }} .package {{ fill: #34506a }}
  }}
</style>
"""


def picture() -> str:
    """The SVG: the highest floor first, a box a module, a darker one a package."""
    parts, y = list[str](), 6
    for number, names in reversed([*enumerate(FLOORS)]):
        parts.append(f'<text class="floor" x="8" y="{y + 16}">{number}</text>')
        x = 40.0
        for name in sorted(names):
            label = name.removeprefix("rag.")
            width = _LETTER * len(label) + 16
            if x + width > _WIDTH:
                x, y = 40.0, y + _ROW
            kind = "package" if (ROOT / name.replace(".", "/")).is_dir() else "module"
            box = f'x="{x:.0f}" y="{y}" width="{width:.0f}" height="24" rx="4"'
            parts.append(f'<rect class="{kind}" {box}/>')
            parts.append(f'<text x="{x + 8:.0f}" y="{y + 16}">{label}</text>')
            x += width + 8
        y += _ROW
    return _HEAD.format(width=_WIDTH, height=y) + "\n".join([*parts, "</svg>\n"])


if __name__ == "__main__":
    sys.stdout.write(picture())
