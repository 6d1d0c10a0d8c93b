"""Specs print as code, travel as JSON, and are checked."""

import json

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import digitseq as ds
from digitseq import augment
from digitseq.sequence.serialization import spec_from_dict, spec_to_dict

specs = st.builds(
    ds.SequenceSpec,
    image_width=st.integers(1, 10_000),
    spacing_range=st.tuples(st.integers(-14, 0), st.integers(0, 99)),
    spacing=st.sampled_from(["random", "even", "hand"]),
    align=st.sampled_from(["left", "center", "right", "random"]),
    advance=st.sampled_from(["cell", "ink", "outline"]),
    masks=st.booleans(),
    dtype=st.sampled_from(["float32", "bfloat16", "float16", "uint8"]),
)


@given(specs)
def test_a_spec_prints_as_the_code_that_makes_it(spec):
    assert repr(eval(repr(spec), {"SequenceSpec": ds.SequenceSpec})) == repr(spec)


@given(specs)
def test_a_spec_goes_to_json_and_back(spec):
    assert repr(ds.spec_from_json(ds.spec_to_json(spec))) == repr(spec)


fade = augment.InkFade(strength=np.float32(0.3))
turns = st.builds(
    augment.Affine, rotation=st.floats(0, 90), interpolation=st.sampled_from(["linear", "cubic"])
)
chains = st.lists(turns | st.builds(augment.Sometimes, st.floats(0, 1), st.just(fade)), max_size=3).map(tuple)


@given(specs, chains, chains)
def test_a_spec_as_a_dictionary_is_its_json(spec, glyphs, lines):
    """What a manifest holds is the same by either way."""
    spec = spec.replace(glyph_transforms=glyphs, line_transforms=lines)
    fields = spec_to_dict(spec)
    assert fields == json.loads(ds.spec_to_json(spec))
    assert json.dumps(fields) == ds.spec_to_json(spec)
    assert repr(spec_from_dict(fields)) == repr(spec) == repr(ds.spec_from_json(ds.spec_to_json(spec)))


def test_a_dictionary_of_arrays_is_of_pythons_numbers():
    blur = augment.Blur(sigma=jnp.float32(0.5))
    fields = spec_to_dict(
        ds.SequenceSpec(spacing_range=(np.int32(-2), jnp.int32(5)), glyph_transforms=(blur,))
    )
    assert fields["spacing_range"] == [-2, 5]
    assert fields["glyph_transforms"] == [{"Blur": {"sigma": 0.5}}]
    assert type(fields["glyph_transforms"][0]["Blur"]["sigma"]) is float
    for wrong in None, [], "{}", {"widht": 3}:
        with pytest.raises(ValueError, match="a spec must be a JSON object with fields of"):
            spec_from_dict(wrong)


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
        ('{"ligatures": "often"}', "ligatures must be a number from 0 to 1, got 'often'"),
        ('{"masks": 1}', "masks must be False or one of"),
        ('{"line_transforms": ["Blur"]}', "a transform must be an object"),
        ('{"glyph_transforms": ["Blur"]}', "a transform must be an object"),
        ('{"glyph_transforms": [{"Blurr": {}}]}', "NAME one of Affine, BaselineRules,"),
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
