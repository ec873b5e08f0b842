"""A small client for use case tests: a tenant, a member, and files that are sealed, sent and named like a real client does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from chalicelib.domain.account import Member, MemberState
from chalicelib.domain.events import Event
from chalicelib.domain.files import FileEntry
from chalicelib.domain.principal import Principal
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.transfer import Transfer, TransferClass
from chalicelib.ports.record_store import ANY, Operation, Put
from chalicelib.stores.account_store import new_member
from chalicelib.stores.files_store import iterate_file_pages
from chalicelib.stores.tenant_store import put_ops
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.sending.answer_create import Created
from chalicelib.use_cases.sending.check_done import FileDone
from chalicelib.use_cases.sending.complete_files import complete_files
from chalicelib.use_cases.sending.complete_transfer import Completion, complete_transfer
from chalicelib.use_cases.sending.create_command import CreateTransfer, FileSpec, RecipientSpec
from chalicelib.use_cases.sending.create_transfer import create_transfer
from fumibako_format.keys import associated_data, file_key
from fumibako_format.record import FileRecord, seal_record
from fumibako_format.streaming import FIRST_PLAINTEXT, NEXT_PLAINTEXT, Header, Sealer
from tests.fakes.context import FakeContext

TENANT = "acme"
MEMBER = "mb_01kdv0000000000000000000a1"
OTHER = "mb_01kdv0000000000000000000a2"
ADMIN = "mb_01kdv0000000000000000000a3"
ADDRESSES = {MEMBER: "hanako@acme.example", OTHER: "taro@acme.example", ADMIN: "root@acme.example"}


def tenant_settings() -> Tenant:
    return Tenant(
        id=TENANT,  # type: ignore[arg-type]
        name="ACME",
        base_url="https://files.acme.example",
        blob_base_url="https://bytes.acme.example",
        sender_address="box@acme.example",
    )


def principal(member: str = MEMBER) -> Principal:
    roles = frozenset({"member", "admin"} if member == ADMIN else {"member"})
    return Principal(TENANT, "member", member, "se_x", roles, frozenset({"*"}))  # type: ignore[arg-type]


@dataclass
class Office:
    """A tenant with three members on fakes; ``settings`` are written when they are changed by ``set``."""

    ctx: FakeContext = field(default_factory=FakeContext)
    settings: Tenant = field(default_factory=tenant_settings)

    def __post_init__(self) -> None:
        self.ctx.records.transact(put_ops(self.settings, expect=ANY))
        self.ctx.blobs.now = self.ctx.clock.now_ms
        for member, email in ADDRESSES.items():
            made = Member(
                member, self.settings.id, email, email.split("@")[0], ("member",), "ja", MemberState.ACTIVE, 1
            )
            self.ctx.records.transact(new_member(made))

    def before_next_write(self, other: Callable[[], object]) -> None:
        """Another writer is first: it acts after the next use case has read and before that one writes."""
        records = self.ctx.records
        transact = records.transact

        def once(operations: Sequence[Operation], events: Sequence[Event] = ()) -> None:
            records.transact = transact  # type: ignore[method-assign]
            other()
            transact(operations, events)

        records.transact = once  # type: ignore[method-assign]

    def set(self, **changes: object) -> None:
        self.settings = replace(self.settings, **changes)  # type: ignore[arg-type]
        put = put_ops(self.settings, expect=ANY, former=self.settings)[0]
        assert isinstance(put, Put)
        self.ctx.records.transact([put])

    def create(self, files: tuple[FileSpec, ...], **fields: object) -> Created:
        command = CreateTransfer(
            **{  # type: ignore[arg-type]
                "transfer_class": TransferClass.MANAGED,
                "files": files,
                "recipients": (RecipientSpec("guest@example.com", "Guest"),),
                **fields,
            }
        )
        return create_transfer(self.ctx, principal(), command)

    def head(self, created: Created) -> Transfer:
        return get_transfer(self.ctx.records, TENANT, created.head.id)

    def files(self, created: Created) -> list[FileEntry]:
        head = self.head(created)
        return [one for page in iterate_file_pages(self.ctx.records, head) for one in page.entries]

    def sent(self, created: Created, contents: dict[str, bytes]) -> list[FileDone]:
        """PUT every first part as signed and give what files/complete is told. ``contents`` by file id."""
        key = created.key
        assert key is not None
        streams: dict[str, dict[int, bytes]] = {}
        done = []
        names = {spec.id: spec for spec in created.files}
        for file_id, plain in contents.items():
            entry = names[file_id]
            own = file_key(key, file_id)
            sealed = seal_bytes(plain, own, associated_data(created.head.id, file_id), self.ctx)
            streams.setdefault(entry.blob, {})[entry.offset] = sealed
            announced = FileRecord(f"{entry.index}.txt", "text/plain", len(plain), None)
            record = seal_record(announced, file_key=own, file_id=file_id, random=self.ctx.ids.random)
            done.append(FileDone(file_id, record, header=sealed[:40]))
        for url in created.uploads:
            if url.part.blob in streams:
                blob = b"".join(sealed for _, sealed in sorted(streams[url.part.blob].items()))
                start = sum(
                    one.part.size
                    for one in created.uploads
                    if one.part.blob == url.part.blob and one.part.number < url.part.number
                )
                self.ctx.blobs.put(url.signed, blob[start : start + url.part.size])
        return done

    def send(self, contents: list[bytes], **fields: object) -> Created:
        """A whole transfer, handed over for checking."""
        specs = tuple(FileSpec(len(one), f"{n}.txt", "text/plain") for n, one in enumerate(contents))
        created = self.create(specs, **fields)
        done = self.sent(created, {entry.id: one for entry, one in zip(created.files, contents, strict=True)})
        complete_files(self.ctx, principal(), created.head.id, done)
        complete_transfer(self.ctx, principal(), created.head.id, Completion())
        return created


def seal_bytes(plain: bytes, key: bytes, aad: bytes, ctx: FakeContext) -> bytes:
    """The whole ciphertext of a small file."""
    header = Header.generate(ctx.ids.random)
    sealer = Sealer(key, aad, header)
    cuts = [plain[:FIRST_PLAINTEXT]]
    cuts += [plain[at : at + NEXT_PLAINTEXT] for at in range(FIRST_PLAINTEXT, len(plain), NEXT_PLAINTEXT)]
    segments = [sealer.seal(n, cut, last=n == len(cuts) - 1) for n, cut in enumerate(cuts)]
    return b"".join(segments)
