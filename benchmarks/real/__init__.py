"""How well a recogniser that was trained on generated lines alone reads real handwriting.

lines.py     real lines from archives and folders, prepared
recipes.py   what the lines to train on are made of, whole or without one of its parts
training.py  the recogniser, trained once and kept
reading.py   real lines read by it, in batches of equal width
scores.py    intervals, edits and shares: how good readings are
report.py    what is printed, and the picture of the worst lines
ablation.py  what each part is worth
cost.py      what the lines add to a training step
__main__.py  python -m benchmarks.real, which is python benchmarks/real_lines.py
"""
