"""The blocks of an answer → Markdown, HTML, plain text, Word.

Each renderer shows every character of a text as it is; nothing reads its output back.
"""
