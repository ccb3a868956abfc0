"""Settings: file below environment, every mistake one clear line."""

from pathlib import Path

import pytest

from rag.errors import BadInput
from rag.settings import Settings


def settings_file(folder: Path, text: str) -> dict[str, str]:
    path = folder / "youju.toml"
    path.write_text(text, encoding="utf-8")
    return {"RAG_SETTINGS": str(path)}


def test_defaults_without_a_file() -> None:
    assert Settings.load({}) == Settings()


def test_environment_goes_before_the_file(tmp_path: Path) -> None:
    environ = settings_file(tmp_path, 'port = 8000\nencoder = "模型"\nk1 = 0.9\n')
    loaded = Settings.load({**environ, "RAG_PORT": "9000"})
    assert (loaded.port, loaded.encoder, loaded.k1) == (9000, "模型", 0.9)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("colour = 1", "unknown setting 'colour'"),
        ("port = 'many'", "port must be int"),
        ("port = true", "port must be int"),
        ("k1 = -1", "k1 must not be negative"),
        ("audit = 'maybe'", "audit must be bool, got 'maybe'"),
        ("audit = 2", "audit must be bool, got 2"),
        ("port = ", "not a TOML file"),
    ],
)
def test_mistakes_in_the_file(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        Settings.load(settings_file(tmp_path, text))


@pytest.mark.parametrize(
    ("given", "processes", "tokens"),
    [
        ({"workers": 8}, 8, 4000 * 2**20 // 128),
        ({"workers": 8, "build_memory": 1000}, 2, 1000 * 2**20 // 128),
        ({"workers": 8, "build_memory": 0}, 1, 1),
    ],
)
def test_memory_bounds_what_a_build_does_at_a_time(
    given: dict[str, int], processes: int, tokens: int
) -> None:
    settings = Settings(**given)  # type: ignore[arg-type]
    assert (settings.processes, settings.sorted_tokens) == (processes, tokens)


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot read the settings file"):
        Settings.load({"RAG_SETTINGS": str(tmp_path / "none.toml")})


def test_a_bad_environment_value() -> None:
    with pytest.raises(BadInput, match="port must be int, got 'x'"):
        Settings.load({"RAG_PORT": "x"})


@pytest.mark.parametrize(("given", "want"), [("1", True), ("True", True), ("0", False)])
def test_switches(given: str, want: bool) -> None:
    assert Settings.load({"RAG_AUDIT": given}).audit is want


def test_a_switch_in_the_file(tmp_path: Path) -> None:
    assert Settings.load(settings_file(tmp_path, "audit_text = false")).audit_text is False
