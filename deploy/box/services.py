"""The four services in the emulator: their packaged zips and templates, byte for byte, and the custom domain in front of their APIs."""

import hashlib
import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy import names
from deploy.box import cloudformation
from deploy.box.emulator import Emulator
from deploy.box.infrastructure import CODE_BUCKET, Infrastructure
from deploy.box.parameters import of_template, values
from deploy.errors import Refused
from deploy.stage import Stage
from deploy.tenants.role import tenant_role_arn

_PACKAGED: Final = "Run `python -m deploy package`."


@dataclass(frozen=True)
class Package:
    """What packaging made of one service; digests are SHA-256 in hexadecimal, taken here, and compared with the manifest's."""

    service: str
    template: str
    template_digest: str
    code: bytes
    code_digest: str
    code_key: str


def packages(folder: Path) -> dict[str, Package]:
    """The packages of all services below ``folder`` (build/packages). Raises Refused("not_packaged") or ("package_changed")."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))["services"]
        return {service: _package(folder / service, service, manifest[service]) for service in names.SERVICES}
    except (OSError, KeyError, ValueError) as error:
        raise Refused("not_packaged", f"{folder} holds no packages of all services.", _PACKAGED) from error


def _package(folder: Path, service: str, told: Mapping[str, str]) -> Package:
    template, code = (folder / "template.json").read_bytes(), (folder / "deployment.zip").read_bytes()
    found = Package(service, template.decode(), _sha256(template), code, _sha256(code), told["code_key"])
    if (found.template_digest, found.code_digest) != (told["template_sha256"], told["zip_sha256"]):
        raise Refused("package_changed", f"The package of {service} is not what its manifest says.", _PACKAGED)
    return found


class Services:
    """The services' stacks. ``apis`` is service -> id of its REST API, new after each deployment."""

    def __init__(self, emulator: Emulator, stage: Stage, infrastructure: Infrastructure, folder: Path) -> None:
        self._emulator = emulator
        self._stage = stage
        self._client = emulator.client("cloudformation")
        self._gateway = emulator.client("apigateway")
        self._store = emulator.client("s3")
        self.packages = packages(folder)
        self.apis: dict[str, str] = {}
        self._values = values(stage, infrastructure.shared, public_url=emulator.public_url, endpoint=emulator.endpoint)
        self._queues = {consumer: infrastructure.shared[f"queue-{consumer}-arn"] for consumer in names.CONSUMERS}

    def deploy(self) -> None:
        """All four, then the domain's mappings to them. Raises Refused("stack_failed") or ("parameter_unknown")."""
        for service, package in self.packages.items():
            self._store.put_object(Bucket=CODE_BUCKET, Key=package.code_key, Body=package.code)
            template: dict[str, Any] = json.loads(package.template)
            told = of_template(service, template, {**self._values, **self._own(package)})
            made = cloudformation.deploy(
                self._client, self._stack(service), package.template, told, store=self._store, bucket=CODE_BUCKET
            )
            self.apis[service] = made["RestAPI"]
        self._map()

    def remove(self) -> None:
        """Delete the four stacks and what led to them; keys, tables, buckets and queues stay."""
        self._gateway.delete_domain_name(domainName=self._emulator.domain)
        for service in names.SERVICES:
            cloudformation.delete(self._client, self._stack(service))
        self.apis.clear()

    def compared(self) -> dict[str, dict[str, Any]]:
        """Service -> digests of the packaged template and zip, and of what the emulator has of them."""
        return {
            service: {
                "template_sha256": package.template_digest,
                "deployed_template_sha256": self._deployed_digest(service),
                "zip_sha256": package.code_digest,
                "deployed_zip_sha256": self.deployed_code(service),
            }
            for service, package in self.packages.items()
        }

    def deployed_code(self, service: str) -> dict[str, str]:
        """Function -> SHA-256 of its code, in hexadecimal, as the emulator tells it."""
        client, told = self._emulator.client("lambda"), {}
        for one in names.FUNCTIONS[service]:
            name = names.function(self._stage, service, one)
            told[name] = b64decode(client.get_function_configuration(FunctionName=name)["CodeSha256"]).hex()
        return told

    def environment(self, service: str, function: str) -> dict[str, str]:
        """The settings that a deployed function has."""
        name = names.function(self._stage, service, function)
        told = self._emulator.client("lambda").get_function_configuration(FunctionName=name)
        return dict(told["Environment"]["Variables"])

    def _deployed_digest(self, service: str) -> str:
        found = cloudformation.template_of(self._client, self._stack(service))
        if isinstance(found, str):
            return _sha256(found.encode())
        # boto3 reads JSON for its caller: written again as packaging writes it.
        return _sha256((json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode())

    def _own(self, package: Package) -> dict[str, str]:
        """The parameters that each service has for itself."""
        own = {
            "CodeBucket": CODE_BUCKET,
            "CodeKey": package.code_key,
            "TenantRoleArn": tenant_role_arn(self._stage, package.service),
        }
        if package.service in self._queues:
            own["QueueArn"] = self._queues[package.service]
        for name in names.FUNCTIONS[package.service]:
            logical = "APIHandler" if name == "api_handler" else "".join(word.capitalize() for word in name.split("_"))
            own[f"{logical}Concurrency"] = str(self._stage.concurrency(package.service, name))
        return own

    def _map(self) -> None:
        self._gateway.create_domain_name(domainName=self._emulator.domain)
        for service, api in self.apis.items():
            self._gateway.create_base_path_mapping(
                domainName=self._emulator.domain, basePath=service, restApiId=api, stage="api"
            )

    def _stack(self, service: str) -> str:
        return f"{names.stack(self._stage, 'services')}-{service}"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
