"""The log of questions: counted, filtered, exported, and forgotten in time."""

import csv
import time
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO, StringIO

from openpyxl import load_workbook

from rag.history import History
from rag.types import Answer, Filters
from tests.admin.conftest import Desk, opened
from tests.keeping import keep


def asked(history: History, answer: Answer, at: str, verdict: str = "") -> str:
    """Keep an answer as if it had been given at that time."""
    turn = keep(history, "wang", None, answer, Filters())
    if verdict:
        history.judge("wang", turn.answer_id, "bad" if verdict == "bad" else "good", "=1+1")
    history._file.run(("UPDATE answers SET at = ? WHERE id = ?", at, turn.answer_id))
    history._file.run(("UPDATE conversations SET changed = ?", at))
    return turn.answer_id


def test_the_log_counts_by_day_filters_and_exports(desk: Desk) -> None:
    answer = desk.site.assistant.ask("青山县有哪些措施？")
    refused = replace(answer, question='=cmd|"abstained":true', abstained=True, text="")
    tricky = replace(answer, question='他说"abstained":true吗？')
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for each, verdict in ((answer, ""), (answer, "bad"), (refused, "bad"), (tricky, "good")):
        asked(desk.site.history, each, now, verdict)
    (day,) = desk.site.history.days(60)
    assert (day.asked, day.refused, day.disliked) == (4, 1, 2)
    assert day.day == datetime.fromisoformat(now).astimezone().date().isoformat()
    for only, count in (("", 4), ("refused", 1), ("bad", 2), ("good", 1), ("failed", 0)):
        page = desk.client.get("/admin/questions", params={"only": only, "day": day.day}).text
        assert page.count(">重新提问</a>") == count, only
    assert 'href="/?q=%E9%9D%92%E5%B1%B1' in desk.client.get("/admin/questions").text
    assert desk.client.get("/admin/questions?day=2020-01-01").text.count("重新提问") == 0
    text = desk.client.get("/admin/questions/download.csv?only=refused").text.removeprefix("\ufeff")
    head, row = csv.reader(StringIO(text))
    assert head == ["提问时间", "账号", "结果", "评价", "原因", "问题"]
    assert row[1:] == ["wang", "未找到", "有问题", "'=1+1", '\'=cmd|"abstained":true']
    book = desk.client.get("/admin/questions/download.xlsx").content
    sheet = load_workbook(BytesIO(book)).active
    assert sheet is not None
    assert "f" not in {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert "=1+1" in [cell.value for cell in sheet["E"]]


def test_a_setting_keeps_texts_from_the_administrator(desk: Desk) -> None:
    answer = desk.site.assistant.ask("青山县有哪些措施？")
    asked(desk.site.history, answer, "2026-01-01T00:00:00+00:00", "bad")
    for made in opened(replace(desk.settings, audit_text=False)):
        shown = made.client.get("/admin/questions").text
        exported = made.client.get("/admin/questions/download.csv").text
        assert "wang" in shown and "wang" in exported
        for text in (shown, exported):
            assert "青山县" not in text and "=1+1" not in text


def test_what_was_asked_too_long_ago_is_deleted_at_the_start(desk: Desk) -> None:
    answer = desk.site.assistant.ask("青山县有哪些措施？")
    asked(desk.site.history, answer, "2020-01-01T00:00:00+00:00", "bad")
    new = asked(desk.site.history, answer, datetime.now(UTC).isoformat(timespec="seconds"))
    desk.site.history._file.run(("UPDATE conversations SET changed = (SELECT at FROM answers"
                                 " WHERE conversation = conversations.id)",))  # fmt: skip
    for made in opened(replace(desk.settings, history_days=30)):
        deadline = time.monotonic() + 60
        while made.site.history.size > 1 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [each.answer_id for each in made.site.history.log()] == [new]
        assert made.site.history.size == 1
