"""The same words and seeds name keys, sources, labels and transforms, at the command line and in Python."""

import contextlib
import json

import jax
import numpy as np
import pytest
from conftest import slow

import digitseq as ds
from digitseq import augment, vae
from digitseq.sequence.label_grammar import labels_of

SPEC = ds.SequenceSpec(image_width=120)
KEY = np.array([0, 7], np.uint32)


def test_a_seed_is_a_key_wherever_a_key_is_taken(bank, tmp_path):
    digits = np.array([[3, 5]], np.int32)
    images = np.asarray(bank.glyphs[:2])
    for take in (
        lambda key: ds.sample_sequence(key, bank, [3, 5], SPEC).image,
        lambda key: ds.sample_sequences(key, bank, digits, SPEC).image,
        lambda key: ds.generate_numbers_sequence("35", (0, 9), 99, key=key, bank=bank),
        lambda key: ds.batch_at(key, 0, bank, ds.RandomDigits(), SPEC.replace(image_width=200), 2).image,
        lambda key: next(ds.batches(key, bank, ds.FixedLabels("35"), SPEC, 2)).image,
        lambda key: ds.Dataset(key, bank, ds.FixedLabels("35"), SPEC)[0]["image"],
        lambda key: ds.split_bank(bank, (0.5, 0.5), key)[0].glyphs,
        lambda key: augment.apply(key, (augment.Affine(),), images),
    ):
        for seed in (7, np.int64(7), np.uint8(7)):
            np.testing.assert_array_equal(take(seed), take(KEY))
        for wrong in (-1, 2**32, True, 1.5, "7", None if take(KEY) is None else jax.random.split(KEY)):
            with pytest.raises(ValueError, match=r"^key (must be|is)"):
                take(wrong)
    ds.export(7, bank, ds.FixedLabels("35"), SPEC, tmp_path / "a", format="npz")
    ds.export(KEY, bank, ds.FixedLabels("35"), SPEC, tmp_path / "b", format="npz")
    first, second = (tmp_path / name / "__digitseq__" / "manifest.json" for name in "ab")
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.slow
def test_a_sources_name_is_one_wherever_a_source_is_taken(toy_folder, tmp_path):
    bank, labels = ds.load_bank(toy_folder), ds.FixedLabels("35")
    model = tmp_path / "model.npz"
    vae.save(model, vae.pretrained())
    for name, source in (
        (str(toy_folder), bank),
        (toy_folder, bank),
        ("builtin", ds.load_bank("builtin")),
        ("vae", vae.pretrained()),
        (str(model), vae.pretrained()),
    ):
        ours, theirs = (ds.sample_sequence(1, s, [3, 5], SPEC).image for s in (name, source))
        np.testing.assert_array_equal(ours, theirs)
    name, image = str(toy_folder), ds.sample_sequences(1, bank, [[3, 5]], SPEC).image
    np.testing.assert_array_equal(ds.sample_sequences(1, name, [[3, 5]], SPEC).image, image)
    front = ds.generate_numbers_sequence("35", (0, 9), 99, key=1, bank=name)
    np.testing.assert_array_equal(front, ds.generate_numbers_sequence("35", (0, 9), 99, key=1, bank=bank))
    ours, theirs = (ds.batch_at(1, 0, s, labels, SPEC, 2).image for s in (name, bank))
    np.testing.assert_array_equal(ours, theirs)
    assert len(ds.Dataset(1, name, labels, SPEC)) == 1
    ds.export(1, name, labels, SPEC, tmp_path / "out", format="npz")
    assert ds.verify(tmp_path / "out", name) == []
    assert len(ds.split_bank(name, (0.5,), 1)) == 1
    with pytest.raises(FileNotFoundError, match="nowhere"):
        ds.sample_sequence(1, "nowhere", [3], SPEC)
    with pytest.raises(ValueError, match="source must be a DigitBank.*, got 7"):
        ds.batch_at(1, 0, 7, labels, SPEC, 2)


def test_words_inside_a_jitted_function(toy_folder, bank):
    """What is loaded there is kept for later calls, so it must be no traced array."""
    name = str(toy_folder)
    inside = jax.jit(lambda key: ds.batch_at(key, 0, name, "random:2", SPEC, 2).image)
    wanted = ds.batch_at(KEY, 0, ds.load_bank(toy_folder), "random:2", SPEC, 2).image
    np.testing.assert_array_equal(inside(KEY), wanted)
    np.testing.assert_array_equal(ds.batch_at(KEY, 0, name, "random:2", SPEC, 2).image, wanted)
    with pytest.raises(ValueError, match="labels 'random:2' are of the digits .* while it is traced"):
        jax.jit(lambda key, bank: ds.batch_at(key, 0, bank, "random:2", SPEC, 2).image)(KEY, bank)


