"""Draws the pictures of the documents again, by the commands and the Python blocks that stand beside them.

Run: python docs/redraw.py
Not drawn: what takes a training (readings.png), and the explorer, which wants a browser.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PICTURES = "docs/pictures/"
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
CODE = re.compile(r"^ *```sh\n(.*?)^ *```|(?<!`)`([^`]+)`(?!`)", re.DOTALL | re.MULTILINE)
NOT_DRAWN = ("--like", "explorer_picture")


def commands(text: str) -> Iterator[str]:
    """A page's commands that draw a picture, and those that write a file for one, in their order."""
    for block, inline in CODE.findall(text):
        for line in block.replace("\\\n", " ").splitlines() or [inline.replace("\n", " ")]:
            draws = line.startswith(("digitseq ", "python ")) and PICTURES in line
            if (draws and not any(word in line for word in NOT_DRAWN)) or line.startswith("echo "):
                yield line


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """A page's Python blocks that save the picture that follows them, and its name."""
    for block, after in re.findall(
        r"^```python\n(.*?)^```\n(.*?)(?=^```|\Z)", text, re.DOTALL | re.MULTILINE
    ):
        picture = re.search(r"!\[[^]]*\]\([./]*pictures/([^)]+)\)", after)
        if picture and "the picture below" in block:
            yield block, picture[1]


def main() -> None:
    """Runs all of them, each page in a folder of its own."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = set()
    for page in PAGES:
        text = page.read_text()
        with tempfile.TemporaryDirectory() as folder:
            for name in ("docs", "examples"):
                (Path(folder) / name).symlink_to(ROOT / name)
            for command in commands(text):
                if command in done:
                    continue
                done.add(command)
                command = re.sub(r"\bdigitseq (?=[a-z])", "python -m digitseq ", command)
                command += " --force" if "-m digitseq" in command else ""
                print(command)
                subprocess.run(command, shell=True, check=True, cwd=folder, env=environment)
            for block, name in blocks(text):
                print(name)
                found: dict[str, Path] = {}
                exec(block, found)
                shutil.copyfile(found["path"], ROOT / PICTURES / name)


if __name__ == "__main__":
    main()
