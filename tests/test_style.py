"""The stylesheet: text against its background holds WCAG 2.2 AA (4.5:1), and nothing is fetched."""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[1] / "ui" / "static"
CSS = (STATIC / "theme.css").read_text(encoding="utf-8")
PAIRS = [
    ("ink", "paper"),
    ("ink", "sheet"),
    ("ink", "warn"),
    ("faint", "paper"),
    ("faint", "sheet"),
    ("accent", "paper"),
    ("accent", "sheet"),
    ("accent", "wash"),
    ("on-accent", "accent"),
    ("mark-ink", "mark"),
    ("ink", "wash"),
    ("faint", "wash"),
    ("ink", "verbatim"),
    ("ink", "changed"),
    ("ink", "supported"),
    ("ink", "not-found"),
    ("ink", "shade-1"),
    ("ink", "shade-2"),
    ("on-shade", "shade-3"),
    ("on-shade", "shade-4"),
]


def colours(selector: str) -> dict[str, str]:
    block = re.search(rf"^{re.escape(selector)} {{(.*?)^}}", CSS, re.MULTILINE | re.DOTALL)
    assert block is not None
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", block.group(1)))


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_of_contrast_is_right() -> None:
    assert (luminance("#ffffff") + 0.05) / (luminance("#000000") + 0.05) == pytest.approx(21)
    assert (luminance("#ffffff") + 0.05) / (luminance("#777777") + 0.05) == pytest.approx(
        4.48, 1e-3
    )


@pytest.mark.parametrize("selector", [":root", ".dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_contrast_is_at_least_aa(selector: str, text: str, ground: str) -> None:
    named = colours(selector)
    assert contrast(named[text], named[ground]) >= 4.5


@pytest.mark.parametrize("path", sorted(STATIC.glob("*.css")), ids=lambda path: path.name)
def test_nothing_is_fetched_by_a_stylesheet(path: Path) -> None:
    assert re.findall(r"url\(|@import|https?:", path.read_text(encoding="utf-8")) == []
