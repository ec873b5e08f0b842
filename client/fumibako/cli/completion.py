"""``completion``: what a shell needs to finish words of this command. Made from the parser itself, so it can't fall behind."""

from argparse import Namespace
from typing import Any, Final

from fumibako.cli.completion_scripts import bash_script, fish_script, zsh_script
from fumibako.cli.completion_words import words_of
from fumibako.cli.parser import Shared, add_verb
from fumibako.messages import text

_SHELLS: Final = {"bash": bash_script, "zsh": zsh_script, "fish": fish_script}


def add_to(verbs: Any, shared: Shared) -> None:
    """Add the verb to the command."""
    verb = add_verb(
        verbs,
        "completion",
        shared.every,
        help=text("help_completion"),
        about=text("about_completion"),
        examples=[
            "fumibako completion bash > ~/.local/share/bash-completion/completions/fumibako",
            "fumibako completion zsh > ~/.zfunc/_fumibako",
            "fumibako completion fish > ~/.config/fish/completions/fumibako.fish",
        ],
    )
    verb.add_argument("shell", choices=tuple(_SHELLS), help=text("help_shell"))
    verb.set_defaults(run=run)


def run(options: Namespace) -> dict[str, Any]:
    """The script, on stdout."""
    from fumibako.cli.command import build_parser  # noqa: PLC0415  # the command is made of its verbs, this one among them

    script = _SHELLS[options.shell](words_of(build_parser()))
    if not options.json:
        print(script, end="")
    return {"shell": options.shell, "script": script}
