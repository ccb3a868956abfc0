"""Feeds every reader damaged files and counts what comes of them.

    python bench/fuzz_reading.py [--cases 2500] [--kind docx]

Hypothesis takes a good file of a kind and cuts, flips, repeats, swaps and inserts bytes: in the
file itself, or in one part of a ZIP that is then packed again. Each must be read, or refused by
`UnreadableFile` in one line; what was read must also give an outline. Each kind runs in a process
of its own, so that a crash of a library shows. LibreOffice is left out: it takes seconds a file.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from hypothesis import HealthCheck, Phase, given, seed, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from rag.errors import UnreadableFile  # noqa: E402
from rag.outline import outline  # noqa: E402
from rag.passages import passages  # noqa: E402
from rag.reading import documents  # noqa: E402
from rag.settings import Settings  # noqa: E402
from tests import samples  # noqa: E402

SLOW = 5.0  # seconds from which on a case is named
LIMITS = Settings(max_unpacked_bytes=50_000_000, max_text=2_000_000)
EDITS = st.lists(
    st.tuples(
        st.sampled_from(("flip", "cut", "repeat", "insert", "swap", "end")),
        st.floats(0, 1),
        st.floats(0, 1),
        st.one_of(
            st.binary(min_size=1, max_size=8),
            st.sampled_from(
                (b"<", b"&x;", b"\0", b"\xff\xff\xff\xff", b"999999999", b"-1", b"]]>")
            ),
        ),
    ),
    min_size=1,
    max_size=6,
)


def edited(data: bytes, edits: list[tuple[str, float, float, bytes]]) -> bytes:
    """Return `data` after each edit in turn."""
    for what, a, b, more in edits:
        size = len(data)
        i, length = int(a * size), int(b * b * b * size) + 1
        j = min(size, i + length)
        if what == "flip":
            data = data[:i] + more + data[i + len(more) :]
        elif what == "cut":
            data = data[:i] + data[j:]
        elif what == "repeat":
            data = data[:j] + data[i:j][:100_000] * 3 + data[j:]
        elif what == "insert":
            data = data[:i] + more + data[i:]
        elif what == "swap":
            data = data[j:] + data[i:j] + data[:i]
        else:
            data = data[:i]
    return data


def repacked(data: bytes, at: float, edits: list[tuple[str, float, float, bytes]]) -> bytes:
    """Return a ZIP with one of its parts edited."""
    made = BytesIO()
    try:
        with ZipFile(BytesIO(data)) as old, ZipFile(made, "w", ZIP_DEFLATED) as new:
            infos = old.infolist()
            chosen = min(int(at * len(infos)), len(infos) - 1)
            for i, info in enumerate(infos):
                content = old.read(info)
                new.writestr(info.filename, edited(content, edits) if i == chosen else content)
    except (BadZipFile, ValueError):
        return edited(data, edits)
    return made.getvalue()


def run(kind: str, cases: int) -> dict[str, object]:
    """Feed one kind; return what came of it."""
    seeds = samples.of_kind(kind)
    came: Counter[str] = Counter()
    slowest = [0.0]
    name = f"case.{kind}"

    @seed(20261121)
    @settings(
        max_examples=cases, deadline=None, database=None, phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.sampled_from(seeds), EDITS, st.one_of(st.none(), st.floats(0, 1)))
    def feed(data: bytes, edits: list[tuple[str, float, float, bytes]], at: float | None) -> None:
        inside = at is not None and data[:2] == b"PK"
        made = repacked(data, at or 0.0, edits) if inside else edited(data, edits)
        began = time.perf_counter()
        for _, document in documents(made, name, LIMITS):
            if isinstance(document, UnreadableFile):
                came["refused"] += 1
                if "\n" in str(document) or not str(document).startswith(name):
                    raise AssertionError(f"not one line: {document!r}")
            else:
                came["read"] += 1
                passages(outline(document), LIMITS.window)
        seconds = time.perf_counter() - began
        came["slow"] += seconds > SLOW
        slowest[0] = max(slowest[0], seconds)
        came["cases"] += 1

    feed()
    return {"kind": kind, **came, "slowest_s": round(slowest[0], 2)}


def main() -> None:
    """Run each kind in a process of its own and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--cases", type=int, default=2500, help="of each kind")
    parser.add_argument("--kind", choices=samples.KINDS, action="append")
    parser.add_argument("--here", action="store_true", help="in this process")
    given_ = parser.parse_args()
    kinds = given_.kind or list(samples.KINDS)
    if given_.here:
        for kind in kinds:
            print(json.dumps(run(kind, given_.cases)))
        return
    print("| kind | cases | read | refused | slowest, s | uncaught |\n|---|---|---|---|---|---|")
    failed = 0
    for kind in kinds:
        command = [sys.executable, __file__, "--here", "--kind", kind, "--cases", str(given_.cases)]
        ran = subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", check=False,
            env={**os.environ, "PATH": ""},  # no LibreOffice
        )  # fmt: skip
        if ran.returncode:
            failed += 1
            print(f"| {kind} | | | | | exit {ran.returncode}: {ran.stderr.strip()[-1500:]} |")
            continue
        made = json.loads(ran.stdout.splitlines()[-1])
        print(f"| {kind} | {made['cases']} | {made.get('read', 0)} | {made.get('refused', 0)} |"
              f" {made['slowest_s']} | 0 |", flush=True)  # fmt: skip
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
