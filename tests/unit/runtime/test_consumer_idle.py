"""Idle threads stay idle: an empty look must not wake those that wait, or they keep each other awake and a processor busy."""

import threading

from tests.unit.runtime.test_consumer import Desk


def test_an_empty_look_wakes_nobody_and_a_full_one_does() -> None:
    desk = Desk()
    waiting = threading.Thread(target=desk.consumer.wait, args=(30,))
    waiting.start()
    for _ in range(20):
        assert desk.consumer.step() == 0
    waiting.join(0.1)
    assert waiting.is_alive()
    desk.publish("a", "b")
    assert desk.consumer.step() == 1
    waiting.join(30)
    assert not waiting.is_alive()
