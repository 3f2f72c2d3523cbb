"""A parser of the part of WIT that `wasi:nn` is written in. What it does not know is a `WitError`, never skipped."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from wit_table import Interface, Signature

T = TypeVar("T")

TOKEN = re.compile(r"\s+|//[^\n]*|(?P<token>->|[A-Za-z][A-Za-z0-9-]*|[0-9][0-9A-Za-z.-]*|[{}()<>,;:=@._])")


class WitError(Exception):
    """What was wanted, and what stood there."""


@dataclass
class Document:
    """A package with its interfaces, and the imports of each world."""

    package: str
    interfaces: dict[str, Interface] = field(default_factory=dict)
    worlds: dict[str, list[str]] = field(default_factory=dict)


class Parser:
    """Reads tokens from the left to the right, one ahead."""

    def __init__(self, text: str) -> None:
        self.tokens: list[str] = []
        end = 0
        while end < len(text):
            match = TOKEN.match(text, end)
            if match is None:
                raise WitError(f"no WIT: {text[end : end + 20]!r}")
            self.tokens += [match["token"]] if match["token"] else []
            end = match.end()
        self.tokens.append("the end")

    @property
    def ahead(self) -> str:
        return self.tokens[0]

    def take(self) -> str:
        return self.tokens.pop(0)

    def accept(self, token: str) -> bool:
        if self.ahead == token:
            self.take()
            return True
        return False

    def want(self, *tokens: str) -> None:
        for token in tokens:
            if not self.accept(token):
                raise WitError(f"{token!r} is wanted where {self.ahead!r} stands")

    def name(self) -> str:
        if not self.ahead[0].isalpha() or self.ahead == "the end":
            raise WitError(f"a name is wanted where {self.ahead!r} stands")
        return self.take()

    def listed(self, item: Callable[[], T], end: str) -> list[T]:
        """Items with commas between them, and perhaps one at the end, up to `end`."""
        items: list[T] = []
        while not self.accept(end):
            items.append(item())
            if self.ahead != end:
                self.want(",")
        return items

    def document(self) -> Document:
        self.want("package")
        package = self.name()
        self.want(":")
        package += f":{self.name()}"
        self.want("@")
        document = Document(f"{package}@{self.take()}")
        self.want(";")
        while not self.accept("the end"):
            if self.accept("world"):
                name = self.name()
                document.worlds[name] = self.world()
            else:
                self.want("interface")
                name = self.name()
                document.interfaces[name] = self.interface()
        return document

    def world(self) -> list[str]:
        imports = []
        self.want("{")
        while not self.accept("}"):
            self.want("import")
            imports.append(self.name())
            self.want(";")
        return imports

    def interface(self) -> Interface:
        uses: set[tuple[str, str]] = set()
        types: dict[str, str] = {}
        enums: dict[str, tuple[str, ...]] = {}
        functions: dict[str, Signature] = {}
        resources: set[str] = set()
        self.want("{")
        while not self.accept("}"):
            match keyword := self.name():
                case "use":
                    place = self.name()
                    self.want(".", "{")
                    uses |= {(place, name) for name in self.listed(self.name, "}")}
                    self.want(";")
                case "type":
                    name = self.name()
                    self.want("=")
                    types[name] = self.type()
                    self.want(";")
                case "enum":
                    name = self.name()
                    self.want("{")
                    enums[name] = tuple(self.listed(self.name, "}"))
                case "resource":
                    name = self.name()
                    resources.add(name)
                    functions |= self.resource(name)
                case _:
                    self.want(":", "func")
                    functions[keyword] = self.signature()
        return Interface(frozenset(uses), types, enums, frozenset(resources), functions)

    def resource(self, resource: str) -> dict[str, Signature]:
        functions: dict[str, Signature] = {}
        self.want("{")
        while not self.accept("}"):
            name = self.name()
            if name == "constructor":
                parameters, result = self.signature()
                if result is not None:
                    raise WitError(f"the constructor of {resource} declares a result")
                functions[f"[constructor]{resource}"] = (parameters, resource)
            else:
                self.want(":", "func")
                functions[f"[method]{resource}.{name}"] = self.signature()
        return functions

    def signature(self) -> Signature:
        self.want("(")
        parameters = tuple(self.listed(self.parameter, ")"))
        result = self.type() if self.accept("->") else None
        self.want(";")
        return parameters, result

    def parameter(self) -> tuple[str, str]:
        name = self.name()
        self.want(":")
        return name, self.type()

    def type(self) -> str:
        if self.accept("_"):
            return "_"
        name = self.name()
        if not self.accept("<"):
            return name
        return f"{name}<{','.join(self.listed(self.type, '>'))}>"


def parsed(text: str) -> Document:
    """Parse a file. Raises `WitError` at the first thing that is not known."""
    return Parser(text).document()
