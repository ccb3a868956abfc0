"""Times the readers, and checks what is lost: one core, best of five.

    python bench/reading.py [--texts FOLDER ...] [--wraps 50]

Text and Markdown in MB/s of the file; Word, PDF and OFD in pages/s, where LibreOffice has counted
the pages of the same text; each alone and with the outline. `--texts` names folders of texts, for
the share of characters that are kept (furniture counted as lost) and for numbers that nest wrongly.
"""

import argparse
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from rag.outline import outline  # noqa: E402
from rag.outline.marks import numbering  # noqa: E402
from rag.reading import read  # noqa: E402
from tests import converted, samples  # noqa: E402
from tests.test_outline import f1, of_text, rewrapped  # noqa: E402

RUNS = 5


def seconds(work: Callable[[], object]) -> float:
    """Return the least CPU seconds of several runs, the first of which loads the libraries."""
    work()
    times = []
    for _ in range(RUNS):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def texts(folder: Path) -> None:
    """Time text and Markdown of about 5 MB, 5 million characters' worth of the essays."""
    print("| format | MB | read, MB/s | with the outline, MB/s |\n|---|---|---|---|")
    for name, form in zip(converted.NAMES, ("md", "txt"), strict=True):
        path = folder / f"big.{form}"
        path.write_text(
            (converted.CORPUS / name).read_text(encoding="utf-8") * 40, encoding="utf-8"
        )
        size = path.stat().st_size / 1e6
        alone = seconds(lambda path=path: read(path, path.name))
        both = seconds(lambda path=path: outline(read(path, path.name)))
        print(f"| {form} | {size:.1f} | {size / alone:.1f} | {size / both:.1f} |")


def pages(folder: Path) -> None:
    """Time the formats with pages, on both essays together."""
    print("\n| format | pages | read, pages/s | with the outline, pages/s |\n|---|---|---|---|")
    made = converted.convert_all(folder)
    if "pdf" not in made:
        print("| LibreOffice is not installed | | | |")
        return
    counted = sum(samples.reopened(path.read_bytes()) for path in made["pdf"].values())
    for form in ("docx", "pdf", "two.pdf", "ofd", "html"):
        files = list(made[form].values())
        if form == "two.pdf":
            counted_here = sum(samples.reopened(path.read_bytes()) for path in files)
        elif form == "ofd":
            counted_here = sum(read(path, path.name).lines[-1].page or 0 for path in files)
        else:
            counted_here = counted
        alone = seconds(lambda files=files: [read(path, path.name) for path in files])
        both = seconds(lambda files=files: [outline(read(path, path.name)) for path in files])
        print(
            f"| {form} | {counted_here} | {counted_here / alone:.0f} | {counted_here / both:.0f} |"
        )


def quality(folder: Path) -> None:
    """Print the F1 of both essays in every format."""
    print("\n| format | outline F1 |\n|---|---|")
    for form, files in converted.convert_all(folder).items():
        scores = [f1(outline(read(path, name)), name) for name, path in files.items()]
        print(f"| {form} | {sum(scores) / len(scores):.3f} |")


def wraps(seeds: int) -> None:
    """Print the mean F1 of both essays wrapped at 10–40 characters, pages broken at random."""
    print("\n| essay | seeds | mean F1 | least |\n|---|---|---|---|")
    for name in converted.NAMES:
        scores = [
            f1(of_text(rewrapped(name, 10 + seed % 31, (0.0, 0.01, 0.03)[seed % 3], seed)), name)
            for seed in range(seeds)
        ]
        print(f"| {name} | {seeds} | {sum(scores) / seeds:.3f} | {min(scores):.3f} |")


def kept(folder: Path) -> None:
    """Print which share of a folder's characters is in some paragraph, and wrong nesting."""
    whole = held = files = wrong = 0
    least = 1.0
    for path in sorted(each for each in folder.iterdir() if each.suffix in {".txt", ".md"}):
        made = outline(read(path, path.name))
        source = len("".join("".join(line.text for line in made.document.lines).split()))
        own = len("".join("".join(paragraph.text for paragraph in made.paragraphs).split()))
        whole, held, files, least = whole + source, held + own, files + 1, min(least, own / source)
        leads = {measure.measure_id: measure.lead for measure in made.measures}
        for measure in made.measures:
            inner, outer = numbering(measure.lead), numbering(leads.get(measure.parent or "", ""))
            wrong += bool(inner and outer and outer[0] >= inner[0])
    print(f"| {folder.name} | {files} | {held / whole:.4%} | {least:.2%} | {wrong} |")


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--texts", type=Path, nargs="*", default=[])
    parser.add_argument("--wraps", type=int, default=50)
    given = parser.parse_args()
    print(f"{platform.platform()}, one core, Python {platform.python_version()}\n")
    with tempfile.TemporaryDirectory() as folder:
        texts(Path(folder))
        pages(Path(folder))
        quality(Path(folder))
    wraps(given.wraps)
    if given.texts:
        print("\n| folder | files | characters kept | least of a file | nested wrongly |")
        print("|---|---|---|---|---|")
    for each in given.texts:
        kept(each)


if __name__ == "__main__":
    main()
