"""Muon for the matrices of the inner layers, AdamW for everything else."""

import optax

from .network import HEADS, Weights

# Highest learning rates: of the matrices, which Muon trains, and of all else, which AdamW does.
MATRIX_RATE, RATE = 0.03, 4e-3
# Matrices that Muon is not meant for: the first layer, and those that give logits.
NO_MATRICES = (*HEADS, "conv0")


def make_optimizer(steps: int) -> optax.GradientTransformation:
    """Muon (K. Jordan et al., 2024) for the inner layers: it learns more from a step. AdamW for the rest."""

    def schedule(peak: float) -> optax.Schedule:
        return optax.warmup_cosine_decay_schedule(0.0, peak, min(500, steps // 4), steps)

    def kinds(weights: Weights) -> dict[str, str]:
        inner = (leaf.ndim > 1 and name not in NO_MATRICES for name, leaf in weights.items())
        return dict(zip(weights, ("matrix" if found else "rest" for found in inner), strict=True))

    # Three Newton-Schulz iterations: five learn hardly more from a step that takes a sixth longer.
    matrix = optax.contrib.muon(
        schedule(MATRIX_RATE),
        weight_decay=0.01,
        ns_steps=3,
        muon_weight_dimension_numbers=optax.contrib.MuonDimensionNumbers(-2, -1),
    )
    rest = optax.adamw(schedule(RATE), weight_decay=0.01)
    return optax.chain(
        optax.clip_by_global_norm(1.0), optax.multi_transform({"matrix": matrix, "rest": rest}, kinds)
    )
