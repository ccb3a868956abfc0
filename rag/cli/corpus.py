"""The commands that make, show and look after the records: build, outline, list, index."""

import argparse
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rag.cli.console import (
    Commands,
    add_filters,
    complain,
    dump,
    filters,
    opened,
    say,
    shown,
    write_file,
)  # fmt: skip
from rag.cli.progress import progress
from rag.errors import (
    BadInput,
    EmptyCorpus,
    EncoderFailed,
    IndexMissing,
    IndexOutdated,
    RagError,
    failing_as,
)  # fmt: skip
from rag.messages import Bilingual, both, joined
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.index import FolderStore, Manifest
    from rag.pipeline import Ask, Gate

_LEAST = 0.9
_LOOK = 0.2  # seconds between two looks whether a build has brought an index that serves


def add(command: Commands) -> None:
    """Add the commands of this module."""
    build = command("build", _build, "make a new index generation from a corpus")
    build.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="default: corpus")
    build.add_argument("--report", type=Path, metavar="FILE.json", help="write the report there")
    build.add_argument("--anew", action="store_true", help="without the cache of earlier builds")
    build.add_argument("--verbose", action="store_true", help="list every line left out")
    build.add_argument("--watch", action="store_true", help="build again whenever files change")
    build.add_argument(
        "--allow-missing", action="store_true", help="build without files that vanish meanwhile"
    )
    build.add_argument(
        "--gate", type=Path, metavar="GOLD.jsonl", help="questions the new index has to pass"
    )
    build.add_argument(
        "--least", type=float, default=_LEAST, help=f"share of them it has to pass ({_LEAST})"
    )

    outline = command("outline", _outline, "show what the reader makes of one file")
    outline.add_argument("file", type=Path)
    outline.add_argument("--format", choices=("text", "json"), default="text")

    listing = command("list", _list, "list essays or measures")
    listing.add_argument("what", choices=("essays", "measures"))
    listing.add_argument("--format", choices=("text", "csv", "json", "xlsx"), default="text")
    listing.add_argument("--out", type=Path, metavar="FILE", help="write there, not to stdout")
    add_filters(listing)

    index = command("index", _index, "look after the generations of the index")
    index.add_argument("action", choices=("list", "verify", "rollback", "prune"))
    index.add_argument("generation", nargs="?", help="to roll back to (default: the one before)")
    index.add_argument("--keep", type=int, default=2, help="others that prune leaves (default 2)")


def _build(arguments: argparse.Namespace, settings: Settings) -> int:
    gate = _gate(arguments.gate, arguments.least) if arguments.gate else None
    if arguments.allow_missing:
        settings = replace(settings, allow_missing=True)
    paths = arguments.paths or [Path(settings.corpus)]
    if arguments.watch:
        from rag.cli.watching import watch

        if arguments.report or arguments.anew:
            raise BadInput("--watch goes without --report and --anew")
        return watch(paths, settings, gate)
    return build_and_report(
        paths, settings, arguments.report, gate, arguments.anew, arguments.verbose
    )


def _gate(path: Path, least: float) -> "Gate":
    """Return what holds a generation back that passes less than this share of a gold file."""
    from rag.evaluation.gold import evaluate, read_gold

    if not 0 <= least <= 1:
        raise BadInput("--least is a share between 0 and 1, got {least:g}", least=least)
    gold = read_gold(path)

    def judge(ask: "Ask") -> str | None:
        passed = evaluate(gold, ask).pass_rate
        if passed >= least:
            return None
        return both(
            "it passes {passed:.3f} of {path}, less than --least {least:g}",
            passed=passed,
            path=path,
            least=least,
        )

    return judge


def build_and_report(
    paths: Sequence[Path],
    settings: Settings,
    file: Path | None = None,
    gate: "Gate | None" = None,
    anew: bool = False,
    verbose: bool = False,
) -> int:
    """Make a new generation and say what became of every file, in `file` as JSON too.

    Returns the exit code: 1 where the gate held the generation back.
    """
    from rag.cli.reporting import show, table, write
    from rag.pipeline import build

    try:
        with progress() as report_progress:
            report = build(paths, Path(settings.index), settings, report_progress, gate, anew)
    except EmptyCorpus as error:
        table(error.files)
        if file:
            write(file, error.files)
        raise
    show(report, verbose)
    if file:
        write(file, report)
    if report.held_back:
        complain(
            both(
                "generation {generation} does not serve: {why}; `rag index rollback {generation}`"
                " lets it serve all the same",
                generation=report.generation,
                why=report.held_back,
            )
        )
    return 1 if report.held_back else 0


