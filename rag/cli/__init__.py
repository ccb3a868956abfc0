"""The command line `rag`: it parses, calls and prints.

Exit codes: 0 done, 1 a failure, 2 wrong use. Results go to stdout, progress and errors to stderr.
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from rag.cli import asking, corpus, keeping, measuring
from rag.cli.console import Run, complain, speak
from rag.errors import BadInput, RagError
from rag.messages import LANGUAGES, of_system
from rag.settings import Settings


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and exit with its code."""
    _write_utf8()
    logging.basicConfig(format="rag: %(message)s")  # warnings, on stderr
    speak(of_system(os.environ))
    try:
        arguments = _parser().parse_args(argv)
        speak(arguments.lang or of_system(os.environ))
        settings = Settings.load()
        names = ("index", "store", "uri")
        given = {name: value for name in names if (value := getattr(arguments, name))}
        settings = replace(settings, **given)
        sys.exit(arguments.run(arguments, settings) or 0)
    except RagError as error:
        complain(error)
        sys.exit(2 if isinstance(error, BadInput) else 1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # `rag list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _write_utf8() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rag", description="Answers that cite their source.")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--index", metavar="DIR", help="index folder (RAG_INDEX, default ./index)")
    common.add_argument("--store", help="folder (default) or milvus (RAG_STORE)")
    common.add_argument("--uri", help="of the Milvus server, http://HOST:PORT (RAG_URI)")
    told = "language of what is said (default: that of the terminal, LANG)"
    common.add_argument("--lang", choices=LANGUAGES, help=told)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Run, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text, parents=[common])
        added.set_defaults(run=run)
        return added

    for module in (corpus, asking, measuring, keeping):
        module.add(command)
    return parser
