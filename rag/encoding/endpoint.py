"""Vectors from an OpenAI-compatible embeddings endpoint: TEI, vLLM, Xinference, Ollama, a cluster.

`POST URL/embeddings {"model", "input": [...]}` → `{"data": [{"index", "embedding"}]}`. Passages are
sent in batches, several at a time, and tried again while the server is busy or gone; a single
question is tried once, for the reader waits. Nothing but the texts is sent, and only to this URL.
"""

import hashlib
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np

from rag.encoding.vectors import Vectors, unit_rows
from rag.errors import BadEncoder, BadVectors, EncoderFailed
from rag.settings import Settings

_AT_A_TIME = 8  # requests under way, so that a server with many workers is kept busy
_TRIES = 5  # of a batch of passages
_WAIT = 0.5  # seconds before the second try, twice as many before each further one
_TEMPORARY = {408, 409, 425, 429, 500, 502, 503, 504}  # answers that may be others a moment later


class EndpointEncoder:
    """An embeddings server behind the contract of `Encoder`; safe for several threads."""

    def __init__(self, settings: Settings) -> None:
        """Take note of the address; nothing is asked yet.

        Raises:
            BadEncoder: it cannot be an address.
        """
        self.query_prompt, self.passage_prompt = settings.query_prompt, settings.passage_prompt
        self._model = settings.encoder_model
        self._url = settings.encoder.rstrip("/") + "/embeddings"
        try:
            address = httpx.URL(self._url)
        except httpx.InvalidURL:
            address = httpx.URL("")
        if not address.host:
            raise BadEncoder(
                f"{settings.encoder!r} is no address of an embeddings endpoint: want"
                " http://HOST:PORT/v1"
            )
        parts = urlsplit(settings.encoder)  # a password in it is never shown
        self.name = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        self._shown = self.name.rstrip("/") + "/embeddings"
        self._batch = max(1, settings.batch_size)
        self._wait = _WAIT
        facts = "\0".join((self._model, self.query_prompt, self.passage_prompt))
        self.fingerprint = hashlib.sha256(facts.encode()).hexdigest()[:32]
        key = settings.encoder_key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        timeout = settings.encoder_timeout
        self._client = httpx.Client(headers=headers, timeout=timeout, trust_env=False)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row a question, shape (n, d); a single one is asked once."""
        prompted = [self.query_prompt + text for text in texts]
        return (
            self._rows([self._asked(prompted)]) if len(texts) == 1 else self._in_batches(prompted)
        )

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row a passage, shape (n, d); what fails is tried again."""
        return self._in_batches([self.passage_prompt + text for text in texts])

    def _in_batches(self, texts: Sequence[str]) -> Vectors:
        batches = [texts[at : at + self._batch] for at in range(0, len(texts), self._batch)]
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            return self._rows(list(pool.map(self._tried, batches)))

    def _rows(self, parts: list[list[list[float]]]) -> Vectors:
        rows = [row for part in parts for row in part]
        try:
            raw = np.array(rows, np.float32)
            return unit_rows(raw, lambda: np.eye(raw.shape[1], dtype=np.float32)[0], self.name)
        except (ArithmeticError, LookupError, TypeError, ValueError, BadVectors) as error:
            raise EncoderFailed(
                f"the embeddings endpoint {self._shown} gave no vectors: {error}"
            ) from error

    def _tried(self, texts: Sequence[str]) -> list[list[float]]:
        for attempt in range(_TRIES):
            try:
                return self._asked(texts)
            except EncoderFailed as error:
                if not error.temporary or attempt == _TRIES - 1:
                    raise
                time.sleep(self._wait * 2**attempt)
        raise AssertionError("the last try returns or raises")

    def _asked(self, texts: Sequence[str]) -> list[list[float]]:
        """Send one request.

        Raises:
            EncoderFailed: there is no answer, or none with as many vectors as texts.
        """
        try:
            response = self._client.post(
                self._url, json={"model": self._model, "input": list(texts)}
            )
        except httpx.HTTPError as error:
            raise EncoderFailed(
                f"the embeddings endpoint {self._shown} does not answer"
                f" ({type(error).__name__}): start it, or set another `encoder`",
                temporary=True,
            ) from error
        if response.status_code != httpx.codes.OK:
            raise EncoderFailed(
                f"the embeddings endpoint {self._shown} answers {response.status_code}: check"
                " `encoder_model` and `encoder_key`",
                temporary=response.status_code in _TEMPORARY,
            )
        try:
            data: list[dict[str, Any]] = response.json()["data"]
            rows = [row["embedding"] for row in sorted(data, key=lambda row: int(row["index"]))]
        except (ValueError, KeyError, TypeError) as error:
            raise EncoderFailed(
                f"the embeddings endpoint {self._shown} answers something else than vectors:"
                " name one that is OpenAI-compatible, with its /v1"
            ) from error
        if len(rows) != len(texts):
            raise EncoderFailed(
                f"the embeddings endpoint {self._shown} gave {len(rows)} vectors for {len(texts)}"
            )
        return rows
