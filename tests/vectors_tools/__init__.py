"""Makes the vectors of spec/vectors: ``python -m tests.vectors_tools [subject ...]``.

What a vector expects is written down here by hand or comes from another implementation (Tink, the RFCs), never from the
function it judges, but where its ``origin`` says so.
"""
