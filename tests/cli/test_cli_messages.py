"""What commands say: with whatever streams, platforms and numbers they are given."""

import contextlib
import io
import logging
import os
import re
import subprocess
import sys
import types

import jax
import pytest
import typer
from conftest import slow

import digitseq as ds
from digitseq.cli import app, completion, console

GOOD = ("generate", "350", "0", "10", "120")
LIMIT = 120


def process(*arguments, cwd, before="", stdout=subprocess.PIPE, **environment):
    """A command line in a process of its own, on the built-in digits."""
    code = f"{before}\nfrom digitseq.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        env=os.environ | environment,
        stdout=stdout,
        stderr=subprocess.PIPE,
        timeout=LIMIT,
        check=False,
    )


# Streams


@pytest.mark.parametrize(
    ("encoding", "errors", "printed"),
    [
        ("ascii", "strict", rb"\xe9\u65e5/1.png"),
        ("cp1252", "strict", b"\xe9\\u65e5/1.png"),
        ("utf-8", "strict", "é日/1.png".encode()),
        ("ascii", "surrogateescape", rb"\xe9\u65e5/1.png"),
    ],
)
def test_a_path_that_the_encoding_lacks_is_printed_escaped(
    digitseq, here, monkeypatch, encoding, errors, printed
):
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding, errors, newline="\n") for _ in range(2))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    assert digitseq("generate", "1", "0", "0", "30", "--out", "é日")[0] == 0
    assert (here / "é日" / "1.png").exists()
    assert digitseq("generate", "1", "0", "0", "30", "--out", "é日/1.jpg")[0] == 2
    assert out.buffer.getvalue() == printed + b"\n"
    assert re.fullmatch(rb"digitseq: [^\n]+\n", err.buffer.getvalue())


def test_a_file_names_own_bytes_are_printed_as_they_are(digitseq, monkeypatch):
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", "strict", newline="\n")
    monkeypatch.setattr(sys, "stdout", out)
    name = os.fsdecode(b"\xff")
    with contextlib.suppress(UnicodeEncodeError):  # some file systems refuse it
        assert digitseq("generate", "1", "0", "0", "30", "--out", name)[0] == 0
        assert out.buffer.getvalue() == b"\xff/1.png\n"


class Broken(io.StringIO):
    """A pipe that nobody reads."""

    def write(self, text):
        raise BrokenPipeError(32, "Broken pipe")


def test_a_pipe_that_nobody_reads_ends_a_command_quietly(digitseq, monkeypatch):
    monkeypatch.setattr(sys, "stdout", Broken())
    code, _, err = digitseq(*GOOD)
    assert (code, err) == (console.READER_GONE, "")
    code, _, err = digitseq("--help")
    assert (code, err) == (console.READER_GONE, "")


def test_another_pipe_that_breaks_is_a_failure(refused, monkeypatch):
    def broken(*_, **__):
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr("digitseq.cli.sources.load_bank", broken)
    monkeypatch.setattr(console, "_has_no_reader", lambda stream: False)
    assert "a pipe to another process broke" in refused(*GOOD, code=1)


@pytest.mark.slow
def test_streams_as_a_shell_leaves_them(tmp_path):
    """Closed ones, a full disk, a reader that went away: in a process of its own."""
    command = ("generate", "1", "0", "0", "30", "--bank", "builtin")
    closed = process(*command, cwd=tmp_path, before="import os, sys; os.close(1); sys.stdout = None")
    assert (closed.returncode, closed.stderr) == (0, b"")
    assert (tmp_path / "1.png").exists()
    with open("/dev/full", "wb") as full:
        done = process(*command, cwd=tmp_path, stdout=full)
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    reading, writing = os.pipe()
    os.close(reading)
    done = process(*command, cwd=tmp_path, stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


# Devices, memory, bugs


@pytest.mark.parametrize("platform", ["cuda", *slow("gpu,cpu", "nonsense")])
def test_a_platform_that_is_not_there_is_one_line(tmp_path, platform):
    if any(device.platform == "gpu" for device in jax.devices()):
        pytest.skip("there is a GPU")
    for command in (("bank", "info", "--bank", "builtin"), ("vae", "sample", "sheet", "a.png")):
        done = process(*command, cwd=tmp_path, JAX_PLATFORMS=platform)
        line = done.stderr.decode()
        assert (done.returncode, done.stdout) == (1, b"")
        assert re.fullmatch(rf"digitseq: JAX_PLATFORMS is '{platform}'[^\n]+JAX_PLATFORMS=cpu\n", line), line


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory\nmore"), "out of memory: RESOURCE_"),
        (jax.errors.JaxRuntimeError("INTERNAL: no"), "JAX failed: INTERNAL: no"),
        (MemoryError(), "MemoryError"),
        (TypeError("no\nway"), "unexpected TypeError: no way; please report it"),
        (RecursionError("deep"), "unexpected RecursionError"),
    ],
)
def test_whatever_is_raised_is_one_line(refused, monkeypatch, error, said):
    def fails(*_, **__):
        raise error

    monkeypatch.setattr("digitseq.cli.sources.load_bank", fails)
    assert said in refused(*GOOD, code=1)


