"""What the classes of IDX files are called: EMNIST's by its published mapping, others' by a symbols.txt."""

import string
from pathlib import Path

from ..errors import BankError
from ..internal.symbols import DIGITS, check_symbols
from ..io import atomic
from .pairs import Pair

SYMBOLS_FILE = "symbols.txt"
# More would be no list of characters, one a class.
MOST_BYTES = 2**20
# G. Cohen, S. Afshar, J. Tapson and A. van Schaik, "EMNIST: an extension of MNIST to handwritten letters"
# (2017): bymerge and balanced have one class for both cases of letters that look alike; letters start at 1.
MERGED = DIGITS + string.ascii_uppercase + "abdefghnqrt"
EMNIST = {
    "byclass": DIGITS + string.ascii_uppercase + string.ascii_lowercase,
    "bymerge": MERGED,
    "balanced": MERGED,
    "letters": " " + string.ascii_uppercase,
}


def symbols_file(pair: Pair) -> Path:
    """Where the symbols of a pair's classes are, if anywhere."""
    return pair.images.with_name(SYMBOLS_FILE)


def symbols_of_pair(pair: Pair, num_classes: int) -> str | None:
    """The symbols of a pair of IDX files with so many classes; None where nothing names them.

    Raises:
        BankError: the symbols.txt beside them holds something else than one character a class.
    """
    path = symbols_file(pair)
    if path.exists():
        with atomic.open_regular(path) as file:
            data = file.read(MOST_BYTES)
        try:
            return check_symbols(data.decode().rstrip("\r\n"), num_classes)
        except ValueError as error:
            raise BankError(f"{path}: {error}") from None
    if "emnist" not in pair.words:
        return None
    found = next((symbols for name, symbols in EMNIST.items() if name in pair.words), None)
    return found if found is not None and len(found) == num_classes else None
