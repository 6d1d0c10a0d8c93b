"""A recogniser that was trained on generated lines alone reads real handwriting.

Run: python benchmarks/real_lines.py --keep FOLDER [--lines PATH ...]        (MNIST by DIGITSEQ_MNIST)

`--help` says more; what it does is in `benchmarks/real`.
"""

import runpy
import sys
from pathlib import Path

# The folder that holds `benchmarks`, as for `python -m`.
sys.path[0] = str(Path(__file__).parents[1])
runpy.run_module("benchmarks.real", run_name="__main__", alter_sys=True)