def test_the_traceback_of_a_bug_is_there_for_who_asks(digitseq, monkeypatch):
    monkeypatch.setattr("digitseq.cli.sources.load_bank", lambda *_, **__: {}["gone"])
    code, _, err = digitseq("-v", *GOOD)
    assert code == 1
    assert "Traceback" in err
    assert err.splitlines()[-1].startswith("digitseq: unexpected KeyError: 'gone'; please report it")


def test_a_line_is_short_and_shows_no_control_characters(refused, monkeypatch):
    def fails(*_, **__):
        raise ValueError("\x1b]0;owned\a" + "x" * 10**6)

    monkeypatch.setattr("digitseq.cli.sources.load_bank", fails)
    line = refused(*GOOD)
    assert line.startswith(r"digitseq: \x1b]0;owned\x07xxx")
    assert len(line) < 3000


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ((*GOOD, "--count", 10**14), "--count must be from 1 to 1000000"),
        (
            ("generate", "random:10000", "0", "0", "280000", "--count", 10**6),
            "--count 1000000 of up to 10000",
        ),
        (("generate", "random:99999999999", "0", "10", "120"), "too large"),
        (("generate", "1", "0", "10", 75_000_000), "too large for memory"),
        (("preview", *GOOD[1:], "--count", 10**14), "the sheet would have"),
        (("preview", *GOOD[1:], "--count", 10**5, "--scale", "16"), "the sheet would have"),
        (("preview", "1", "0", "10", 75_000_000), "the sheet would have"),
        (("preview", *GOOD[1:], "--columns", 10**14, "--count", 10**6), "the sheet would have"),
        (("bank", "preview", "--columns", 10**14), "the sheet would have"),
        (("vae", "sample", "sheet", "a.png", "--count", 10**14), "--count must be at most"),
        (("vae", "sample", "bank", "new", "--count", 10**14), "--count must be at most"),
    ],
)
def test_huge_numbers_are_refused_before_memory_is_asked_for(refused, command, said):
    assert said in refused(*command)


# Words


@pytest.mark.parametrize(
    ("command", "nearest"),
    [
        ((*GOOD, "--algin", "left"), "--align"),
        ((*GOOD, "--align", "centre"), "center"),
        ((*GOOD, "--augment", "stong"), "strong"),
        (("vae", "sample", "sheets", "a.png"), "sheet"),
        (("export", "1", "out", "--count", "1", "--format", "pgn"), "png"),
        (("export", "1", "out", "--count", "1", "--format", "YOLO"), "yolo"),
        (("genrate",), "generate"),
    ],
)
def test_a_word_that_is_mistyped_brings_the_nearest(refused, command, nearest):
    said = refused(*command)
    assert nearest in re.split("did you mean", said, flags=re.IGNORECASE)[1]
    assert "Value error" not in said


def test_options_after_the_end_of_options_are_named(refused):
    assert "--bank stands after --" in refused("generate", "--", *GOOD[1:], "--bank", "builtin")


@pytest.mark.parametrize("command", [GOOD, ("preview", *GOOD[1:])])
def test_one_writer_without_writers_names_the_option(refused, command):
    assert "--writers" in refused(*command, "--hand", "one-writer")
    assert "--style" in refused(*command, "--hand", "one-writer", "--bank", "vae")


def test_the_home_folder_is_found_where_no_shell_looks_for_it(made, here, monkeypatch):
    monkeypatch.setenv("HOME", str(here / "home"))
    assert made(*GOOD, "--out=~/a.png") == [f"{here}/home/a.png"]
    assert made("generate", "--like", "~/a.png", "--out", "~/b.png") == [f"{here}/home/b.png"]
    assert made("export", "1", "~/set", "--count", "1", "--format", "png", "--seed", 0) == [
        f"{here}/home/set"
    ]
    (here / "home" / "a.json").write_text("{}")
    made(*GOOD, "--augment=~/a.json", "--out", "~/c.png")
    assert made(*GOOD, "--out", "~b/a.png", "--seed", "1") == ["~b/a.png"]


