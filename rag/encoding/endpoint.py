"""Vectors from an OpenAI-compatible embeddings endpoint: TEI, vLLM, Xinference, Ollama, a cluster.

`POST URL/embeddings {"model", "input": [...]}` → `{"data": [{"index", "embedding"}]}`. Texts are
sent in batches, several at a time. Whether a failure may pass is told with it: a build tries again,
for a reader who waits nobody does. Nothing but the texts is sent, and only to this URL.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np

from rag.encoding.vectors import Encoder, Vectors, files_hash, unit_rows
from rag.errors import BadEncoder, EncoderFailed, failing_as
from rag.messages import both
from rag.settings import Settings

_AT_A_TIME = 8  # requests under way, so that a server with many workers is kept busy
_TEMPORARY = {408, 409, 425, 429, 500, 502, 503, 504}  # answers that may be others a moment later


class EndpointEncoder(Encoder):
    """An embeddings server; safe for several threads."""

    def __init__(self, settings: Settings) -> None:
        """Take note of the address; nothing is asked yet.

        Raises:
            BadEncoder: it cannot be an address.
        """
        told = "{encoder!r} is no address of an embeddings endpoint: want http://HOST:PORT/v1"
        with failing_as(BadEncoder, told, httpx.InvalidURL, ValueError, encoder=settings.encoder):
            self._url = httpx.URL(settings.encoder.rstrip("/") + "/embeddings")
            if not self._url.host:
                raise ValueError("no host")
        parts = urlsplit(settings.encoder)  # a password in it is never shown
        self.name = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        self.query_prompt, self.passage_prompt = settings.query_prompt, settings.passage_prompt
        facts = settings.encoder_model, self.query_prompt, self.passage_prompt
        self.fingerprint = files_hash((), *facts)
        self._called = f"the embeddings endpoint {self.name.rstrip('/')}/embeddings"
        self._model, self._batch = settings.encoder_model, max(1, settings.batch_size)
        key, timeout = settings.encoder_key, settings.encoder_timeout
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(headers=headers, timeout=timeout, trust_env=False)

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        prompted = [prompt + text for text in texts]
        batches = [prompted[at : at + self._batch] for at in range(0, len(texts), self._batch)]
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            rows = [row for part in pool.map(self._asked, batches) for row in part]
        told = "{called} gave no vectors: {why}"
        errors = ArithmeticError, TypeError, ValueError
        with failing_as(EncoderFailed, told, *errors, called=self._called):
            raw = np.array(rows, np.float32)
        return unit_rows(raw, self._called)

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
