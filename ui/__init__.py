"""The chat in the browser. Floor 10; in order: strings, markdown, render, examples, chat, app."""
