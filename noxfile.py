"""Sessions: tests, lowest, lint, types, imports; on request loaders, benchmarks, and the long ones below."""

import re
import shutil
import tomllib
from pathlib import Path

import nox

nox.options.sessions = ["tests", "lowest", "lint", "types", "imports"]
nox.options.error_on_missing_interpreters = False
PYTHONS = ["3.11", "3.12", "3.13"]


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The tests, as the README's command runs them, on each Python there is."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "pytest", "-n", "auto", *session.posargs)


@nox.session(python="3.11")
def lowest(session: nox.Session) -> None:
    """The tests with the lowest versions that pyproject.toml admits."""
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    bounds = project["dependencies"] + project["optional-dependencies"]["train"]
    session.install("-e", ".[dev]", *(re.sub(r">=", "==", bound) for bound in bounds))
    session.run("python", "-m", "pytest", "-n", "auto", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff's checks and its format."""
    session.install("ruff>=0.9")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Mypy, strict, over src."""
    session.install("-e", ".[dev]")
    session.run("mypy")


@nox.session
def imports(session: nox.Session) -> None:
    """Whether the packages import one another one way only, as pyproject.toml has it."""
    session.install("-e", ".", "import-linter>=2.1")
    session.run("lint-imports")


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Speed, as ratios; wants DIGITSEQ_MNIST."""
    session.install("-e", ".[bench]")
    for script in ("batch", "augment", "single", "startup"):
        session.run("python", f"benchmarks/{script}.py")


@nox.session
def exports(session: nox.Session) -> None:
    """What reads exports, how fast they are, and whether killed ones end as others; wants DIGITSEQ_MNIST."""
    session.install("-e", ".[dev]", "psutil")
    readers = ("export_loading", "export_splits", "export_formats", "ray", "processes")
    files = [f"tests/test_{name}.py" for name in readers]
    session.run("python", "-m", "pytest", "-m", "slow or not slow", *files)
    session.run("python", "benchmarks/export.py")
    session.run("python", "benchmarks/crash_resume.py")
    session.run("python", "benchmarks/crash_resume.py", "--ray")


@nox.session
def effect(session: nox.Session) -> None:
    """What augmentation does for a classifier, up to 40 minutes; wants DIGITSEQ_MNIST."""
    session.install("-e", ".")
    session.run("python", "benchmarks/augmentation_ablation.py", *session.posargs)


@nox.session
def evaluate(session: nox.Session) -> None:
    """How good the shipped model is, about half an hour; wants DIGITSEQ_MNIST."""
    session.install("-e", ".[dev]")
    session.run("python", "benchmarks/evaluate.py", *session.posargs)


@nox.session
def loaders(session: nox.Session) -> None:
    """The tests of Grain and PyTorch's loaders, and of forks, with both."""
    session.install("-e", ".[dev,grain]", "torch")
    files = ("tests/test_dataset.py", "tests/internal/test_forks.py")
    session.run("python", "-m", "pytest", "-m", "slow or not slow", *files)


@nox.session
def recognition(session: nox.Session) -> None:
    """How well a recogniser reads held-out digits, about 45 minutes; wants DIGITSEQ_MNIST."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "benchmarks.recogniser", *session.posargs)


@nox.session
def pretrain(session: nox.Session) -> None:
    """Makes what ships with digitseq again: the model, then its bank; wants DIGITSEQ_MNIST."""
    session.install("-e", ".[dev]")
    model, folder = Path(session.create_tmp()) / "vae.npz", Path("src/digitseq/builtin")
    model.unlink(missing_ok=True)
    session.run("digitseq", "vae", "train", str(model), "--bank", "mnist", "--compact")
    shutil.copy(model, folder)
    session.run("python", "benchmarks/builtin_bank.py", str(folder))
