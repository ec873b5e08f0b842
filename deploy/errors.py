"""What the deployment refuses, and what to do next."""


class Refused(Exception):
    """``code`` is stable, ``detail`` says what is wrong, ``hint`` what to do next. The command prints all three and ends with 2."""

    def __init__(self, code: str, detail: str, hint: str) -> None:
        super().__init__(f"{code}: {detail} {hint}")
        self.code = code
        self.detail = detail
        self.hint = hint
