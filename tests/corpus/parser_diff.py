"""Compare the tree with BuildKit's own parser over a folder of Dockerfiles: `python tests/corpus/parser_diff.py ROOT [LIMIT]`.

The other side is the `dockerfile` module from PyPI (3.4.0 holds BuildKit 0.12.5). Where it accepts a file, keyword and lines of every
instruction have to be equal, and flags, values, exec form and heredocs too. Of every file: the tree prints back, the leaves tile it, and
nothing but RemediateError is raised. Exit 1 when anything differs.

What is set aside, and counted by name, because the module is older than the rules followed here or cannot read the bytes:

- `nul`: files with NUL bytes; the tool refuses them as binary.
- `spaced heredoc`: `<< EOF` with blanks is a heredoc since 2025 only.
- `json tail`: the module reads `["a"] && b` as an exec form and drops what follows; since 2024 it is a command line.
- `wide flag`: the module takes the bytes of a flag for Latin-1 letters.
- `undecodable`: the module hands out half a character and fails on it itself.
- `escape in flag`: the module escapes with a backslash inside flags even where `# escape=` names another character.

Bytes that are no UTF-8 are replaced by `?` for the module (one for one), since it hands out text.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import dockerfile as buildkit

from remediate.dockerfile.parser import KEYWORDS as KNOWN
from remediate.dockerfile.parser import parse
from remediate.dockerfile.tree import Dockerfile, Instruction, Pair
from remediate.model import RemediateError

BLANKS = str.maketrans("\t\v\f\r", "    ")


def files(root: Path) -> Iterator[Path]:
    """Regular files below root in a fixed order."""
    if root.is_file():
        yield root
        return
    for entry in sorted(root.iterdir()):
        if entry.is_symlink():
            continue
        if entry.is_dir():
            yield from files(entry)
        elif entry.is_file():
            yield entry


def sanitized(data: bytes) -> bytes:
    """`data` as UTF-8 of the same length, `?` for every byte that belongs to none."""
    text = data.decode("utf-8", "surrogateescape")
    return "".join("?" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in text).encode() if not text.isascii() else data


def exec_strings(one: Instruction) -> tuple[str, ...] | None:
    """Decoded exec form as the module lists it; the type word of HEALTHCHECK comes first."""
    inner = (one.trigger or one) if one.keyword == "ONBUILD" else one
    if inner.exec_form is None:
        return None
    # Go puts U+FFFD for half a surrogate pair; the module ends a string at NUL.
    strings = tuple("".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF else c for c in s.value).partition("\0")[0] for s in inner.exec_form)
    return (inner.words[0].text.text, *strings) if inner.keyword == "HEALTHCHECK" else strings


def values(one: Instruction) -> tuple[str, ...]:
    """What the module calls `value`."""
    inner = (one.trigger or one) if one.keyword == "ONBUILD" else one
    strings = exec_strings(one)
    if strings is not None:
        return strings
    if inner.keyword in ("ENV", "LABEL"):
        return tuple(part for pair in inner.pairs for part in (name_as_written(inner, pair), pair.value.text if pair.value else ""))
    return tuple(word.text.text for word in inner.words)


def name_as_written(one: Instruction, pair: Pair) -> str:
    """The name with its quotes; the old form of ENV ends it at the first blank."""
    if pair.legacy:
        return one.rest.text.translate(BLANKS).split(" ", 1)[0]
    return next(word.text.text.partition("=")[0] for word in one.words if word.span.start == pair.name_span.start)


def laws(data: bytes, tree: Dockerfile) -> str:
    """Law 1 and law 2 on one tree; the name of the broken one."""
    at = 0
    for kind, span in tree.leaves():
        if span.start != at or span.end <= span.start:
            return f"leaves do not tile at byte {at} ({kind})"
        at = span.end
    if at != len(data):
        return "leaves end early"
    return "" if bytes(tree) == data else "does not print back"


def compare(tree: Dockerfile, theirs: tuple[buildkit.Command, ...], quirks: Counter[str]) -> str:
    """The first difference as one line, "" for none."""
    mine = [(one.keyword, one.start_line, one.end_line) for one in tree.instructions]
    other = [((c.cmd or "").upper(), c.start_line, c.end_line) for c in theirs]
    if mine != other:
        if any(h for one in tree.instructions for h in one.heredocs if tree.source[h.word_span].lstrip(b"0123456789")[2:3] in b" \t"):
            quirks["spaced heredoc"] += 1
            return ""
        at = next((i for i, (a, b) in enumerate(zip(mine, other, strict=False)) if a != b), min(len(mine), len(other)))
        return f"instruction {at}: {mine[at : at + 1]} BuildKit {other[at : at + 1]}"
    for one, command in zip(tree.instructions, theirs, strict=True):
        message = compare_one(tree, one, command, quirks)
        if message:
            return f"line {one.start_line}: {one.keyword}: {message}"
    return ""


def compare_one(tree: Dockerfile, one: Instruction, command: buildkit.Command, quirks: Counter[str]) -> str:
    if one.keyword not in KNOWN:
        return ""
    flags = tuple(f"--{f.name}" if f.value is None else f"--{f.name}={f.value}" for f in one.flags)
    inner = one.trigger if one.keyword == "ONBUILD" else one
    if one.keyword == "ONBUILD":
        flags += tuple(f"--{f.name}" if f.value is None else f"--{f.name}={f.value}" for f in inner.flags) if inner else ()
        if inner and inner.keyword != (command.sub_cmd or "").upper():
            return f"trigger {inner.keyword} BuildKit {command.sub_cmd}"
        if inner is None or inner.keyword not in KNOWN or inner.keyword == "ONBUILD":
            return ""
    if inner and command.json != (inner.exec_form is not None):
        if command.json and json_tail(inner):
            quirks["json tail"] += 1
            return ""
        return f"exec form {inner.exec_form is not None} BuildKit {command.json}"
    if one.keyword != "ONBUILD" and flags != command.flags:
        if tree.escape == b"`" or not one.args.data.isascii():
            quirks["escape in flag" if tree.escape == b"`" else "wide flag"] += 1
            return ""
        return f"flags {len(flags)} BuildKit {len(command.flags)}"
    heredocs = tuple((h.name, h.body.text) for h in one.heredocs)
    if heredocs != tuple((h.name, h.content) for h in command.heredocs):
        return "heredocs differ"
    mine = values(one)
    if mine != command.value and (mine or command.value not in ((), ("",))):
        return f"value of {len(mine)} words, BuildKit {len(command.value)}"
    return ""


def json_tail(one: Instruction) -> bool:
    """Whether a JSON array is followed by more text."""
    from json import JSONDecoder

    text = one.rest.text.partition("[")
    try:
        _, end = JSONDecoder().raw_decode("[" + text[2])
    except ValueError:
        return False
    return end < len(text[2]) + 1


def check(path: Path, quirks: Counter[str], counts: Counter[str]) -> str:
    """The first difference in one file, "" for none."""
    data = path.read_bytes()
    plain = sanitized(data)
    theirs: tuple[buildkit.Command, ...] | None
    try:
        theirs = buildkit.parse_string(plain.decode())
    except buildkit.GoParseError as error:
        theirs, counts["rejected by BuildKit"] = None, counts["rejected by BuildKit"] + 1
        reason = str(error)
    except UnicodeDecodeError:
        quirks["undecodable"] += 1
        return ""
    try:
        tree = parse(data, str(path))
        message = laws(data, tree)
        tree = parse(plain, str(path))
    except RemediateError as error:
        counts["rejected by remediate"] += 1
        if theirs is None:
            return ""
        if b"\0" in data:
            quirks["nul"] += 1
            return ""
        if "heredoc" in error.message and any(command.json for command in theirs):
            quirks["json tail"] += 1
            return ""
        return f"rejected: {error.message}"
    if message or theirs is not None:
        return message or compare(tree, theirs or (), quirks)
    counts[f"only remediate reads it: {reason.split(':')[0].split(' in ')[0][:60]}"] += 1
    return ""


def main(root: Path, limit: int) -> int:
    quirks: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    different: list[str] = []
    began = time.perf_counter()
    for path in files(root):
        if counts["files"] >= limit:
            break
        counts["files"] += 1
        message = check(path, quirks, counts)
        if message:
            different.append(f"{path}: {message}")
            if len(different) <= 20:
                print(different[-1], flush=True)
    print(f"{counts['files']} files, {len(different)} differences, {time.perf_counter() - began:.0f} s")
    for name, count in [*counts.most_common(), *quirks.most_common()]:
        print(f"{count:7} {name}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else sys.maxsize))
