"""Sessions, which the workflows in .github/workflows call too; `nox -l` lists them."""

import email
import os
import re
import shutil
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
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
VERSIONS = {  # what says which version this is
    "src/digitseq/version.py": r'^__version__ = "(.+)"',
    "CITATION.cff": r"^version: (\S+)",
    "CHANGELOG.md": r"^## (\S+)",
}
LARGEST_WHEEL = 2_800_000  # bytes, a twentieth more than it has
NEEDED = ("py.typed", "builtin/vae.npz", "builtin/digits-images-idx3-ubyte.gz", "explore/notebook.py")
# A file of ours on the page that PyPI shows, as pyproject.toml's substitutions name it.
OURS = re.compile(r"https://[a-z.]+/digitseq/digitseq/(?:blob/)?v[^/]+/([^#]+)")
# The README's first picture has the size that its command says, and ink.
LOOK = "from PIL import Image; p = Image.open('3-5-0.png'); assert p.size == (120, 28) and p.getbbox(), p"


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
    for script in ("batch", "augment", "single", "startup", "tips"):
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


@nox.session
def release(session: nox.Session) -> None:
    """What comes before an upload: builds dist/ and tries the wheel; with `-- v0.2.0`, for that tag."""
    for tag in session.posargs:
        stop_at(session, [*tag_faults(tag, Path()), *commit_faults(session, tag)])
    session.install("build>=1.2", "twine>=6.1", "readme-renderer[md]>=44")
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", "-m", "build")
    session.run("twine", "check", "--strict", *map(str, Path("dist").iterdir()))
    (wheel,) = Path("dist").resolve().glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        page = email.message_from_string(opened.read(metadata).decode()).get_payload()
    root, readme = Path().resolve(), Path("README.md").read_text("utf-8")
    session.chdir(session.create_tmp())
    Path("page.md").write_text(str(page), "utf-8")
    session.run("python", "-X", "utf8", "-m", "readme_renderer", "page.md", "-o", "page.html")
    faults = page_faults(Path("page.html").read_text("utf-8"), readme, root)
    stop_at(session, [*wheel_faults(names, wheel.stat().st_size, root / "src"), *faults])
    session.run("python", "-m", "venv", "--clear", "empty")
    programs = Path("empty", "Scripts" if os.name == "nt" else "bin").resolve()
    session.run(str(programs / "pip"), "install", "--quiet", str(wheel), external=True)
    (command,) = re.findall(r"^pip install \. && digitseq (.+)", readme, re.MULTILINE)
    environment = {"DIGITSEQ_MNIST": None, "DIGITSEQ_CACHE": str(Path("cache").resolve())}
    session.run(str(programs / "digitseq"), *command.split(), external=True, env=environment)
    session.run(str(programs / "python"), "-c", LOOK, external=True)


def stop_at(session: nox.Session, faults: list[str]) -> None:
    """Ends the session if there are any."""
    if faults:
        session.error("\n".join(faults))


def commit_faults(session: nox.Session, tag: str) -> Iterator[str]:
    """Whether what is built is what the tag marks, a sentence for each thing that is not."""
    if tag not in str(session.run("git", "tag", "--points-at", "HEAD", external=True, silent=True)).split():
        yield f"the tag {tag} is not on this commit"
    changed = session.run("git", "status", "--porcelain", external=True, silent=True)
    yield from (f"not committed: {line}" for line in str(changed).splitlines())


def tag_faults(tag: str, root: Path) -> Iterator[str]:
    """What in the tree at `root` is not ready for the release of a tag such as "v0.2.0", a sentence each."""
    for name, pattern in VERSIONS.items():
        (version, *_) = re.findall(pattern, (root / name).read_text("utf-8"), re.MULTILINE)
        if f"v{version}" != tag:
            yield f"{name} says {version}, which is not {tag}"
    for page in (root / "README.md", *sorted((root / "docs").rglob("*.md"))):
        if "not on PyPI" in page.read_text("utf-8"):
            yield f"{page.relative_to(root).as_posix()} says that digitseq is not on PyPI"


def wheel_faults(names: Iterable[str], size: int, source: Path) -> Iterator[str]:
    """What a wheel of `size` bytes with these files lacks of the folder `source`, or has beyond it."""
    files = (path for path in (source / "digitseq").rglob("*") if path.is_file() and path.suffix != ".pyc")
    wanted = {path.relative_to(source).as_posix() for path in files} | {f"digitseq/{name}" for name in NEEDED}
    there = {name for name in names if ".dist-info/" not in name}
    yield from (f"the wheel lacks {name}" for name in sorted(wanted - there))
    yield from (f"the wheel has {name}, which is not in src" for name in sorted(there - wanted))
    if size > LARGEST_WHEEL:
        yield f"the wheel has {size:,} bytes, more than {LARGEST_WHEEL:,}"


def page_faults(html: str, readme: str, root: Path) -> Iterator[str]:
    """What PyPI's page lacks of the README that it is made of, or links to in vain, a sentence each."""
    for tag, mark in (("img", "!["), ("table", "\n|---"), ("pre", "\n```\n")):
        if html.count(f"<{tag}") != readme.count(mark):
            yield f"the page has {html.count(f'<{tag}')} <{tag}>, the README {readme.count(mark)}"
    for link in re.findall(r'(?:href|src)="([^"]*)"', html):
        ours = OURS.match(link)
        if ours and not (root / ours[1]).is_file():
            yield f"the page links to {ours[1]}, which is not there"
        if not link.startswith(("https://", "http://", "mailto:", "#")):
            yield f"the page has a relative link, {link}"
