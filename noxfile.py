"""Sessions, which the workflows in .github/workflows call too; `nox -l` lists them."""

import re
import shutil
import tomllib
from pathlib import Path

import nox

nox.options.sessions = ["lint", "types", "imports", "smoke", "tests", "lowest"]
nox.options.error_on_missing_interpreters = False
PYTHONS = ["3.11", "3.12", "3.13"]
# The picture of the command line is the one that Python makes, and its recipe makes it again.
SMOKE = """
import digitseq as ds
import numpy as np
from PIL import Image

image = ds.generate_numbers_sequence([3, 5, 0], (0, 10), 120, key=7, bank="builtin")
assert image.shape == (28, 120) and image.dtype == np.float32
for name in ("3-5-0.png", "again.png"):
    assert (np.asarray(Image.open(name)) == np.rint(255 * image)).all(), name
"""


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The tests, as the README's command runs them, on each Python there is."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "pytest", "-n", "auto", *session.posargs)


@nox.session(python="3.11")
def lowest(session: nox.Session) -> None:
    """The tests with the lowest versions that pyproject.toml admits."""
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    bounds = project["dependencies"] + extras["train"] + extras["export"]
    session.install("-e", ".[dev]", *(re.sub(r">=", "==", bound) for bound in bounds))
    session.run("python", "-m", "pytest", "-n", "auto", *session.posargs)


@nox.session
def slow(session: nox.Session) -> None:
    """All tests, with all that reads exports: what is not among the default tests takes some 20 minutes."""
    session.install("-e", ".[dev-all]")
    session.run("python", "-m", "pytest", "-n", "auto", "-m", "slow or not slow", *session.posargs)


@nox.session
def smoke(session: nox.Session) -> None:
    """Whether digitseq works without its extras: the command line, then Python, on the built-in digits."""
    session.install(".")
    session.chdir(session.create_tmp())
    session.run(
        "digitseq", "generate", "350", "0", "10", "120", "--bank", "builtin", "--seed", "7", "--force"
    )
    session.run("digitseq", "generate", "--like", "3-5-0.png", "--out", "again.png", "--force")
    session.run("python", "-c", SMOKE)


@nox.session
def docs(session: nox.Session) -> None:
    """Builds the documentation, strictly, and tests its pages; with `-- serve`, shows it as it is edited."""
    session.install("-e", ".[dev,docs]")
    if "serve" in session.posargs:
        session.run("mkdocs", "serve", "--watch", "src")
        return
    session.run("mkdocs", "build", "--strict", "--site-dir", "site")
    pages = (
        "tests/test_documents.py",
        "tests/test_readme.py",
        "tests/test_doctests.py",
        "tests/test_site.py",
    )
    session.run("python", "-m", "pytest", "-n", "auto", "-m", "slow or not slow", *pages, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff's checks and its formatting."""
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
    """Whether imports point downwards, as import-linter's contracts in pyproject.toml have it."""
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
    """Readers of exports, their speed, and exports that are killed and resumed; wants DIGITSEQ_MNIST."""
    session.install("-e", ".[dev-all]", "psutil")
    session.run("python", "-m", "pytest", "-m", "slow or not slow", "tests/exporter")
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
    session.install("-e", ".[dev-all]", "torch")
    files = ("tests/test_dataset.py", "tests/internal/test_forks.py")
    session.run("python", "-m", "pytest", "-m", "slow or not slow", *files)


@nox.session
def recognition(session: nox.Session) -> None:
    """How well a recogniser reads held-out digits, about 45 minutes; wants DIGITSEQ_MNIST."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "benchmarks.recogniser", *session.posargs)


@nox.session
def pretrain(session: nox.Session) -> None:
    """Re-creates what ships with digitseq: the model, then its bank; wants DIGITSEQ_MNIST."""
    session.install("-e", ".[dev]")
    model, folder = Path(session.create_tmp()) / "vae.npz", Path("src/digitseq/builtin")
    model.unlink(missing_ok=True)
    session.run("digitseq", "vae", "train", str(model), "--bank", "mnist", "--compact")
    shutil.copy(model, folder)
    session.run("python", "benchmarks/builtin_bank.py", str(folder))
