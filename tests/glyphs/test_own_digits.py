"""Banks of own scans that can't be meant: inverted, of 0 and 1, or noisy, each with one line that helps."""

import warnings

import numpy as np
import pytest
from conftest import toy_glyphs

import digitseq as ds
from digitseq.glyphs.inspection import doubts_of

RNG = np.random.default_rng(5)
BUILTIN = np.asarray(ds.load_bank("builtin").glyphs)
LABELS = np.zeros(len(BUILTIN), np.int32)
INK = BUILTIN.astype(np.int32)


def bytes_of(values):
    return np.clip(values, 0, 255).astype(np.uint8)


def sparse(share, brightest):
    noise = RNG.integers(1, brightest + 1, INK.shape) * (RNG.random(INK.shape) < share)
    return bytes_of(np.maximum(INK, noise))


WRONG = {
    "black ink on white": (bytes_of(255 - INK), "255 - images"),
    "grey ink on cream": (bytes_of(235 - 0.8 * INK + RNG.normal(0, 6, INK.shape)), "255 - images"),
    "shaded paper": (bytes_of(250 - INK - np.linspace(0, 90, 28)), "255 - images"),
    "zeros and ones": (bytes_of(INK > 127), r"images \* 255"),
    "sixteen greys": (bytes_of(INK >> 4), r"images \* 17"),
    "grey paper, inverted": (bytes_of(INK + 20), "threshold"),
    "scanner's noise": (bytes_of(INK + np.abs(RNG.normal(0, 12, INK.shape)) + 1), "threshold"),
    "speckle of 3 %": (sparse(0.03, 60), "threshold"),
    "speckle of 10 %": (sparse(0.10, 255), "threshold"),
    "noise of half the pixels": (sparse(0.6, 40), "threshold"),
}


@pytest.mark.parametrize(("images", "mend"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_meant_is_warned_of(images, mend, tmp_path):
    with pytest.warns(UserWarning, match=mend) as caught:
        ds.make_bank(images, LABELS)
    ds.write_idx(tmp_path / "images-idx3-ubyte", images)
    ds.write_idx(tmp_path / "labels-idx1-ubyte", LABELS)
    for _ in range(2):  # from the files, and from the copy that is kept
        with pytest.warns(UserWarning, match=mend) as loaded:
            ds.load_bank(tmp_path)
        assert [one.filename for one in [*caught, *loaded]] == [__file__] * 2
    assert "\n" not in str(caught[0].message)


def test_what_the_line_says_mends_it():
    for name, mend in {
        "black ink on white": lambda images: 255 - images,
        "zeros and ones": lambda images: images * np.uint8(255),
        "sixteen greys": lambda images: images * np.uint8(17),
        "grey paper, inverted": lambda images: images * (images > 40),
        "speckle of 3 %": lambda images: images * (images > 60),
    }.items():
        assert doubts_of(mend(WRONG[name][0])) is None, name


def fashion():
    """Clothes as Fashion-MNIST has them: bright and textured, to the edges, with dim specks around."""
    images = np.zeros((200, 28, 28), np.uint8)
    for image in images:
        wide, high = RNG.choice([(28, 10), (12, 28), (22, 28), (28, 28), (28, 18)])
        x, y = (28 - wide) // 2, (28 - high) // 2
        image[y : y + high, x : x + wide] = RNG.integers(60, 256, (high, wide))
        if (wide, high) == (28, 28):  # a pullover: neck and armpits show the background
            image[:4, :6] = image[:4, -6:] = image[10:, 4:6] = image[10:, -6:-4] = 0
        specks = RNG.integers(0, 28, (6, 2))
        image[specks[:, 0], specks[:, 1]] |= 1
    return images


def large_strokes():
    """As KMNIST's: strokes that reach all four edges of most cells, smooth, and the background black."""
    return np.stack(
        [np.kron(glyph[2:26, 2:26], np.ones((2, 2), np.uint8))[10:38, 10:38] for glyph in BUILTIN[::10]]
    )


RIGHT = {
    "builtin": lambda: BUILTIN,
    "rectangles": lambda: toy_glyphs()[0],
    "clothes": fashion,
    "large strokes": large_strokes,
    "transposed": lambda: BUILTIN.swapaxes(1, 2),
    "binary": lambda: np.uint8(255) * (BUILTIN > 127),
    "faint": lambda: BUILTIN // 4,
    "blank": lambda: np.zeros((3, 28, 28), np.uint8),
    "white": lambda: np.full((3, 28, 28), 255, np.uint8),
    "one pixel": lambda: np.eye(784, dtype=np.uint8).reshape(-1, 28, 28),
    "half white": lambda: np.repeat(np.uint8([255, 0]), 14)[None, :, None] * np.ones((2, 1, 28), np.uint8),
    "every value": lambda: (np.arange(30 * 784) % 256).astype(np.uint8).reshape(30, 28, 28),
    "a few inverted": lambda: np.concatenate([BUILTIN, 255 - BUILTIN[:900]]),
}


@pytest.mark.parametrize("images", RIGHT.values(), ids=RIGHT)
def test_what_may_be_meant_is_not(images):
    images = images()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ds.make_bank(images, np.zeros(len(images), np.int32))


def test_mnist_is_as_it_should_be(mnist, mnist_test):
    for bank in (mnist, mnist_test):
        glyphs = np.asarray(bank.glyphs)
        for start, count in zip(np.asarray(bank.starts), np.asarray(bank.counts), strict=True):
            assert doubts_of(glyphs[start : start + count]) is None
        # Samples as small as a user's own bank.
        for seed in range(50):
            assert doubts_of(glyphs[np.random.default_rng(seed).integers(0, len(glyphs), 10)]) is None


def test_the_command_line_says_it_in_one_line(here, digitseq):
    ds.write_idx(here / "images-idx3-ubyte", 255 - BUILTIN)
    ds.write_idx(here / "labels-idx1-ubyte", LABELS)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        code, out, err = digitseq("generate", "000", 0, 5, 100, "--bank", ".", "--seed", 1)
    assert (code, out) == (0, "0-0-0.png\n")
    assert err.count("\n") == 1
    assert "255 - images" in err
