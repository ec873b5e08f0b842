"""A line between client and server that can be bad in every way a line is: slow, far, cut, answered by somebody else.

It speaks HTTP/1.1 on both sides (h11), so that a fault can fall on a chosen byte of a chosen request or answer, and it writes down what
passed. The install is started with a ``BASE_URL`` that is the line's own address, so every URL the server signs leads through it.
"""
