"""How many programs XLA starts for one image: each costs a call some time, and compiling more."""

import jax
import numpy as np
import pytest
from benchmarks.programs import counts_of

import digitseq as ds
from digitseq import numpy_api

KEY, LAYOUT = np.array([0, 7], np.uint32), np.array([0, 10, 200], np.int32)
DIGITS = np.array([3, 5, 0, 1, 2, -1, -1, -1], np.int32)


@pytest.fixture
def optimised():
    """Programs with the fusions that users have."""
    jax.config.update("jax_disable_most_optimizations", False)
    yield
    jax.config.update("jax_disable_most_optimizations", True)


@pytest.mark.skipif(jax.__version_info__ < (0, 10), reason="older versions of XLA fuse less")
def test_one_image_starts_fewer_than_twenty_programs(bank, optimised):
    image = jax.jit(lambda *arguments: numpy_api._image.__wrapped__(*arguments))
    spec = ds.SequenceSpec(image_width=256)
    text = image.lower(KEY, bank, DIGITS, spec, LAYOUT).compile().as_text()
    # Where gaps fit and no ink overlaps, which is the least that branches do.
    assert counts_of(text, min).launches < 20
    assert counts_of(text).launches > 20


def test_what_is_counted():
    text = """
%body (p: (s32[], f32[4])) -> (s32[], f32[4]) {
  %add = f32[4]{0} fusion(%p), kind=kLoop
}
%test (p: (s32[], f32[4])) -> pred[] {
}
%few (p: f32[4]) -> f32[4] {
  ROOT %c = f32[4]{0} copy(%p)
}
%many (p: f32[4]) -> f32[4] {
  %a = f32[4]{0} fusion(%p), kind=kLoop
  ROOT %b = f32[4]{0} fusion(%a), kind=kLoop
}
ENTRY %main (x: f32[4]) -> f32[4] {
  %x = f32[4]{0} parameter(0)
  %w = (s32[], f32[4]{0}) while(%x), condition=%test, body=%body, config={"known_trip_count":{"n":"5"}}
  ROOT %y = f32[4]{0} conditional(%w), branch_computations={%few, %many}
}
"""
    assert (counts_of(text).launches, counts_of(text).kernels, counts_of(text).waits) == (7, 3, 1)
    assert counts_of(text, min).launches == 6
