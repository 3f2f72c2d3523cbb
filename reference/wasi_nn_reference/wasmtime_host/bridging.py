"""Puts the bridge (`wasi_nn_reference.abi.wit.bridge`) between a component and what it imports of wasi:nn.

The result is a component around the guest's own, which stands in it unchanged: it imports and exports what the
guest does, and the guest gets its imports of wasi:nn from the bridge. That is put together of whole
sections, by the component model's binary format
(https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from wasi_nn_reference.abi.wit import bridge
from wasi_nn_reference.abi.wit.world import PACKAGE, WORLDS
from wasi_nn_reference.errors import UserError

_PREAMBLE = b"\0asm\x0d\0\x01\0"
_CUSTOM, _CORE_TYPE, _COMPONENT, _INSTANCE, _ALIAS, _TYPE, _IMPORT, _EXPORT = 0, 3, 4, 5, 6, 7, 10, 11
# What may stand before the last import, and so is repeated around the guest.
_DECLARATIONS = {_CUSTOM, _CORE_TYPE, _ALIAS, _TYPE, _IMPORT}
# Sorts of definitions, each of which has its own numbers.
_U32_BITS = 32
_CORE_SORT, _CORE_MODULE_SORT = 0x00, 0x11
_FUNCTION_SORT, _TYPE_SORT, _COMPONENT_SORT, _INSTANCE_SORT = 0x01, 0x03, 0x04, 0x05
_WASI_NN = re.compile(rf"{PACKAGE}/[a-z-]+@(?P<version>.+)")


class UnreadableError(Exception):
    """A component that the bridge cannot be put to: of a form that is not foreseen here, or broken."""


@dataclass(frozen=True)
class _Item:
    """An import or export: its name, and its sort (two bytes for a core sort) with its number."""

    name: bytes
    sort: bytes
    number: int

    def argument(self) -> bytes:
        """Return it as an argument of an instance."""
        return _name(self.name) + self.sort + _leb(self.number)


@dataclass
class _Outline:
    """What of a component is needed: its first sections up to the last import, and what it imports and exports."""

    declarations: bytes = b""
    counts: Counter[bytes] = field(default_factory=Counter)
    imports: list[_Item] = field(default_factory=list)
    exports: list[_Item] = field(default_factory=list)

    def number(self, sort: int) -> int:
        """Return the number of a new definition of that sort."""
        self.counts[bytes([sort])] += 1
        return self.counts[bytes([sort])] - 1


def import_names(wasm: bytes) -> list[str]:
    """Return what a component imports, in its order; raises UnreadableError."""
    try:
        return [each.name.decode() for each in _outline(wasm).imports]
    except (IndexError, UnicodeDecodeError) as error:
        raise UnreadableError("not a component") from error


def bridged(wasm: bytes) -> bytes:
    """Return the component in `wasm` with the bridge. Raises `UnreadableError` if that cannot be done.

    Raises UserError if the component imports what is the bridge's.
    """
    try:
        outline = _outline(wasm)
        imported = [each.name.decode() for each in outline.imports]
    except (IndexError, UnicodeDecodeError) as error:
        raise UnreadableError("it ends where more is expected, or a name is not UTF-8") from error
    versions = sorted({match["version"] for each in imported if (match := _WASI_NN.fullmatch(each))} & WORLDS.keys())
    own = {bridge.name(version) for version in WORLDS}.intersection(imported)
    if own:
        raise UserError(f"the component imports {own.pop()}, which is not served here")
    if not versions:
        raise UnreadableError("it imports nothing that goes through the bridge")
    parts = [_PREAMBLE, outline.declarations, _section(_COMPONENT, wasm)]
    guest = outline.number(_COMPONENT_SORT)
    given = {each.name: each for each in outline.imports}
    parts += [_bridge(outline, version, given) for version in versions]
    whole = outline.number(_INSTANCE_SORT)
    parts.append(_instance(guest, [given[each.name] for each in outline.imports]))
    exports = [_Item(each.name, each.sort, outline.number(each.sort[0])) for each in outline.exports]
    parts.append(_section(_ALIAS, _vector([_alias(each.sort, whole, each.name) for each in exports])))
    parts.append(_section(_EXPORT, _vector([b"\0" + each.argument() + b"\0" for each in exports])))
    return b"".join(parts)


def _bridge(outline: _Outline, version: str, given: dict[bytes, _Item]) -> bytes:
    """Return the sections that make the bridge of a version, and put what it exports in the place of imports."""
    code = bridge.component(version)
    reader = _Reader(code, len(_PREAMBLE))
    kind, content = reader.section()
    if kind != _TYPE or content[0] != 1:  # the type of its import alone
        raise UnreadableError("the bridge begins with something else than the type of its import")
    name = bridge.name(version).encode()
    host = _Item(name, bytes([_INSTANCE_SORT]), outline.number(_INSTANCE_SORT))
    described = b"\0" + _name(name) + host.sort + _leb(outline.number(_TYPE_SORT))
    made, instance = outline.number(_COMPONENT_SORT), outline.number(_INSTANCE_SORT)
    interfaces = [f"{PACKAGE}/{each}@{version}".encode() for each in WORLDS[version]]
    for each in interfaces:
        given[each] = _Item(each, host.sort, outline.number(_INSTANCE_SORT))
    return b"".join(
        [
            _section(_TYPE, content),
            _section(_IMPORT, _vector([described])),
            _section(_COMPONENT, code),
            _instance(made, [host]),
            _section(_ALIAS, _vector([_alias(host.sort, instance, each) for each in interfaces])),
        ]
    )


def _outline(wasm: bytes) -> _Outline:
    if not wasm.startswith(_PREAMBLE):
        raise UnreadableError("it is in the text format, or of another version of the binary format")
    found, reader = _Outline(), _Reader(wasm, len(_PREAMBLE))
    declared, only_declarations = reader.position, True
    counts: Counter[bytes] = Counter()
    while reader.position < len(wasm):
        kind, content = reader.section()
        only_declarations = only_declarations and kind in _DECLARATIONS
        if kind == _IMPORT and not only_declarations:
            raise UnreadableError("it imports something behind its first definition")
        if kind == _EXPORT:
            found.exports += _Reader(content).exports()
        if not only_declarations:
            continue
        inside = _Reader(content)
        if kind == _TYPE:
            counts[bytes([_TYPE_SORT])] += inside.number()
        elif kind == _ALIAS:
            counts.update(inside.alias_sorts())
        elif kind == _IMPORT:
            found.imports += inside.imports(counts)
            declared, found.counts = reader.position, Counter(counts)
    found.declarations = wasm[len(_PREAMBLE) : declared]
    return found


class _Reader:
    """Reads the binary format from a position on. Raises IndexError at the end, and `UnreadableError`."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self._data = data
        self.position = position

    def byte(self) -> int:
        self.position += 1
        return self._data[self.position - 1]

    def number(self) -> int:
        value = 0
        for shift in range(0, _U32_BITS, 7):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise UnreadableError("a number has more than 32 bits")

    def chunk(self) -> bytes:
        size = self.number()
        self.position += size
        if self.position > len(self._data):
            raise IndexError
        return self._data[self.position - size : self.position]

    def section(self) -> tuple[int, bytes]:
        return self.byte(), self.chunk()

    def sort(self) -> bytes:
        sort = self.byte()
        return bytes([sort, self.byte()]) if sort == _CORE_SORT else bytes([sort])

    def name(self) -> bytes:
        """Read the name of an import or export."""
        if self.byte() > 1:
            raise UnreadableError("a name has a form that is not known here")
        return self.chunk()

    def alias_sorts(self) -> list[bytes]:
        sorts = []
        for _ in range(self.number()):
            sorts.append(self.sort())
            if self.byte() == 2:  # of an enclosing component: how far out, and a number
                self.number(), self.number()
            else:
                self.number(), self.chunk()
        return sorts

    def imports(self, counts: Counter[bytes]) -> list[_Item]:
        found = []
        for _ in range(self.number()):
            name, sort = self.name(), self.described()
            found.append(_Item(name, sort, counts[sort]))
            counts[sort] += 1
        return found

    def exports(self) -> list[_Item]:
        found = []
        for _ in range(self.number()):
            found.append(_Item(self.name(), self.sort(), self.number()))
            if self.byte():
                self.described()
        return found

    def described(self) -> bytes:
        """Read what an import or export is, and return its sort."""
        sort = self.sort()
        if sort == bytes([_TYPE_SORT]):
            if self.byte() == 0:
                self.number()
        elif sort[0] in {_FUNCTION_SORT, _COMPONENT_SORT, _INSTANCE_SORT} or sort == bytes(
            [_CORE_SORT, _CORE_MODULE_SORT]
        ):
            self.number()
        else:
            raise UnreadableError("it imports or exports a value")
        return sort


def _leb(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _name(name: bytes) -> bytes:
    return _leb(len(name)) + name


def _vector(items: list[bytes]) -> bytes:
    return _leb(len(items)) + b"".join(items)


def _section(kind: int, content: bytes) -> bytes:
    return bytes([kind]) + _leb(len(content)) + content


def _instance(component: int, arguments: list[_Item]) -> bytes:
    return _section(_INSTANCE, _vector([b"\0" + _leb(component) + _vector([each.argument() for each in arguments])]))


def _alias(sort: bytes, instance: int, name: bytes) -> bytes:
    return sort + b"\0" + _leb(instance) + _name(name)
