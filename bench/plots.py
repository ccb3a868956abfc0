"""Draws what was measured: calibration, growth, share right against latency; SVG, light and dark.

    python bench/plots.py

All figures are those of bench/figures.json: `bench/truth.py --figures` writes `calibration` and
`styles`, `growth` is the table of bench/growth.md. Needs bench/requirements.txt.
"""

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

HERE = Path(__file__).parent
COLOURS = "#1b6ca8", "#c0392b", "#2e7d32", "#b26a00", "#7b4ba0", "#52796f"
BRIGHT = "#5aa9e6", "#ff7b6b", "#7bc47f", "#ffb74d", "#c39be0", "#9cc5b8"
COMMON = {
    "svg.hashsalt": "youju",  # the same figures make the same file
    "font.family": "DejaVu Sans",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "legend.frameon": False,
    "figure.figsize": (6.4, 4.0),
}
LOOKS = {
    "light": (COLOURS, {"grid.color": "#dddddd"}),
    "dark": (BRIGHT, {**plt.style.library["dark_background"], "grid.color": "#444444"}),
}


def calibration(axes: Axes, figures: dict[str, Any], colours: tuple[str, ...]) -> None:
    """How likely an answer was said to be, against how often it is right."""
    axes.plot([0, 1], [0, 1], linestyle=":", color="gray")
    for colour, (name, rows) in zip(colours, figures["calibration"].items(), strict=False):
        said, are, count = zip(*rows, strict=True)
        axes.plot(said, are, color=colour, label=f"{name}, {sum(count)} questions")
        axes.scatter(said, are, s=[3 * n for n in count], color=colour)
    axes.set(xlabel="said", ylabel="right and answered", xlim=(0, 1.02), ylim=(0, 1.02))


def growth(axes: Axes, figures: dict[str, Any], colours: tuple[str, ...]) -> None:
    """Seconds, milliseconds and GB by passages, both axes logarithmic."""
    own = figures["growth"]
    lines = {
        "words ready, s": own["words_s"],
        "build (random vectors), s": own["build_s"],
        "question to passages, p50, ms": own["search_ms"],
        "question to answer, p50, ms": own["answer_ms"],
        "on disk, GB": own["gb"]["on disk"],
        "own memory of a server, GB": own["gb"]["own memory of a server"],
    }
    for colour, (name, values) in zip(colours, lines.items(), strict=True):
        axes.plot(own["passages"], values, marker="o", color=colour, label=name)
    axes.set(xlabel="passages", xscale="log", yscale="log")


def styles(axes: Axes, figures: dict[str, Any], colours: tuple[str, ...]) -> None:
    """Share of right answers against their median time, by style of the questions."""
    for colour, (name, own) in zip(colours, figures["styles"].items(), strict=False):
        seconds = [each["p50"] for each in own.values()]
        right = [each["right"] for each in own.values()]
        axes.scatter(seconds, right, color=colour, label=name)
        for style, x, y in zip(own, seconds, right, strict=True):
            axes.annotate(style, (x, y), xytext=(6, 4), textcoords="offset points", fontsize=8)
    axes.set(xlabel="median time of an answer, s", ylabel="share right", ylim=(0.5, 1))
    axes.set_xlim(0, 1.2 * axes.get_xlim()[1])


def main() -> None:
    """Draw each picture in both looks."""
    figures = json.loads((HERE / "figures.json").read_text(encoding="utf-8"))
    for draw in (calibration, growth, styles):
        for look, (colours, style) in LOOKS.items():
            with plt.style.context([COMMON, style]):
                figure, axes = plt.subplots(layout="constrained")
                draw(axes, figures, colours)
                axes.legend(fontsize=8, **({"loc": "center left", "bbox_to_anchor": (1, 0.5)}
                                           if draw is growth else {}))  # fmt: skip
                figure.savefig(HERE / f"{draw.__name__}-{look}.svg", metadata={"Date": None})
                plt.close(figure)


if __name__ == "__main__":
    main()
