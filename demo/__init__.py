"""The demo: the whole product told as a story, with nothing but what a stranger has: processes, TCP, the command line."""
