"""generate_numbers_sequence: what it takes, what it returns, what it refuses."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import slow

import digitseq as ds

SPECS = [
    ds.SequenceSpec(),
    ds.SequenceSpec(align="random"),
    ds.SequenceSpec(align="left", advance="ink"),
]


def generate(glyphs, digits=(3, 5, 0), spacing_range=(0, 10), image_width=120, **rest):
    return ds.generate_numbers_sequence(
        digits, spacing_range, image_width, **({"key": 7, "bank": glyphs} | rest)
    )


@pytest.mark.parametrize("spec", SPECS, ids=repr)
@pytest.mark.parametrize("width", [112, *slow(257)])
def test_it_is_the_pipelines_image(bank, spec, width):
    digits = [3, 5, 0, 9]
    image = generate(bank, digits, (0, 20), width, spec=spec)
    assert image.shape == (28, width)
    assert image.dtype == np.float32
    assert image.flags.c_contiguous
    assert image.flags.writeable
    assert image.flags.owndata
    exact = spec.replace(image_width=width, spacing_range=(0, 20))
    sample = ds.sample_sequence(jax.random.key(7), bank, np.array(digits), exact)
    np.testing.assert_array_equal(image, sample.image)
    image[:] = 5
    assert generate(bank, digits, (0, 20), width, spec=spec).max() <= 1


@pytest.mark.parametrize(
    "digits",
    [
        [3, 5, 0],
        (3, 5, 0),
        "350",
        np.array([3, 5, 0], np.uint8),
        np.array([3.0, 5.0, 0.0]),
        jnp.array([3, 5, 0]),
        [np.int64(3), 5.0, jnp.int32(0)],
        iter([3, 5, 0]),
    ],
    ids=lambda digits: type(digits).__name__,
)
def test_digits_come_in_many_forms(bank, digits):
    np.testing.assert_array_equal(generate(bank, digits), generate(bank))


def test_ranges_are_digits(bank):
    np.testing.assert_array_equal(generate(bank, range(1, 4)), generate(bank, [1, 2, 3]))


def test_keys_come_in_many_forms(bank):
    image = generate(bank, key=7)
    for key in (jax.random.key(7), jax.random.PRNGKey(7), np.uint32(7), np.array([0, 7], np.uint32)):
        np.testing.assert_array_equal(generate(bank, key=key), image)
    assert (generate(bank, key=8) != image).any()
    assert (generate(bank, key=None) != generate(bank, key=None)).any()


def test_the_arguments_win_over_the_spec(bank):
    spec = ds.SequenceSpec(image_width=77, spacing_range=(9, 9), align="right", masks=True)
    image = generate(bank, spacing_range=(0, 0), image_width=100, spec=spec)
    assert not image[:, :16].any()
    assert image.shape == (28, 100)


def test_without_a_bank_it_takes_the_one_in_reach(bank, toy_folder, monkeypatch):
    monkeypatch.delenv("DIGITSEQ_MNIST", raising=False)
    with pytest.warns(UserWarning, match="digitseq bank fetch"):
        built_in = ds.generate_numbers_sequence([1], (0, 0), 28, key=7)
    np.testing.assert_array_equal(built_in, generate(ds.load_bank("builtin"), [1], (0, 0), 28))
    monkeypatch.setenv("DIGITSEQ_MNIST", str(toy_folder))
    image = ds.generate_numbers_sequence([3, 5, 0], (0, 10), 120, key=7)
    np.testing.assert_array_equal(image, generate(bank))


BAD = [
    ({"digits": []}, "digits is empty"),
    ({"digits": ""}, "digits must be written as 350 or 3-5-0, got ''"),
    ({"digits": "3a"}, "'3a'"),
    ({"digits": [3, 10]}, r"10 is out of range.*0\.\.9"),
    ({"digits": [3, -1]}, "-1 is out of range"),
    ({"digits": [True, 1]}, r"digits\[0\].*bool True"),
    ({"digits": np.array([True])}, "bool"),
    ({"digits": [1, 2.5]}, r"digits\[1\].*2\.5"),
    ({"digits": [float("nan")]}, "nan"),
    ({"digits": [float("inf")]}, "inf"),
    ({"digits": np.array([1.5])}, r"1\.5"),
    ({"digits": [[1, 2], [3]]}, r"flat, got \[1, 2\] at place 0"),
    ({"digits": [np.array([1, 2])]}, "flat"),
    ({"digits": ["1", "2"]}, "flat, got '1'"),
    ({"digits": np.zeros((2, 2), int)}, r"one-dimensional, got shape \[2, 2\]"),
    ({"digits": np.int64(3)}, "list, a string or an array"),
    ({"digits": 350}, "got 350"),
    ({"digits": {1, 2}}, r"got \{1, 2\}"),
    ({"digits": [None]}, r"digits\[0\].*None"),
    ({"digits": b"350"}, "got b'350'"),
    ({"spacing_range": {0, 5}}, "pair"),
    ({"bank": 7}, "bank must be a DigitBank.*7"),
    ({"spec": {}}, "spec must be a SequenceSpec"),
    ({"key": np.array([1], np.uint32)}, "key must be one JAX PRNG key"),
    ({"image_width": np.array([120])}, "image_width must be an integer"),
    ({"spacing_range": (10, 0)}, "reversed: minimum 10 is above maximum 0"),
    ({"spacing_range": (1, 2, 3)}, r"pair \(min, max\), got \(1, 2, 3\)"),
    ({"spacing_range": 5}, "pair .*got 5"),
    ({"spacing_range": (0.5, 2)}, r"minimum must be an integer, got 0\.5"),
    ({"spacing_range": (0, float("nan"))}, "maximum must be an integer, got nan"),
    ({"spacing_range": (False, 2)}, "bool False"),
    ({"spacing_range": (-15, 2)}, "-15; the least spacing is -14"),
    ({"spacing_range": (0, 2**31)}, r"below 2\*\*31"),
    ({"image_width": 83}, "83 is too small for 3 digits.*smallest width that works is 84"),
    ({"image_width": 64, "spacing_range": (-9, 0)}, "works is 66"),
    ({"image_width": 76_695_844}, "too large for memory: it takes about"),
    ({"image_width": 10**9}, "too large: at most 76695844"),
    ({"image_width": 0}, "positive, got 0"),
    ({"image_width": -5}, "positive, got -5"),
    ({"image_width": 120.5}, r"integer, got 120\.5"),
    ({"image_width": "120"}, "integer, got '120'"),
    ({"image_width": True}, "integer, got True"),
    ({"key": -1}, "key must be .*-1"),
    ({"key": 2**32}, "key must be"),
    ({"key": 1.5}, r"key must be one JAX PRNG key.*got 1\.5"),
    ({"key": True}, "key must be one JAX PRNG key.*got True"),
    ({"spec": ds.SequenceSpec(align="middle")}, "align must be one of .*'middle'"),
    ({"spec": ds.SequenceSpec(spacing="odd")}, "spacing must be one of"),
    ({"spec": ds.SequenceSpec(advance="both")}, "advance must be one of"),
    ({"spec": ds.SequenceSpec(line_transforms=(1,))}, "line_transforms must hold"),
    ({"spec": ds.SequenceSpec(spacing="even"), "image_width": 95}, r"nearest that works: 94 or 96"),
    ({"spec": ds.SequenceSpec(spacing="even"), "image_width": 200}, r"nearest that works: 104"),
]


@pytest.mark.parametrize(("change", "message"), BAD, ids=lambda part: str(part)[:60])
def test_bad_input_has_its_own_message(bank, change, message, monkeypatch):
    # As if this machine had 8 GiB.
    sizes = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 2**21}
    monkeypatch.setattr("os.sysconf", sizes.__getitem__)
    with pytest.raises(ValueError, match=message):
        generate(bank, **change)


def test_a_digit_that_the_bank_lacks():
    bank = ds.make_bank(np.ones((1, 28, 28), np.uint8), [4])
    with pytest.raises(ds.BankError, match="no glyph of digit 7"):
        generate(bank, [4, 7])


def test_the_smallest_width_works(bank):
    for digits, low in [([1], 0), ([1, 2, 3], 0), ([1, 2, 3, 4], -14), ([8, 8], 7)]:
        least = 28 * len(digits) + low * (len(digits) - 1)
        assert generate(bank, digits, (low, low + 3), least).shape == (28, least)
        with pytest.raises(ValueError, match=f"works is {least}"):
            generate(bank, digits, (low, low + 3), least - 1)


@pytest.mark.parametrize("low", [-14, *slow(4)])
def test_the_width_that_always_works_for_ink_is_the_smallest(low):
    """Against all combinations of a bank with a few widths of ink a digit."""
    widths = {1: [3, 8], 2: [20], 3: [5, 6, 7, 13]}
    glyphs = np.zeros((7, 28, 28), np.uint8)
    for glyph, width in zip(glyphs, itertools.chain(*widths.values()), strict=True):
        glyph[:, :width] = 255
    bank = ds.make_bank(glyphs, np.repeat(list(widths), [2, 1, 4]))
    spec = ds.SequenceSpec(advance="ink")
    for digits in ([3, 3, 3], [1, 2, 3], [2, 1, 2, 1], [1, 3, 1, 3, 2]):
        least = max(
            sum(sizes) + sum(max(low, -(min(pair) // 2)) for pair in itertools.pairwise(sizes))
            for sizes in itertools.product(*(widths[digit] for digit in digits))
        )
        with pytest.raises(ValueError, match=f"always works is {least}$"):
            generate(bank, digits, (low, low), least - 1, spec=spec)
        generate(bank, digits, (low, low), least, spec=spec)
        rows = np.tile(np.array(digits, np.int32), (300, 1))
        exact = spec.replace(image_width=least, spacing_range=(low, low))
        lengths = ds.sample_sequences(jax.random.key(1), bank, rows, exact).length
        assert (np.asarray(lengths) == len(digits)).all()


@pytest.mark.slow
def test_calls_of_all_sizes_share_a_few_programs(bank):
    compiled = []

    def listen(event, _, **__):
        if event.endswith("backend_compile_duration"):
            compiled.append(event)

    generate(bank)
    jax.clear_caches()
    jax.monitoring.register_event_duration_secs_listener(listen)
    rng = np.random.default_rng(0)
    for _ in range(200):
        digits = rng.integers(0, 10, rng.integers(1, 11))
        low = int(rng.integers(-14, 5))
        least = max(28, 28 * len(digits) + low * (len(digits) - 1))
        width = int(rng.integers(least, 601))
        ds.generate_numbers_sequence(digits, (low, low + int(rng.integers(0, 20))), width, bank=bank)
    assert 1 <= len(compiled) <= 8
