"""Keys: what each is for, who may use it and how, and that none goes with its stack."""

from typing import Any

import pytest

from deploy.names import PRODUCT_KEYS, STORE_KEYS
from deploy.stacks.keys import SEAL_CONTEXT
from tests.deploy.assemblies import Assembly, of_type, statements_of, words

USES = {
    "seal": ("SYMMETRIC_DEFAULT", {"kms:Decrypt", "kms:GenerateDataKey"}),
    "mac": ("HMAC_256", {"kms:GenerateMac"}),
    "access": ("ECC_NIST_P256", {"kms:GetPublicKey", "kms:Sign"}),
    "proof": ("ECC_NIST_P256", {"kms:GetPublicKey", "kms:Sign"}),
    "root": ("ECC_NIST_P256", {"kms:GetPublicKey", "kms:Sign"}),
}
STORES = {
    "records": {"dynamodb", "backup"},
    "wrapped-keys": {"dynamodb"},
    "blobs": {"s3"},
    "events": {"sns", "sqs"},
    "identity": {"s3", "sqs", "lambda"},
    "settings": {"lambda", "secretsmanager"},
}


def key(prod: Assembly, use: str) -> dict[str, Any]:
    keys = of_type(prod.template("keys"), "AWS::KMS::Key")
    (found,) = [one for one in keys.values() if one["Properties"]["Description"] == f"Fumibako prod: {use}"]
    return found


def statement(prod: Assembly, use: str, sid: str) -> dict[str, Any]:
    (found,) = [one for one in statements_of(key(prod, use)["Properties"]["KeyPolicy"]) if one["Sid"] == sid]
    return found


def test_every_use_has_a_key_of_its_own(prod: Assembly) -> None:
    assert len(of_type(prod.template("keys"), "AWS::KMS::Key")) == len(PRODUCT_KEYS) + len(STORE_KEYS)
    aliases = {one["Properties"]["AliasName"] for one in of_type(prod.template("keys"), "AWS::KMS::Alias").values()}
    assert aliases == {f"alias/fumibako-prod-{use}" for use in (*PRODUCT_KEYS, *STORE_KEYS)}


@pytest.mark.parametrize("use", sorted((*PRODUCT_KEYS, *STORE_KEYS)))
def test_no_key_goes_with_its_stack(prod: Assembly, use: str) -> None:
    one = key(prod, use)
    assert one["DeletionPolicy"] == one["UpdateReplacePolicy"] == "Retain"
    assert one["Properties"]["PendingWindowInDays"] == 30


def test_what_kms_can_rotate_rotates(prod: Assembly) -> None:
    for use in (*PRODUCT_KEYS, *STORE_KEYS):
        properties = key(prod, use)["Properties"]
        symmetric = properties.get("KeySpec", "SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT"
        assert properties.get("EnableKeyRotation", False) is symmetric, use
    assert {use for use in USES if USES[use][0] != "SYMMETRIC_DEFAULT"} == {"mac", "access", "proof", "root"}


@pytest.mark.parametrize("use", sorted(USES))
def test_a_product_key_does_what_it_is_for_and_no_more(prod: Assembly, use: str) -> None:
    spec, actions = USES[use]
    assert key(prod, use)["Properties"].get("KeySpec", "SYMMETRIC_DEFAULT") == spec
    assert {one["Sid"] for one in statements_of(key(prod, use)["Properties"]["KeyPolicy"])} == {
        "Administration",
        "UseByPolicy",
    }
    assert set(words(statement(prod, use, "UseByPolicy")["Action"])) == actions


def test_the_seal_opens_nothing_without_its_whole_context(prod: Assembly) -> None:
    """The names are those that KMSKeyStore gives; ForAllValues alone would let an empty context through."""
    from chalicelib.adapters.kms_key_store import _encryption_context

    assert set(SEAL_CONTEXT) == set(_encryption_context("t", "p", "c"))
    condition = statement(prod, "seal", "UseByPolicy")["Condition"]
    assert condition["Null"] == {f"kms:EncryptionContext:{name}": "false" for name in SEAL_CONTEXT}
    assert condition["ForAllValues:StringEquals"] == {"kms:EncryptionContextKeys": list(SEAL_CONTEXT)}


@pytest.mark.parametrize("use", sorted(STORES))
def test_a_store_key_works_through_its_store_alone(prod: Assembly, use: str) -> None:
    condition = statement(prod, use, "ThroughItsStore")["Condition"]["StringEquals"]
    assert condition["kms:CallerAccount"] == prod.stage.account
    assert set(words(condition["kms:ViaService"])) == {f"{one}.ap-northeast-1.amazonaws.com" for one in STORES[use]}


def test_grants_are_for_services_of_aws_alone(prod: Assembly) -> None:
    for use in STORE_KEYS:
        for one in statements_of(key(prod, use)["Properties"]["KeyPolicy"]):
            if "kms:CreateGrant" in words(one["Action"]):
                assert one["Condition"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}
                assert one["Condition"]["StringEquals"]["kms:ViaService"]


def test_administration_is_no_use(prod: Assembly) -> None:
    used = {"Decrypt", "Encrypt", "GenerateDataKey", "GenerateMac", "Sign", "ReEncrypt", "CreateGrant"}
    for use in (*PRODUCT_KEYS, *STORE_KEYS):
        actions = words(statement(prod, use, "Administration")["Action"])
        assert not [action for action in actions if action == "kms:*"]
        assert not [action for action in actions for one in used if action.startswith(f"kms:{one}")]


def test_nobody_outside_the_account_is_let_in(prod: Assembly) -> None:
    root = f"arn:aws:iam::{prod.stage.account}:root"
    for use in (*PRODUCT_KEYS, *STORE_KEYS):
        for one in statements_of(key(prod, use)["Properties"]["KeyPolicy"]):
            principal = one["Principal"]
            assert principal == {"AWS": root} or ("Service" in principal and one["Condition"]), one["Sid"]


def test_keys_of_a_stage_to_throw_away_go_with_it(box: Assembly) -> None:
    keys = of_type(box.template("keys"), "AWS::KMS::Key").values()
    assert {one["DeletionPolicy"] for one in keys} == {"Delete"}
