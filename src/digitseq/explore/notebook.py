"""The explorer's page, a marimo notebook: `digitseq explore` opens it.

Each control has a name of its own: of those in one `mo.ui.dictionary`, marimo
keeps only the last change while a picture is being drawn.
"""

# /// script
# [tool.marimo.display]
# theme = "system"
# ///

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
    usual = Settings()
    return (GREATEST_GAP, LEAST_GAP, as_command, as_python, choices, draw, get_args, knobs, mo, page, spec,
            usual)


@app.cell
def _(mo):
    def slider(start, stop, value, label, step=1):
        return mo.ui.slider(start, stop, step, value, label=label, show_value=True, full_width=True)

    def span(start, stop, value, label):
        return mo.ui.range_slider(start, stop, value=value, label=label, show_value=True, full_width=True)

    def menu(options, label, value=None):
        return mo.ui.dropdown(list(options), options[0] if value is None else value, label=label)

    def several(options, label):
        return mo.ui.multiselect(options, label=label, full_width=True)

    return menu, several, slider, span


@app.cell
def _(choices, menu, mo, slider, span, usual):
    labels = menu(choices.LABELS, "what is written")
    text = mo.ui.text(usual.labels, label="the text", full_width=True)
    length = span(1, 12, (3, 8), "random digits: how many")
    seed = slider(0, 100, usual.seed, "seed")
    bank = menu(choices.banks(mo.cli_args().get("bank")), "digits of")
    signs = mo.ui.checkbox(label="signs, as in 12/05")
    variants = mo.ui.checkbox(label="crossed sevens and other ways to write")
    style = slider(0, 1, 0, "style (vae): digits of a line alike", 0.05)
    return bank, labels, length, seed, signs, style, text, variants


@app.cell
def _(GREATEST_GAP, LEAST_GAP, get_args, menu, slider, span, spec, usual):
    gaps = span(LEAST_GAP, GREATEST_GAP, usual.gaps, "gaps, pixels")
    spacing = menu(get_args(spec.Spacing), "spacing")
    advance = menu(get_args(spec.Advance), "advance: gaps are between")
    align = menu(get_args(spec.Align), "align", usual.align)
    baseline = menu(get_args(spec.Baseline), "baseline")
    hand = menu(get_args(spec.Hand), "hand")
    width = slider(0, 800, 0, "width, pixels (0: wide enough)", 4)
    height = menu((28, 32, 48, 64), "height, pixels")
    return advance, align, baseline, gaps, hand, height, spacing, width


@app.cell
def _(choices, get_args, menu, mo, slider, spec, usual):
    boxes = mo.ui.checkbox(label="boxes")
    masks = menu((choices.NONE, *get_args(spec.Masks)), "masks")
    colours = menu(tuple(choices.COLOURS), "ink and paper")
    lines = menu((1, 2, 4, 8, 16), "lines", usual.lines)
    columns = slider(1, 4, usual.columns, "columns")
    zoom = slider(1, 8, usual.zoom, "zoom")
    return boxes, colours, columns, lines, masks, zoom


@app.cell
def _(choices, knobs, menu, mo, several):
    preset = menu(choices.PRESET_NAMES, "preset")
    digits = several(knobs.OF_DIGITS, "more, of each digit")
    line = several(knobs.OF_LINES, "more, of the line")
    alike = mo.ui.checkbox(label="alike for a line's digits (PerLine)")
    sometimes = mo.ui.checkbox(label="each with a probability (Sometimes)")
    return alike, digits, line, preset, sometimes


@app.cell
def _(alike, choices, digits, line, mo, preset, slider, sometimes):
    chains = choices.chains_of(
        preset.value, digits.value, line.value, alike=alike.value, sometimes=sometimes.value
    )
    parts = choices.knobs_of(chains)
    numbers = mo.ui.dictionary(
        {
            knob.place: slider(knob.low, knob.high, knob.value, knob.label, knob.step)
            for _transform, found in parts
            for knob in found
        }
    )
    return chains, numbers, parts


@app.cell
def _(advance, alike, align, as_command, as_python, bank, baseline, boxes, chains, choices, colours, columns,
      digits, draw, gaps, hand, height, knobs, labels, length, line, lines, masks, mo, numbers, page, parts,
      preset, seed, signs, sometimes, spacing, style, text, variants, width, zoom):
    form = dict(
        labels=labels, text=text, length=length, seed=seed,
        bank=bank, signs=signs, variants=variants, style=style,
        gaps=gaps, spacing=spacing, advance=advance, align=align, baseline=baseline, hand=hand,
        width=width, height=height,
        preset=preset, digits=digits, line=line, alike=alike, sometimes=sometimes,
        boxes=boxes, masks=masks, colours=colours, lines=lines, columns=columns, zoom=zoom,
    )
    inner = [(knobs.title_of(one), [numbers[knob.place] for knob in found]) for one, found in parts]
    try:
        values = {name: control.value for name, control in form.items()}
        settings = choices.settings_of(values, chains, numbers.value)
        result = page.result(
            draw(settings),
            mo.md(page.fenced(as_python(settings), "python")).text,
            mo.md(page.fenced(as_command(settings), "sh")).text,
        )
    except (ValueError, OSError) as error:
        result = page.refusal(error)
    mo.Html(page.layout(page.controls(form, inner), result))
    return (result,)


if __name__ == "__main__":
    app.run()
