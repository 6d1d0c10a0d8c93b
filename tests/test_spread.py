"""What benchmarks/spread.py makes of several runs' outputs."""

import pytest
from benchmarks.spread import merged


def test_a_number_that_differs_is_its_median_and_range():
    lines = ("light, 5 digits   92,216   0.19 x", "light, 5 digits    9,001   0.21 x")
    assert merged(lines) == "light, 5 digits   50,608 [9,001..92,216]   0.20 [0.19..0.21] x"


def test_lines_of_other_words_are_refused():
    with pytest.raises(ValueError, match="more than numbers"):
        merged(("strong 1", "light 1"))