def test_the_log_is_digitseqs_own(digitseq, monkeypatch):
    def load(*_, **__):
        for name in ("digitseq", "jax._src.dispatch"):
            logging.getLogger(name).info("says %s", name)
        return ds.load_bank("builtin")

    monkeypatch.setattr("digitseq.cli.sources.load_bank", load)
    for verbose, said in (("-v", [True, False]), ("-vv", [True, True])):
        err = digitseq(verbose, *GOOD)[2]
        assert [f"says {name}" in err for name in ("digitseq", "jax._src.dispatch")] == said


def test_the_version_has_a_short_option(digitseq):
    assert digitseq("-V") == digitseq("--version") == (0, f"digitseq {ds.__version__}\n", "")


def commands(command, words=()):
    yield words, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*words, name))


def test_the_help_of_every_option_says_what_happens_without_it():
    silent = []
    for words, command in commands(typer.main.get_command(app)):
        context = command.make_context("digitseq", [], resilient_parsing=True)
        for option in command.params:
            if option.param_type_name != "option" or option.required or option.is_eager:
                continue
            if option.is_flag and not option.secondary_opts and not option.default:
                continue  # without it there is no such thing
            help = option.get_help_record(context)[1]
            if not re.search(r"[\[ ]default: |without ", help, re.IGNORECASE):
                silent.append((*words, option.opts[0]))
    assert not silent


# Completion


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("generate --bank ", ["mnist", "mnist-test", "builtin", "vae", "digits/", "mine.npz"]),
        ("bank info --bank m", ["mnist", "mnist-test", "mine.npz"]),
        ("bank info --bank va", []),
        ("preview 350 0 10 120 --bank digits/", ["digits/inner/"]),
        ("export 350 out --augment ", ["light", "strong", "scan", "form", "cheque", "bent.json", "digits/"]),
        ("generate 350 0 10 120 --augment s", ["strong", "scan"]),
        ("generate 350 0 10 120 --align c", ["center"]),
    ],
)
def test_a_shell_completes_banks_and_presets(digitseq, here, monkeypatch, words, offered):
    """Through the protocol by which bash asks."""
    (here / "digits" / "inner").mkdir(parents=True)
    for name in ("mine.npz", "bent.json", "other.txt", ".hidden.json", "digits/a.txt"):
        (here / name).touch()
    monkeypatch.setenv("_DIGITSEQ_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", f"digitseq {words}")
    monkeypatch.setenv("COMP_CWORD", str(len(f"digitseq {words}x".split()) - 1))
    code, out, err = digitseq()
    assert (code, err) == (0, "")
    assert sorted(out.split()) == sorted(offered)


def test_completion_of_what_cannot_be_listed(tmp_path):
    assert completion.banks(f"{tmp_path}/none/") == []
    assert completion.augmentations(f"{tmp_path}/") == []
    assert isinstance(completion.sources, types.FunctionType)


@pytest.mark.parametrize(
    "command",
    [
        (*GOOD, "--bank", "fifo.npz"),
        ("export", "1", "out", "--count", "1", "--format", "png", "--spec", "fifo.json", "--bank", "builtin"),
        *slow(
            ((*GOOD, "--augment", "fifo.json"),),
            (("vae", "sample", "sheet", "a.png", "--model", "fifo.npz"),),
        ),
    ],
)
def test_a_fifo_in_place_of_a_file_is_no_obstacle(tmp_path, command):
    for name in ("fifo.json", "fifo.npz"):
        os.mkfifo(tmp_path / name)
    done = process(*command, cwd=tmp_path, DIGITSEQ_MNIST="")
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert b"is no regular file" in done.stderr


@pytest.mark.slow
def test_a_transfer_guard_is_no_obstacle(made, here):
    """What a command sends to a device is meant to go there."""
    import jax

    with jax.transfer_guard("disallow"):
        made("generate", "random:2", "0", "9", "auto", "--seed", "1", "--augment", "light", "--out", "a.png")
        made("bank", "preview", "--columns", "1")
        made("vae", "sample", "lines", "lines.png", "--count", "1")
