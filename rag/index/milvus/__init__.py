"""Generations on a Milvus server instead of in a folder. Needs the extra `milvus`.

Order inside: server, schema, filters < texts < records, words < snapshot, publishing < store.

A generation is made in a folder, as always, and then copied: so its vectors and weights are the
same numbers. On the server it is four collections, and an alias named like the index leads to the
passages of the one that serves. A question is answered without the folder: Milvus finds the rows,
and gives the weights of the question's terms in them, from which the score is made here.
"""

from rag.index.milvus.store import MilvusStore

__all__ = ["MilvusStore"]
