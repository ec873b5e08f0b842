"""What a recipient is told of how often a file may still be fetched."""

from chalicelib.use_cases.receiving.complete_download import complete_download
from chalicelib.use_cases.receiving.start_download import StartDownload, start_download
from chalicelib.use_cases.sending.answer_create import Created
from chalicelib.use_cases.sending.create_command import RecipientSpec
from chalicelib.use_cases.sending.show_files import show_files
from tests.unit.use_cases.living import LivingOffice

TWO = (RecipientSpec("a@example.com"), RecipientSpec("b@example.com"))


def told(office: LivingOffice, created: Created, number: int = 0, sign_in: str = "gs_1") -> list[int | None]:
    who = office.guest(created, number, sign_in)
    page = show_files(office.ctx, who, created.head.id, cursor=None, limit=100)
    return [page.left.get(one.id) for one in page.files]


def test_without_a_limit_nothing_is_told() -> None:
    office = LivingOffice()
    assert told(office, office.ready([b"abc"])) == [None]


def test_a_file_under_way_may_be_fetched_once_more_and_an_arrived_one_counts() -> None:
    office = LivingOffice()
    created = office.ready([b"abc", b"def"], max_downloads=2, recipients=TWO)
    assert told(office, created) == [2, 2]
    who = office.guest(created, 0, "gs_1")
    first = created.files[0].id
    opened = start_download(office.ctx, who, StartDownload(created.head.id, (first,)))
    assert told(office, created) == [2, 2]
    assert told(office, created, sign_in="gs_2") == [1, 2]
    complete_download(office.ctx, who, transfer=created.head.id, session=opened.session, files=(first,))
    assert told(office, created) == [1, 2]
    assert told(office, created, 1) == [2, 2]  # the other recipient's are their own


def test_the_last_one_leaves_none() -> None:
    office = LivingOffice()
    created = office.ready([b"abc"], max_downloads=1, recipients=TWO)
    who = office.guest(created, 0, "gs_1")
    opened = start_download(office.ctx, who, StartDownload(created.head.id))
    complete_download(office.ctx, who, transfer=created.head.id, session=opened.session, files=())
    assert told(office, created) == [0]
