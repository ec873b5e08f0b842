"""What keeps a figure where it is, as far as it was looked into: it stands with the figure on the page. No entry: nothing was found out yet."""

from typing import Final

_STEPS = (
    "one core reads 6.2 GB/s from the memory disk, hashes 1.8 GB/s (SHA-256), seals 10 GB/s and writes 2.8 GB/s to fresh pages: "
    "1.18 core seconds for a GB, so two cores end at 1.7 GB/s before the 0.07 s that the interpreter takes to start. Half of it is the "
    "SHA-256 of the plaintext, which resuming and the file's digest stand on; age hashes nothing. Reading by mmap would save the copy, but "
    "a file that is cut while it is read would then end the process"
)
_PEERS = (
    "ours runs at the speed of upload, some three quarters of what an unencrypted curl reaches here. Twice age piped into curl would be as fast as that "
    "curl, with the bytes sealed, hashed and summed on the same two cores on the way"
)
_MANY = (
    "most of the time is the server's and the client's own processor time for each of 10,000 files, on two cores that they share: announcing 1.7 s, naming "
    "and checking 1.5 s, listing 0.8 s, handing out keys and addresses 1.3 s, writing the files and making them durable 2 s and more, by the disk. The "
    "peer knows no file but by its path. Packs, batches of 500 and one sync for a batch are in already (decision 10); bringing the first packs while the "
    "last keys are still asked for would save a second at most"
)
_CREATE = (
    "a transfer is two durable transactions (idempotency, transfer) and three folder syncs, and both sides run the same use case over the same store; "
    "what differs is Chalice's routing and the events, log line and metrics that only ours writes"
)
_COLD = (
    "transfers imports most (453 modules beside 396) and its first request reads eight times, one after another, of which the tenant could come with the "
    "rate buckets; importing boto3 and Chalice is 85 % of both sides"
)
LIMITS: Final = {
    "api": _CREATE,
    "cold": _COLD,
    "many": _MANY,
    "open": _STEPS,
    "seal": _STEPS,
    "upload_peers": _PEERS,
}
