"""IDX files: round trips, the bytes on disk, and every way in which a file can be wrong."""

import contextlib
import gzip
import io
import pickle
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import digitseq as ds

DTYPES = [np.uint8, np.int8, np.int16, np.int32, np.float32, np.float64]
# 00 00, int16, rank 2, 2 x 3, then the values, all big-endian.
ARRAY = np.array([[1, 256, -2], [32767, -32768, 0]], np.int16)
STORED = b"\0\0\x0b\x02\0\0\0\x02\0\0\0\x03\x00\x01\x01\x00\xff\xfe\x7f\xff\x80\x00\x00\x00"
PAGE = b"<!DOCTYPE html>\n<html><body>404: no such file</body></html>\n"
MAX_PEAK = 4 << 20

arrays = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5))
)
either_form = pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])


class OnlyRead:
    """A stream with nothing but `read`, at most `most` bytes a call."""

    def __init__(self, data, most=1 << 30):
        self._file, self._most = io.BytesIO(data), most

    def read(self, size):
        return self._file.read(min(size, self._most))


def stored(array):
    file = io.BytesIO()
    ds.write_idx(file, array)
    return file.getvalue()


def read(data):
    return ds.read_idx(io.BytesIO(data))


def header(code, *dims):
    return struct.pack(f">BBBB{len(dims)}I", 0, 0, code, len(dims), *dims)


def error_of(data):
    with pytest.raises(ds.IdxError) as caught:
        read(data)
    return caught.value


@contextlib.contextmanager
def small_memory():
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MAX_PEAK
    finally:
        tracemalloc.stop()


@given(arrays)
def test_what_is_written_is_read_back_bit_exactly(array):
    data = stored(array)
    for source in (
        io.BytesIO(data),
        io.BytesIO(gzip.compress(data)),
        OnlyRead(data),
        OnlyRead(gzip.compress(data)),
        OnlyRead(data, most=1),
    ):
        back = ds.read_idx(source)
        assert (back.dtype, back.shape) == (array.dtype, array.shape)
        assert back.dtype.isnative
        assert back.flags.writeable
        assert back.tobytes() == array.tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rank", [1, 2, 3, 4])
@pytest.mark.parametrize("name", ["a.idx", "a.idx.gz"])
def test_round_trip_through_a_path(tmp_path, dtype, rank, name):
    array = np.arange(24).reshape((*(2, 3, 2, 2)[: rank - 1], -1)).astype(dtype)
    ds.write_idx(tmp_path / name, array)
    for path in (tmp_path / name, str(tmp_path / name)):
        back = ds.read_idx(path)
        assert back.dtype == dtype
        np.testing.assert_array_equal(back, array)
    assert ((tmp_path / name).read_bytes()[:2] == b"\x1f\x8b") == name.endswith(".gz")


def test_the_bytes_on_disk_are_the_formats(tmp_path):
    ds.write_idx(tmp_path / "plain", ARRAY)
    assert (tmp_path / "plain").read_bytes() == STORED
    assert stored(ARRAY.astype(">i2")) == STORED
    assert stored(ARRAY[:, ::-1]) == stored(ARRAY[:, ::-1].copy())
    np.testing.assert_array_equal(read(STORED), ARRAY)


def test_gzip_is_told_by_contents_not_by_name(tmp_path):
    (tmp_path / "packed").write_bytes(gzip.compress(STORED))
    (tmp_path / "plain.gz").write_bytes(STORED)
    for name in ("packed", "plain.gz"):
        np.testing.assert_array_equal(ds.read_idx(tmp_path / name), ARRAY)


def test_gzip_of_several_members_is_one_file():
    np.testing.assert_array_equal(read(gzip.compress(STORED[:9]) + gzip.compress(STORED[9:])), ARRAY)


def test_a_gzip_stream_may_give_less_than_asked():
    np.testing.assert_array_equal(ds.read_idx(OnlyRead(gzip.compress(STORED), most=1)), ARRAY)


def test_an_open_file_is_read_from_where_it_stands(tmp_path):
    (tmp_path / "file").write_bytes(b"before" + STORED)
    with open(tmp_path / "file", "rb") as file:
        file.seek(6)
        np.testing.assert_array_equal(ds.read_idx(file), ARRAY)


def test_packed_bytes_are_the_same_each_time(tmp_path):
    for name in ("a.gz", "b.gz"):
        ds.write_idx(tmp_path / name, ARRAY)
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()) == STORED


def test_a_write_that_fails_leaves_the_old_file_alone(tmp_path, monkeypatch):
    path = tmp_path / "a.idx"
    ds.write_idx(path, ARRAY)

    def full(*_):
        raise OSError("no space left on device")

    for name in ("fsync", "replace"):
        with monkeypatch.context() as patched:
            patched.setattr(f"digitseq.io.atomic.os.{name}", full)
            with pytest.raises(OSError, match="no space"):
                ds.write_idx(path, np.zeros(9, np.uint8))
    assert [path.name for path in tmp_path.iterdir()] == ["a.idx"]
    assert path.read_bytes() == STORED


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros(3, np.int64), "int64"),
        (np.zeros(3, bool), "bool"),
        ([1, 2, 3], "int64"),
        (np.zeros(3, np.uint16), "uint16"),
        (np.uint8(3), r"shape \(\)"),
        (np.zeros((1,) * 5, np.uint8), r"shape \(1, 1, 1, 1, 1\)"),
    ],
)
def test_what_the_format_cannot_hold_is_refused(tmp_path, array, said):
    with pytest.raises(ValueError, match=said):
        ds.write_idx(tmp_path / "a", array)
    assert not list(tmp_path.iterdir())


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        ds.read_idx(tmp_path / "none")


