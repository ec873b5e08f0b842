"""File format, part plan, names, ids and proofs of Fumibako: bytes in, bytes out.

Nothing here does I/O, reads a clock or draws random bytes: those come in as arguments. ``spec/format.md`` and
``spec/proofs.md`` are the authority; ``spec/vectors`` holds the cases every implementation must agree on.
"""
