"""A conversation: its turns, the list of conversations beside it, the sources to tick."""

import json

from playwright.sync_api import Page, expect

from tests.browser.driver import BOX, Watched, side

LIST = "太湖县有哪些措施？"
TALENT = "太湖县在人才方面有哪些措施？"
HOSTILE = "<b>甲</b>**乙**\u202e丙😀[x](javascript:alert(1))"


# ---- conversations beside the chat ----


def test_conversations_are_found_renamed_pinned_deleted_and_restored(chat: Watched) -> None:
    page, name = chat.page, f"人才工作 {chat.page.viewport_size}"
    chat.open()
    chat.ask(TALENT)
    side(page, "talks")
    page.get_by_role("button", name="新对话").click()
    chat.ask(LIST)
    side(page, "talks")
    items = page.locator(".conversations li")
    expect(items.first).to_contain_text(LIST)
    older = items.nth(1)
    expect(older).to_contain_text(TALENT)
    older.locator(".more summary").click()
    older.get_by_role("button", name="改名").click()
    page.locator(".conversations input").fill(name)
    page.locator(".conversations input").press("Enter")
    expect(items.nth(1)).to_contain_text(name)
    items.nth(1).locator(".more summary").click()
    items.nth(1).get_by_role("button", name="置顶").click()
    expect(items.first).to_contain_text(name)
    page.get_by_label("查找对话").fill("人才工作")
    expect(page.locator(".conversations").get_by_role("link", name=LIST)).to_have_count(0)
    page.get_by_role("link", name=name).click()
    expect(page.locator(".asked")).to_have_text([TALENT])
    side(page, "talks")
    page.get_by_label("查找对话").fill("")
    expect(items.first).to_contain_text(name)
    items.first.locator(".more summary").click()
    items.first.get_by_role("button", name="删除").click()
    expect(page.get_by_role("link", name=name)).to_have_count(0)
    expect(page.locator(".welcome")).to_be_visible()
    expect(page.locator("#composer .told")).to_contain_text(f"已删除“{name}”")
    page.get_by_role("button", name="撤销").click()
    expect(page.locator(".asked")).to_have_text([TALENT])
    side(page, "talks")
    items.first.locator(".more summary").click()
    items.first.get_by_role("button", name="取消置顶").click()
    expect(page.locator(".conversations .pinned")).to_have_count(0)


def test_a_new_name_is_kept_by_going_on_and_given_up_by_escape(wide: Watched) -> None:
    page = wide.page
    wide.open()
    wide.ask(LIST)
    item, field = page.locator(".conversations li").first, page.locator(".conversations input")
    for typed, given_up, shown in (("甲", False, "甲"), ("乙", True, "甲")):
        item.locator(".more summary").click()
        item.get_by_role("button", name="改名").click()
        field.fill(typed)
        if given_up:
            field.press("Escape")
        else:
            page.locator("#masthead .motto").click()
        expect(field).to_have_count(0)
        expect(item.locator("a").first).to_have_text(shown)


def test_a_title_is_text_whatever_it_holds(wide: Watched) -> None:
    page = wide.page
    wide.open()
    wide.ask(HOSTILE)
    link = page.locator(".conversations [aria-current]")
    expect(link).to_have_text(HOSTILE)
    expect(page.locator(".asked")).to_have_text(HOSTILE)
    assert page.locator("#desk b").count() == 0


def test_a_name_from_right_to_left_does_not_turn_what_stands_around_it(wide: Watched) -> None:
    page = wide.page
    wide.open()
    wide.ask(HOSTILE)
    item = page.locator(".conversations li").first
    item.locator(".more summary").click()
    item.get_by_role("button", name="删除").click()
    told = page.locator("#composer .told")
    expect(told).to_contain_text(f"已删除“{HOSTILE}”")
    undo, name = told.get_by_role("button").bounding_box(), told.locator("bdi").bounding_box()
    assert undo and name and undo["x"] >= name["x"] + name["width"]


def asked_before(page: Page, turns: int) -> str:
    """Make a conversation of greetings, which take no time to answer, and return its id."""
    made: str = page.evaluate(
        """async (turns) => {
            const chat = `conversation-${performance.timeOrigin}`.replace(".", "-");
            for (let n = 0; n < turns; n += 1) {
                const turn = `${chat}-${n}`.slice(-40);
                const body = new URLSearchParams({ chat, turn, question: "你好" });
                await fetch("chat/ask", { method: "POST", body });
                const look = () => fetch(`chat/turns/${turn}`).then((told) => told.json());
                while ((await look()).state === "asked");
            }
            return chat;
        }""",
        turns,
    )
    return made


