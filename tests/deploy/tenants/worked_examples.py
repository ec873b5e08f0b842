"""Every worked example."""

from tests.deploy.tenants.example import Example
from tests.deploy.tenants.examples_conditions import conditions, tagging
from tests.deploy.tenants.examples_kinds import elements, kinds

EXAMPLES: list[Example] = sorted([*tagging(), *conditions(), *kinds(), *elements()], key=lambda one: one.name)
