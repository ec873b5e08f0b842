"""The stacks of a tenant's own stage: judged by the states that CloudFormation tells, made and deleted by the verbs `deploy` and `remove`.

A stage's file names its account, so that what is deployed where can be read in the tree: the machine waits until it does.
"""

from collections.abc import Callable, Mapping
from typing import Final

from deploy.account import HALF_MADE, Clients, described_stacks
from deploy.before import OWNER_TAG
from deploy.errors import Refused
from deploy.names import KEEPING, LIFECYCLES, stack, stack_region
from deploy.stage import Stage
from deploy.tenants.lifecycle.aws_refusals import told
from deploy.tenants.lifecycle.world import UnderWay

_STANDS: Final = frozenset(("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"))
# Never stood, so nothing was ever in them: deleted and made anew.
_NEVER_STOOD: Final = frozenset(("ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS", "CREATE_FAILED"))
# Stacks that a stage may go without, and the setting that says so (as deploy/app.py).
_SWITCHES: Final = {"scanner": "scanner", "downloads": "compatible_downloads"}


class StageStacks:
    """``stage_of`` gives a stage by name (raises Refused), ``clients`` boto3 clients of an account, by service.

    ``deploy_stage`` and ``remove_stacks`` are the verbs' work: exit codes.
    """

    def __init__(
        self,
        *,
        stage_of: Callable[[str], Stage],
        clients: Callable[[str], Clients],
        deploy_stage: Callable[[Stage], int],
        remove_stack: Callable[[Stage, str], int],
    ) -> None:
        self._stage_of = stage_of
        self._clients = clients
        self._deploy_stage = deploy_stage
        self._remove_stack = remove_stack

    def deploy(self, stage: str, account: str) -> dict[str, str]:
        made = self._own_stage(stage, account)
        states = self._states(made)
        self._require_whole(states)
        for lifecycle in LIFECYCLES:
            if states.get(stack(made, lifecycle)) in _NEVER_STOOD:
                with told():
                    client = self._clients(account)("cloudformation", region_name=stack_region(made, lifecycle))
                    client.delete_stack(StackName=stack(made, lifecycle))
        if not self._all_stand(made, states) and self._deploy_stage(made) != 0:
            raise Refused(
                "deploy_failed",
                f"Stage `{stage}` could not be deployed.",
                "Read what the command said, mend it, and repeat.",
            )
        states = self._states(made)
        if not self._all_stand(made, states):
            raise UnderWay(f"the stacks of stage `{stage}`")
        return states

    def remove(self, stage: str, account: str) -> None:
        made = self._own_stage(stage, account)
        states = self._states(made)
        # Services before what they stand on; what keeps data last, and only where it is empty (the verb refuses).
        ordered = sorted(LIFECYCLES, key=lambda one: (one in KEEPING, -LIFECYCLES.index(one)))
        for lifecycle in [one for one in ordered if stack(made, one) in states]:
            if self._remove_stack(made, lifecycle) != 0:
                raise Refused(
                    "remove_failed",
                    f"Stack `{lifecycle}` could not be removed.",
                    "Read what the command said, mend it, and repeat.",
                )
        if self._states(made):
            raise UnderWay(f"removing the stacks of stage `{stage}`")

    def _own_stage(self, name: str, account: str) -> Stage:
        stage = self._stage_of(name)
        if stage.account != account or stage.delivery != "silo":
            raise Refused(
                "stage_of_another_account",
                f"Stage `{name}` is a {stage.delivery} of account {stage.account}, and the tenant has {account}.",
                f'Write account = "{account}" and delivery = "silo" into deploy/stages/{name}.toml, and repeat.',
            )
        return stage

    def _states(self, stage: Stage) -> dict[str, str]:
        """Stack -> state. Raises Refused("name_taken") for a stack of that name which somebody else made."""
        found: dict[str, str] = {}
        with told():
            for _, one in described_stacks(self._clients(stage.account), stage):
                owner = {tag["Key"]: tag["Value"] for tag in one.get("Tags", [])}.get(OWNER_TAG, stage.name)
                if owner != stage.name:
                    raise Refused(
                        "name_taken", f"Stack {one['StackName']} is stage `{owner}`'s.", "Give the stage another name."
                    )
                found[one["StackName"]] = one["StackStatus"]
        return found

    def _require_whole(self, states: Mapping[str, str]) -> None:
        moving = sorted(
            name for name, state in states.items() if state.endswith("_IN_PROGRESS") and state not in _NEVER_STOOD
        )
        if moving:
            raise UnderWay(f"{', '.join(moving)}")
        broken = {name: state for name, state in states.items() if state not in _STANDS | _NEVER_STOOD}
        if broken:
            told_of = ", ".join(f"{name} ({state})" for name, state in sorted(broken.items()))
            mends = "; ".join(
                f"{name}: {HALF_MADE.get(state, 'see its events')}" for name, state in sorted(broken.items())
            )
            raise Refused("stack_half_made", f"Not whole: {told_of}.", f"{mends}. Then repeat.")

    def _all_stand(self, stage: Stage, states: Mapping[str, str]) -> bool:
        return all(states.get(stack(stage, lifecycle)) in _STANDS for lifecycle in self._wanted(stage))

    def _wanted(self, stage: Stage) -> list[str]:
        return [one for one in LIFECYCLES if getattr(stage, _SWITCHES.get(one, ""), True)]