def test_earlier_turns_come_above_what_is_read_and_stay(wide: Watched) -> None:
    page = wide.page
    wide.open()
    page.goto(f"{wide.address}/?chat={asked_before(page, 13)}")
    expect(page.locator(".turn")).to_have_count(10)
    page.evaluate("scrollTo(0, 0)")
    read = page.locator(f"#{page.locator('.turn').first.get_attribute('id')}")
    top = "each => Math.round(each.getBoundingClientRect().top)"
    before = read.evaluate(top)
    page.get_by_role("button", name="更早的问答").click()
    expect(page.locator(".turn")).to_have_count(13)
    assert abs(read.evaluate(top) - before) <= 60  # the button's own place is gone
    other = page.context.new_page()
    other.goto(page.url)
    other.fill(BOX, "谢谢")
    other.press(BOX, "Enter")
    expect(page.locator(".turn")).to_have_count(14)
    assert page.locator(".asked").all_inner_texts() == ["你好"] * 13 + ["谢谢"]
    other.close()


# ---- a turn ----


def test_a_question_is_changed_and_asked_again_and_the_draft_comes_back(chat: Watched) -> None:
    page = chat.page
    chat.open()
    chat.ask(LIST)
    page.fill(BOX, "还没写完")
    change = page.locator(".turn").first.get_by_role("button", name="改写")
    change.click()
    expect(page.locator(BOX)).to_have_value(LIST)
    page.keyboard.press("Escape")
    expect(page.locator(BOX)).to_have_value("还没写完")
    change.click()
    page.reload()
    expect(page.locator(BOX)).to_have_value(LIST)
    chat.ask(TALENT)
    expect(page.locator(".asked")).to_have_text([LIST, TALENT])
    expect(page.locator(BOX)).to_have_value("还没写完")


def copied(page: Page) -> dict[str, str]:
    """What the clipboard holds, by type."""
    found: dict[str, str] = page.evaluate(
        """async () => {
            const [item] = await navigator.clipboard.read();
            const text = async (type) => [type, await (await item.getType(type)).text()];
            return Object.fromEntries(await Promise.all(item.types.map(text)));
        }"""
    )
    return found


def test_an_answer_is_copied_with_and_without_its_notes(wide: Watched) -> None:
    page = wide.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    wide.open()
    wide.ask(TALENT)
    page.get_by_role("button", name="复制（附出处）").click()
    expect(page.locator(".said")).to_have_text("已复制")
    both = copied(page)
    assert "[1] 《读懂党的二十大报告精神" in both["text/plain"]
    assert both["text/plain"].count("筑巢安家") == both["text/html"].count("筑巢安家") >= 1
    assert "<sup>[1]</sup>" in both["text/html"]
    assert "<button" not in both["text/html"] and "class=" not in both["text/html"]
    page.get_by_role("button", name="复制正文").click()
    expect(page.locator(".said")).to_have_text("已复制")
    plain = copied(page)
    assert "[1]" not in plain["text/plain"] + plain["text/html"]
    page.locator(".answer li").nth(1).hover()
    page.get_by_role("button", name="复制这一段").click()
    page.wait_for_function("async () => (await navigator.clipboard.readText()).length < 600")
    assert page.locator(".answer li").nth(0).inner_text()[:6] not in copied(page)["text/plain"]


def test_the_digits_of_chips_are_no_part_of_a_selection(wide: Watched) -> None:
    page = wide.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    wide.open()
    wide.ask(TALENT)
    page.evaluate("getSelection().selectAllChildren(document.querySelector('.answer'))")
    page.keyboard.press("Control+c")
    chosen = page.evaluate("navigator.clipboard.readText()")
    chips = set(page.locator(".turn .chip").all_inner_texts())
    assert len(chips) >= 3
    sentences = [line for line in chosen.splitlines() if line.strip()]
    assert len(sentences) >= 3
    for line in sentences:
        assert line[-1] not in chips or line.endswith("：")


def test_the_essays_under_an_answer_open_the_panel(chat: Watched) -> None:
    page = chat.page
    chat.open()
    chat.ask("哪些地方提到容错纠错？")
    essays = page.locator(".essays li")
    assert essays.count() >= 3
    expect(essays.nth(1)).to_contain_text("引用")
    title = essays.nth(1).locator(".open").inner_text()
    essays.nth(1).locator(".open").click()
    expect(page.locator("#panel h3")).to_have_text(title)


