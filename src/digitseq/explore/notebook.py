"""The explorer's page, a marimo notebook: `digitseq explore` opens it."""

import marimo

app = marimo.App(width="full", app_title="digitseq explore")


@app.cell
def _():
    from typing import get_args

    import marimo as mo

    from digitseq.explore import choices, knobs, page
    from digitseq.explore.as_command import as_command
    from digitseq.explore.as_python import as_python
    from digitseq.explore.drawing import draw
    from digitseq.explore.settings import GREATEST_GAP, LEAST_GAP, Settings
    from digitseq.io.compilation_cache import keep_programs
    from digitseq.sequence import spec

    keep_programs()
    return (
        GREATEST_GAP,
        LEAST_GAP,
        Settings,
        as_command,
        as_python,
        choices,
        draw,
        get_args,
        knobs,
        mo,
        page,
        spec,
    )


@app.cell
def _(mo):
    def slider(start, stop, value, label, step=1):
        return mo.ui.slider(
            start, stop, step=step, value=value, label=label, show_value=True, full_width=True
        )

    def span(start, stop, value, label):
        return mo.ui.range_slider(start, stop, value=value, label=label, show_value=True, full_width=True)

    def menu(options, label):
        return mo.ui.dropdown(list(options), value=options[0], label=label)

    return menu, slider, span


@app.cell
def _(GREATEST_GAP, LEAST_GAP, Settings, choices, get_args, menu, mo, slider, span, spec):
    usual = Settings()
    form = mo.ui.dictionary(
        {
            "labels": menu(choices.LABELS, "what is written"),
            "text": mo.ui.text(usual.labels, label="the text", full_width=True),
            "length": span(1, 12, (3, 8), "random digits: how many"),
            "seed": slider(0, 100, usual.seed, "seed"),
            "bank": menu(choices.banks(mo.cli_args().get("bank")), "digits of"),
            "signs": mo.ui.checkbox(label="signs, as in 12/05"),
            "variants": mo.ui.checkbox(label="crossed sevens and other ways to write"),
            "style": slider(0, 1, 0, "style (vae): digits of a line alike", step=0.05),
            "gaps": span(LEAST_GAP, GREATEST_GAP, usual.gaps, "gaps, pixels"),
            "spacing": menu(get_args(spec.Spacing), "spacing"),
            "advance": menu(get_args(spec.Advance), "advance: gaps are between"),
            "align": mo.ui.dropdown(list(get_args(spec.Align)), usual.align, label="align"),
            "baseline": menu(get_args(spec.Baseline), "baseline"),
            "hand": menu(get_args(spec.Hand), "hand"),
            "width": slider(0, 800, 0, "width, pixels (0: wide enough)", step=4),
            "height": menu((28, 32, 48, 64), "height, pixels"),
            "boxes": mo.ui.checkbox(label="boxes"),
            "masks": menu((choices.NONE, *get_args(spec.Masks)), "masks"),
            "colours": menu(tuple(choices.COLOURS), "ink and paper"),
            "lines": mo.ui.dropdown([1, 2, 4, 8, 16], usual.lines, label="lines"),
            "columns": slider(1, 4, usual.columns, "columns"),
            "zoom": slider(1, 8, usual.zoom, "zoom"),
        }
    )
    return (form,)


@app.cell
def _(choices, knobs, menu, mo):
    chosen = mo.ui.dictionary(
        {
            "preset": menu(choices.PRESET_NAMES, "preset"),
            "digits": mo.ui.multiselect(knobs.OF_DIGITS, label="more, of each digit", full_width=True),
            "line": mo.ui.multiselect(knobs.OF_LINES, label="more, of the line", full_width=True),
            "alike": mo.ui.checkbox(label="alike for a line's digits (PerLine)"),
            "sometimes": mo.ui.checkbox(label="each with a probability (Sometimes)"),
        }
    )
    return (chosen,)


@app.cell
def _(choices, chosen, mo, slider):
    chains = choices.chains_of(chosen.value)
    parts = choices.knobs_of(chains)
    numbers = mo.ui.dictionary(
        {
            knob.place: slider(knob.low, knob.high, knob.value, knob.label, step=knob.step)
            for _transform, found in parts
            for knob in found
        }
    )
    return chains, numbers, parts


@app.cell
def _(chosen, form, knobs, numbers, page, parts):
    inner = [(knobs.title_of(one), [numbers[knob.place] for knob in found]) for one, found in parts]
    controls = "".join(
        [
            page.group("Labels", [form[name] for name in ("labels", "text", "length", "seed")]),
            page.group("Digits", [form[name] for name in ("bank", "signs", "variants", "style")]),
            page.group("Layout", [form[name] for name in page.LAYOUT]),
            page.group("Augmentation", [chosen[name] for name in chosen], inner),
            page.group("Picture", [form[name] for name in page.PICTURE]),
        ]
    )
    return (controls,)


@app.cell
def _(as_command, as_python, chains, choices, controls, draw, form, mo, numbers, page):
    try:
        settings = choices.settings_of(form.value, chains, numbers.value)
        result = page.result(
            draw(settings),
            mo.md(page.fenced(as_python(settings), "python")).text,
            mo.md(page.fenced(as_command(settings), "sh")).text,
        )
    except (ValueError, OSError) as error:
        result = page.refusal(error)
    mo.Html(page.layout(controls, result))
    return


if __name__ == "__main__":
    app.run()
