"""What the explorer's controls say, and that a number among them never compiles."""

import dataclasses
import sys

import numpy as np
import pytest

from digitseq import augment
from digitseq.augment.serialization import KINDS, MOST
from digitseq.errors import BankError
from digitseq.explore import choices, page, server
from digitseq.explore.drawing import draw
from digitseq.explore.knobs import OF_DIGITS, OF_LINES, STEPS, knobs, title_of, transforms_named, turned
from digitseq.explore.settings import Settings
from digitseq.sequence import pipeline

CONTROLS = {field.name: getattr(Settings(), field.name) for field in dataclasses.fields(Settings)} | {
    "labels": choices.TEXT,
    "text": "350",
    "length": [3, 8],
    "gaps": [0, 10],
    "masks": choices.NONE,
    "colours": "white on black",
}


def test_a_number_that_changes_compiles_nothing(programs_of_its_own):
    blur = augment.Blur(sigma=0.5)
    first = Settings(labels="35", lines=2, line_transforms=(blur,), glyph_transforms=(augment.Affine(),))
    before = draw(first).pixels
    programs = pipeline._sample_batch._cache_size()
    for change in (
        {"seed": 8},
        {"gaps": (-3, 4)},
        {"line_transforms": (augment.Blur(sigma=1),)},
        {"glyph_transforms": (augment.Affine(rotation=20, shift=2.5),)},
    ):
        after = draw(dataclasses.replace(first, **change)).pixels
        assert after.shape == before.shape
        assert (after != before).any()
    assert pipeline._sample_batch._cache_size() == programs


@pytest.mark.parametrize("name", sorted(KINDS))
def test_knobs_hold_the_numbers_of_a_transform(name):
    inner = KINDS["Affine" if name in ("PerLine", "Sometimes") else name]()
    transform = {"PerLine": augment.PerLine, "Sometimes": lambda one: augment.Sometimes(0.5, one)}.get(
        name, lambda one: one
    )(inner)
    found = knobs(transform, "0")
    same = turned(transform, "0", {knob.place: knob.value for knob in found})
    assert augment.to_plain([same]) == augment.to_plain([transform])
    limits = dict(transform.limits) | dict(inner.limits)
    for knob in found:
        assert limits[knob.label][0] <= knob.low <= knob.high <= limits[knob.label][1]
        assert knob.low <= knob.value <= knob.high
        assert (knob.high - knob.low) / knob.step >= STEPS - 1e-6
        # Sliders move from their lower end in steps, and must be able to return to where they were.
        steps = (knob.value - knob.low) / knob.step
        assert steps == pytest.approx(round(steps), abs=1e-6), knob


