"""What a host printed: the end of it, since the last call."""

_KEPT = 16 << 10  # bytes; a panic's backtrace must not push out its first line


class Printed:
    """The last 16 KiB of a stream since the last call, however much the host prints."""

    def __init__(self) -> None:
        self._text = bytearray()
        self._earlier = 0

    def add(self, chunk: bytes | bytearray) -> None:
        """Keep what was printed."""
        self._text += chunk
        if len(self._text) > 2 * _KEPT:  # so that not every line moves all the others
            gone = len(self._text) - _KEPT
            del self._text[:gone]
            self._earlier = max(0, self._earlier - gone)

    def answered(self) -> None:
        """Take what is here for the last words on a call that has its reply."""
        self._earlier = len(self._text)

    def asked(self, *, ended: bool) -> None:
        """Forget what was printed before the call that begins now; of a host that has `ended`, until its last reply."""
        del self._text[: self._earlier if ended else len(self._text)]
        self._earlier = 0

    @property
    def end(self) -> bytes:
        """The end of it."""
        return bytes(self._text[-_KEPT:])
