"""The tools of `rag mcp`, called over standard input and output by the protocol's own client."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters

from rag.pipeline import Assistant

ROOT = Path(__file__).parent.parent
ASKED = "太湖县在人才方面有哪些措施？"


async def called(index: Path) -> tuple[set[str], list[dict[str, Any]]]:
    """Start `rag mcp`, list its tools and call each once."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "RAG_INDEX": str(index)}
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "rag.cli", "mcp"], env=environment
    )
    async with Client(server) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        results = [
            await client.call_tool(name, given)
            for name, given in (
                ("ask", {"question": ASKED}),
                ("ask", {"question": "有哪些措施？", "place": ["望江县"]}),
                ("search", {"query": "人才驿站", "k": 2}),
                ("list_measures", {"place": "望江县"}),
                ("ask", {"question": " "}),
            )
        ]
    return tools, [
        {"error": r.is_error, "text": str(r.content), "made": r.structured_content} for r in results
    ]


def test_the_tools_answer_as_the_library_does(index: Path, assistant: Assistant) -> None:
    tools, (asked, limited, found, listed, empty) = asyncio.run(called(index))
    assert tools == {"ask", "search", "list_measures"}
    assert asked["made"]["answer"] == assistant.ask(ASKED).text
    assert {cited["place"] for cited in limited["made"]["citations"]} == {"望江县"}
    assert [hit["rank"] for hit in found["made"]["result"]] == [1, 2]
    assert len(listed["made"]["result"]) == 3
    assert empty["error"]
    assert "Traceback" not in empty["text"]
