"""Part plans: how a blob's ciphertext is cut for upload.

A part is a whole multiple of 1 MiB, so it holds whole segments. S3 sets the outer limits: 5 MiB to 5 GiB a part and
10,000 parts (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html).
"""

from dataclasses import dataclass

from fumibako_format.errors import PlanError

MIB = 1 << 20
GIB = 1 << 30
SMALL_PART = 16 * MIB
LARGE_PART = 32 * MIB
LARGE_FROM = 4 * GIB
LEAST_PART = 5 * MIB
LARGEST_PART = 5 * GIB
PREFERRED_COUNT = 5_000
MAX_PARTS = 10_000
GROWTH_EVERY = 1_000
STORE_LIMIT = MAX_PARTS * LARGEST_PART


@dataclass(frozen=True)
class PartPlan:
    """Parts are numbered from 1. ``ciphertext_size`` is None while the length is unknown.

    ``part_size`` is the size of part 1; every other part is as large unless ``growing``, where it doubles each 1,000
    parts up to 5 GiB. The last part of a known length is what is left. ``single``: one PUT, no multipart upload.
    """

    ciphertext_size: int | None
    part_size: int
    single: bool
    growing: bool

    @property
    def count(self) -> int | None:
        """How many parts there are; None while the length is unknown."""
        if self.ciphertext_size is None:
            return None
        return _count(self.ciphertext_size, self.part_size, growing=self.growing)

    def range(self, n: int) -> tuple[int, int]:
        """Return the first and the end offset of part ``n`` in the ciphertext; raises PlanError."""
        last = MAX_PARTS if self.count is None else self.count
        if not 1 <= n <= last:
            raise PlanError(f"Parts are numbered 1 to {last}.", "Ask for a part of the plan.", limit=last)
        start, end = (
            _start(n, self.part_size, growing=self.growing),
            _start(n + 1, self.part_size, growing=self.growing),
        )
        return start, end if self.ciphertext_size is None else min(end, self.ciphertext_size)

    def size_of(self, n: int) -> int:
        """Return the bytes of part ``n``, of an unknown length those of a full one; raises PlanError."""
        start, end = self.range(n)
        return end - start

    def closed(self, ciphertext_size: int, *, limit: int = STORE_LIMIT) -> "PartPlan":
        """Return the plan with the length now known; raises PlanError where it passes the limit or its parts."""
        _check_size(ciphertext_size, limit)
        count = _count(ciphertext_size, self.part_size, growing=self.growing)
        if count > MAX_PARTS:
            most = _start(MAX_PARTS + 1, self.part_size, growing=self.growing)
            raise PlanError(f"These parts hold at most {most} bytes.", limit=most)
        return PartPlan(ciphertext_size, self.part_size, self.single, self.growing)


def plan_parts(ciphertext_size: int | None, *, asked: int | None = None, limit: int = STORE_LIMIT) -> PartPlan:
    """Return the plan for a blob of so many bytes of ciphertext, or None where the length is unknown.

    ``asked`` is the part size a client wishes: 5 MiB to 5 GiB in whole MiB. ``limit`` is what the store takes in bytes.
    Raises PlanError, whose ``limit`` is the figure that was passed.
    """
    if asked is not None:
        _check_asked(asked)
    if ciphertext_size is None:
        return PartPlan(None, SMALL_PART if asked is None else asked, single=False, growing=True)
    _check_size(ciphertext_size, limit)
    size = _usual_size(ciphertext_size) if asked is None else asked
    if ciphertext_size > size * MAX_PARTS:
        least = _whole_mib(-(-ciphertext_size // MAX_PARTS))
        hint = f"Ask for parts of {least} bytes or more."
        raise PlanError(f"Parts of {size} bytes would be more than {MAX_PARTS}.", hint, limit=MAX_PARTS)
    return PartPlan(
        ciphertext_size, size, single=ciphertext_size < SMALL_PART and ciphertext_size <= size, growing=False
    )


def _check_asked(asked: int) -> None:
    if asked < LEAST_PART:
        raise PlanError(f"A part is {LEAST_PART} bytes or more.", "Ask for a larger part.", limit=LEAST_PART)
    if asked > LARGEST_PART:
        raise PlanError(f"A part is at most {LARGEST_PART} bytes.", "Ask for a smaller part.", limit=LARGEST_PART)
    if asked % MIB:
        raise PlanError("A part is a whole number of MiB.", "Ask for a multiple of 1,048,576 bytes.", limit=MIB)


def _check_size(size: int, limit: int) -> None:
    most = min(limit, STORE_LIMIT)
    if size > most:
        raise PlanError(f"The store takes at most {most} bytes in one piece, this is {size}.", limit=most)
    if size < 0:
        raise PlanError("A size is 0 or more bytes.", "Check the size that was given.", limit=0)


def _usual_size(size: int) -> int:
    usual = SMALL_PART if size <= LARGE_FROM else LARGE_PART
    return min(max(usual, _whole_mib(-(-size // PREFERRED_COUNT))), LARGEST_PART)


def _whole_mib(size: int) -> int:
    return -(-size // MIB) * MIB


def _start(n: int, part_size: int, *, growing: bool) -> int:
    """Return where part ``n`` begins."""
    full, rest = divmod(n - 1, GROWTH_EVERY)
    if not growing:
        return (n - 1) * part_size
    before = sum(_grown(part_size, step) * GROWTH_EVERY for step in range(full))
    return before + rest * _grown(part_size, full)


def _grown(part_size: int, step: int) -> int:
    # 16 MiB doubled nine times would be 8 GiB, more than S3 takes as one part.
    return min(part_size << step, LARGEST_PART)


def _count(size: int, part_size: int, *, growing: bool) -> int:
    """Return the number of parts of ``size`` bytes; an empty blob is one empty part."""
    if not growing:
        return max(1, -(-size // part_size))
    count, step = 0, 0
    while size > _grown(part_size, step) * GROWTH_EVERY:
        size -= _grown(part_size, step) * GROWTH_EVERY
        count, step = count + GROWTH_EVERY, step + 1
    return max(1, count + -(-size // _grown(part_size, step)))
