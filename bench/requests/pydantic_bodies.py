"""The bodies of our API as pydantic models, field for field: what a FastAPI service of the same API would have declared."""

from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from pydantic import BaseModel, ConfigDict, Field, create_model


class Body(BaseModel):
    """Read from attributes, written under the names of the wire."""

    model_config = ConfigDict(from_attributes=True, populate_by_name=True, extra="forbid")


@cache
def model_of(struct: type[msgspec.Struct]) -> type[Body]:
    """The model of a Struct and of those inside it."""
    fields: dict[str, Any] = {}
    for one in msgspec.structs.fields(struct):
        default: Any = ...
        if one.default is not msgspec.NODEFAULT:
            default = Field(default=one.default, alias=one.encode_name)
        elif one.default_factory is not msgspec.NODEFAULT:
            default = Field(default_factory=one.default_factory, alias=one.encode_name)
        else:
            default = Field(alias=one.encode_name)
        fields[one.name] = (_typed(one.type), default)
    return create_model(struct.__name__, __base__=Body, **fields)


def _typed(kind: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return model_of(kind)
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return Annotated[_typed(parts[0]), *(_constraint(one) for one in parts[1:])]
    if origin in (Union, UnionType):
        return Union[tuple(_typed(one) for one in parts)]  # noqa: UP007  # made of a list
    if origin is list:
        return list[_typed(parts[0])]  # type: ignore[misc]
    return kind


def _constraint(meta: Any) -> Any:
    names = ("ge", "le", "min_length", "max_length")
    return Field(**{name: getattr(meta, name) for name in names if getattr(meta, name) is not None})
