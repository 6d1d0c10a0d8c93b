"""Alphabets: what a bank's classes are called, one character each."""

DIGITS = "0123456789"


def default_symbols(num_classes: int) -> str:
    """The names of classes that were given none: digits for up to ten, else "", which is no names."""
    return DIGITS[:num_classes] if num_classes <= len(DIGITS) else ""


def check_symbols(symbols: object, num_classes: int) -> str:
    """The symbols, if they are one character a class.

    Raises:
        ValueError: no text, repeated or unprintable characters, or another number of them.
    """
    if not isinstance(symbols, str):
        raise ValueError(f"symbols must be a text of one character a class, got {symbols!r}")
    if symbols and len(symbols) != num_classes:
        raise ValueError(
            f"symbols must be {num_classes} characters, one a class, got {len(symbols)}: {symbols!r}"
        )
    if repeated := sorted({mark for mark in symbols if symbols.count(mark) > 1}):
        raise ValueError(f"symbols must differ, got {symbols!r} with {repeated[0]!r} more than once")
    if hidden := [mark for mark in symbols if not mark.isprintable()]:
        raise ValueError(f"symbols must be printable characters, got {hidden[0]!r} in {symbols!r}")
    return symbols
