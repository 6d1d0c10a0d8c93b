"""Plans: which images are rendered together, and that it changes none of them."""

import jax
import numpy as np
import pytest
from conftest import slow
from exporting import LABELS, SPEC, exported

from digitseq import augment, vae
from digitseq.exporter import plan as plans
from digitseq.exporter.formats import format_of
from digitseq.exporter.plan import Plan


@pytest.mark.parametrize(
    "spec",
    [SPEC, SPEC.replace(glyph_transforms=augment.preset("strong")[0]), *slow(SPEC.replace(masks="visible"))],
    ids=["plain", "strong", "masks"],
)
def test_an_image_does_not_depend_on_its_shard(spec, bank, tmp_path, monkeypatch):
    monkeypatch.setattr(plans, "CHUNKS", (50, 25))
    read = format_of("npz").read
    found = []
    for size in 7, 100, 1000:
        out = tmp_path / str(size)
        made = exported(bank, out, spec=spec, count=120, shard_size=size)
        found.append([e for n in range(len(made.shards)) for e in read(out, f"{n:05}", 0)])
    for examples in zip(*found, strict=True):
        for field in examples[0]._fields:
            for other in examples[1:]:
                np.testing.assert_array_equal(getattr(examples[0], field), getattr(other, field))


def test_a_longer_export_begins_with_the_shorter(bank, tmp_path):
    short = exported(bank, tmp_path / "short", count=50)
    long = exported(bank, tmp_path / "long", count=75)
    assert long.shards[:2] == short.shards


def test_wide_lines_are_made_a_few_at_a_time(bank):
    sizes = {}
    for width in 200, 6000, 10**6:
        plan = Plan.of(
            jax.random.key(0),
            bank,
            LABELS,
            SPEC.replace(image_width=width),
            count=5,
            shard_size=5,
            format="npz",
        )
        sizes[width] = plan.chunk_size
    assert sizes == {200: 500, 6000: 50, 10**6: 1}


def test_what_takes_longer_is_made_a_few_at_a_time_too(bank):
    strong = SPEC.replace(glyph_transforms=augment.preset("strong")[0])
    for source, spec in (bank, strong), (vae.pretrained(), SPEC):
        plan = Plan.of(jax.random.key(0), source, LABELS, spec, count=5, shard_size=5, format="npz")
        assert plan.chunk_size == 250
