"""Exports that are killed at random moments and resumed: whether they end byte-identical.

Run: python benchmarks/crash_resume.py [--kills N]    (on the built-in digits; for Ray's: --ray)
"""

import argparse
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from digitseq.exporter.formats import NAMES

COUNT, SHARD = 2000, 50


def tree(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below a folder, by name."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def start(out: Path, format: str, *more: str) -> subprocess.Popen[bytes]:
    """Starts or resumes an export; all have the same seed, so that they can be compared."""
    command = [sys.executable, "-m", "digitseq", "export", "random:3-8", str(out), "--count", str(COUNT)]
    command += ["--seed", "0"]
    command += ["--format", format, "--shard-size", str(SHARD), "--bank", "builtin", "--spec", "spec.json"]
    return subprocess.Popen([*command, *more], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def finished(out: Path, format: str, *more: str) -> float:
    """Runs an export to its end; returns the seconds that it took."""
    begun = time.monotonic()
    assert start(out, format, *more).wait() == 0
    return time.monotonic() - begun


def killed_once(out: Path, format: str, moment: float, *more: str) -> bool:
    """Kills an export after some seconds; returns whether it was still running."""
    running = start(out, format, *more)
    try:
        running.wait(moment)
    except subprocess.TimeoutExpired:
        running.kill()
    return running.wait() != 0


def kill_a_ray_worker(out: Path, format: str) -> int:
    """Kills up to three of Ray's workers during an export; returns how many."""
    import psutil

    running, kills = start(out, format, "--engine", "ray"), 0
    while running.poll() is None:
        time.sleep(random.uniform(0.3, 1.5))
        workers = [
            p for p in psutil.process_iter(["name"]) if (p.info["name"] or "").startswith("ray::_make")
        ]
        if workers and kills < 3:
            random.choice(workers).send_signal(signal.SIGKILL)
            kills += 1
    assert running.returncode == 0
    return kills


def main() -> None:
    """Prints how many kills the exports of each format survived."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--kills", type=int, default=50, help="kills of one format; the others have a twentieth"
    )
    parser.add_argument("--most", choices=NAMES, default="webdataset", help="the format with all the kills")
    parser.add_argument("--ray", action="store_true", help="kill Ray's workers instead")
    options = parser.parse_args()
    random.seed(0)
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        Path("spec.json").write_text('{"image_width": 260, "spacing_range": [-4, 4]}')
        for format in [options.most] if options.ray else NAMES:
            whole_out, out = Path(name) / "whole", Path(name) / "out"
            finished(whole_out, format)
            whole = tree(whole_out)
            if options.ray:
                kills = kill_a_ray_worker(out, format)
                assert kills, "no worker was killed"
                assert tree(out) == whole, "other bytes"
                print(f"ray, {format}: {kills} workers killed, {len(whole)} files, all byte-identical")
                continue
            usual = finished(Path(name) / "again", format)
            wanted, kills = options.kills if format == options.most else -(-options.kills // 20), 0
            for _ in range(wanted):
                # A new export each time, killed once and then resumed to its end.
                # With one worker or two, at any moment.
                more = random.choice([(), ("--workers", "2")])
                kills += killed_once(out, format, random.uniform(0, 1.2) * usual, *more)
                finished(out, format)
                assert tree(out) == whole, f"{format}: other bytes"
                shutil.rmtree(out)
            shutil.rmtree(whole_out)
            shutil.rmtree(Path(name) / "again")
            print(
                f"{format}: {wanted} exports, {kills} killed, {len(whole)} files, all byte-identical",
                flush=True,
            )


if __name__ == "__main__":
    main()
