"""Each task of docs/tasks.md is played by a test that is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLAYED = re.compile(r"\| \d+ \| .* \| `(\w+\.py)::(test_\w+)` \|")


def test_forty_tasks_are_played_in_the_browser() -> None:
    played = PLAYED.findall((ROOT / "docs" / "tasks.md").read_text(encoding="utf-8"))
    assert len(played) == 40
    for file, name in played:
        source = (ROOT / "tests" / "browser" / file).read_text(encoding="utf-8")
        assert f"def {name}(" in source, (file, name)
