"""A stage as far as operators look at it: everything that the pages name, made in moto under the names that the deployment gives."""

import io
import json
import zipfile
from typing import Any

from deploy import names
from deploy.packaging.functions import all_functions
from deploy.stacks.alarm_table import ALARMS, Alarm, Rule
from deploy.stacks.web_alarms import web_alarms
from deploy.stage import Stage
from tests.deploy.runbooks.terminal import client

EDGE = "us-east-1"


def make_stage(stage: Stage) -> None:
    """Moto must be on; the stage's account is moto's own."""
    region = stage.region
    clients = {
        name: client(name, region)
        for name in ("sqs", "sns", "dynamodb", "logs", "kms", "ssm", "s3", "events", "ecs", "elbv2")
    }
    _stores(clients, stage)
    _queues(clients, stage)
    _functions(clients, stage)
    _containers(clients, stage)
    _alarms(client("cloudwatch", region), stage, ALARMS)
    _alarms(client("cloudwatch", EDGE), stage, web_alarms("E0000000000000"))
    _edge(stage)
    _report(stage)
    client("secretsmanager", region).create_secret(Name=names.front_secret(stage), SecretString="secret")
    client("backup", region).create_backup_vault(BackupVaultName=names.backup_vault(stage))


def _stores(clients: dict[str, Any], stage: Stage) -> None:
    for table in (names.records_table(stage), names.wrapped_keys_table(stage)):
        clients["dynamodb"].create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": one, "AttributeType": "S"} for one in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )
    clients["dynamodb"].update_continuous_backups(
        TableName=names.records_table(stage), PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    for use in ("blobs", "page", "access-logs", "identities", "reports"):
        clients["s3"].create_bucket(
            Bucket=names.bucket(stage, use), CreateBucketConfiguration={"LocationConstraint": stage.region}
        )
    for use in (*names.PRODUCT_KEYS, *names.STORE_KEYS):
        key = clients["kms"].create_key()["KeyMetadata"]["KeyId"]
        clients["kms"].create_alias(AliasName=names.key_alias(stage, use), TargetKeyId=key)
    for name in (names.image_parameter(stage), names.scanner_image_parameter(stage)):
        clients["ssm"].put_parameter(Name=name, Value="image@sha256:00", Type="String")
    for name in ("settings/downloads", "settings/scanner", "deployed-version"):
        clients["ssm"].put_parameter(Name=f"/fumibako/{stage.name}/{name}", Value="0.1.0", Type="String")


def _queues(clients: dict[str, Any], stage: Stage) -> None:
    topic = clients["sns"].create_topic(Name=names.events_topic(stage))["TopicArn"]
    assert topic.endswith(names.events_topic(stage))
    failed = [f"{names.prefix(stage)}-{service}-failed-runs" for service in ("transfers", "reporting")]
    for name in (*failed, *(names.dead_letters(stage, one) for one in (*names.CONSUMERS, names.SCANS))):
        clients["sqs"].create_queue(QueueName=name)
    for consumer in (*names.CONSUMERS, names.SCANS):
        dead = clients["sqs"].get_queue_url(QueueName=names.dead_letters(stage, consumer))["QueueUrl"]
        arn = clients["sqs"].get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "8"})
        clients["sqs"].create_queue(
            QueueName=names.queue(stage, consumer), Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "180"}
        )


def _functions(clients: dict[str, Any], stage: Stage) -> None:
    iam = client("iam", stage.region)
    trusted = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "*"}]}
    role = iam.create_role(RoleName="functions", AssumeRolePolicyDocument=json.dumps(trusted))["Role"]["Arn"]
    # The one role that has a name of its own (deploy/accounts/scps).
    iam.create_role(RoleName="fumibako-key-keeper", AssumeRolePolicyDocument=json.dumps(trusted))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("app.py", "")
    lambdas = client("lambda", stage.region)
    for one in all_functions():
        name = names.function(stage, one.service, one.name)
        version = lambdas.create_function(
            FunctionName=name,
            Role=role,
            Runtime="python3.11",
            Handler=one.handler,
            Code={"ZipFile": made.getvalue()},
            Publish=True,
        )["Version"]
        lambdas.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
        lambdas.put_function_concurrency(
            FunctionName=name, ReservedConcurrentExecutions=stage.concurrency(one.service, one.name)
        )
        clients["logs"].create_log_group(logGroupName=names.log_group(stage, one.service, one.name))
        if one.kind == "schedule":
            # As deploy.packaging.events names them.
            clients["events"].put_rule(Name=name, ScheduleExpression="rate(1 minute)")
        if one.kind == "queue":
            arn = f"arn:aws:sqs:{stage.region}:{stage.account}:{names.queue(stage, one.service)}"
            lambdas.create_event_source_mapping(EventSourceArn=arn, FunctionName=f"{name}:live")
    clients["events"].put_rule(Name=f"{names.prefix(stage)}-key-going", EventPattern='{"source": ["aws.kms"]}')


def _containers(clients: dict[str, Any], stage: Stage) -> None:
    for use in ("scanner", "downloads"):
        name = f"{names.prefix(stage)}-{use}"
        clients["logs"].create_log_group(logGroupName=f"/fumibako/{stage.name}/{use}")
        clients["ecs"].create_cluster(clusterName=name)
        task = {"name": use, "image": "image", "memory": 512}
        clients["ecs"].register_task_definition(family=name, containerDefinitions=[task])
        clients["ecs"].create_service(cluster=name, serviceName=name, taskDefinition=name, desiredCount=1)
    # Of another kind than ours, which would need a network; its name is what counts.
    clients["elbv2"].create_target_group(Name=f"{names.prefix(stage)}-downloads", TargetType="lambda")


def _alarms(cloudwatch: Any, stage: Stage, alarms: tuple[Alarm, ...]) -> None:
    def put(alarm: Alarm, ending: str, rule: Rule) -> None:
        cloudwatch.put_metric_alarm(
            AlarmName=alarm.named(stage, ending),
            MetricName=rule.figures[0].metric,
            Namespace=rule.figures[0].namespace,
            Period=60,
            Statistic="Sum",
            EvaluationPeriods=rule.of,
            Threshold=rule.threshold,
            ComparisonOperator=rule.compared,
        )

    for alarm in alarms:
        for ending, rule in alarm.rules(stage).items():
            put(alarm, ending, rule)


def _edge(stage: Stage) -> None:
    """The stack `web` stands in CloudFront's Region, its parameter too."""
    logs = client("logs", EDGE)
    for group in (f"aws-waf-logs-{names.prefix(stage)}", f"/fumibako/{stage.name}/web"):
        logs.create_log_group(logGroupName=group)
    distribution = client("cloudfront", EDGE).create_distribution(
        DistributionConfig={
            "CallerReference": "1",
            "Origins": {"Quantity": 1, "Items": [{"Id": "page", "DomainName": "page.example.com"}]},
            "DefaultCacheBehavior": {"TargetOriginId": "page", "ViewerProtocolPolicy": "https-only"},
            "Comment": "",
            "Enabled": True,
        }
    )["Distribution"]
    client("ssm", EDGE).put_parameter(
        Name=names.parameter(stage, "page-distribution-id"), Value=distribution["Id"], Type="String"
    )


def _report(stage: Stage) -> None:
    client("stepfunctions", stage.region).create_state_machine(
        name=f"{names.prefix(stage)}-usage",
        definition='{"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}',
        roleArn=f"arn:aws:iam::{stage.account}:role/functions",
    )
