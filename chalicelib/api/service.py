"""What routes stand on: decode a body by its type, say who calls. Routes are added by ``describe.route``, which renders the answers."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from operator import itemgetter
from typing import Final, TypeVar, cast

import msgspec

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.domain.errors import FieldProblem, Refused
from chalicelib.domain.ids import TenantId
from chalicelib.domain.principal import Kind, Principal

T = TypeVar("T", bound=msgspec.Struct)
_PRINCIPAL: Final = itemgetter("tenant", "kind", "id", "session", "roles", "scopes", "channel", "link", "link_subject")
_PLACE: Final = " - at `"
# No bracket inside of brackets: each is looked at once, however many there are.
_STEPS: Final = re.compile(r"\[[^\[\]]*\]|[^.\[\]]+")
_UNKNOWN: Final = "unknown field `"
# What is said of a wrong field quotes it, and a field may be as long as its body.
_SHOWN: Final = 300


class Body(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Base of every request body and query: unknown fields are refused, values never change."""


def decode(app: FumibakoApp, kind: type[T]) -> T:
    """The body of the current request. Raises Refused("body_not_json"), or Refused("request_invalid") with a JSON pointer."""
    raw = app.request.raw_body or b""
    try:
        return cast("T", _decoder(kind).decode(raw))
    except msgspec.ValidationError as error:
        field = _field_problem(str(error))
        raise Refused("request_invalid", field.detail, errors=(field,)) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused("body_not_json", "The body is not one JSON document in UTF-8.") from None
    except RecursionError:
        raise Refused("body_too_deep", "The body nests too deeply.") from None


def principal_context(principal: Principal) -> dict[str, str]:
    """What an authorizer hands to the view: API Gateway passes flat text values only. ``caller`` reads it back."""
    return {
        "tenant": principal.tenant,
        "kind": principal.kind,
        "id": principal.id,
        "session": principal.session,
        "roles": " ".join(sorted(principal.roles)),
        "scopes": " ".join(sorted(principal.scopes)),
        "channel": principal.channel,
        "link": principal.link or "",
        "link_subject": principal.link_subject or "",
    }


def caller(app: FumibakoApp) -> Principal:
    """Who the authorizer said it is. Raises Refused("token_invalid") on a route without one."""
    values: Mapping[str, str] = app.request.context.get("authorizer") or {}
    if not values.get("tenant") or not values.get("id"):
        raise Refused("token_invalid", "This address needs a sign-in.")
    return _principal(*_PRINCIPAL(values))


@lru_cache(maxsize=4096)
def _principal(tenant: str, kind: str, subject: str, session: str, roles: str, scopes: str, *rest: str) -> Principal:
    """The same texts make the same principal; each caller comes many times."""
    channel, link, link_subject = rest
    return Principal(
        tenant=TenantId(tenant),
        kind=cast("Kind", kind),
        id=subject,
        session=session,
        roles=frozenset(roles.split()),
        scopes=frozenset(scopes.split()),
        channel=channel,
        link=link or None,
        link_subject=link_subject or None,
    )


@cache
def _decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    if not kind.__struct_config__.forbid_unknown_fields:
        raise TypeError(f"{kind.__name__} would let unknown fields pass: derive it from Body")
    return msgspec.json.Decoder(kind)


def _field_problem(message: str) -> FieldProblem:
    """Msgspec's message (`Expected `int`, got `str` - at `$.files[0].size``) as pointer, code and sentence (RFC 6901), none beyond 300 characters."""
    text, pointer = _placed(message)
    _, unknown, name = text.partition(_UNKNOWN)
    if unknown:
        name = name[: _SHOWN + 1].removesuffix("`")
        return FieldProblem(f"{pointer}/{_escaped(name)}"[:_SHOWN], "unknown_field", "There is no such field.")
    if "missing required field" in text:
        name = text.split("`", 2)[1]
        return FieldProblem(f"{pointer}/{_escaped(name)}", "missing_field", f"The field {name} is missing.")
    return FieldProblem(pointer, "wrong_value", text[:_SHOWN].replace("`", "") + ".")


def _placed(message: str) -> tuple[str, str]:
    """The message without its place, and the place as a JSON pointer; what looks like one may also stand in a field's own name."""
    text, found, place = message.rpartition(_PLACE)
    path = place.removeprefix("key in ")
    if not found or not path.startswith("$") or not path.endswith("`") or len(path) > _SHOWN:
        return message, ""
    return text, _pointer(path[1:-1])


def _pointer(path: str) -> str:
    return "".join("/" + _escaped(step.strip("[]")) for step in _STEPS.findall(path))


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
