"""Buffers that are used again: fresh memory costs a page fault for every 4 KiB, about as much as encrypting it."""

import threading


class Rooms:
    """Buffers by size; as many are kept as were in use at once."""

    def __init__(self) -> None:
        self._free: dict[int, list[bytearray]] = {}
        self._lock = threading.Lock()

    def take(self, size: int) -> bytearray:
        """One of exactly this size; its content is that of its last use."""
        with self._lock:
            free = self._free.get(size)
            if free:
                return free.pop()
        return bytearray(size)

    def give(self, *buffers: bytearray) -> None:
        """Back for the next."""
        with self._lock:
            for buffer in buffers:
                self._free.setdefault(len(buffer), []).append(buffer)
