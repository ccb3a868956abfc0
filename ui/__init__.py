"""The chat in the browser. Floor 12; in order: strings, markdown, render, examples, chat, app."""
