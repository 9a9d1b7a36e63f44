"""An address with a credential inside, as a word of shell text, taken apart: what Git is told to use, and what it may write down.

https://x:${T}@github.com/acme/lib.git    use      https://x:${T}@github.com/
                                          for      https://github.com/
                                          written  https://github.com/acme/lib.git
"""

from __future__ import annotations

from collections.abc import Collection

from remediate.model import NamedTuple
from remediate.shell.lex import substitution_end
from remediate.shell.view import Expansion, Script, Word
from remediate.shell.words import decode, read
from remediate.text import late

_SCHEME = late(r"https?://")
_PLAIN_VARIABLE = late(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_BARE = late(r"[A-Za-z0-9_./:@%+,=~-]+")
_LONGEST = 4000


class Atom(NamedTuple):
    """One character of the word after quote removal, or one expansion as written. Offsets are those of the script."""

    text: str
    start: int
    end: int
    expands: bool


class Address(NamedTuple):
    """`use` and `base` are texts for inside double quotes: the beginning of the address with the credential, and without it.

    `clean` is the whole word without the credential, in its own way of quoting. `given` are the expansions of the credential.
    """

    use: str
    base: str
    clean: str
    host: str
    given: tuple[Expansion, ...]
    substitutes: bool


def address(script: Script, word: Word, secret: Collection[str]) -> Address | str:
    """The address that the word holds, or why it cannot be taken apart. `secret` are the variables that hold a secret."""
    if word.end - word.start > _LONGEST:
        return "it is too long"
    atoms = _atoms(script, word)
    if isinstance(atoms, str):
        return atoms
    text = "".join(a.text if not a.expands else "\0" * len(a.text) for a in atoms)
    places = list(_SCHEME.finditer(text))
    if not places:
        return "it does not begin with http:// or https://"
    index = _index(atoms, places[-1].end())
    first = _index(atoms, places[-1].start())
    stop = next((i for i in range(index, len(atoms)) if atoms[i].text == "/" and not atoms[i].expands), None)
    authority = range(index, stop if stop is not None else len(atoms))
    at = next((i for i in reversed(authority) if atoms[i].text == "@" and not atoms[i].expands), None)
    if at is None:
        return "no @ in it shows where the credential ends"
    rest = [e for e in word.expansions if e.start > atoms[at].start]
    if any(e.name in secret for e in rest) or any(a.expands and _is_substitution(a) for a in atoms[at:]):
        return "it holds a secret, or the output of a command, behind the @"
    given = tuple(e for e in word.expansions if atoms[index].start <= e.start < atoms[at].start)
    if first and any(a.expands for a in atoms[:first]):
        return "it begins with a variable"
    end = stop + 1 if stop is not None else len(atoms)
    scheme = "".join(a.text for a in atoms[first:index])
    use, base = scheme + _quoted(atoms[index:end]), scheme + _quoted(atoms[at + 1 : end])
    host = "".join(a.text for a in atoms[at + 1 : stop] if not a.expands).partition(":")[0]
    clean = _without(script, word, atoms, index, at)
    return Address(use, base, clean, host, given, any(_is_substitution(a) for a in atoms[index:at]))


def _atoms(script: Script, word: Word) -> list[Atom] | str:
    data = script.text.data
    reading = read(data, word.start, word.end, "u", lambda start: substitution_end(data, start, len(data)))
    atoms: list[Atom] = []
    for start, end, value in reading.parts:
        if value is None:
            written = decode(data[start:end])
            if not written.startswith("$(") and any(c in written for c in "\"'\\"):
                return "a variable in it has quotes of its own"
            atoms.append(Atom(written, start, end, True))
        elif len(value) == end - start:
            if not value.isascii():
                return "it holds characters that are no ASCII"
            atoms += [Atom(chr(byte), start + i, start + i + 1, False) for i, byte in enumerate(value)]
        elif len(value) == 1:
            atoms.append(Atom(chr(value[0]), start, end, False))
        elif value:
            return "its quoting cannot be followed"
    return atoms


def _index(atoms: list[Atom], offset: int) -> int:
    """The atom at that offset of the joined text."""
    for number, atom in enumerate(atoms):
        if offset <= 0:
            return number
        offset -= len(atom.text)
    return len(atoms)


def _is_substitution(atom: Atom) -> bool:
    return atom.expands and atom.text.startswith(("$(", "`"))


def _quoted(atoms: list[Atom]) -> str:
    """The text between double quotes that gives the same."""
    out: list[str] = []
    for number, atom in enumerate(atoms):
        if not atom.expands:
            out.append("\\" + atom.text if atom.text in '\\"$`' else atom.text)
            continue
        behind = atoms[number + 1].text[:1] if number + 1 < len(atoms) and not atoms[number + 1].expands else ""
        name = _PLAIN_VARIABLE.fullmatch(atom.text)
        out.append(f"${{{name[1]}}}" if name and (behind.isalnum() or behind in ("_", "[")) else atom.text)
    return "".join(out)


def _without(script: Script, word: Word, atoms: list[Atom], start: int, at: int) -> str:
    """The word without the atoms from `start` to the `@`."""
    raw = word.raw
    whole = len(raw) > 1 and raw[0] == raw[-1] == '"' and '"' not in raw[1:-1]
    if whole or not any(c in raw for c in "\"'\\"):
        data = script.text.data
        return decode(data[word.start : atoms[start].start] + data[atoms[at].end : word.end])
    left = atoms[:start] + atoms[at + 1 :]
    text = "".join(a.text for a in left)
    bare = not any(a.expands for a in left) and _BARE.fullmatch(text)
    return text if bare else f'"{_quoted(left)}"'
