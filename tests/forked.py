"""Processes of tests that begin where everything is imported: each test worker imports once.

They are forked by a process that does nothing else. What `rag` itself imports when it starts, and
when, is tested where a test runs the command line.
"""

import multiprocessing

FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["tests.imported"])
