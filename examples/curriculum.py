"""A curriculum from clean lines to those on cheques, and its animation in docs/how-to/curricula.md.

Run: python examples/curriculum.py docs/pictures/curriculum.gif
"""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from figures import Row, given_path, page, zoomed
from PIL import Image

import digitseq as ds
from digitseq import augment

FRAMES, LINES, ZOOM, KEY = 21, 6, 3, 7
# Milliseconds of a frame, and of the first and the last.
BRIEF, LONG = 150, 1200
GREYS = 32


def at_strength(transform: augment.Transform, strength: Any) -> augment.Transform:
    """The transform at a fraction of its strength; at 0 it changes nothing, but that `FitHeight` fits."""
    record: Any = transform
    if isinstance(record, augment.Sometimes):  # as often as ever, but weaker
        return dataclasses.replace(record, transform=at_strength(record.transform, strength))
    changes = {
        name: getattr(record, name) * strength for name, (least, _) in record.limits.items() if least <= 0
    }
    if isinstance(record, augment.FitHeight):
        changes |= {name: 1 + (getattr(record, name) - 1) * strength for name in ("low", "high")}
    if isinstance(record, augment.PerLine):
        changes["transform"] = at_strength(record.transform, strength)
    return dataclasses.replace(record, **changes)


def spec_at(spec: ds.SequenceSpec, strength: Any) -> ds.SequenceSpec:
    """A spec at a fraction of its strength, which may be traced; 1 is the whole."""
    low, high = spec.spacing_range
    return spec.replace(
        spacing_range=(
            jnp.int32(jnp.round(4 + (low - 4) * strength)),
            jnp.int32(jnp.round(4 + (high - 4) * strength)),
        ),
        baseline_jitter=spec.baseline_jitter * strength,
        ligatures=spec.ligatures * strength,
        glyph_transforms=tuple(at_strength(t, strength) for t in spec.glyph_transforms),
        line_transforms=tuple(at_strength(t, strength) for t in spec.line_transforms),
    )


def frames() -> list[Image.Image]:
    """The same lines at strengths from 0 to 1."""
    bank, labels, spec = ds.document("cheque", "builtin", image_width=186)
    lines = jax.jit(
        lambda strength, bank: ds.batch_at(KEY, 0, bank, labels, spec_at(spec, strength), LINES).image
    )
    found = []
    for strength in np.linspace(0, 1, FRAMES, dtype=np.float32):
        pictures = zoomed(np.asarray(lines(strength, bank)), ZOOM)
        words, note = f"strength {strength:.2f}", "from clean lines, 0, to those of a cheque, 1"
        rows = [Row(words, pictures[:2], note), Row("", pictures[2:4]), Row("", pictures[4:])]
        drawn = Image.fromarray(page('A curriculum: ds.document("cheque"), step by step', rows))
        found.append(drawn.quantize(GREYS, dither=Image.Dither.NONE))
    return found


def main() -> None:
    """Writes the animation, which begins again after its end."""
    drawn = frames()
    times = [LONG, *[BRIEF] * (FRAMES - 2), LONG]
    drawn[0].save(given_path(), save_all=True, append_images=drawn[1:], duration=times, loop=0)


if __name__ == "__main__":
    main()
