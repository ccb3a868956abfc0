"""All text of the interface, Chinese first, English beside it.

A field that both languages must have is a field of `Strings`, so neither can lack it. Names in
braces are filled in by `str.format`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Strings:
    """The interface in one language."""

    language: str  # BCP 47
    title: str
    motto: str
    conversation: str
    question: str
    placeholder: str
    ask: str
    new_chat: str
    # empty state
    welcome: str
    welcome_text: str
    try_one: str
    # one turn
    searching: str
    understood: str  # {question}
    citation_chip: str  # {number} {source}
    summary: str  # {citations} {seconds}
    # refusal and error
    refused: str
    nearest: str
    open_nearest: str  # {source}
    failed: str
    # source panel
    source: str
    source_of: str  # {number} {total}
    source_hint: str
    previous: str
    next: str
    close: str
    author: str
    publication: str
    issue: str  # {publication} {issue}
    trail: str
    file: str
    line: str  # {first}
    lines: str  # {first} {last}
    page: str  # {page}
    ordinal: str  # {ordinal}
    before: str
    after: str
    untitled: str
    essay_title: str  # {title}
    year: str  # {year}
    month: str  # {year} {month}
    day: str  # {year} {month} {day}
    separator: str  # between the parts of one line
    # errors, by the class of the error
    bad_input: str
    index_missing: str
    index_mismatch: str
    index_damaged: str
    other_error: str
    # example questions, made from the records: the corpus is Chinese, so these are, too
    example_measures: str  # {name}
    example_topic: str  # {name} {topic}
    example_who: str  # {lead}
    example_compare: str  # {topic}


ZH = Strings(
    language="zh-CN",
    title="有据",
    motto="言必有据：每句回答都附原文段落",
    conversation="问答",
    question="问题",
    placeholder="请输入问题，回车提交，Shift+回车换行",
    ask="提问",
    new_chat="新对话",
    welcome="向文库提问",
    welcome_text="回答只用文库里的原句。句后的编号是出处，点开即见原文段落。文库没有的，会直说没有。",
    try_one="可以这样问",
    searching="正在查阅文库……",
    understood="理解为：{question}",
    citation_chip="出处 {number}，{source}，打开原文",
    summary="{citations} 处引文，用时 {seconds} 秒",
    refused="没有作答",
    nearest="最接近的内容（不是答案）",
    open_nearest="{source}，打开原文",
    failed="这次没能作答",
    source="原文",
    source_of="原文 {number} / {total}",
    source_hint="点击回答中的编号，这里显示它所在的原文段落，引文加底色。",
    previous="上一处",
    next="下一处",
    close="关闭原文",
    author="作者",
    publication="刊物",
    issue="{publication}第{issue}期",
    trail="所在小节",
    file="文件",
    line="第 {first} 行",
    lines="第 {first}—{last} 行",
    page="第 {page} 页",
    ordinal="第 {ordinal} 段",
    before="展开上文",
    after="展开下文",
    untitled="（无标题）",
    essay_title="《{title}》",
    year="{year}年",
    month="{year}年{month}月",
    day="{year}年{month}月{day}日",
    separator="，",
    bad_input="这个问题无法处理：请检查是否为空或过长，改写后再问。",
    index_missing="还没有索引：请先运行 rag build 建立索引，再提问。",
    index_mismatch="索引与当前设置不一致：请运行 rag build 重建索引。",
    index_damaged="索引文件缺损：请运行 rag index verify 检查，或运行 rag build 重建。",
    other_error="服务出了问题：请把提问时间告诉管理员，稍后再试。",
    example_measures="{name}提出了哪些措施？",
    example_topic="{name}在{topic}方面有哪些措施？",
    example_who="“{lead}”是谁提出的？",
    example_compare="哪些文章谈到{topic}？各有什么做法？",
)

EN = Strings(
    language="en",
    title="Youju",
    motto="Every sentence of an answer shows the paragraph it stands on",
    conversation="Conversation",
    question="Question",
    placeholder="Type a question; Enter sends, Shift+Enter starts a new line",
    ask="Ask",
    new_chat="New chat",
    welcome="Ask the essays",
    welcome_text="Answers are made of sentences from the essays. The number after a sentence opens "
    "its source paragraph. What the essays do not say is refused.",
    try_one="For example",
    searching="Searching the essays…",
    understood="Understood as: {question}",
    citation_chip="Source {number}, {source}, open the paragraph",
    summary="{citations} citations, {seconds} s",
    refused="Not answered",
    nearest="The nearest passage (not an answer)",
    open_nearest="{source}, open the paragraph",
    failed="This question could not be answered",
    source="Source",
    source_of="Source {number} / {total}",
    source_hint="Select a number in the answer: its paragraph is shown here, the quote marked.",
    previous="Previous",
    next="Next",
    close="Close the source",
    author="Author",
    publication="Publication",
    issue="{publication}, issue {issue}",
    trail="Section",
    file="File",
    line="line {first}",
    lines="lines {first}-{last}",
    page="page {page}",
    ordinal="paragraph {ordinal}",
    before="Show what comes before",
    after="Show what comes after",
    untitled="(untitled)",
    essay_title="“{title}”",
    year="{year}",
    month="{year}-{month:0>2}",
    day="{year}-{month:0>2}-{day:0>2}",
    separator=", ",
    bad_input="This question cannot be used: it may be empty or too long; please rephrase it.",
    index_missing="There is no index yet: run `rag build`, then ask again.",
    index_mismatch="The index does not fit the settings: run `rag build`.",
    index_damaged="The index is damaged: run `rag index verify`, or `rag build` to make a new one.",
    other_error="Something went wrong: please tell the administrator the time of your question.",
    example_measures="{name}提出了哪些措施？",
    example_topic="{name}在{topic}方面有哪些措施？",
    example_who="“{lead}”是谁提出的？",
    example_compare="哪些文章谈到{topic}？各有什么做法？",
)

LANGUAGES = {"zh": ZH, "en": EN}


def strings(language: str | None) -> Strings:
    """Return the interface in `language` ("zh", "en", "en-GB", ...), Chinese where unknown.

    >>> strings("en-GB").ask
    'Ask'
    >>> strings(None).ask
    '提问'
    """
    return LANGUAGES.get((language or "").lower().split("-")[0], ZH)
