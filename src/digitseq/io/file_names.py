"""File names that every file system takes."""

import re
import urllib.parse

# File systems take 255 bytes.
LONGEST = 200
# Characters that some file systems refuse in a name, and the names of Windows' devices.
UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|%]')
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def safe(name: str) -> str:
    """The name, with `%2F` for what file systems refuse; never empty, hidden, a device's or too long."""
    escaped = UNSAFE.sub(lambda mark: urllib.parse.quote(mark[0], safe=""), name.strip())
    if escaped.startswith("."):
        escaped = f"%2E{escaped[1:]}"
    if escaped.endswith("."):
        escaped = f"{escaped[:-1]}%2E"
    if DEVICES.fullmatch(escaped):
        escaped = f"_{escaped}"
    while len(escaped.encode("utf-8", "surrogateescape")) > LONGEST:
        # Not inside an escape.
        escaped = re.sub(r"%[0-9A-F]?$", "", escaped[:-1])
    return escaped or "blank"
