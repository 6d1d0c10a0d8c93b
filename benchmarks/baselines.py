"""What digitseq is measured against: the same pictures by NumPy and by numba."""

import numpy as np

CELL = 28


class Loop:
    """Image by image in Python, from a bank that is float32 already: hstack of glyphs and gaps."""

    def __init__(self, bank, seed: int = 0) -> None:
        self.glyphs = np.asarray(bank.glyphs).astype(np.float32) / 255
        self.starts, self.counts = np.asarray(bank.starts), np.asarray(bank.counts)
        self.rng = np.random.default_rng(seed)

    def image(self, digits, width: int, low: int = 0, high: int = 10) -> np.ndarray:
        """One image, float32 [28, width], the digits centred."""
        glyphs = self.glyphs[self.starts[digits] + self.rng.integers(0, self.counts[digits])]
        gaps = self.rng.integers(low, high + 1, len(digits) - 1)
        left, odd = divmod(width - CELL * len(digits) - int(gaps.sum()), 2)
        blanks = [np.zeros((CELL, size), np.float32) for size in (left, *gaps, left + odd)]
        return np.hstack([part for pair in zip(blanks, glyphs, strict=False) for part in pair] + blanks[-1:])

    def batch(self, digits, width: int) -> np.ndarray:
        """Images float32 [B, 28, width]."""
        images = np.empty((len(digits), CELL, width), np.float32)
        for image, row in zip(images, digits, strict=True):
            image[:] = self.image(row, width)
        return images


def numba_batch(bank, seed: int = 0):
    """A function that makes a batch with NumPy's random numbers and a parallel kernel that copies glyphs."""
    import numba

    glyphs = np.asarray(bank.glyphs).astype(np.float32) / 255
    starts, counts = np.asarray(bank.starts), np.asarray(bank.counts)
    rng = np.random.default_rng(seed)

    @numba.njit(parallel=True)
    def copy(glyphs, glyph_ids, offsets, width):
        batch, slots = glyph_ids.shape
        images = np.zeros((batch, CELL, width), np.float32)
        for b in numba.prange(batch):
            for k in range(slots):
                for y in range(CELL):
                    for x in range(CELL):
                        images[b, y, offsets[b, k] + x] = glyphs[glyph_ids[b, k], y, x]
        return images

    def make(digits, width: int) -> np.ndarray:
        glyph_ids = starts[digits] + rng.integers(0, counts[digits])
        gaps = rng.integers(0, 11, (len(digits), digits.shape[1] - 1))
        offsets = np.zeros(digits.shape, np.int64)
        offsets[:, 1:] = np.cumsum(gaps + CELL, axis=1)
        offsets += ((width - CELL - offsets[:, -1]) // 2)[:, None]
        return copy(glyphs, glyph_ids, offsets, width)

    return make
