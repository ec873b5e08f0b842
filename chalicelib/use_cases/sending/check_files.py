"""Checks of announced files: sizes, names, media types, part sizes. Every problem is listed; nothing is written here."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from chalicelib.domain.errors import Refused
from chalicelib.domain.files import FILES_A_CALL, MAX_FILES
from chalicelib.domain.findings import Findings
from chalicelib.domain.transfer import TransferClass
from chalicelib.use_cases.sending.create_command import FileSpec
from fumibako_format.errors import FormatError
from fumibako_format.names import check_name, same_name_key
from fumibako_format.packs import PACKED_BELOW
from fumibako_format.parts import plan_parts
from fumibako_format.record import MEDIA_TYPE_LIMIT
from fumibako_format.streaming import ciphertext_size

# Canonical JSON may double a name's bytes (quotes); with type and digest it must still fit a record of 4,096 bytes.
_NAME_IN_RECORD = 1_500


def check_files(
    findings: Findings,
    specs: Sequence[FileSpec],
    transfer_class: TransferClass,
    *,
    present: int = 0,
    taken: Callable[[str], bool] = lambda _: False,
) -> tuple[FileSpec, ...]:
    """The files with their names in NFC. ``present`` counts the transfer's files so far, ``taken`` says whether one has that name.

    Notes in ``findings``: files_none, too_many_files, name_missing, name_not_allowed, name_invalid, name_twice, size_invalid,
    plan_impossible, part_size_wrong, media_type_invalid, digest_wrong.
    """
    if not specs and not present:
        findings.add("files_none", "/files", "A transfer has at least one file.")
    if len(specs) > FILES_A_CALL or present + len(specs) > MAX_FILES:
        findings.add("too_many_files", "/files", f"At most {FILES_A_CALL} files a call and {MAX_FILES} in all.")
        return ()
    seen: set[str] = set()
    checked: list[FileSpec] = []
    for n, spec in enumerate(specs):
        pointer = f"/files/{n}"
        with findings.at(f"{pointer}/name"):
            spec = _named(spec, transfer_class, seen)  # noqa: PLW2901 - the checked spec takes the place of the raw one
            if spec.name is not None and taken(spec.name):
                raise Refused("name_twice", "Another file of this transfer has the same name.")
        with findings.at(f"{pointer}/size"):
            _check_size(spec, transfer_class)
        with findings.at(f"{pointer}/media_type"):
            _check_media_type(spec, transfer_class)
        if spec.digest is not None and len(spec.digest) != 32:
            findings.add("digest_wrong", f"{pointer}/digest", "A digest is 32 bytes.")
        checked.append(spec)
    return tuple(checked)


def _named(spec: FileSpec, transfer_class: TransferClass, seen: set[str]) -> FileSpec:
    if transfer_class is TransferClass.SEALED:
        if spec.name is not None:
            raise Refused("name_not_allowed", "The name of a sealed file stands in its record alone.")
        return spec
    if spec.name is None:
        raise Refused("name_missing", "A file needs a name.")
    try:
        name = check_name(spec.name)
    except FormatError as error:
        raise Refused(error.code, error.message) from error
    if transfer_class is TransferClass.MANAGED and len(name.encode()) > _NAME_IN_RECORD:
        raise Refused("name_invalid", f"The name is longer than {_NAME_IN_RECORD} bytes.")
    key = same_name_key(name)
    if key in seen:
        raise Refused("name_twice", "Another file of this transfer has the same name.")
    seen.add(key)
    return replace(spec, name=name)


def _check_size(spec: FileSpec, transfer_class: TransferClass) -> None:
    if spec.size is not None and spec.size < 0:
        raise Refused("size_invalid", "A size is 0 or more bytes.")
    if spec.size is not None and spec.size < PACKED_BELOW and spec.part_size is None:
        return  # nothing to cut
    try:
        stored = spec.size if spec.size is None or transfer_class is TransferClass.PLAIN else ciphertext_size(spec.size)
        plan_parts(stored, asked=spec.part_size)
    except FormatError as error:
        raise Refused("plan_impossible", error.message) from error


def _check_media_type(spec: FileSpec, transfer_class: TransferClass) -> None:
    text = spec.media_type
    if text is None:
        return
    if transfer_class is TransferClass.SEALED:
        raise Refused("media_type_invalid", "The media type of a sealed file stands in its record alone.")
    if len(text) > MEDIA_TYPE_LIMIT or not (text.isascii() and text.isprintable()):
        raise Refused("media_type_invalid", f"A media type is up to {MEDIA_TYPE_LIMIT} printable ASCII characters.")
