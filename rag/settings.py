"""The one place of numbers and paths that an operator may change.

Order of precedence: environment (`RAG_PORT`), then `youju.toml` in the working folder or the
file that `RAG_SETTINGS` names, then the defaults below.
"""

import os
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from itertools import filterfalse
from pathlib import Path
from typing import Any, Self

from rag.errors import BadInput, failing_as

FILE_NAME = "youju.toml"
_SWITCHES = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings with their defaults; units in the comments."""

    index: str = "index"  # folder of the index
    corpus: str = "corpus"  # folder that `rag build` and `rag serve` read by default
    data: str = "data"  # folder of what users make: history, feedback, names of themes
    host: str = "127.0.0.1"
    port: int = 7860
    encoder: str = "default"  # or none (words alone), a sentence-transformers name, a folder, a URL
    encoder_model: str = ""  # the model's name at that URL
    encoder_key: str = field(default="", repr=False)  # its key; never in a log or message
    encoder_timeout: float = 10.0  # seconds that it may take for one request
    reader: str = "default"  # or none: answers without the cross-encoder, faster and less sure
    query_prompt: str = ""  # put before a question; "" for the one that the model keeps
    passage_prompt: str = ""  # put before a passage
    batch_size: int = 64  # passages a batch, for sentence-transformers and endpoints
    store: str = "folder"  # where generations serve from: "folder" or "milvus"
    uri: str = ""  # of the Milvus server: http://HOST:PORT, or https://
    store_name: str = "youju"  # the index on that server; a server may hold several
    store_token: str = field(default="", repr=False)  # "USER:PASSWORD" or a key; never logged
    store_ca: str = ""  # a file of certificates that the server's own must come from
    store_timeout: float = 20.0  # seconds that the server may take for one thing
    device: str = ""  # "" lets torch choose
    workers: int = 0  # processes that read a large corpus at most; 0 for one a core
    flat: int = 200_000  # passages up to which a question is compared with all, not with near ones
    words_first: int = 400  # passages to embed from which on a build serves by words meanwhile
    window: int = 420  # characters of a passage at most, where a measure is longer
    max_file_bytes: int = 100_000_000  # a larger file is not read
    file_seconds: int = 60  # of processor time to read a file, and as many more for each 2 MB
    file_memory: int = 2_000_000_000  # bytes that reading a file may take
    follow_links: bool = False  # read what links in the corpus lead to outside of it
    allow_missing: bool = False  # build without files that vanish while it runs
    max_text: int = 20_000_000  # characters of one document's text at most
    max_line: int = 20_000  # characters; a longer line is cut at sentence ends
    max_members: int = 5_000  # files in all ZIP archives of one file at most
    max_unpacked_bytes: int = 500_000_000  # of all those files together
    max_ratio: int = 200  # unpacked to packed size of a file in a ZIP archive
    max_pages: int = 5_000  # of a PDF or OFD
    office_seconds: int = 120  # LibreOffice may take for one old Office file
    max_question: int = 2000  # characters of a question at most
    dictionary: str = ""  # a file of words that are cut as one, one a line; "" for none
    watch_seconds: float = 2.0  # between two looks at the corpus of `rag build --watch`
    k1: float = 1.2  # BM25, Robertson & Zaragoza 2009
    b: float = 0.75
    llm_url: str = ""  # an OpenAI-compatible endpoint, ".../v1"; "" for none: nothing is sent
    llm_model: str = ""  # the model's name there
    llm_key: str = field(default="", repr=False)  # its key; never in a log or message
    llm_timeout: float = 60.0  # seconds for a whole answer of the model's
    llm_context: int = 4096  # tokens that the model can read and write at once
    without_logins: bool = False  # may serve beyond this machine without accounts
    hosts: str = ""  # names it is reached by, with commas; "" for any (without accounts: this host)
    root_path: str = ""  # its path prefix behind a reverse proxy: "/youju"
    session_hours: float = 12.0  # a login ends after that
    idle_minutes: float = 120.0  # or when it was not used for so long
    login_failures: int = 5  # wrong passwords in a row that lock a name out; 0 for never
    lockout_minutes: float = 15.0
    rate: int = 300  # requests a minute of one user; 0 for any number
    login_rate: int = 20  # login attempts a minute from one address; 0 for any number
    max_request_bytes: int = 1_000_000
    max_upload_bytes: int = 200_000_000  # of one upload by an administrator
    max_draft_bytes: int = 10_000_000  # of a draft that is held against the library
    originals: str = "members"  # may save original files: all, members, administrators, nobody
    audit: bool = True  # keep who asked when, and logins, in the data folder
    audit_text: bool = True  # with the text of the questions; it is also in the log of questions
    history_days: int = 0  # for which questions and answers are kept; 0 for ever
    trash_days: int = 30  # for which a file that was deleted on the page can be had back
    log: str = "text"  # "json" for one object a line

    @property
    def processes(self) -> int:
        """How many processes read a large corpus."""
        return self.workers or len(os.sched_getaffinity(0))

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the settings file, if there is one, and the environment.

        Raises:
            BadInput: no such file, not TOML, an unknown name, or a value of the wrong kind.
        """
        named = environ.get("RAG_SETTINGS")
        path = Path(named or FILE_NAME)
        known = {f.name: f for f in fields(cls)}
        values = _read(path, known) if named or path.is_file() else {}
        variables = {f"RAG_{name.upper()}": name for name in known}
        values |= {variables[name]: raw for name, raw in environ.items() if name in variables}
        return cls(
            **{name: _typed(name, value, known[name].default) for name, value in values.items()}
        )


def _read(path: Path, known: Collection[str]) -> dict[str, Any]:
    with failing_as(BadInput, "cannot read the settings file {path}: {why}", path=path):
        data = path.read_bytes()
    with failing_as(BadInput, "{path} is not a TOML file in UTF-8: {why}", ValueError, path=path):
        values = tomllib.loads(data.decode())
    for name in filterfalse(known.__contains__, values):
        told = "{path}: unknown setting {name!r}; known are {known}"
        raise BadInput(told, path=path, name=name, known=", ".join(known))
    return values


def _typed(name: str, value: object, default: object) -> Any:  # noqa: ANN401 (the default's type)
    """Return `value` as the type of `default`, and above zero where it is a number."""
    kind = type(default)
    try:
        if kind is bool:
            return _SWITCHES[str(value).lower()]
        if isinstance(value, bool):
            raise ValueError
        made = kind(value)  # type: ignore[call-arg]
    except (KeyError, TypeError, ValueError):
        told = "setting {name} must be {kind}, got {value!r}"
        raise BadInput(told, name=name, kind=kind.__name__, value=value) from None
    if isinstance(made, int | float) and made < 0:
        raise BadInput("setting {name} must not be negative, got {value!r}", name=name, value=value)
    return made
