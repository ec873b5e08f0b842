"""Names: unique, allowed by AWS, and the same that services, bus and Chalice use."""

import re
from dataclasses import replace

import pytest

from chalicelib.domain.events import CONSUMERS
from deploy import names
from deploy.stage import load_stage, stage_names

LIMITS = {
    "bucket": (63, r"[a-z0-9][a-z0-9.-]+"),
    "function": (64, r"[A-Za-z0-9_-]+"),
    "key alias": (256, r"alias/[A-Za-z0-9/_-]+"),
    "parameter": (1011, r"/[A-Za-z0-9/._-]+"),
    "queue": (80, r"[A-Za-z0-9_-]+"),
    "secret": (512, r"[A-Za-z0-9/_+=.@-]+"),
    "stack": (128, r"[A-Za-z][A-Za-z0-9-]*"),
    "table": (255, r"[A-Za-z0-9_.-]+"),
    "topic": (256, r"[A-Za-z0-9_-]+"),
}


def test_no_name_is_given_twice() -> None:
    found = [one for name in stage_names() for one in names.named(load_stage(name))]
    assert len(found) == len(set(found))


def test_every_name_fits_what_aws_takes_even_for_the_longest_stage() -> None:
    stage = replace(load_stage("prod"), name="abcdefghijkl")
    assert names.STAGE_NAME.fullmatch(stage.name)
    for kind, name in names.named(stage):
        longest, form = LIMITS[kind]
        assert len(name) <= longest, name
        assert re.fullmatch(form, name), name


def test_consumers_are_those_of_the_bus() -> None:
    assert names.CONSUMERS == CONSUMERS


def test_queues_are_where_the_services_look_for_them() -> None:
    """chalicelib.bootstrap_aws finds them as `<sqs_queue_prefix>-<consumer>` and `...-dead`."""
    stage = load_stage("prod")
    for consumer in CONSUMERS:
        assert names.queue(stage, consumer) == f"{names.prefix(stage)}-{consumer}"
        assert names.dead_letters(stage, consumer) == f"{names.prefix(stage)}-{consumer}-dead"


def test_a_parameter_that_nobody_tells_of_is_refused() -> None:
    with pytest.raises(KeyError, match="PARAMETERS"):
        names.parameter(load_stage("prod"), "colour")
