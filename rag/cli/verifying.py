"""The command that holds a draft against the corpus: verify."""

import argparse
import sys
from pathlib import Path

from rag.cli.console import Commands, dump, say
from rag.cli.progress import progress
from rag.errors import BadInput, UnreadableFile
from rag.settings import Settings


def add(command: Commands) -> None:
    """Add the command of this module."""
    verify = command(
        "verify", _verify, "核稿 hold a draft against the corpus, sentence by sentence"
    )
    verify.add_argument("draft", type=Path, metavar="DRAFT.docx|txt|md")
    verify.add_argument("--format", choices=("table", "json", "docx"), default="table")
    verify.add_argument("--out", type=Path, metavar="FILE", help="where the Word file goes")


def _verify(arguments: argparse.Namespace, settings: Settings) -> int:
    from rag.pipeline import Assistant
    from rag.render.comments import paragraphs
    from rag.verify import as_json, as_text, verify, with_comments

    if (arguments.format == "docx") != (arguments.out is not None):
        raise BadInput("--format docx needs --out FILE.docx, and only it does")
    data = _read(arguments.draft)
    word = data.startswith(b"PK")
    draft = paragraphs(data) if word else _lines(data)
    assistant = Assistant.open(Path(settings.index), settings).steady()
    judged = []
    with progress() as report:
        for sentence in verify(draft, assistant):
            judged.append(sentence)
            report("sentences", len(judged), 0)
    if arguments.format == "json":
        dump(as_json(judged, assistant.generation))
    elif arguments.format == "table":
        say(as_text(judged))
    else:
        made = with_comments(data if word else draft, judged)
        try:
            arguments.out.write_bytes(made)
        except OSError as error:
            raise BadInput(f"cannot write {arguments.out}: {error.strerror}") from error
        say(f"{arguments.out}: {len(judged)}", sys.stderr)
    return 0


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from error


def _lines(data: bytes) -> list[str]:
    from rag.reading.decode import decode

    try:
        return decode(data)[0].splitlines()
    except UnreadableFile as error:
        raise BadInput(f"the draft cannot be read: {error}") from error
