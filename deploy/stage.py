"""A stage: one frozen object, read from deploy/stages/<name>.toml. Every fault of a file is told at once."""

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal, get_type_hints

import msgspec

from deploy.errors import Refused

STAGES: Final = Path(__file__).resolve().parent / "stages"


class IdentityProvider(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A company's own sign-in, put behind the user pool.

    ``saml`` takes ``metadata_url``; ``oidc`` takes ``issuer``, ``client_id`` and ``client_secret_name``, the Secrets Manager name of the
    secret (never the secret). ``domains`` are the mail domains that are sent there.
    """

    name: str
    kind: Literal["saml", "oidc"]
    domains: tuple[str, ...]
    metadata_url: str = ""
    issuer: str = ""
    client_id: str = ""
    client_secret_name: str = ""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Checked settings of one stage.

    ``reserved_concurrency``: service -> function -> executions at once, for every function of `deploy.names.FUNCTIONS`.
    ``tenant_hosts``: further host names of the page, one a tenant with a name of its own. ``hosted_zone_id`` empty: DNS is not ours.
    ``page_certificate_arn`` is of us-east-1 (CloudFront's rule), ``api_certificate_arn`` of the stage's Region; empty: made by the stack in the hosted zone.
    ``private_network``: containers live in isolated subnets behind paid interface endpoints; otherwise in public ones that let nothing in.
    ``edge_prefix_list`` is the Region's id of CloudFront's own addresses (``aws ec2 describe-managed-prefix-lists``), for the compatible downloads.
    ``front_key_version``: the version of the front's secret that templates name; empty: the current one, as it was when they last changed (docs/cloud/web.md).
    ``function_subnet_ids`` and ``function_security_group_ids`` put the functions into a network of the customer's own, with its own way out; empty: none.
    ``ends``: the last day (UTC) of a throw-away stage, after which `preview sweep` deletes it; empty: none.
    ``protected`` False lets the stacks of a throw-away stage be deleted with what they hold; production never has it.
    """

    name: str
    account: str
    region: str
    availability_zones: tuple[str, ...]
    domain: str
    page_host: str
    api_host: str
    mail_sender: str
    alarm_address: str
    delivery: Literal["pooled", "silo"]
    log_days: int
    reserved_concurrency: Mapping[str, Mapping[str, int]]
    scanner: bool = True
    compatible_downloads: bool = True
    edge_prefix_list: str = ""
    front_key_version: str = ""
    function_subnet_ids: tuple[str, ...] = ()
    function_security_group_ids: tuple[str, ...] = ()
    private_network: bool = False
    protected: bool = True
    tenant_hosts: tuple[str, ...] = ()
    hosted_zone_id: str = ""
    page_certificate_arn: str = ""
    api_certificate_arn: str = ""
    account_concurrency: int = 1_000
    backup_days: int = 35
    network: str = "10.20.0.0/20"
    identity_providers: tuple[IdentityProvider, ...] = field(default=())
    ends: str = ""

    def concurrency(self, service: str, function: str) -> int:
        """Reserved executions of one function."""
        return self.reserved_concurrency[service][function]

    @property
    def page_origins(self) -> tuple[str, ...]:
        """Origins of the page: what CORS lets in, and nobody else."""
        return tuple(f"https://{host}" for host in (self.page_host, *self.tenant_hosts))

    @property
    def public_url(self) -> str:
        """Where people go: the setting base_url of the first tenant."""
        return f"https://{self.page_host}"


def stage_names(folder: Path | None = None) -> list[str]:
    """The stages that have a file."""
    return sorted(path.stem for path in (folder or STAGES).glob("*.toml"))


def load_stage(name: str, folder: Path | None = None) -> Stage:
    """The stage of that name, checked by itself and against the others of the folder.

    Raises Refused: stage_unknown, stage_unreadable, stage_wrong (every fault in one sentence each), name_collision.
    """
    from deploy.stage_rules import refuse_collisions  # noqa: PLC0415  # it needs Stage

    folder = folder or STAGES
    if name not in stage_names(folder):
        known = ", ".join(stage_names(folder)) or "none"
        raise Refused("stage_unknown", f"There is no stage `{name}`; there are: {known}.", f"Write {name}.toml.")
    stage = stage_of(name, _read(folder / f"{name}.toml"))
    refuse_collisions(
        [stage, *(stage_of(other, _read(folder / f"{other}.toml")) for other in stage_names(folder) if other != name)]
    )
    return stage


def stage_of(name: str, raw: Mapping[str, Any]) -> Stage:
    """The stage of these values. Raises Refused("stage_wrong") that names every missing, unknown and wrong setting."""
    from deploy.stage_rules import broken_rules  # noqa: PLC0415  # it needs Stage

    known = {each.name: each for each in fields(Stage) if each.name != "name"}
    faults = [f"`{key}` is no setting." for key in sorted(raw.keys() - known.keys())]
    faults += [f"`{key}` is missing." for key, each in known.items() if key not in raw and _required(each)]
    hints = get_type_hints(Stage)
    values: dict[str, Any] = {}
    for key in known.keys() & raw.keys():
        try:
            values[key] = msgspec.convert(raw[key], hints[key], strict=True)
        except msgspec.ValidationError as error:
            faults.append(f"`{key}`: {error}.")
    if not faults:
        stage = Stage(name=name, **values)
        faults = broken_rules(stage)
        if not faults:
            return stage
    raise Refused("stage_wrong", f"Stage `{name}`: {' '.join(faults)}", "Correct deploy/stages and run it again.")


def _required(each: Any) -> bool:
    return each.default is MISSING and each.default_factory is MISSING


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused("stage_unreadable", f"{path.name} is no TOML: {error}.", "Correct the file.") from error
