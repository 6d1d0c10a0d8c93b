"""Label sources: what they draw, what they refuse, and that numbers compile nothing anew."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import digitseq as ds
from digitseq.cli.label_options import drawn, is_list, listed
from digitseq.sequence.label_grammar import labels_of

draw = jax.jit(lambda key, labels, size: labels.draw(key, size), static_argnums=2)

SOURCES = {
    "fixed": ds.FixedLabels(["350", "0042"], order="random"),
    "random": ds.RandomDigits(min_length=3, max_length=8),
    "weighted": ds.RandomDigits(max_length=6, weights=[0, 5, 0, 0, 1, 0, 0, 0, 0, 0], repeat=0.3),
    "range": ds.NumberRange(7, 1234),
    "padded": ds.NumberRange(7, 1234, zero_padded=True),
    "pattern": ds.Pattern("[0-3]#/[01]#/20##"),
    "luhn": ds.Pattern("4### #### #### ####", luhn=True),
}


def written(rows) -> list[str]:
    return ["".join(str(digit) for digit in row if digit >= 0) for row in np.asarray(rows)]


@pytest.mark.filterwarnings("ignore:Pattern")
@pytest.mark.parametrize("name", SOURCES)
def test_rows_are_int32_padded_and_depend_on_key_and_row_alone(name):
    source = SOURCES[name]
    source.check()
    key = jax.random.key(3)
    many, few = draw(key, source, 64), draw(key, source, 5)
    assert many.dtype == jnp.int32
    np.testing.assert_array_equal(many[:5], few)
    there = np.asarray(many) >= 0
    assert (there[:, :-1] >= there[:, 1:]).all(), "a digit after PAD"
    assert there[:, 0].all()
    assert (np.asarray(draw(jax.random.key(4), source, 64)) != np.asarray(many)).any()


@pytest.mark.parametrize("name", SOURCES)
def test_rows_say_what_may_be_drawn(name):
    rows = np.asarray(draw(jax.random.key(5), SOURCES[name], 200))
    may = SOURCES[name].rows()
    for row in rows:
        digits = row[row >= 0].tolist()
        assert any(
            len(digits) <= len(slots) and all(d in s for d, s in zip(digits, slots, strict=False))
            for slots in may
        )


def test_what_each_source_writes(tmp_path):
    drawn = {name: written(draw(jax.random.key(1), source, 300)) for name, source in SOURCES.items()}
    assert set(drawn["fixed"]) == {"350", "0042"}
    assert {len(text) for text in drawn["random"]} == {3, 4, 5, 6, 7, 8}
    assert set("".join(drawn["weighted"])) == {"1", "4"}
    assert all(str(int(text)) == text and 7 <= int(text) <= 1234 for text in drawn["range"])
    assert {len(text) for text in drawn["range"]} >= {3, 4}
    assert all(len(text) == 4 and 7 <= int(text) <= 1234 for text in drawn["padded"])
    assert all(text[0] in "0123" and text[2] in "01" and text[4:6] == "20" for text in drawn["pattern"])
    file = tmp_path / "lines.txt"
    file.write_text("007\n\n3-5-0\n")
    assert set(written(draw(jax.random.key(1), ds.FileLabels(file), 40))) == {"007", "350"}


@pytest.mark.parametrize("text", ["4### #### #### ####", "#######", "##"])
def test_luhn_is_that_of_the_book(text):
    """ISO/IEC 7812-1: from the right every second digit doubled, its digits added, all a multiple of ten."""
    for number in written(draw(jax.random.key(0), ds.Pattern(text, luhn=True), 100)):
        assert luhn(number)
        assert not any(luhn(number[:-1] + wrong) for wrong in "0123456789" if wrong != number[-1])


def luhn(number: str) -> bool:
    sums = [sum(divmod(int(d) * (1 + place % 2), 10)) for place, d in enumerate(reversed(number))]
    return sum(sums) % 10 == 0


def test_a_known_card_number():
    assert written(ds.Pattern("7992739871#", luhn=True).draw(jax.random.key(0), 1)) == ["79927398713"]


def test_numbers_are_leaves_and_compile_nothing_anew():
    traced = 0

    @jax.jit
    def count(key, labels):
        nonlocal traced
        traced += 1
        return labels.draw(key, 2)

    for low, high in ((0, 999), (5, 500)):
        count(jax.random.key(0), ds.NumberRange(low, high))
    for least, repeat in ((1, 0.1), (3, 0.5)):
        count(jax.random.key(0), ds.RandomDigits(min_length=least, max_length=4, repeat=repeat))
    assert traced == 2


def test_the_ends_of_the_largest_range():
    ends = written(ds.NumberRange(2**31 - 1, 2**31 - 1).draw(jax.random.key(0), 1))
    assert ends == [str(2**31 - 1)]
    assert written(ds.NumberRange(0, 0).draw(jax.random.key(0), 1)) == ["0"]
    texts = written(draw(jax.random.key(0), ds.NumberRange(0, 2**31 - 1), 200))
    assert max(map(int, texts)) > 2**30


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (ds.FixedLabels([]), "at least one sequence"),
        (ds.FixedLabels(np.array([[1, 2], [-1, -1]])), "sequence 1"),
        (ds.FixedLabels([[3, -1, 5]]), "[3, -1, 5]"),
        (ds.FixedLabels(np.array([[3, -2]])), "[3, -2]"),
        (ds.FixedLabels([[2**40]]), "sequence 0"),
        (ds.FixedLabels(np.array([[0.5]])), "integers"),
        (ds.RandomDigits(min_length=0), "min_length"),
        (ds.RandomDigits(min_length=6), "max_length 5"),
        (ds.RandomDigits(max_length=-1), "max_length"),
        (ds.RandomDigits(choices=np.array([3, -1])), "choices"),
        (ds.RandomDigits(weights=[1, 2]), "10 numbers"),
        (ds.RandomDigits(weights=[0] * 10), "not all 0"),
        (ds.RandomDigits(weights=[float("nan")] * 10), "weights"),
        (ds.RandomDigits(repeat=1.5), "repeat"),
        (ds.RandomDigits(repeat=None), "repeat"),
        (ds.RandomDigits(weights=["a"] * 10), "weights"),
        (ds.NumberRange(5, 4), "5 to 4"),
        (ds.NumberRange(0, 2**31), "2147483648"),
        (ds.NumberRange(0, 1000, max_digits=3), "max_digits 3"),
        (ds.Pattern("ab#"), "'ab#'"),
        (ds.Pattern(""), "''"),
        (ds.Pattern("[3-]#"), "sets"),
        (ds.Pattern("[5-3]#"), "sets"),
        (ds.Pattern("#", luhn=True), "check digit"),
        (ds.Pattern("##7", luhn=True), "check digit"),
    ],
    ids=repr,
)
def test_values_that_cannot_be_used_are_refused(labels, words):
    with pytest.raises(ValueError, match=r"^[A-Z]\w+[. ]") as caught:
        labels.check()
    assert words in str(caught.value)


@pytest.mark.parametrize("rows", [[350], [["a"]], ["3x"], [[1.5]]])
def test_lists_that_are_no_sequences(rows):
    with pytest.raises(ValueError, match=r"^FixedLabels\.digits: "):
        ds.FixedLabels(rows)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64])
def test_digits_of_any_integer_type_are_drawn_as_int32(dtype):
    rows = ds.FixedLabels(np.array([[3, 5]], dtype)).draw(jax.random.key(0), 2)
    assert rows.dtype == jnp.int32
    assert rows.tolist() == [[3, 5]] * 2


def test_a_range_says_which_digits_it_may_need():
    assert ds.NumberRange(3, 5).rows() == [[[3, 4, 5]]]
    assert ds.NumberRange(8, 12).rows() == [[[8, 9]], [[1], [0, 1, 2]]]
    assert ds.NumberRange(98, 102, zero_padded=True).rows() == [[[0, 1], [0, 9], [0, 1, 2, 8, 9]]]


@pytest.mark.parametrize(
    ("text", "kind", "shows"),
    [
        ("350", ds.FixedLabels, "350"),
        ("3-5-0", ds.FixedLabels, "350"),
        ("random:3-8", ds.RandomDigits, None),
        ("range:5-5", ds.NumberRange, "5"),
        ("range:005-005", ds.NumberRange, "005"),
        ("range:005", ds.NumberRange, "005"),
        ("pattern:1234", ds.Pattern, "1234"),
        ("luhn:7992739871#", ds.Pattern, "79927398713"),
    ],
)
def test_sequence_names_a_source(bank, text, kind, shows):
    source = labels_of(text, bank)
    assert isinstance(source, kind)
    if shows:
        rows = listed(source, 1) if is_list(source) else drawn(source, jax.random.key(0), 1)
        assert written(rows) == [shows]


@pytest.mark.parametrize(
    "text", ["", "random", "random:", "random:0", "range:9-3", "range:x", "pattern:x", "luhn:5", "x:5", "abc"]
)
@pytest.mark.parametrize("name", ["SEQUENCE", "labels"])
def test_sequence_of_another_form(bank, text, name):
    with pytest.raises(ValueError, match=rf"^{name}\b"):
        labels_of(text, bank, name=name)


@pytest.mark.parametrize("text", ["random", "random:"])
def test_a_kind_without_its_part_says_how_it_is_written(bank, text):
    with pytest.raises(ValueError, match=r"wants something after random: .*random:3-8"):
        labels_of(text, bank)
