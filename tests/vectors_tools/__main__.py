"""``python -m tests.vectors_tools [subject ...]``: write the vectors anew, all or those named."""

import sys

from tests.vectors_tools import (
    audit_vectors,
    event_vectors,
    file_vectors,
    key_vectors,
    name_vectors,
    plan_vectors,
    proof_vectors,
    signed_url_vectors,
)

MAKERS = {
    "file": file_vectors.make,
    "keys": key_vectors.make,
    "names": name_vectors.make,
    "plans": plan_vectors.make,
    "proofs": proof_vectors.make,
    "audit": audit_vectors.make,
    "events": event_vectors.make,
    "signed_urls": signed_url_vectors.make,
}

for subject in sys.argv[1:] or MAKERS:
    MAKERS[subject]()
