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
    "the calls that announce and name 500 files follow each other without a gap and write the head of one transfer, so they can't overlap: 20 pairs, "
    "each 73 ms of the server's one thread and twice 12 ms of the disk. Announcing while sending, records written four "
    "times faster and a zip in the place of 10,000 inodes are in already (decision 18); larger calls would be next. The peer knows no file but by its path, "
    "and how fast the disk makes 10,000 inodes differs by half from run to run"
)
_CREATE = (
    "a transfer is two durable transactions (idempotency, transfer) and three folder syncs, and both sides run the same use case over the same store; "
    "what differs is Chalice's routing and the events, log line and metrics that only ours writes"
)
_COLD = (
    "transfers imports most (453 modules beside 396) and its first request reads eight times, one after another, of which the tenant could come with the "
    "rate buckets; importing boto3 and Chalice is 85 % of both sides"
)
_BROWSER_DOWN = (
    "processor time for 64 MiB, all processes of the browser together: the peer 0.58 s (0.21 s to read the stream, 0.37 s to write a file of the browser), "
    "ours 1.03 s, which adds 0.12 s to open, 0.09 s for the SHA-256 of the segments and 0.24 s for the SHA-256 of the whole (WebAssembly, since WebCrypto "
    "hashes no stream). Ours keeps two cores busy, so whatever else runs is taken from ours alone. Only the SHA-256 that people compare could be left out"
)
_BROWSER_UP = (
    "processor time for 64 MiB, all processes of the browser together: the peer 0.20 s, ours 0.62 s (0.13 s to read the file, 0.14 s to seal, 0.09 s to hash, "
    "0.26 s to hand the sealed bytes to the browser and send them; as an array instead of a Blob 0.22 s). The peer waits for its one connection and the disk "
    "meanwhile, ours fills the time with parts; on a machine that does something besides, that time is not there"
)
_EXPIRE = (
    "processor time: a transfer costs some 3.8 ms of the worker and 1.2 ms of PostgreSQL, so 100,000 take 490 of the 600 core seconds that two cores have in five "
    "minutes, and some 48,000 mails at 4 ms took 190 more: they came into sight after five minutes, when the end was not reached. They stand back ten "
    "minutes since then (decision 13), which was not measured again. On SQLite the same stays within the promise"
)
LIMITS: Final = {
    "api": _CREATE,
    "browser_download": _BROWSER_DOWN,
    "browser_upload": _BROWSER_UP,
    "cold": _COLD,
    "expire": _EXPIRE,
    "many": _MANY,
    "open": _STEPS,
    "seal": _STEPS,
    "upload_peers": _PEERS,
}
