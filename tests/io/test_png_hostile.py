"""Pictures that anybody may have made: malformed, huge, or no files at all. Read or refused in one line."""

import os
import random
import struct
import threading
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

import digitseq as ds
from digitseq.cli import recipes
from digitseq.io import png

LINE = np.arange(28 * 30, dtype=np.uint32).reshape(28, 30).astype(np.uint8)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(width=30, height=28, depth=8, colour=0, interlace=0) -> bytes:
    return chunk(b"IHDR", struct.pack(">2I5B", width, height, depth, colour, 0, 0, interlace))


PIXELS = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row.tobytes() for row in LINE)))
END = chunk(b"IEND", b"")


def made(*chunks: bytes) -> bytes:
    return png.SIGNATURE + b"".join(chunks)


def written(tmp_path, data: bytes):
    path = tmp_path / "a.png"
    path.write_bytes(data)
    return path


def test_the_builder_builds_a_sound_picture(tmp_path):
    path = written(tmp_path, made(header(), chunk(b"tEXt", b"digitseq version\x00x"), PIXELS, END))
    np.testing.assert_array_equal(png.read(path), LINE)
    assert png.read_text(path) == {"digitseq version": "x"}
    assert png.is_ours(path)


BOMB = zlib.compress(bytes(2**26), 9)
BROKEN = {
    "empty": b"",
    "a signature alone": made(),
    "no pixels": made(header(), END),
    "no header": made(PIXELS, END),
    "no end of pixels": made(header(), PIXELS[:-20]),
    "an iCCP chunk after the pixels": made(header(), PIXELS, chunk(b"iCCP", b"a\0\0" + b"x" * 9), END),
    "an empty iCCP chunk after the pixels": made(header(), PIXELS, chunk(b"iCCP", b""), END),
    "an iCCP chunk without a name": made(header(), chunk(b"iCCP", b""), PIXELS, END),
    "an iCCP chunk of another compression": made(header(), chunk(b"iCCP", b"a\0\1x"), PIXELS, END),
    "short chunks": made(header(), *(chunk(kind, b"") for kind in (b"gAMA", b"cHRM", b"pHYs", b"tRNS")), END),
    "a short header": made(chunk(b"IHDR", b"\0\0\0"), PIXELS, END),
    "a zTXt bomb": made(header(), chunk(b"zTXt", b"a\0\0" + BOMB), PIXELS, END),
    "an iTXt bomb": made(header(), chunk(b"iTXt", b"a\0\1\0\0\0" + BOMB), PIXELS, END),
    "many text bombs": made(
        header(), *[chunk(b"zTXt", b"%d\0\0" % n + zlib.compress(bytes(2**20 - 1))) for n in range(80)], END
    ),
    "huge dimensions": made(header(2**31 - 1, 2**31 - 1), PIXELS, END),
    "more pixels than it may have": made(header(20_000, 20_000), PIXELS, END),
    "no width": made(header(width=0), PIXELS, END),
    "an unknown depth": made(header(depth=3), PIXELS, END),
    "a wrong sum": made(header(), PIXELS[:-4] + b"0000", END),
    "a length beyond the end": made(header(), struct.pack(">I", 2**31 - 1) + b"IDAT", END),
    "an animation without frames": made(header(), chunk(b"acTL", struct.pack(">2I", 0, 0)), PIXELS, END),
    "a wrong animation": made(
        header(), chunk(b"acTL", bytes(8)), chunk(b"fcTL", b"x" * 26), chunk(b"fdAT", b"abc"), PIXELS, END
    ),
    "a chunk of no name": made(header(), chunk(b"\0\0\0\0", b""), PIXELS, END),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_picture_is_read_or_refused_by_name(tmp_path, name):
    """Some are still read, by Pillow's lenience; nothing but ValueError is raised, and it names the file."""
    path = written(tmp_path, BROKEN[name])
    assert not png.is_ours(path)
    assert all(str(path) in said for said in refusals(path, png.read, png.read_text))


def refusals(path, *readers) -> list[str]:
    """What readers say of a file that they refuse, by ValueError alone."""
    found = []
    for read in readers:
        try:
            read(path)
        except ValueError as error:
            found.append(str(error))
    return found


@pytest.mark.parametrize(
    "name", ["a zTXt bomb", "huge dimensions", "no pixels", "an empty iCCP chunk after the pixels"]
)
def test_a_command_refuses_them_in_one_line(refused, here, name):
    written(here, BROKEN[name])
    for command in (("generate", "--like", "a.png"), ("vae", "denoise", "a.png", "b.png")):
        assert "a.png is not a sound PNG picture" in refused(*command)


def test_deep_and_moving_pictures_are_refused(tmp_path):
    deep = tmp_path / "deep.png"
    Image.fromarray(np.zeros((28, 28), np.uint16)).save(deep)
    moving = tmp_path / "moving.png"
    frames = [Image.new("L", (28, 28), shade) for shade in (0, 200)]
    frames[0].save(moving, save_all=True, append_images=frames[1:])
    for path, said in ((deep, "mode I;16"), (moving, "animation")):
        with pytest.raises(ValueError, match=said):
            png.read(path)


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    path = written(tmp_path, made(header(), PIXELS, END))
    monkeypatch.setattr(png, "MOST_BYTES", 100)
    with pytest.raises(ValueError, match="larger than"):
        png.read(path)


@pytest.mark.parametrize("kind", ["fifo", "device", "folder", "nothing"])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path, refused, kind):
    path = tmp_path / "a.png"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    else:
        path = tmp_path / "none" / "a.png"
    found: list[str] = []

    def command():
        for words in (("generate", "--like", path), ("vae", "denoise", path, "b.png")):
            found.append(refused(*words))

    thread = threading.Thread(target=command, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive(), "it hangs"
    assert all("no regular file" in line or "No such file" in line for line in found)
    assert len(found) == 2


# Fuzzing


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    """Sound pictures of several kinds, among them one with a recipe; their bytes."""
    texts = {
        "seed": "7",
        "digits": "3-5",
        "key": "[0, 7]",
        "bank": "builtin",
        "bank digest": "0" * 64,
        "version": "0.1.0",
        "spec": ds.spec_to_json(
            ds.SequenceSpec(image_width=80, line_transforms=(ds.augment.Sometimes(0.5, ds.augment.Blur()),))
        ),
    }
    ours = png.encode(LINE, {recipes.TEXT + name: text for name, text in texts.items()})
    info = PngImagePlugin.PngInfo()
    info.add_text("a", "b" * 400, zip=True)
    info.add_itxt("digitseq key", "[0, 1]", zip=True)
    found, folder = [ours], tmp_path_factory.mktemp("seeds")
    for number, mode in enumerate(("1", "P", "RGB", "RGBA")):
        path = folder / f"{number}.png"
        Image.new("L", (30, 28), 90).convert(mode).save(path, pnginfo=info, icc_profile=b"x" * 40, dpi=(9, 9))
        found.append(path.read_bytes())
    return found


def mutated(rng: random.Random, data: bytes) -> bytes:
    """Bytes flipped, cut, doubled, or chunks moved; sums made right again in half of the cases."""
    kind, at = rng.randrange(5), rng.randrange(8, len(data))
    if kind == 0:
        return data[:at]
    if kind == 1:
        return data[:at] + data[rng.randrange(8, len(data)) :]
    if kind == 2:
        pieces = chunks_of(data)
        rng.shuffle(pieces)
        return png.SIGNATURE + b"".join(chunk(*piece) for piece in pieces)
    pieces = chunks_of(data)
    number = rng.randrange(len(pieces))
    name, body = pieces[number]
    body = bytearray(body or b"\0")
    for _ in range(rng.randrange(1, 4)):
        body[rng.randrange(len(body))] = rng.randrange(256)
    if kind == 3:
        pieces[number] = (name, bytes(body))
        return png.SIGNATURE + b"".join(chunk(*piece) for piece in pieces)
    return data.replace(pieces[number][1], bytes(body), 1)


def chunks_of(data: bytes) -> list[tuple[bytes, bytes]]:
    at, found = 8, []
    while at + 8 <= len(data):
        size = struct.unpack(">I", data[at : at + 4])[0]
        found.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += size + 12
    return found


def fuzz(tmp_path, seeds, count: int) -> int:
    """How often so many mutated pictures were refused, each time by name."""
    rng, refused = random.Random(16), 0
    path = tmp_path / "fuzzed.png"
    for number in range(count):
        data = mutated(rng, seeds[number % len(seeds)])
        path.write_bytes(data)
        png.is_ours(path)
        said = refusals(path, png.read, png.read_text, recipes.read)
        assert all("fuzzed.png" in line for line in said), data
        refused += len(said)
    return refused


def test_mutated_pictures_are_read_or_refused(tmp_path, seeds):
    assert 100 < fuzz(tmp_path, seeds, 150) < 3 * 150


@pytest.mark.slow
def test_thousands_of_mutated_pictures_are_read_or_refused(tmp_path, seeds):
    assert fuzz(tmp_path, seeds, 10_000)
