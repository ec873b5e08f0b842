"""The ``fumibako`` command. Data goes to stdout, everything else to stderr with a prefix and a hint."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; gives its exit code (fumibako.errors)."""
    try:
        # Here and not above: who presses Ctrl-C in the first moment must see no traceback either.
        from fumibako.cli.command import run  # noqa: PLC0415
    except KeyboardInterrupt:
        return 130
    return run(arguments)
