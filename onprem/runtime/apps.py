"""The four Chalice apps, loaded by path, each as a module of its own name: all four files are called app.py."""

import importlib.util
import sys
from pathlib import Path
from typing import Final

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.settings import Settings

SERVICES: Final = ("auth", "transfers", "notifications", "reporting")


def services_folder(settings: Settings) -> Path:
    """Where the services lie: the setting, or beside this package."""
    return Path(settings.services_dir) if settings.services_dir else Path(__file__).resolve().parents[2] / "services"


def load_app(name: str, settings: Settings) -> FumibakoApp:
    """The app object of one service, with this host's settings. Importing it does no I/O."""
    module_name = f"fumibako_service_{name}"
    path = services_folder(settings) / name / "app.py"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    app = module.app
    if not isinstance(app, FumibakoApp):
        raise TypeError(f"services/{name}/app.py has no FumibakoApp named app")
    app.address_requests_per_minute = settings.address_requests_per_minute
    return app


def load_apps(settings: Settings) -> dict[str, FumibakoApp]:
    """All four by name."""
    return {name: load_app(name, settings) for name in SERVICES}
