"""What keeps a figure where it is, as far as it was looked into: it stands with the figure on the page. No entry: nothing was found out yet."""

from typing import Final

_STEPS = (
    "one core reads 6.2 GB/s from the memory disk, hashes 1.8 GB/s (SHA-256), seals 10 GB/s and writes 2.8 GB/s to fresh pages: "
    "1.18 core seconds for a GB, so two cores end at 1.7 GB/s before the 0.07 s that the interpreter takes to start. Half of it is the "
    "SHA-256 of the plaintext, which resuming and the file's digest stand on; age hashes nothing. Reading by mmap would save the copy, but "
    "a file that is cut while it is read would then end the process"
)
LIMITS: Final = {"seal": _STEPS, "open": _STEPS}
