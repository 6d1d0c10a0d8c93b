"""The exceptions of digitseq.

::

    ValueError
    ├── IdxError     an IDX file that is malformed
    └── BankError    a bank that can't serve, or none in reach
    OSError
    └── FetchError   a download that no mirror could serve

An argument that can't be used is a plain `ValueError`; a file that is not
there is Python's own `FileNotFoundError`; a feature whose extra is not
installed is `ImportError`, naming the extra.
"""


def extra(name: str) -> str:
    """How to have an extra, for a message about what needs it."""
    return f"the extra `{name}`: in digitseq's checkout, pip install '.[{name}]'"


class IdxError(ValueError):
    """An IDX file that is not what its format asks for.

    >>> import io
    >>> try:
    ...     ds.read_idx(io.BytesIO(bytes(4)))
    ... except ds.IdxError as error:
    ...     print(error.offset, "expected", error.expected)
    2 expected a dtype code (08 uint8, 09 int8, 0b int16, 0c int32, 0d float32, 0e float64)

    Attributes:
        file: the file's name, as given.
        offset: where it went wrong, in bytes of the (decompressed) contents.
        expected: what the format asks for there.
        found: what stands there.
    """

    def __init__(self, file: str, offset: int, expected: str, found: str) -> None:
        super().__init__(file, offset, expected, found)
        self.file = file
        self.offset = offset
        self.expected = expected
        self.found = found

    def __str__(self) -> str:
        return f"{self.file}: at byte {self.offset}: expected {self.expected}, found {self.found}"


class BankError(ValueError):
    """A bank that can't serve what is asked of it, or none in reach.

    >>> bank = ds.make_bank(np.ones((1, 28, 28), np.uint8), [3])  # a three alone
    >>> try:
    ...     ds.generate_numbers_sequence("7", (0, 10), 40, bank=bank)
    ... except ds.BankError as error:
    ...     print(error)
    the bank has no glyph of digit 7
    """


class FetchError(OSError):
    """A download that no mirror could serve.

    >>> issubclass(ds.FetchError, OSError)  # what `digitseq bank fetch` ends with where no mirror answers
    True
    """
