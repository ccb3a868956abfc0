"""The same answers as tools of the Model Context Protocol, over stdin and stdout.

Needs the extra `mcp`. What the tools return is the JSON of `rag.contract`.
"""

from rag.api.asking import MOST_HITS, ListedMeasure, list_hits, list_measures
from rag.contract import AnswerJson, HitJson, answer_json
from rag.errors import BadInput
from rag.pipeline import Assistant
from rag.types import Filters


def serve(assistant: Assistant) -> None:
    """Serve `assistant` until the client hangs up.

    Raises:
        BadInput: the extra `mcp` is not installed.
    """
    try:
        from mcp.server import MCPServer
    except ImportError:
        raise BadInput("`rag mcp` needs the package mcp: pip install 'youju[mcp]'") from None
    server = MCPServer(
        "youju",
        instructions="Answers on Chinese government and Party essays. Every sentence cites its "
        "source paragraph; what the essays do not say is refused. Ask in Chinese.",
    )

    @server.tool()
    def ask(
        question: str,
        history: list[str] | None = None,
        place: list[str] | None = None,
        author: list[str] | None = None,
    ) -> AnswerJson:
        """Answer a question from the essays, every sentence with its citation, or refuse.

        `history`: earlier questions, oldest first. `place`, `author`: only essays of these.
        """
        filters = Filters(place=tuple(place or ()), author=tuple(author or ()))
        return answer_json(assistant.ask(question, history or (), filters))

    @server.tool()
    def search(query: str, k: int = 10) -> list[HitJson]:
        """Return the k passages of the essays that match `query` best."""
        return list_hits(assistant, query, min(k, MOST_HITS))

    @server.tool(name="list_measures")
    def listed(place: str = "", author: str = "") -> list[ListedMeasure]:
        """List all measures of the essays of a place or author: section, lead and text."""
        filters = Filters(place=(place,) if place else (), author=(author,) if author else ())
        return list_measures(assistant, filters)

    server.run("stdio")
