"""The way of a release: pipeline, registry, the role that brings it, and stages that sleep."""

import json
from typing import Any, Final

from deploy.names import asleep_parameter, good_release_parameter
from deploy.prove.ask import Account, code
from deploy.prove.check import Answers, Check, Facts, Reads, Steps, Verdict, call, judged, unknown, without_faults

# As deploy/pipeline says them (it needs CDK); a test holds both together.
PIPELINE: Final = "fumibako"
RELEASE_ROLE: Final = "fumibako-release"
REPOSITORY: Final = "fumibako-releases"
KIND: Final = "application/vnd.fumibako.release"
_ABSENT: Final = "ParameterNotFound"
_TOKENS: Final = "token.actions.githubusercontent.com"
_PARAMETER: Final = "ssm.GetParameter"


def _ran(found: Answers, facts: Facts) -> Verdict:
    del facts
    states = {one["stageName"]: one.get("latestExecution", {}).get("status") for one in found["state"]["stageStates"]}
    if not any(states.values()):
        return unknown("The pipeline has not run yet.")
    faults = [f"{name} is {state or 'not run'}" for name, state in states.items() if state != "Succeeded"]
    return without_faults(faults, f"{len(states)} stages of the pipeline succeeded")


def _role(account: Account) -> Answers:
    return {
        "rights": account.ask("iam.GetRolePolicy", RoleName=RELEASE_ROLE, PolicyName="bring"),
        "good": account.ask(_PARAMETER, errors=(_ABSENT,), Name=good_release_parameter(account.stage)),
    }


def _brings(found: Answers, facts: Facts) -> Verdict:
    del facts
    statements = found["rights"]["PolicyDocument"]["Statement"]
    wide = [one.get("Sid", "a statement") for one in statements if one["Resource"] in ("*", ["*"])]
    if wide:
        return judged(f"{', '.join(wide)} on everything", holds=False)
    if code(found["good"]):
        return unknown("No release was brought here and found good yet.")
    return judged(f"{len(statements)} statements brought {found['good']['Parameter']['Value']}", holds=True)


def _trusts(found: Answers, facts: Facts) -> Verdict:
    federated = [
        one
        for one in found["role"]["Role"]["AssumeRolePolicyDocument"]["Statement"]
        if "Federated" in one.get("Principal", {})
    ]
    if not federated:
        return unknown("The release role trusts no GitHub: the conveyor is CodePipeline.")
    faults = []
    for one in federated:
        exact = one.get("Condition", {}).get("StringEquals", {})
        subjects = exact.get(f"{_TOKENS}:sub", [])
        subjects = [subjects] if isinstance(subjects, str) else subjects
        strays = [each for each in subjects if ":environment:" not in each]
        faults += [] if exact.get(f"{_TOKENS}:aud") == "sts.amazonaws.com" else ["tokens for others are taken"]
        faults += [] if subjects else ["any job is let in"]
        faults += [f"{each} is no environment" for each in strays]
    provider = f"arn:aws:iam::{facts.stage.account}:oidc-provider/{_TOKENS}"
    known = [one["Arn"] for one in found["providers"]["OpenIDConnectProviderList"]]
    return without_faults(
        [*faults, *([] if provider in known else ["no provider"])], "environments of one repository alone"
    )


def _release(account: Account) -> Answers:
    name = account.ask(_PARAMETER, Name=good_release_parameter(account.stage))["Parameter"]["Value"]
    image = account.ask("ecr.BatchGetImage", repositoryName=REPOSITORY, imageIds=[{"imageTag": name}])
    digests = [layer["digest"] for one in image["images"] for layer in json.loads(one["imageManifest"])["layers"]]
    layers = account.ask("ecr.BatchCheckLayerAvailability", repositoryName=REPOSITORY, layerDigests=digests or ["none"])
    return {"image": image, "layers": layers}