def test_a_greeting_is_no_warning_and_a_refusal_says_what_to_do(chat: Watched) -> None:
    page = chat.page
    chat.open()
    chat.ask("你好")
    turn = page.locator(".turn").last
    expect(turn.locator(".refusal, .actions")).to_have_count(0)
    chat.ask("哪个县提出了垃圾分类？")
    turn = page.locator(".turn").last
    expect(turn.get_by_role("link", name="导出 Word")).to_have_count(0)
    expect(turn.get_by_role("link", name="在文库中查找")).to_be_visible()
    turn.get_by_role("button", name="换个说法").click()
    expect(page.locator(BOX)).to_have_value("哪个县提出了垃圾分类？")


def test_a_table_is_cards_in_a_narrow_window(chat: Watched) -> None:
    page = chat.page
    chat.open()
    chat.ask(TALENT)
    chat.ask("用表格列出来")
    cell = page.locator(".turn").last.locator("tbody td").nth(1)
    narrow = page.evaluate("innerWidth") < 600
    head = page.locator(".turn").last.locator("thead")
    expect(head).to_be_hidden() if narrow else expect(head).to_be_visible()
    label = cell.evaluate("cell => getComputedStyle(cell, '::before').content")
    assert (label == json.dumps(cell.get_attribute("data-label"), ensure_ascii=False)) is narrow
    assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0


# ---- what limits the essays ----


def test_sources_are_ticked_shown_as_chips_and_kept_by_the_address(chat: Watched) -> None:
    page = chat.page
    chat.open()
    side(page, "material")
    page.get_by_role("button", name="地区").click()
    page.get_by_label("望江县", exact=True).check()
    page.get_by_label("太湖县", exact=True).check()
    page.keyboard.press("Escape")
    chips = page.locator("#scope .limit")
    expect(chips).to_have_text(["地区：望江县", "地区：太湖县"])
    page.reload()
    expect(chips).to_have_text(["地区：望江县", "地区：太湖县"])
    chat.ask("有哪些措施？")
    titles = {each.inner_text() for each in page.locator(".essays .open").all()}
    assert titles <= {
        "《抓制度机制 树鲜明导向》",
        "《读懂党的二十大报告精神 校准组织工作“红”坐标》",
    }
    chips.first.click()
    expect(chips).to_have_text(["地区：太湖县"])
    side(page, "material")
    page.get_by_role("button", name="全不选").click()
    expect(chips).to_have_count(0)


def test_many_ticks_leave_room_and_the_drawer_gives_the_focus_back(chat: Watched) -> None:
    page = chat.page
    chat.open()
    narrow = page.evaluate("innerWidth") < 1280
    empty = page.locator("#composer").bounding_box()
    side(page, "material")
    page.get_by_role("button", name="地区").click()
    expect(page.get_by_label("池州市", exact=True)).to_be_visible()
    page.get_by_role("button", name="全选", exact=True).click()
    expect(page.locator("#scope .limit")).to_have_count(7)
    page.keyboard.press("Escape")
    if narrow:
        expect(page.locator("#side")).to_be_hidden()
        expect(page.locator(".open-material")).to_be_focused()
    full = page.locator("#composer").bounding_box()
    assert empty and full and full["height"] - empty["height"] < 110
    last = page.locator("#scope .limit").last
    last.focus()
    expect(last).to_be_in_viewport(ratio=0.9)
    last.press("Enter")
    expect(page.locator("#scope .limit")).to_have_count(6)
    assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0


def test_one_essay_of_a_group_is_left_out(wide: Watched) -> None:
    page = wide.page
    wide.open()
    side(page, "material")
    group = page.locator(".tree > ul > li").filter(has_text="安庆组工信息")
    group.locator("[data-tick]").first.check()
    group.locator("details summary").click()
    essays = group.locator("details [data-tick]")
    expect(essays.first).to_be_checked()
    count = essays.count()
    essays.first.uncheck()
    expect(page.locator("#scope .limit")).to_have_count(count - 1)
    expect(group.locator("[data-tick]").first).to_have_js_property("indeterminate", True)
    page.get_by_label("查找文章").fill("望江")
    expect(page.locator(".tree label")).to_have_count(1)
    page.get_by_role("button", name="全不选").click()
    page.get_by_role("button", name="全选", exact=True).click()
    expect(page.locator("#scope .limit")).to_have_text(["文章：《抓制度机制 树鲜明导向》"])
