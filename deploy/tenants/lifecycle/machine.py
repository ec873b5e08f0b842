"""Moves a tenancy towards its goal, a step at a time, and writes each step down before it begins the next.

do ----- write down ----- do ----- write down
   ^                 ^
   died here: the step looks again, finds what it did, and is written down
                     died here: the next step begins
"""

from dataclasses import replace

from deploy.errors import Refused
from deploy.tenants.lifecycle.steps import Place, leaving, onboarding
from deploy.tenants.lifecycle.tenancy import Asked, Goal, Tenancy, checked


def ask(place: Place, asked: Asked) -> Tenancy:
    """Write down what is wanted; the same again is no error. Raises Refused: tenancy_wrong, tenancy_differs, name_taken."""
    held = place.registry.get(checked(asked).tenant)
    if held is not None:
        if held.asked != asked:
            raise Refused(
                "tenancy_differs", f"`{asked.tenant}` was asked for with other values.", "Use those, or undo it first."
            )
        return held
    if not place.registry.claim("host", asked.host, asked.tenant):
        raise Refused("name_taken", f"{asked.host} is another tenant's.", "Choose another host name.")
    return place.registry.save(Tenancy(asked))


def turn(place: Place, tenant: str, goal: Goal) -> Tenancy:
    """Set out for another goal. Raises Refused: tenancy_unknown, tenancy_serves, tenancy_never_served."""
    tenancy = find(place, tenant)
    if tenancy.goal == goal:
        return tenancy
    serves = "smoke" in tenancy.done
    if goal == "undone" and (serves or tenancy.goal == "gone"):
        raise Refused(
            "tenancy_serves", f"`{tenant}` has served people.", "Off-board it: that exports and destroys in order."
        )
    if goal == "gone" and not serves:
        raise Refused("tenancy_never_served", f"`{tenant}` was never active.", "Undo it.")
    if goal == "active" and not place.registry.claim("host", tenancy.asked.host, tenant):
        raise Refused(
            "name_taken", f"{tenancy.asked.host} is another tenant's by now.", "On-board it under another name."
        )
    return place.registry.save(replace(tenancy, goal=goal))


def advance(place: Place, tenant: str) -> Tenancy:
    """Everything that can be done now. Ends at the goal; raises UnderWay or Refused where it has to stop, with all done so far written down."""
    tenancy = find(place, tenant)
    if tenancy.goal == "undone":
        return _back(place, tenancy)
    if tenancy.goal == "active":
        tenancy = _leaving_taken_back(place, tenancy)
        return _forward(place, tenancy, leave=False)
    tenancy = _forward(place, tenancy, leave=True)
    for host in place.registry.claimed("host", tenancy.tenant):
        place.registry.release("host", host, tenancy.tenant)
    return tenancy


def state(tenancy: Tenancy) -> str:
    """``active``, ``gone``, ``undone``, or the step that comes next."""
    if tenancy.goal == "undone":
        left = [name for name, _ in onboarding(tenancy) if name in tenancy.done]
        return f"undoing {left[-1]}" if left else "undone"
    ahead = leaving(tenancy) if tenancy.goal == "gone" else onboarding(tenancy)
    return next((name for name, _ in ahead if name not in tenancy.done), tenancy.goal)


def find(place: Place, tenant: str) -> Tenancy:
    """Raises Refused("tenancy_unknown")."""
    tenancy = place.registry.get(tenant)
    if tenancy is None:
        raise Refused(
            "tenancy_unknown", f"Nobody asked for a tenancy `{tenant}`.", "See `python -m deploy tenant list`."
        )
    return tenancy


def _forward(place: Place, tenancy: Tenancy, *, leave: bool) -> Tenancy:
    for name, step in leaving(tenancy) if leave else onboarding(tenancy):
        if name not in tenancy.done:
            facts = step.do(tenancy, place)
            tenancy = place.registry.save(tenancy.with_done(name, facts))
    return tenancy


def _leaving_taken_back(place: Place, tenancy: Tenancy) -> Tenancy:
    """A customer who stays after all: what of leaving was done is undone, the last first. Data that expired stays gone."""
    for name, step in reversed(leaving(tenancy)):
        if name in tenancy.done:
            step.undo(tenancy, place)
            tenancy = place.registry.save(tenancy.without(name))
    return tenancy


def _back(place: Place, tenancy: Tenancy) -> Tenancy:
    """The last first; also the step that comes next, which may have died half done."""
    steps = onboarding(tenancy)
    reached = sum(name in tenancy.done for name, _ in steps)
    for name, step in reversed(steps[: reached + 1]):
        step.undo(tenancy, place)
        if name in tenancy.done:
            tenancy = place.registry.save(tenancy.without(name))
    for host in place.registry.claimed("host", tenancy.tenant):
        place.registry.release("host", host, tenancy.tenant)
    place.registry.remove(tenancy)
    return tenancy