def _held(found: Answers, facts: Facts) -> Verdict:
    del facts
    kinds = [json.loads(one["imageManifest"]).get("artifactType") for one in found["image"]["images"]]
    layers = found["layers"]["layers"]
    gone = [one["layerDigest"][:19] for one in layers if one.get("layerAvailability") != "AVAILABLE"]
    faults = [] if kinds == [KIND] else ["the last good release is not there"]
    return without_faults([*faults, *(f"{each} is gone" for each in gone)], f"a release of {len(layers)} layers")


def _night(account: Account) -> Answers:
    told = account.ask(_PARAMETER, errors=(_ABSENT,), Name=asleep_parameter(account.stage))
    if code(told):
        return {}
    was: dict[str, Any] = json.loads(told["Parameter"]["Value"])["was"]
    targets = [f"service/{one}/{one}" for one in sorted(was["containers"])]
    return {
        # Without names it would tell of everybody's.
        "targets": account.ask(
            "application-autoscaling.DescribeScalableTargets", ServiceNamespace="ecs", ResourceIds=targets
        )
        if targets
        else {"ScalableTargets": []},
        "sources": [account.ask("lambda.GetEventSourceMapping", UUID=one) for one in sorted(was["sources"])],
        "rules": [account.ask("events.DescribeRule", Name=one) for one in sorted(was["schedules"])],
        "timers": [account.ask("scheduler.GetSchedule", Name=one) for one in sorted(was["reports"])],
    }


def _sleeps(found: Answers, facts: Facts) -> Verdict:
    del facts
    if not found:
        return unknown("The stage is awake; `python -m deploy sleep` it, and repeat the check.")
    awake = [one["ResourceId"] for one in found["targets"]["ScalableTargets"] if one["MaxCapacity"]]
    awake += [f"source {one['UUID']}" for one in found["sources"] if one["State"] not in ("Disabled", "Disabling")]
    schedules = [*found["rules"], *found["timers"]]
    awake += [f"schedule {one['Name']}" for one in schedules if one["State"] == "ENABLED"]
    return without_faults(
        [f"{one} is awake" for one in awake], f"{len(found['sources'])} sources, {len(schedules)} schedules asleep"
    )


CHECKS: Final = (
    Check(
        id="pipeline-run",
        question="Did the pipeline run from source to the last wave?",
        step="Read the failed step's log in CodeBuild.",
        ask=Reads(state=call("codepipeline.GetPipelineState", name=PIPELINE)),
        judge=_ran,
    ),
    Check(
        id="pipeline-release-role",
        question="Do the release role's rights suffice to bring a release and find it good?",
        step="Find the refused call in CloudTrail and compare with deploy/pipeline/roles/release.json.",
        ask=Steps(_role, ("iam.GetRolePolicy", _PARAMETER)),
        judge=_brings,
    ),
    Check(
        id="pipeline-github-trust",
        question="Does the release role take GitHub's tokens of its environments alone?",
        step="Deploy the account's pipeline stack again; make the provider as docs/cloud/pipeline.md says.",
        ask=Reads(role=call("iam.GetRole", RoleName=RELEASE_ROLE), providers=call("iam.ListOpenIDConnectProviders")),
        judge=_trusts,
    ),
    Check(
        id="pipeline-registry",
        question="Does the registry hold the last good release, whole?",
        step="Bring the release again; look at the repository's lifecycle rules.",
        ask=Steps(_release, ("ecr.BatchCheckLayerAvailability", "ecr.BatchGetImage", _PARAMETER)),
        judge=_held,
    ),
    Check(
        id="pipeline-night",
        question="Does everything sleep that `sleep` put to sleep?",
        step="Repeat `python -m deploy sleep`.",
        ask=Steps(
            _night,
            (
                "application-autoscaling.DescribeScalableTargets",
                "events.DescribeRule",
                "lambda.GetEventSourceMapping",
                "scheduler.GetSchedule",
                _PARAMETER,
            ),
        ),
        judge=_sleeps,
    ),
)
