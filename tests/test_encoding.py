"""The setting decides which encoder is loaded."""

import numpy as np
import pytest

from rag.encoding import DEFAULT, StaticEncoder, load_default, load_encoder
from rag.errors import BadEncoder
from rag.settings import Settings


def test_the_embedded_encoder_needs_no_setting() -> None:
    encoder = load_encoder(Settings())
    assert isinstance(encoder, StaticEncoder)
    assert encoder.name == "default"
    assert encoder.fingerprint == load_encoder(Settings()).fingerprint
    np.testing.assert_array_equal(
        encoder.encode_queries(["人才"]), load_default().encode_queries(["人才"])
    )


def test_a_static_folder_is_run_without_the_library_under_its_own_name() -> None:
    encoder = load_encoder(Settings(encoder=str(DEFAULT)))
    assert isinstance(encoder, StaticEncoder)
    assert encoder.name == str(DEFAULT)


def test_the_embedded_encoder_fits_the_package() -> None:
    assert sum(path.stat().st_size for path in DEFAULT.rglob("*")) <= 25_000_000


@pytest.mark.parametrize("name", ["./missing", "/missing/model", "~/missing", "a/b/c", "C:\\model"])
def test_a_path_that_is_no_folder_is_refused_before_any_request(name: str) -> None:
    with pytest.raises(BadEncoder, match="no folder"):
        load_encoder(Settings(encoder=name))
