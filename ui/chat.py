"""The page of questions and answers, as a Gradio Blocks: only what stands where, wired to `Events`.

The conversation is one `gr.HTML` that Gradio patches in place while an answer is streamed. The
sources of every answer are in it, hidden; the page's script (`static/chat.js`) copies the one
that is asked for into the panel, so opening a citation needs no round trip to the server.
"""

from typing import Any

import gradio as gr

from ui.conversation import Chat
from ui.events import Events
from ui.site import Site
from ui.strings import ZH

_AT_ONCE = 8  # questions that are answered at the same time; more wait in a queue
_SCRIPT = "".join(f'<script src="ui/{name}.js"></script>' for name in ("chat", "answer"))
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
_PLAIN: dict[str, Any] = {"apply_default_css": False}


def chat_page(site: Site) -> gr.Blocks:
    """Return the chat of `site`; its queue is on, and nothing of it is a public API."""
    events = Events(site)
    page = gr.Blocks(title=ZH.title, fill_width=True, analytics_enabled=False)
    with page:
        state = gr.State(Chat())
        chosen = gr.JSON({}, visible=False)  # kept by the page, so that no restart drops a limit
        masthead = gr.HTML(elem_id="masthead", **_PLAIN)
        with gr.Row(elem_id="desk"):
            with gr.Column(elem_id="conversation"):
                thread = gr.HTML(
                    elem_id="thread",
                    head=_SCRIPT,
                    js_on_load="youju.start(element, trigger, watch)",
                    **_PLAIN,
                )
                with gr.Row(elem_id="composer"):
                    scope = gr.HTML(
                        elem_id="scope",
                        head=_SCRIPT,
                        js_on_load="youju.narrow(element, trigger)",
                        **_PLAIN,
                    )
                    box = gr.Textbox(
                        elem_id="question",
                        lines=1,
                        max_lines=6,
                        max_length=site.settings.max_question,
                        container=False,
                        autofocus=True,
                    )
                    send = gr.Button(variant="primary", elem_id="send", min_width=0, scale=0)
                    stop = gr.Button(elem_id="stop", min_width=0, scale=0)
                    new = gr.Button(elem_id="new", min_width=0, scale=0)
            panel = gr.HTML(elem_id="panel", **_PLAIN)
        shown = [state, chosen, masthead, thread, scope, panel, box, send, stop, new]
        out = [box, thread, state]
        page.load(events.open, None, shown, **_QUIET)
        asked = gr.on([box.submit, send.click], events.ask, [box, state, chosen], out, **_QUIET)
        picked = thread.submit(events.ask_picked, [state, chosen], out, **_QUIET)
        again = thread.retry(events.ask_again, [state, chosen], out, **_QUIET)
        running = [asked, picked, again]
        stop.click(events.stop, state, out, cancels=running, **_QUIET)
        new.click(events.clear, state, [*out, chosen, scope], cancels=running, **_QUIET)
        scope.submit(events.narrow, chosen, [chosen, scope], **_QUIET)
    page.queue(default_concurrency_limit=_AT_ONCE, api_open=False)
    return page
