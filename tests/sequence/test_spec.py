"""Specs print as code, travel as JSON, and are checked."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import digitseq as ds

specs = st.builds(
    ds.SequenceSpec,
    image_width=st.integers(1, 10_000),
    spacing_range=st.tuples(st.integers(-14, 0), st.integers(0, 99)),
    spacing=st.sampled_from(["random", "even"]),
    align=st.sampled_from(["left", "center", "right", "random"]),
    advance=st.sampled_from(["cell", "ink"]),
    masks=st.booleans(),
)


@given(specs)
def test_a_spec_prints_as_the_code_that_makes_it(spec):
    assert repr(eval(repr(spec), {"SequenceSpec": ds.SequenceSpec})) == repr(spec)


@given(specs)
def test_a_spec_goes_to_json_and_back(spec):
    assert repr(ds.spec_from_json(ds.spec_to_json(spec))) == repr(spec)


def test_arrays_as_numbers_print_and_travel_as_numbers():
    spec = ds.SequenceSpec(spacing_range=(np.int32(-2), jnp.int32(5)))
    plain = ds.SequenceSpec(spacing_range=(-2, 5))
    assert repr(spec) == repr(plain)
    assert ds.spec_to_json(spec) == ds.spec_to_json(plain)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "JSON object"),
        ("nonsense", "Expecting value"),
        ('{"widht": 3}', r"unknown fields \['widht'\]"),
        ('{"image_width": "3"}', "image_width must be an integer"),
        ('{"spacing_range": [5, 1]}', "reversed"),
        ('{"masks": 1}', "masks must be False or one of"),
        ('{"line_transforms": ["Blur"]}', "a transform must be an object"),
        ('{"glyph_transforms": ["Blur"]}', "a transform must be an object"),
        ('{"glyph_transforms": [{"Blurr": {}}]}', "NAME one of Affine, BaselineWave,"),
        ('{"glyph_transforms": [{"Blur": {"sigm": 1}}]}', "Blur has .*sigm"),
        (
            '{"glyph_transforms": [{"Blur": {"sigma": -1}}]}',
            "Blur.sigma must be a number from 0 to 2, got -1",
        ),
    ],
)
def test_json_that_is_no_spec(text, message):
    with pytest.raises(ValueError, match=message):
        ds.spec_from_json(text)