@pytest.mark.parametrize(
    ("data", "offset", "expected", "found"),
    [
        (b"", 0, "header", "end after 0"),
        (b"\0\0\x08", 3, "header", "end after 3"),
        (b"\0\1" + STORED[2:], 0, "00 00", "00 01"),
        (b"\0\0\x0a" + STORED[3:], 2, "08 uint8", "0a"),
        (b"\0\0\x08\0", 3, "1 to 4", "0"),
        (b"\0\0\x08\5" + bytes(20), 3, "1 to 4", "5"),
        (STORED[:10], 10, "2 dimensions", "end"),
        (STORED[:-1], 23, "12 bytes of data for int16 (2, 3)", "11"),
        (STORED + b"!", 24, "end", "more bytes"),
        (PAGE, 0, "IDX", "a web page ('<!DOCTYPE"),
        (b"\r\n " + PAGE, 0, "IDX", "a web page"),
    ],
)
@either_form
def test_the_error_says_where_and_what(tmp_path, pack, data, offset, expected, found):
    path = tmp_path / "digits"
    path.write_bytes(pack(data))
    with pytest.raises(ds.IdxError) as caught:
        ds.read_idx(path)
    error = caught.value
    assert (error.file, error.offset) == (str(path), offset)
    assert expected in error.expected
    assert found in error.found
    for part in (error.file, str(error.offset), error.expected, error.found):
        assert part in str(error)


def test_the_error_survives_pickling():
    error = error_of(STORED[:-1])
    back = pickle.loads(pickle.dumps(error))
    assert vars(back) == vars(error)
    assert str(back) == str(error)
    assert isinstance(back, ds.IdxError)


@given(arrays, st.data())
def test_a_file_cut_anywhere_is_an_error(array, data):
    whole = stored(array)
    for form in (whole, gzip.compress(whole)):
        cut = form[: data.draw(st.integers(0, len(form) - 1))]
        error_of(cut)
        with pytest.raises(ds.IdxError):
            ds.read_idx(OnlyRead(cut))


@given(st.binary(min_size=1, max_size=40))
@example(b"\0")
@example(gzip.compress(b""))
def test_trailing_bytes_are_an_error(extra):
    for data in (STORED + extra, gzip.compress(STORED + extra)):
        assert error_of(data).offset == len(STORED)


@given(st.binary(min_size=1, max_size=40).filter(lambda data: data.strip(b"\0")))
def test_trailing_bytes_after_the_gzip_stream_are_an_error(extra):
    error_of(gzip.compress(STORED) + extra)


def test_zeros_after_the_gzip_stream_are_padding():
    np.testing.assert_array_equal(read(gzip.compress(STORED) + bytes(100)), ARRAY)


@given(st.binary(max_size=60))
def test_whatever_the_bytes_it_is_an_array_or_an_idx_error(data):
    for form in (data, b"\0\0" + data, b"\x1f\x8b\x08\0" + data, gzip.compress(b"\0\0" + data)):
        with contextlib.suppress(ds.IdxError):
            assert stored(read(form)) == (gzip.decompress(form) if form[:2] == b"\x1f\x8b" else form)


@pytest.mark.parametrize("place", [-8, -5, -4, -1], ids=["crc", "crc end", "size", "size end"])
def test_a_gzip_checksum_that_is_wrong(place):
    packed = bytearray(gzip.compress(STORED))
    packed[place] ^= 1
    assert "gzip" in error_of(bytes(packed)).expected


@pytest.mark.parametrize("dims", [(1 << 20, 1 << 20), ((1 << 32) - 1,) * 4], ids=["2**40", "2**128"])
@either_form
def test_a_header_that_lies_allocates_nothing(pack, dims):
    data = pack(header(0x08, *dims) + bytes(8))
    with small_memory():
        error_of(data)
        with pytest.raises(ds.IdxError):
            ds.read_idx(OnlyRead(data))


@either_form
def test_no_images_of_an_absurd_size(pack):
    """Nothing to hold, yet more than NumPy can index: an error of the file, not of NumPy."""
    error_of(pack(header(0x08, 0, *((1 << 32) - 1,) * 3)))


def test_gzip_is_inflated_no_further_than_the_header_says():
    with io.BytesIO() as packed:
        with gzip.GzipFile(fileobj=packed, mode="wb") as file:
            file.write(header(0x08, 8))
            for _ in range(64):
                file.write(bytes(1 << 20))
        data = packed.getvalue()
    with small_memory():
        assert error_of(data).found == "more bytes"
