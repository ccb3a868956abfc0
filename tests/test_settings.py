"""Settings: file below environment, every mistake one clear line."""

import os
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


def test_a_build_takes_one_process_a_core_unless_told_otherwise() -> None:
    assert Settings().processes == len(os.sched_getaffinity(0))
    assert Settings(workers=8).processes == 8


def test_keys_are_never_shown() -> None:
    settings = Settings.load({f"RAG_{name}": "sk-secret" for name in ("ENCODER_KEY", "LLM_KEY")})
    assert (settings.encoder_key, settings.llm_key) == ("sk-secret", "sk-secret")
    assert "sk-secret" not in repr(settings)


@pytest.mark.parametrize("name", ["ray", "build_memory", "grow_from"])
def test_a_setting_that_was_removed_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match=f"unknown setting '{name}'"):
        Settings.load(settings_file(tmp_path, f"{name} = 1"))


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
