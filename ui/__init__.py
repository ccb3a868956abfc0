"""The chat in the browser. In order: strings, markdown, render, examples, chat, app."""
