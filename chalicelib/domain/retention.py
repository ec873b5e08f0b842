"""When bytes must go: what is due for a transfer, and when. Times in milliseconds."""

from chalicelib.domain.tenant import DAY, MINUTE
from chalicelib.domain.transfer import State, Transfer

PUT_URL_LIFE = 15 * MINUTE
PUT_URL_STEP = 5 * MINUTE


def put_url_end(transfer: Transfer, now: int) -> int:
    """Signed URLs live 15 minutes, and never longer than the transfer."""
    return min(now + PUT_URL_LIFE, transfer.expires_at)


def put_urls_until(transfer: Transfer, end: int) -> int:
    """What the head must say before a URL that ends at ``end`` is given out: rounded up to 5 minutes, so that few calls write."""
    rounded = -(-end // PUT_URL_STEP) * PUT_URL_STEP
    return transfer.put_urls_until if end <= transfer.put_urls_until else rounded


def abandon_moment(transfer: Transfer, days: int) -> int:
    """When an upload counts as abandoned: so many days after the last moment at which a new part could arrive."""
    return max(transfer.created_at, transfer.last_part_at) + days * DAY


def abandoned(transfer: Transfer, days: int, now: int) -> bool:
    """Whether an unfinished upload has waited long enough."""
    return transfer.state is State.UPLOADING and now >= abandon_moment(transfer, days)
