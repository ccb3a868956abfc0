"""JSON, one value a line."""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from rag.errors import BadInput
from rag.messages import cause

T = TypeVar("T")


def read_jsonl(path: Path, make: Callable[[Any], T], wanted: str) -> Iterator[T]:
    """Yield what `make` makes of each line of a `.jsonl` or `.jsonl.gz` file; blank ones are none.

    Raises:
        BadInput: the file cannot be read, or a line is not `wanted`: `make` fails on its value.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    number = 0
    try:
        with opened(path, "rt", encoding="utf-8") as file:
            for number, line in enumerate(file, 1):  # noqa: B007 (an error names it)
                if line.strip():
                    yield make(json.loads(line))
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise BadInput("cannot read {path}: {why}", path=path, why=cause(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(
            "{path}, line {number}: want {wanted}", path=path, number=number, wanted=wanted
        ) from error
