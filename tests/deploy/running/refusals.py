"""What the verbs refuse, each with what brings it about."""

from collections.abc import Callable
from dataclasses import dataclass

from deploy.names import blobs_bucket
from tests.deploy.running.operator import Operator


def nothing(_: Operator) -> None:
    """The stage as it stands is enough."""


@dataclass(frozen=True)
class Refusal:
    """A command line that is refused with ``code`` once ``given`` was done."""

    line: str
    code: str
    given: Callable[[Operator], None] = nothing

    def __str__(self) -> str:
        return f"{self.code} {self.line.partition(' --')[0]}"


def _write(name: str, **changed: str) -> Callable[[Operator], None]:
    def given(operator: Operator) -> None:
        operator.write_file(name, **{"network": '"10.24.0.0/20"', **changed})

    return given


def put_parameter(operator: Operator, name: str, value: str = "{}") -> None:
    """A parameter of the account, whatever it was before."""
    operator.client("ssm").put_parameter(Name=name, Value=value, Type="String", Overwrite=True)


def _half_made(operator: Operator) -> None:
    operator.write_file("half")
    operator.client("cloudformation").create_change_set(
        StackName="fumibako-half-data",
        ChangeSetName="left",
        ChangeSetType="CREATE",
        TemplateBody='{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}',
    )


def _bucket_of_nobody(operator: Operator) -> None:
    stage = operator.write_stage("taken")
    where = {"LocationConstraint": stage.region}
    operator.client("s3").create_bucket(Bucket=blobs_bucket(stage), CreateBucketConfiguration=where)


def _object(operator: Operator) -> None:
    operator.client("s3").put_object(Bucket=blobs_bucket(operator.stage("run")), Key="tn/tr/bl", Body=b"x")


def _older(operator: Operator) -> None:
    operator.write_file("old")
    put_parameter(operator, "/fumibako/old/deployed-version", "99.0.0")


REFUSALS = (
    Refusal("deploy --stage nowhere", "stage_unknown"),
    Refusal("deploy --stage broken", "stage_unreadable", lambda op: op.write_text("broken", "account = ")),
    Refusal("deploy --stage wrong", "stage_wrong", _write("wrong", region='"Tokyo"', log_days="2")),
    Refusal(
        "deploy --stage twin",
        "name_collision",
        _write("twin", domain='"run.example"', page_host='"files.run.example"', api_host='"two.run.example"'),
    ),
    Refusal("deploy --stage away", "account_wrong", _write("away", account='"444455556666"')),
    Refusal("deploy --stage solo", "account_taken", _write("solo", delivery='"silo"')),
    Refusal("deploy --stage run --only services", "quota_reached"),
    Refusal("deploy --stage run --only nothing", "stack_unknown"),
    Refusal("deploy --stage old", "version_older", _older),
    Refusal("deploy --stage half", "stack_half_made", _half_made),
    Refusal("deploy --stage taken", "name_taken", _bucket_of_nobody),
    Refusal(
        "deploy --stage far",
        "account_unprepared",
        _write("far", region='"eu-west-1"', availability_zones='["eu-west-1a", "eu-west-1b"]'),
    ),
    Refusal("remove --stage run --only web front blobs", "data_held", _object),
    Refusal("remove --stage run --only keys", "data_held"),
    Refusal("remove --stage run --only messaging blobs", "stack_needed"),
    Refusal("page --stage bare", "page_bucket_absent", _write("bare")),
    Refusal("prepare --stage run --trust me", "account_unreadable"),
    Refusal("settle --stage run", "stage_not_held"),
)