def test_every_transform_and_preset_is_offered():
    assert set(OF_LINES) | {"PerLine", "Sometimes"} == set(KINDS)
    assert {name for name in OF_LINES if augment.followed((KINDS[name](),))} > set(OF_DIGITS)
    for preset in augment.PRESETS:
        assert choices.chains_of(preset) == augment.preset(preset)
    glyphs, lines = choices.chains_of(choices.NONE, OF_DIGITS, OF_LINES, alike=True, sometimes=True)
    Settings(glyph_transforms=glyphs).check()
    Settings(line_transforms=lines[: MOST // 2]).check()
    assert title_of(glyphs[0]) == "Sometimes(PerLine(Affine))"
    assert [title_of(one) for one in transforms_named(["Blur"], chance=0.1)] == ["Sometimes(Blur)"]


def test_the_controls_make_settings():
    nothing = ((), ())
    assert choices.settings_of(CONTROLS, nothing, {}) == Settings()
    other = CONTROLS | {
        "labels": choices.RANDOM,
        "gaps": [-4, 2],
        "masks": "amodal",
        "colours": "navy on ivory",
        "style": 0.5,
    }
    made = choices.settings_of(other, nothing, {})
    assert (made.labels, made.gaps, made.masks, made.ink) == ("random:3-8", (-4, 2), "amodal", "navy")
    assert made.style == 0  # the slider of the model's style, which a bank has not
    assert choices.settings_of(other | {"bank": "vae"}, nothing, {}).style == 0.5
    for label, word in choices.WORDS.items():
        assert choices.settings_of(CONTROLS | {"labels": label}, nothing, {}).labels == word
    chains = choices.chains_of("strong", line=["Invert", "Paper"])
    found = [knob.place for _, inside in choices.knobs_of(chains) for knob in inside]
    assert len(found) == len(set(found))
    moved = choices.settings_of(CONTROLS, chains, {"digit.0.rotation": 1.0, "line.5.boxes": 0.0})
    assert moved.glyph_transforms[0].rotation == 1
    assert moved.line_transforms[5].boxes == 0
    assert moved.line_transforms[:4] == chains[1][:4] or moved.line_transforms[0].angle == 10


def test_banks_begin_with_the_users_own(monkeypatch, toy_folder):
    monkeypatch.delenv("DIGITSEQ_MNIST", raising=False)
    assert choices.banks() == ["builtin", "vae"]
    assert choices.banks("mine") == ["mine", "builtin", "vae"]
    monkeypatch.setenv("DIGITSEQ_MNIST", str(toy_folder))
    assert choices.banks() == ["builtin", "mnist", "mnist-test", "vae"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": "12/5"}, "'/' is none of the symbols"),
        ({"labels": "addition:2"}, "names the glyph of each digit"),
        ({"labels": "35", "width": 40}, "the smallest width that works is 56"),
        ({"gaps": (5, 2)}, "spacing_range"),
        ({"seed": -1}, "seed must be from 0"),
        ({"lines": 65}, "lines must be from 1 to 64"),
        ({"spacing": "even", "width": 101}, "can't be filled by 3 digits"),
        ({"hand": "one-writer"}, "who wrote|writers"),
        ({"bank": "vae", "signs": True}, "need a bank"),
        ({"style": 0.5}, "needs a model"),
        ({"ink": "black"}, "must differ"),
    ],
)
def test_what_can_not_be_drawn_is_said(change, message):
    with pytest.raises((ValueError, BankError), match=message):
        draw(dataclasses.replace(Settings(), **change))
    error = ValueError("<b>")
    assert "&lt;b&gt;" in page.refusal(error)


def test_the_page_holds_the_picture_and_what_makes_it():
    sheet = draw(Settings(labels="35", lines=2))
    shown = page.layout(page.group("A & B", []), page.result(sheet, "CODE", "COMMAND"))
    for piece in ("A &amp; B", "CODE", "COMMAND", "labels: 35, 35", "data:image/png;base64,"):
        assert piece in shown
    assert np.asarray(sheet.pixels).ndim == 2


def test_the_server_is_for_the_loopback_address_and_its_token_in_no_list_of_processes():
    words = server.command(8000, "mine")
    assert words[words.index("--host") + 1] == "127.0.0.1"
    assert words[words.index("--token-password-file") + 1] == "-"
    assert {"--headless", "--token", "--no-sandbox"} < set(words)
    assert words[-3:] == ["--", "--bank", "mine"]


def test_the_command_without_the_extra_is_a_failure_in_one_line(refused, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "the extra `explore`: in digitseq's checkout, pip install" in refused("explore", code=1)


def test_a_bank_that_is_not_there_is_said_before_the_server_starts(refused, monkeypatch):
    monkeypatch.setattr(server, "require", lambda: None)
    assert "no folder or file 'nothing'" in refused("explore", "--bank", "nothing")


def test_a_port_that_is_taken_is_a_failure_in_one_line(refused, monkeypatch):
    import socket

    monkeypatch.setattr(server, "require", lambda: None)
    with socket.socket() as other:
        other.bind((server.HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"--port {port} of 127.0.0.1 can't be had" in refused("explore", "--port", port, code=1)


def test_a_server_that_ends_by_itself_is_a_failure(refused, monkeypatch):
    monkeypatch.setattr(server, "require", lambda: None)
    monkeypatch.setattr(server, "command", lambda *_: [sys.executable, "-c", "raise SystemExit(3)"])
    assert "marimo ended with exit code 3" in refused("explore", "--no-browser", code=1)
