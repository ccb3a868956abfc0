"""What the interface says, by name; a field that one language has, all have.

Names in braces are filled in by `str.format`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Strings:
    """The interface in one language."""

    language: str  # BCP 47
    title: str
    motto: str
    # head of every page
    pages: str
    page_chat: str
    page_library: str
    page_measures: str
    page_history: str
    page_admin: str
    other_language: str
    skip: str
    # conversation
    conversation: str
    question: str
    placeholder: str
    ask: str
    stop: str
    new_chat: str
    # empty state
    welcome: str
    welcome_text: str
    try_one: str
    words_for_now: str
    endpoint_failed: str
    # what limits the essays
    scope: str
    anything: str
    place: str
    essay: str
    author: str
    date: str
    limit: str  # {field} {value}
    drop_limit: str  # {field} {value}
    asked_limit: str
    set_limit: str
    widen: str  # {value}
    # one turn
    searching: str
    understood: str  # {question}
    citation_chip: str  # {number} {source}
    summary: str  # {citations} {seconds}
    stopped: str
    by_words_only: str
    next_questions: str
    actions: str
    copy: str
    copied: str
    not_copied: str
    word: str
    markdown: str
    link: str
    again: str
    good: str
    bad: str
    why_bad: str
    reasons: str
    more_reason: str
    send: str
    thanks: str
    offline: str
    away: str
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
    untitled: str  # {file}
    essay_title: str  # {title}
    separator: str
    in_library: str
    changed: str
    # library
    library_text: str  # {essays} {measures}
    search_text: str
    find: str
    filter: str
    clear: str
    essay_name: str
    office: str
    measures_count: str
    sorted_by: str  # {column}
    none_found: str
    found_passages: str  # {count}
    outline: str
    no_outline: str
    like_this: str
    like_title: str  # {lead}
    like_text: str
    like_none: str
    ask_about: str
    # measures
    measures_text: str  # {count} {places}
    table: str
    map: str
    section: str
    lead: str
    text: str
    theme: str
    contains: str
    download: str  # {format}
    map_text: str
    not_mentioned: str
    total: str
    other_theme: str
    themes_edit: str  # {file}
    edit_themes: str
    themes_form: str
    save: str
    count_measures: str  # {count}
    more_rows: str  # {shown} {count}
    # history
    history_text: str
    search_history: str
    no_history: str
    answers_count: str  # {count}
    continue_chat: str
    rename: str
    delete: str
    really_delete: str
    asked_at: str
    answer_page: str
    sources_below: str
    # administration
    admin_files: str
    admin_upload: str
    choose_files: str
    none_picked: str
    rebuild: str
    upload: str
    uploaded: str  # {names}
    refused_file: str  # {name} {why}
    too_large: str  # {limit}
    bad_name: str
    bad_kind: str
    building: str  # {step} {done} {total}
    step_files: str
    step_vectors: str
    step_upload: str
    built: str  # {generation}
    build_failed: str  # {why}
    state: str
    essays_count: str
    notes: str
    read: str
    repaired: str
    partly_read: str
    skipped: str
    generations: str
    generation: str
    created: str
    passages_count: str
    current: str
    roll_back: str
    damaged: str
    feedback: str
    no_feedback: str
    verdict: str
    reason: str
    health: str
    healthy: str
    index_folder: str
    corpus_folder: str
    encoder: str
    no_encoder: str
    language_model: str
    no_model: str
    kept_conversations: str
    memory: str
    warning: str
    # pages that are not there
    not_found: str
    not_found_text: str
    not_allowed: str
    wrong_request: str
    # logins
    login: str
    account: str
    password: str
    log_in: str
    login_wrong: str
    login_locked: str
    logged_in: str  # {name} {role}
    log_out: str
    reader: str
    admin: str
    # for programs
    api_title: str
    api_text: str
    api_try: str
    api_parameters: str
    api_returns: str
    # errors, by the class of the error
    bad_input: str
    index_missing: str
    index_mismatch: str
    index_damaged: str
    index_busy: str
    store_failed: str
    other_error: str
    # example questions, made from the records: the corpus is Chinese, so these are, too
    example_measures: str  # {name}
    example_topic: str  # {name} {topic}
    example_who: str  # {lead}
    example_compare: str  # {topic}
