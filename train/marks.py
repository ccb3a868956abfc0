"""Questions of training data whose answering sentence was marked by hand.

`marks.tsv` holds no text: for each question with its passage a digest, and where in the passage
the sentences begin any of which answers it.
"""

import hashlib
from pathlib import Path

from rag.errors import BadInput
from train.pairs import Pair

MARKS = Path(__file__).with_name("marks.tsv")


def digest(pair: Pair) -> str:
    """Return what stands for a question with its passage in the file."""
    return hashlib.sha256(f"{pair.query}\n{pair.passage}".encode()).hexdigest()[:16]


def read_marks(path: Path = MARKS) -> dict[str, tuple[int, ...]]:
    """Read the starts of the answering sentences, by digest.

    Raises:
        BadInput: no such file, or a line that is no digest with its starts.
    """
    marks = {}
    try:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            key, _, starts = line.partition("\t")
            try:
                marks[key] = tuple(int(start) for start in starts.split(","))
            except ValueError:
                raise BadInput(f"{path}, line {number}: want a digest, a tab and starts") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot read {path}: {error}") from error
    return marks