def test_a_name_means_what_is_there_now(bank, tmp_path):
    (tmp_path / "MNIST" / "raw").mkdir(parents=True)
    images, labels = (
        np.asarray(bank.glyphs),
        np.repeat(np.arange(10, dtype=np.uint8), np.asarray(bank.counts)),
    )
    for glyphs in (images, images[:, ::-1]):
        ds.write_idx(tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte", glyphs)
        ds.write_idx(tmp_path / "MNIST" / "raw" / "train-labels-idx1-ubyte", labels)
        wanted = ds.sample_sequence(1, ds.load_bank(tmp_path), [3, 5], SPEC).image
        np.testing.assert_array_equal(ds.sample_sequence(1, str(tmp_path), [3, 5], SPEC).image, wanted)


@pytest.mark.parametrize(
    "text", ["350", "pattern:[12]#", *slow("3-5-0", "random:2-3", "range:5-27", "luhn:##")]
)
def test_labels_in_words_are_the_command_lines(bank, text):
    ours, theirs = (
        ds.batch_at(1, 0, bank, labels, SPEC, 8).digits for labels in (text, labels_of(text, bank))
    )
    np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(next(ds.batches(1, bank, text, SPEC, 8)).digits, theirs)
    np.testing.assert_array_equal(ds.Dataset(1, bank, text, SPEC, 8)[3]["digits"], theirs[3])


def test_a_wrong_word_names_the_nearest(bank, refused, here):
    with pytest.raises(ValueError, match="did you mean 'random'"):
        ds.batch_at(1, 0, bank, "randon:3", SPEC, 2)
    with pytest.raises(ValueError, match="did you mean 'strong'"):
        ds.SequenceSpec(glyph_transforms="strnog")
    with pytest.raises(ValueError, match="did you mean 'image_width'"):
        ds.spec_from_json('{"image_widht": 100}')
    with pytest.raises(ValueError, match="did you mean 'Affine'"):
        ds.spec_from_json('{"glyph_transforms": [{"Afine": {}}]}')
    with pytest.raises(ValueError, match="Affine has no parameter 'rotatoin'.*did you mean 'rotation'"):
        ds.spec_from_json('{"glyph_transforms": [{"Affine": {"rotatoin": 3}}]}')
    assert "did you mean 'range'" in refused("generate", "rnage:0-9", "0", "5", "120")


def test_chains_in_words(bank, here):
    glyphs, lines = augment.preset("strong")
    spec = ds.SequenceSpec(glyph_transforms="strong", line_transforms="strong")
    assert repr((spec.glyph_transforms, spec.line_transforms)) == repr((glyphs, lines))
    assert repr(ds.spec_from_json('{"line_transforms": "strong"}').line_transforms) == repr(lines)
    images = np.asarray(bank.glyphs[:2])
    ours, theirs = (augment.apply(1, chain, images) for chain in ("light", augment.preset("light")[0]))
    np.testing.assert_array_equal(ours, theirs)
    (here / "x.json").write_text('{"glyph_transforms": [{"Affine": {"rotation": 1}}]}')
    assert ds.SequenceSpec(glyph_transforms="x.json").glyph_transforms[0].rotation == 1


def test_augment_may_be_repeated(made, here):
    (here / "x.json").write_text('{"line_transforms": [{"Invert": {}}]}')
    one = ("generate", "350", "0", "10", "120", "--seed", "1", "--augment")
    made(*one, "light", "--augment", "x.json", "--out", "both.png")
    from digitseq.io.png import read_text

    spec = ds.spec_from_json(read_text("both.png")["digitseq spec"])
    assert [type(t).__name__ for t in spec.glyph_transforms + spec.line_transforms] == ["Affine", "Invert"]


def test_positions_are_as_a_range_has_them():
    labels = ds.RandomDigits(3, 8)
    assert (labels.min_length, labels.max_length) == (3, 8)


@pytest.mark.filterwarnings("default::UserWarning")
@pytest.mark.parametrize("text", ["##/##/####", "-3.14"])
def test_separators_that_are_not_drawn_are_said(digitseq, bank, text):
    with pytest.warns(UserWarning, match="is not drawn, as there are no glyphs of it"):
        ds.Pattern(text).check()
    code, out, err = digitseq("generate", f"pattern:{text}", "0", "5", "auto", "--count", "3")
    assert (code, len(out.split()), err.count("\n")) == (0, 3, 1)
    assert "is not drawn" in err


DEEP = '{"glyph_transforms": ' + "[" * 100_000
ODD = ["1", "null", '"x"', "[]", DEEP, '{"image_width": 1e999}', '{"image_width": ' + "9" * 5000 + "}"]
ODD += [
    '{"spacing_range": [0]}',
    '{"spacing_range": "ab"}',
    '{"align": 3}',
    '{"masks": {}}',
    '{"\\ud800": 1}',
]
ODD += [
    '{"glyph_transforms": {"Affine": []}}',
    '{"line_transforms": [{"Sometimes": {"p": null, "transform": 1}}]}',
]


@pytest.mark.parametrize("text", ODD, ids=lambda text: text[:30])
def test_any_json_that_is_no_spec_is_one_line(text):
    with pytest.raises(ValueError, match=".") as caught:
        ds.spec_from_json(text)
    assert "\n" not in str(caught.value)[:200]


@pytest.mark.parametrize("count", [150, pytest.param(5000, marks=pytest.mark.slow)])
def test_mutated_specs_never_end_otherwise(count):
    """JSON of a spec with values exchanged for odd ones: it loads, or a ValueError says why not."""
    rng = np.random.default_rng(3)
    whole = json.loads(ds.spec_to_json(ds.SequenceSpec(glyph_transforms="strong", line_transforms="scan")))
    odd = [None, -1, 1e300, float("nan"), "", "strong", [], {}, [[]], True, 2**70, {"Affine": {}}, "\ud800"]

    def mutate(value, chance):
        if rng.random() < chance:
            return odd[rng.integers(len(odd))]
        if isinstance(value, dict):
            return {k: mutate(v, chance) for k, v in value.items() if rng.random() > chance / 2}
        return [mutate(v, chance) for v in value] if isinstance(value, list) else value

    loaded = 0
    for _ in range(count):
        with contextlib.suppress(ValueError):
            ds.check_spec(ds.spec_from_json(json.dumps(mutate(whole, 0.03))))
            loaded += 1
    assert 0 < loaded < count
