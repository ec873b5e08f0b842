import pytest

from chalicelib.domain.files import (
    FILES_A_CALL,
    FILES_A_PAGE,
    MAX_FILES,
    PAGE_BYTES,
    SEALED_FILES_A_PAGE,
    BlobEntry,
    FileEntry,
    cut_pages,
    id_range,
    pages_of,
)

IDS = [f"fi_{n:026d}" for n in range(10**11, 10**11 + 4)]


def test_limits_are_those_of_the_product() -> None:
    assert (MAX_FILES, FILES_A_CALL, FILES_A_PAGE, SEALED_FILES_A_PAGE, PAGE_BYTES) == (10_000, 500, 250, 50, 300_000)


def test_a_new_file_is_neither_named_nor_stored() -> None:
    entry = FileEntry("fi_x", 0, "bl_x", 0, None, None, packed=False)
    assert (entry.named, entry.stored, entry.scan, entry.media_type) == (False, False, "pending", "")
    assert (entry.name, entry.record, entry.header, entry.checksum) == (None, None, None, None)


def test_a_blob_is_complete_once_the_store_gave_a_version() -> None:
    blob = BlobEntry("bl_x", 1, 1, single=True, growing=False, files=1, file_pages=(0,))
    assert (blob.version, blob.named, blob.upload, blob.complete) == (0, 0, None, False)
    assert BlobEntry("bl_x", 1, 1, single=True, growing=False, files=1, file_pages=(0,), stored_version="").complete


def test_a_range_is_the_first_16_characters_behind_the_prefix() -> None:
    ids = ["fi_01kdvb00000000001zzzzzzzzz", "fi_01kdva00000000009yyyyyyyyy"]
    assert id_range(ids) == ("01kdva0000000000", "01kdvb0000000000")


def test_pages_are_found_by_their_ranges_also_where_they_overlap() -> None:
    ranges = [("b", "d"), ("d", "f"), ("h", "k")]
    assert pages_of(ranges, ["fi_a"]) == []
    assert pages_of(ranges, ["fi_b"]) == [0]
    assert pages_of(ranges, ["fi_d"]) == [0, 1]
    assert pages_of(ranges, ["fi_g"]) == []
    assert pages_of(ranges, ["fi_k", "fi_c"]) == [0, 2]
    assert pages_of(ranges, ["fi_l"]) == []
    assert pages_of(ranges, []) == []


def test_the_page_of_an_id_is_among_those_found() -> None:
    ranges = [id_range(IDS[:2]), id_range(IDS[2:])]
    assert all(n in pages_of(ranges, [one]) for n, half in enumerate((IDS[:2], IDS[2:])) for one in half)


@pytest.mark.parametrize(
    ("sizes", "most", "bytes_most", "counts"),
    [
        ([], 3, 10, []),
        ([1, 1, 1], 3, 10, [3]),
        ([1, 1, 1, 1], 3, 10, [3, 1]),
        ([5, 5, 1], 9, 10, [2, 1]),
        ([5, 6], 9, 10, [1, 1]),
        ([11, 11], 9, 10, [1, 1]),
        ([4, 4, 4, 4, 4], 9, 10, [2, 2, 1]),
    ],
)
def test_pages_are_cut_by_count_and_bytes(sizes: list[int], most: int, bytes_most: int, counts: list[int]) -> None:
    assert cut_pages(sizes, most=most, bytes_most=bytes_most) == counts


def test_usual_pages_hold_250_entries_and_300_000_bytes() -> None:
    assert cut_pages([1] * 251) == [250, 1]
    assert cut_pages([100_000] * 4) == [3, 1]
