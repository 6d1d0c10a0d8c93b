"""Where compiled programs are kept: a user's own choice wins, and nothing of it fails or warns."""

import os
import subprocess
import sys

import pytest

# A program that takes long enough to compile to be kept; then what JAX was told.
CODE = """
import warnings
warnings.simplefilter("error")
import jax
from digitseq.io.compilation_cache import keep_programs
keep_programs()
def long(x):
    for n in range(20):
        x = jax.lax.sort(x * n) + x.max(axis=n % 2, keepdims=True)
    return x
jax.jit(long)(jax.numpy.ones((70, 80))).block_until_ready()
print(jax.config.jax_compilation_cache_dir)
"""

# A line whose gaps don't all fit.
LINE = """
import hashlib
from digitseq.io.compilation_cache import keep_programs
keep_programs()
import digitseq as ds
image = ds.generate_numbers_sequence("3507712", (0, 10), 210, key=1, bank="builtin")
print(hashlib.sha256(image.tobytes()).hexdigest())
"""


def kept(tmp_path, code=CODE, **settings):
    """What the code prints in a process with these settings of the environment."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    environment = known | {"DIGITSEQ_CACHE": str(tmp_path / "cache")} | settings
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


@pytest.mark.slow
def test_programs_are_kept_in_the_cache(tmp_path):
    assert kept(tmp_path) == str(tmp_path / "cache" / "programs")
    (program,) = (tmp_path / "cache" / "programs").glob("*-cache")
    program.write_bytes(program.read_bytes()[:100])
    kept(tmp_path)  # a damaged one is compiled again


def test_a_users_own_folder_wins(tmp_path):
    own = tmp_path / "own"
    assert kept(tmp_path, JAX_COMPILATION_CACHE_DIR=str(own)) == str(own)
    assert not (tmp_path / "cache").exists()


@pytest.mark.slow
def test_a_folder_that_cannot_be_is_no_error(tmp_path):
    (tmp_path / "cache").write_text("a file in the folder's place")
    assert kept(tmp_path) == "None"


@pytest.mark.slow
def test_a_kept_program_draws_the_same_line(tmp_path):
    """JAX before 0.6.1 read other programs from its cache than it had put there."""

    def written():
        return {file: file.stat().st_mtime_ns for file in (tmp_path / "cache" / "programs").glob("*-cache")}

    first, programs = kept(tmp_path, LINE), written()
    assert programs
    assert kept(tmp_path, LINE) == first
    assert written() == programs, "they were read"
