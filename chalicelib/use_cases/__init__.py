"""One verb a file, in rooms by what people do; a use case asks the rules, writes once, and records its events in the same transaction.

accounts, guests: who may come in. sending, requesting: from the first call to a complete upload. clearing: from complete to ready.
receiving: downloads. ending: recall, expiry, destruction, proof. telling: mails. reporting: audit, usage, events. What all of them
stand on lies beside the rooms: the context, guarded writes, events, leases, rates.
"""
