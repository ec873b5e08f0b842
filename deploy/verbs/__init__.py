"""The verbs of `python -m deploy`, one file each: `add_to(verbs)` adds its parser, `run(options)` does it and gives the exit code."""
