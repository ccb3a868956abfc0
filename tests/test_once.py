"""What is made once is made once, whoever comes while it is made."""

import threading
import time

from rag.once import once


def test_threads_that_come_meanwhile_wait_and_get_the_same() -> None:
    made: list[object] = []

    @once
    def slow() -> object:
        time.sleep(0.05)  # long enough for all threads to have come
        made.append(object())
        return made[-1]

    got: list[object] = []
    threads = [threading.Thread(target=lambda: got.append(slow())) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert got == made * 20


def test_what_failed_is_tried_again() -> None:
    tries: list[int] = []

    @once
    def second_time() -> int:
        tries.append(len(tries))
        return 1 // tries[-1]

    for _ in range(2):
        try:
            second_time()
        except ZeroDivisionError:
            continue
    assert (second_time(), tries) == (1, [0, 1])
