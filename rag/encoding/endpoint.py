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
from rag.errors import BadEncoder, EncoderFailed
from rag.messages import both
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
        try:
            address = httpx.URL(settings.encoder.rstrip("/") + "/embeddings")
        except httpx.InvalidURL:
            address = httpx.URL("")
        if not address.host:
            raise BadEncoder(
                "{encoder!r} is no address of an embeddings endpoint: want http://HOST:PORT/v1",
                encoder=settings.encoder,
            )
        parts = urlsplit(settings.encoder)  # a password in it is never shown
        self.name = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        self.query_prompt, self.passage_prompt = settings.query_prompt, settings.passage_prompt
        facts = "\0".join((settings.encoder_model, self.query_prompt, self.passage_prompt))
        self.fingerprint = hashlib.sha256(facts.encode()).hexdigest()[:32]
        self._called = f"the embeddings endpoint {self.name.rstrip('/')}/embeddings"
        self._model, self._batch = settings.encoder_model, max(1, settings.batch_size)
        key, timeout = settings.encoder_key, settings.encoder_timeout
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(headers=headers, timeout=timeout, trust_env=False)
        self._url = address

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row a question, shape (n, d); a single one is asked once."""
        prompted = [self.query_prompt + text for text in texts]
        return self._in_batches(prompted, 1 if len(texts) == 1 else _TRIES)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row a passage, shape (n, d); what fails is tried again."""
        return self._in_batches([self.passage_prompt + text for text in texts], _TRIES)

    def _in_batches(self, texts: Sequence[str], tries: int) -> Vectors:
        batches = [texts[at : at + self._batch] for at in range(0, len(texts), self._batch)]
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            parts = pool.map(lambda batch: self._tried(batch, tries), batches)
            rows = [row for part in parts for row in part]
        try:
            raw = np.array(rows, np.float32)
        except (ArithmeticError, TypeError, ValueError) as error:
            raise EncoderFailed(
                "{called} gave no vectors: {error}", called=self._called, error=error
            ) from error
        return unit_rows(raw, self._called)

    def _tried(self, texts: Sequence[str], tries: int) -> list[list[float]]:
        for attempt in range(tries - 1):
            try:
                return self._asked(texts)
            except EncoderFailed as error:
                if not error.temporary:
                    raise
                time.sleep(_WAIT * 2**attempt)
        return self._asked(texts)

    def _asked(self, texts: Sequence[str]) -> list[list[float]]:
        """Send one request.

        Raises:
            EncoderFailed: there is no answer, or none with as many vectors as texts.
        """
        asked, temporary = {"model": self._model, "input": list(texts)}, False
        try:
            response = self._client.post(self._url, json=asked).raise_for_status()
            data: list[dict[str, Any]] = response.json()["data"]
            rows = [row["embedding"] for row in sorted(data, key=lambda row: int(row["index"]))]
            if len(rows) == len(texts):
                return rows
            why = both("gave {made} vectors for {count}", made=len(rows), count=len(texts))
        except httpx.HTTPStatusError as error:
            status = error.response.status_code
            temporary = status in _TEMPORARY
            why = both("answers {status}: check `encoder_model` and `encoder_key`", status=status)
        except httpx.HTTPError as error:
            temporary, kind = True, type(error).__name__
            why = both("does not answer ({kind}): start it, or set another `encoder`", kind=kind)
        except (ValueError, KeyError, TypeError):
            why = both(
                "answers something else than vectors: name one that is OpenAI-compatible,"
                " with its /v1"
            )
        raise EncoderFailed("{called} {why}", called=self._called, why=why, temporary=temporary)
