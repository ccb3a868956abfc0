"""A page of another site may change nothing; programs and the own pages may."""

import pytest

from ui.access import from_elsewhere


@pytest.mark.parametrize(
    ("headers", "elsewhere"),
    [
        ({"host": "127.0.0.1:7860"}, False),
        ({"host": "127.0.0.1:7860", "origin": "http://127.0.0.1:7860"}, False),
        ({"host": "127.0.0.1:7860", "sec-fetch-site": "same-origin"}, False),
        ({"host": "127.0.0.1:7860", "origin": "http://evil.example"}, True),
        ({"host": "127.0.0.1:7860", "origin": "http://127.0.0.1:9999"}, True),
        ({"host": "127.0.0.1:7860", "origin": "null"}, True),
        ({"host": "inner:80", "origin": "https://rag.cn", "sec-fetch-site": "same-origin"}, False),
        ({"host": "127.0.0.1:7860", "sec-fetch-site": "cross-site"}, True),
        ({"host": "127.0.0.1:7860", "sec-fetch-site": "same-site"}, True),
    ],
)
def test_who_sends_a_request(headers: dict[str, str], elsewhere: bool) -> None:
    assert from_elsewhere(headers) is elsewhere
