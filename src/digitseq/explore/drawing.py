"""The sheet that settings describe, drawn with the calls that the shown code makes."""

import dataclasses

import jax
import numpy as np
import numpy.typing as npt

from ..internal.settings import own_settings
from ..io.contact_sheet import contact_sheet
from ..sequence.pipeline import sample_sequences
from ..sequence.texts import text
from .settings import Settings


@dataclasses.dataclass(frozen=True, eq=False)
class Sheet:
    """A picture and its labels.

    Attributes:
        pixels: uint8 [height, width], or [height, width, 3] with boxes, masks or colours.
        texts: of each line, those on the canvas.
    """

    pixels: npt.NDArray[np.uint8]
    texts: list[str]


@own_settings
def draw(settings: Settings) -> Sheet:
    """The sheet, pixel for pixel that of `as_python` and `as_command`.

    A change of a number (gaps, a transform's parameter, the seed, a style)
    uses the program that is there; one of the structure (menus, width, lines,
    the number of digits) compiles.

    Raises:
        ValueError, BankError, FileNotFoundError, IdxError: as `Settings.check`.
    """
    settings.check()
    _, key = settings.keys()
    batch = jax.device_get(sample_sequences(key, settings.source, settings.rows, settings.spec))
    pixels = contact_sheet(
        batch.image,
        columns=settings.columns,
        scale=settings.zoom,
        boxes=batch.boxes if settings.boxes else None,
        masks=batch.masks,
        ink=settings.ink,
        paper=settings.paper,
    )
    return Sheet(pixels, text(batch, settings.source))