def build_if_needed(settings: Settings) -> None:
    """Build where there is no index, or one of an older format whose corpus is at hand.

    Returns as soon as there is one that serves, by words at least; the build goes on beside it.
    """
    corpus = Path(settings.corpus)
    try:
        if _serves(settings):
            return
    except IndexOutdated:
        if not corpus.exists():
            raise
        complain(
            both(
                "{index} is of another format: it is built again from {corpus}",
                index=settings.index,
                corpus=corpus,
            )
        )
    except RagError:  # who opens it says what is wrong, or takes an older generation
        return
    _build_beside(settings, corpus)


def _build_beside(settings: Settings, corpus: Path) -> None:
    """Build in a thread; return when an index serves, and raise what kept it from that.

    Where there is no corpus yet its folder is made: whoever administers fills it.
    """
    with failing_as(BadInput, "cannot make the corpus folder {corpus}: {why}", corpus=corpus):
        corpus.mkdir(parents=True, exist_ok=True)
    problems, opened = list[Exception](), threading.Event()

    def build() -> None:
        try:
            build_and_report([corpus], settings)
        except Exception as error:
            if opened.is_set() or isinstance(error, EncoderFailed):  # it serves all the same
                complain(error)
            else:
                problems.append(error)

    building = threading.Thread(target=build, name="build", daemon=True)
    building.start()
    while building.is_alive():
        building.join(_LOOK)
        with suppress(RagError):
            if _serves(settings):
                opened.set()
                return
    if problems:
        raise problems[0]


def _serves(settings: Settings) -> bool:
    """Whether there is an index of this format.

    Raises:
        IndexOutdated: it is of another one.
        RagError: it cannot be read.
    """
    from rag.index import Manifest, open_store

    try:
        store = open_store(Path(settings.index), settings)
        Manifest.load(store.folder(store.current()))
    except IndexMissing:
        return False
    return True


def _outline(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.corpus import read_outline
    from rag.outline import as_json, as_text

    made = read_outline(arguments.file, settings)
    if arguments.format == "json":
        dump(as_json(made))
    else:
        say(as_text(made))
    return 0


def _list(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.tables import as_bytes, essay_table, measure_table, render

    make = essay_table if arguments.what == "essays" else measure_table
    table = make(opened(settings).records, filters(arguments))
    if arguments.out:
        write_file(arguments.out, as_bytes(table, arguments.format))
    elif arguments.format == "xlsx":
        raise BadInput("an XLSX file cannot go to the terminal: add --out FILE.xlsx")
    else:
        sys.stdout.write(render(table, arguments.format))
    return 0


def _index(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.index import open_store

    if arguments.generation and arguments.action != "rollback":
        raise BadInput("rag index {action} takes no generation", action=arguments.action)
    store, damaged = open_store(Path(settings.index), settings), False
    if arguments.action == "rollback":
        serves = store.rollback(arguments.generation)
        say(both("generation {generation} serves now", generation=serves))
        return 0
    if arguments.action == "prune":
        removed = store.prune(arguments.keep)
        told = both("removed {names}", names=", ".join(removed))
        say(told if removed else both("nothing to remove"))
        return 0
    for name, manifest, current in store.generations():
        state = _state(manifest) if manifest else _fault(store, name)
        if arguments.action == "verify":
            bad = store.verify(name)
            damaged = damaged or bool(bad)
            told = both("damaged: {names}; run `rag build`", names=", ".join(bad))
            state = told if bad else both("whole")
        say(f"{'*' if current else ' '} {name}  {shown(state)}")
    return 1 if damaged else 0


def _state(manifest: "Manifest") -> Bilingual:
    """Say when a generation was made, of what, and how it searches."""
    counts = manifest.counts.items()
    held = joined((both("{count} {what}", count=n, what=both(what)) for what, n in counts), ", ")
    name = manifest.encoder["name"] if manifest.encoder else both("none")
    words = both("by words, vectors not there yet")
    by = words if manifest.pending else both("encoder {name}", name=name)
    return both("{created}  {held}  {by}", created=manifest.created, held=held, by=by)


def _fault(store: "FolderStore", name: str) -> Bilingual:
    """Why a generation has no manifest that can be read, and what to do."""
    from rag.index import Manifest

    fault = both("damaged")
    try:
        Manifest.load(store.folder(name))
    except IndexOutdated:
        fault = both("of another format")
    except RagError:
        pass
    return both("{fault}: run `rag build`", fault=fault)
