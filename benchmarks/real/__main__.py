"""A recogniser that was trained on generated lines alone reads real handwriting.

Run: python benchmarks/real_lines.py --keep FOLDER [--lines PATH ...]        (MNIST by DIGITSEQ_MNIST)

It trains for about 25 minutes on two cores; the weights are kept in FOLDER, and only read when they are
there. PATH is an archive (.npz) of lines, a folder with labels.tsv and images/, or such a listing; lines.py
says more. Without it all archives are read in the folder that DIGITSEQ_REAL names, or in ../shared/real
beside the checkout.
No line that is read is ever trained on.
"""

import argparse
import time
from pathlib import Path

import digitseq as ds

from ..recogniser import training
from ..recogniser.cost import print_step_cost
from ..recogniser.network import Weights
from ..recogniser.scoring import LINES, SETS
from ..recogniser.scoring import score as score_of_test_digits
from . import ablation, lines, report
from .reading import ONE, read_real
from .recipes import NAMES, recipe_of
from .training import steps_within, trained, trainer_of

STEPS = 20_000


def read_and_report(weights: Weights, path: Path, keep: Path | None) -> None:
    """Reads a set of lines, prints how well, and draws the worst where there is a folder for it."""
    begun = time.process_time()
    real = lines.load(path)
    images = lines.prepared(real)
    prepared = time.process_time() - begun
    single = lines.lone(real)
    read = read_real(weights, images, lone=single)
    report.report(path.stem, real, read, read_real(weights, images, ONE, lone=single))
    if single:
        print("each read as the one digit that it is known to hold")
    print(f"prepared in {1e3 * prepared / len(real):.1f} ms a line")
    if keep:
        picture = keep / report.file_name(path)
        if report.save_worst(picture, real, images, read):
            print(picture)


def print_test_digits(weights: Weights) -> None:
    """Prints how well lines of MNIST's test digits are read."""
    bank = ds.load_bank("mnist-test")
    print(f"\nlines of test digits, {LINES} a set: exact, label error rate")
    for name in (name for name, (_, spec) in SETS.items() if spec.hand == "any"):
        right, error, faults = score_of_test_digits(weights, bank, name)
        print(f"{name:32} {100 * right:6.2f} ± {100 * error:.2f} %   {100 * faults:.2f} %", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="real_lines.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--keep", type=Path, help="a folder for weights and pictures")
    parser.add_argument("--lines", type=Path, nargs="+", help="what to read")
    long = parser.add_mutually_exclusive_group()
    long.add_argument("--steps", type=int, help=f"of training, a multiple of {training.SCAN} ({STEPS})")
    long.add_argument("--minutes", type=float, help="of training, instead: as many steps as fit")
    parser.add_argument("--preset", choices=NAMES, default="cheque", help="what to train on (cheque)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--clean", action="store_true", help="read lines of MNIST's test digits too")
    parser.add_argument("--cost", action="store_true", help="only what the lines add to a training step")
    parser.add_argument(
        "--ablate", action="store_true", help="only what each part is worth, by short trainings"
    )
    options = parser.parse_args()
    if options.steps is not None and (options.steps < training.SCAN or options.steps % training.SCAN):
        parser.error(f"--steps must be a multiple of {training.SCAN}, got {options.steps}")
    if options.minutes is not None and not 0 < options.minutes <= 10_000:
        parser.error(f"--minutes must be above 0, got {options.minutes}")
    return options


def main() -> None:
    options = arguments()
    training.use_all_cores()
    recipe = recipe_of(options.preset)
    if options.cost:
        print_step_cost(trainer_of(recipe, STEPS, options.seed))
        return
    paths = options.lines or lines.default_paths()
    if options.ablate:
        ablation.ablate(recipe, paths, options.steps or ablation.STEPS, options.seed, options.keep)
        return
    steps = options.steps or STEPS
    if options.minutes is not None:
        steps = steps_within(recipe, options.minutes, options.seed)
    weights, seconds = trained(recipe, steps, options.seed, options.keep)
    size = sum(leaf.size for leaf in weights.values())
    print(f"preset {recipe.name}: {steps} steps of {training.BATCH} lines, {seconds:.0f} s, {size:,} weights")
    for path in paths:
        read_and_report(weights, path, options.keep)
    if options.clean:
        print_test_digits(weights)


if __name__ == "__main__":
    main()
