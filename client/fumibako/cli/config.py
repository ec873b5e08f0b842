"""``config``: what need not be typed each time. Never a secret: those are in the sign-in, a key file or a variable."""

from argparse import Namespace
from typing import Any

from fumibako.cli.parser import Shared, add_verb
from fumibako.cli.preferences import SETTINGS, keep, preferences, preferences_path
from fumibako.cli.terminal import tell
from fumibako.errors import UsageError
from fumibako.messages import shown_path, text
from fumibako_format.names import display_name


def add_to(verbs: Any, shared: Shared) -> None:
    """Add the verb and its own verbs to the command."""
    names = tuple(SETTINGS)
    verb = verbs.add_parser("config", help=text("help_config"), description=text("about_config"))
    actions = verb.add_subparsers(dest="action", metavar=text("verb"), required=True)
    listing = add_verb(
        actions,
        "list",
        shared.every,
        help=text("help_config_list"),
        about=text("about_config_list"),
        examples=["fumibako config list"],
    )
    listing.set_defaults(run=run_list)
    for name, help_text, run, example in (
        ("get", text("help_config_get"), run_get, "fumibako config get url"),
        ("set", text("help_config_set"), run_set, "fumibako config set url https://files.example.jp"),
        ("unset", text("help_config_unset"), run_unset, "fumibako config unset url"),
    ):
        action = add_verb(actions, name, shared.every, help=help_text, about=text("about_config"), examples=[example])
        action.add_argument("name", choices=names, metavar="NAME", help=text("help_setting"))
        if name == "set":
            action.add_argument("value", metavar="VALUE", help=text("help_setting_value"))
        action.set_defaults(run=run)


def run_list(options: Namespace) -> dict[str, Any]:
    """All that are set."""
    found = preferences()
    if not options.json:
        for name, value in found.items():
            print(f"{name}\t{display_name(value)}")
    return {"settings": found, "file": str(preferences_path())}


def run_get(options: Namespace) -> dict[str, Any]:
    """One of them. Raises UsageError("setting_unset")."""
    value = preferences().get(options.name)
    if value is None:
        hint = text("setting_unset_hint", name=options.name)
        raise UsageError("setting_unset", text("setting_unset", name=options.name), hint)
    if not options.json:
        print(display_name(value))
    return {"settings": {options.name: value}, "file": str(preferences_path())}


def run_set(options: Namespace) -> dict[str, Any]:
    """Set one, checked."""
    keep(options.name, options.value)
    tell(text("setting_kept", path=shown_path(preferences_path())))
    return {"settings": preferences(), "file": str(preferences_path())}


def run_unset(options: Namespace) -> dict[str, Any]:
    """Forget one."""
    keep(options.name, None)
    tell(text("setting_kept", path=shown_path(preferences_path())))
    return {"settings": preferences(), "file": str(preferences_path())}
