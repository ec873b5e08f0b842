"""Templates as CloudFormation would read them: parameters filled in, conditions decided, names put into texts."""

import re
from collections.abc import Mapping
from typing import Any

_NAME = re.compile(r"\$\{([A-Za-z0-9:]+)\}")
PSEUDO = {
    "AWS::Region": "ap-northeast-1",
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}
_NOTHING = object()


class Resolved:
    """``given`` are values of parameters; those with a default may be missing."""

    def __init__(self, template: Mapping[str, Any], given: Mapping[str, str]) -> None:
        declared = template["Parameters"]
        self.values = {**PSEUDO, **{name: one["Default"] for name, one in declared.items() if "Default" in one}}
        self.values |= {name: value for name, value in given.items() if name in declared}
        missing = declared.keys() - self.values.keys()
        assert not missing, missing
        self._conditions = template["Conditions"]

    def of(self, value: Any) -> Any:
        """``value`` without Ref to parameters, Fn::Sub of them, and Fn::If; what names a resource stays."""
        if isinstance(value, list):
            return [one for one in map(self.of, value) if one is not _NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            if function == "Ref":
                return _NOTHING if argument == "AWS::NoValue" else self.values.get(argument, value)
            if function == "Fn::Sub":
                return _NAME.sub(lambda found: self.values.get(found[1], found[0]), argument)
            if function == "Fn::If":
                name, yes, no = argument
                return self.of(yes if self._holds(self._conditions[name]) else no)
        resolved = {name: self.of(one) for name, one in value.items()}
        return {name: one for name, one in resolved.items() if one is not _NOTHING}

    def _holds(self, condition: Mapping[str, Any]) -> bool:
        ((function, arguments),) = condition.items()
        if function == "Fn::Not":
            return not self._holds(arguments[0])
        if function == "Fn::And":
            return all(self._holds(one) for one in arguments)
        one, other = (self.of(argument) for argument in arguments)
        return bool(one == other)
