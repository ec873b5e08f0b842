"""KMS, DynamoDB and SNS with SQS under moto."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, get_args

from botocore.exceptions import ClientError

from chalicelib.adapters.kms_key_store import KMSKeyStore
from chalicelib.ports.key_store import KeyStore, Use
from tests.contract.aws_bus import SNSSubject
from tests.contract.aws_dynamodb import DynamoDBSubject
from tests.contract.aws_world import World, aws_world, closed_port
from tests.contract.harness import Registry, Scene


def register(registry: Registry) -> None:
    registry.add("key_store", "kms", kms_subject, group="moto")
    registry.add("record_store", "dynamodb", dynamodb_subject, group="moto")
    registry.add("event_bus", "sns_sqs", sns_subject, group="moto")


class KMSSubject:
    """Keys of an account; ``rotate`` puts a new key before the others, as an operator does in the settings."""

    unknown_error: type[Exception] = ClientError

    def __init__(self, world: World) -> None:
        self._world = world
        self._client = world.client("kms")
        self._sealing_key = self._key("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT")
        self._mac_key = self._key("GENERATE_VERIFY_MAC", "HMAC_256")
        self._signing_keys: dict[Use, list[str]] = {use: [] for use in get_args(Use)}
        for use in self._signing_keys:
            self.rotate(use)

    def _key(self, usage: str, spec: str) -> str:
        key: str = self._client.create_key(KeyUsage=usage, KeySpec=spec)["KeyMetadata"]["KeyId"]
        return key

    def open(self) -> KMSKeyStore:
        return KMSKeyStore(
            self._world.client("kms"),
            sealing_key=self._sealing_key,
            mac_key=self._mac_key,
            signing_keys=self._signing_keys,
        )

    def rotate(self, use: Use) -> None:
        self._signing_keys[use].insert(0, self._key("SIGN_VERIFY", "ECC_NIST_P256"))

    @contextmanager
    def failing(self, kind: Literal["away", "unknown"]) -> Iterator[KeyStore]:
        """Away: nobody listens. Unknown: the keys do not exist."""
        absent = "00000000-0000-4000-8000-000000000000"
        client = self._world.client("kms", endpoint=closed_port() if kind == "away" else None)
        signing_keys: dict[Use, list[str]] = {use: [absent] for use in get_args(Use)}
        yield KMSKeyStore(client, sealing_key=absent, mac_key=absent, signing_keys=signing_keys)


@contextmanager
def kms_subject(_scene: Scene) -> Iterator[KMSSubject]:
    with aws_world() as world:
        yield KMSSubject(world)


@contextmanager
def dynamodb_subject(_scene: Scene) -> Iterator[DynamoDBSubject]:
    with aws_world():
        yield DynamoDBSubject()


@contextmanager
def sns_subject(_scene: Scene) -> Iterator[SNSSubject]:
    with aws_world() as world:
        yield SNSSubject(world)
