"""Inputs that are broken, huge or hostile; each is made when it is asked for, in a folder of its own.

`SHAPES` maps a name to a `Shape`: how to make it, and the exit codes that `check` may give. Each value that is planted is `PLANTED`.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PLANTED = "pl4nted-Value.77"
LEAKY = "FROM node:20\nARG NPM_TOKEN\nCOPY package.json ./\nRUN npm ci\n"
HEAD = "FROM alpine:3.20\nARG API_TOKEN\n"
MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Shape:
    """`make(folder)` writes the input and returns the arguments after the command's name.

    `half`: what `command` makes of the Dockerfile and of its callers, see `HALVES` ("" is not looked at).
    """

    make: Callable[[Path], list[str]]
    codes: tuple[int, ...]
    big: bool = False
    half: str = ""
    command: str = "check"


HALVES = {"held": ("held",), "fixed": ("fixed", "both"), "both": ("both",), "safe": ("held", "both"), "any": ("held", "fixed", "both"), "": ("held", "fixed", "both", "neither")}
SHAPES: dict[str, Shape] = {}


def shape(name: str, *codes: int, big: bool = False) -> Callable[[Callable[[Path], str | bytes | list[str]]], Callable[[Path], str | bytes | list[str]]]:
    """Register a maker; one that returns text has it written to `Dockerfile`."""

    def register(make: Callable[[Path], str | bytes | list[str]]) -> Callable[[Path], str | bytes | list[str]]:
        def wrapped(folder: Path) -> list[str]:
            made = make(folder)
            if isinstance(made, list):
                return made
            (folder / "Dockerfile").write_bytes(made.encode("utf-8", "surrogateescape") if isinstance(made, str) else made)
            return ["Dockerfile"]

        assert name not in SHAPES
        SHAPES[name] = Shape(wrapped, codes, big)
        return make

    return register


def text(name: str, code: int | tuple[int, ...], content: str | bytes) -> None:
    """A small input, given outright."""
    shape(name, *(code if isinstance(code, tuple) else (code,)))(lambda folder: content)


def huge(name: str, code: int | tuple[int, ...], content: Callable[[], str | bytes]) -> None:
    """A big input, made when it is asked for."""
    shape(name, *(code if isinstance(code, tuple) else (code,)), big=True)(lambda folder: content())


# Broken texts
text("empty file", 3, "")
text("only a newline", 3, "\n")
text("only comments", 3, "# syntax=docker/dockerfile:1\n# nothing\n\n#\n")
text("binary", 3, bytes(range(256)) * 64)
text("binary, ELF", 3, b"\x7fELF\x02\x01\x01" + b"\0" * 4000)
text("NUL bytes in a Dockerfile", (1, 3), b"FROM a\nARG API_TOKEN\nRUN echo \0 $API_TOKEN\n")
text("NUL in a variable's name", (0, 1, 3), b"FROM a\nARG API\0_TOKEN=" + PLANTED.encode() + b"\nRUN x $API_TOKEN\n")
text("UTF-16", 3, LEAKY.encode("utf-16"))
text("invalid UTF-8", 1, b"FROM a\nARG API_TOKEN\nRUN x \xff\xfe\xc3( $API_TOKEN\n")
text("truncated in a continuation", 1, HEAD + "RUN curl -H \"X: $API_TOKEN\" \\")
text("truncated in a keyword", 3, HEAD + "RUN x $API_TOKEN\nEN")
text("truncated in a flag", (1, 3), HEAD + "RUN --mount=type=secret,id=a,ta")
text("truncated in a pair", 3, "FROM a\nENV API_TOKEN")
text("unclosed quote in ENV", (1, 3), f'FROM a\nENV API_TOKEN="{PLANTED}\nRUN x\n')
text("unclosed quote in RUN", 1, HEAD + 'RUN curl "$API_TOKEN\nRUN y\n')
text("unclosed ${", (1, 3), HEAD + "ENV X=${API_TOKEN\nRUN curl ${API_TOKEN\n")
text("unclosed $( and backtick", 1, HEAD + "RUN curl $(echo $API_TOKEN\nRUN x `echo $API_TOKEN\n")
text("unclosed heredoc", 3, HEAD + "RUN <<EOF\ncurl $API_TOKEN\n")
text("heredoc without a name", (1, 3), HEAD + "RUN <<\ncurl $API_TOKEN\nEOF\n")
text("broken exec form", 1, HEAD + 'RUN ["curl", "$API_TOKEN"\nRUN ["a" "b"]\nRUN ["\\ud800"]\n')
text("unknown instruction", 3, f"FROM a\nSECRET {PLANTED}\nRUN x\n")
text("instruction before FROM", 3, f"RUN x\nENV API_TOKEN={PLANTED}\nFROM a\n")
text("no FROM", 3, f"ARG API_TOKEN={PLANTED}\n")
text("{{templates}}", 3, "FROM a\n{{ if .Token }}\nARG API_TOKEN\n{{ end }}\nRUN x $API_TOKEN\n")
text("{{templates}} in arguments", (0, 1, 3), "FROM {{ .Image }}\nARG API_TOKEN={{ .Token }}\nRUN x {{ .Flags }} $API_TOKEN\n")
text("<% erb %>", 3, "FROM a\n<% if x %>\nARG API_TOKEN\n<% end %>\nRUN x $API_TOKEN\n")
text("FROM a variable without end", 1, "ARG A=$A\nFROM $A\nARG B=$B\nARG API_TOKEN=$API_TOKEN\nENV API_TOKEN=$API_TOKEN$API_TOKEN\nRUN x $API_TOKEN\n")
text("FROM itself", 1, "FROM a AS a\nARG API_TOKEN\nRUN x $API_TOKEN\nFROM a AS a\nRUN y $API_TOKEN\n")
text("bad directives", (1, 3), f"# escape=x\n# syntax={PLANTED}\n# check=\nFROM a\nARG API_TOKEN\nRUN x $API_TOKEN\n")
text("bad mount options", (1, 3), HEAD + "RUN --mount=type=secret,id=,target=,,=,env=API_TOKEN --mount= --mount x $API_TOKEN\n")
text("ONBUILD of ONBUILD", 3, HEAD + "ONBUILD ONBUILD RUN x\n")
text("malformed ignore comments", 1, "FROM a\n# remediate: ignore[\nARG API_TOKEN\n# remediate: ignore[]]][ x\n# remediate:ignore\nRUN x $API_TOKEN # remediate: ignore[secret-in-arg\n")
for _name in ("(a+)+$_TOKEN=" + PLANTED, "TOKEN_[[[", "\\\\1TOKEN", "_".join(["TOKEN"] * 3000), "A,B_TOKEN=1", "a\"b\"_TOKEN=1", "\u00e9_TOKEN=1", "-_TOKEN", "=TOKEN", "TOKEN*"):
    text(f"name {_name[:12]}", (0, 1, 3), f"FROM a\nARG {_name}\nENV {_name}=1\nRUN ./x ${_name} $TOKEN\n")

# Texts beyond the limits: 4 MB, 300,000 lines, 64 KiB a line
huge("file of 100 MB", 3, lambda: b"FROM a\nARG API_TOKEN\n" + b"# pad pad pad pad pad pad pad\n" * (100 * MB // 30))
huge("file of 15 MB", 3, lambda: "FROM a\n" + "RUN apt-get install -y something\n" * (15 * MB // 33))
huge("file of a million lines", 3, lambda: HEAD + "#\n" * 1_000_000)
huge("line of 10 MB", 3, lambda: HEAD + "RUN curl $API_TOKEN " + "a" * (10 * MB) + "\n")
huge("line of 3 MB", 3, lambda: HEAD + "RUN curl $API_TOKEN " + "a" * (3 * MB) + "\n")
huge("line of 3 MB in a comment", 3, lambda: HEAD + "# remediate: ignore[" + "a," * MB + "\nRUN x $API_TOKEN\n")
huge("line of 3 MB in a heredoc", 3, lambda: HEAD + "RUN <<E\ncurl $API_TOKEN " + "a" * (3 * MB) + "\nE\n")
huge("heredoc of 5 MB", 3, lambda: HEAD + "RUN <<EOF\n" + "curl $API_TOKEN\n" * (5 * MB // 16) + "EOF\n")

# Texts within them
C = " \\\n"  # a continuation
huge("4 MB of comments", 1, lambda: HEAD + "# pad pad pad pad pad pad pad\n" * 130_000 + "RUN x $API_TOKEN\n")
huge("4 MB of RUN without a secret", 3, lambda: "FROM a\n" + "RUN apt-get install -y something\n" * 120_000)
huge("4 MB of RUN after a secret", 3, lambda: HEAD + "RUN apt-get install -y something\n" * 120_000 + "RUN x $API_TOKEN\n")
huge("4 MB of RUN with the secret", 3, lambda: HEAD + "RUN curl $API_TOKEN\n" * 190_000)
huge("4 MB of binary without NUL", 3, lambda: bytes(range(1, 256)) * 16_000)
huge("64 lines of 64 KB in RUN", 1, lambda: HEAD + "RUN curl $API_TOKEN" + (C + "a" * 65_000) * 60 + "\n")
huge("64 lines of 64 KB in ENV", (0, 1), lambda: "FROM a\nENV API_TOKEN=" + (("a" * 65_000) + "\\\n") * 60 + "\n")
huge("64 lines of words in ENV", (0, 1, 3), lambda: "FROM a\nENV API_TOKEN " + ("a b " * 16_000 + "\\\n") * 60 + "\n")
huge("200,000 continuation lines in RUN", 1, lambda: HEAD + "RUN curl $API_TOKEN" + " \\\n    word" * 200_000 + "\n")
huge("200,000 continuation lines in RUN, secret in each", 1, lambda: HEAD + "RUN curl" + " \\\n $API_TOKEN" * 200_000 + "\n")
huge("100,000 continued commands in RUN", 1, lambda: HEAD + "RUN curl $API_TOKEN" + " \\\n && curl -s https://h.example" * 100_000 + "\n")
huge("200,000 continued comments and blanks in RUN", 1, lambda: HEAD + "RUN curl \\\n" + "# note\n\n" * 100_000 + " $API_TOKEN\n")
huge("ENV with 200,000 pairs", 3, lambda: "FROM a\nENV A=1" + "".join(f" \\\n  V{n}=x{n}" for n in range(200_000)) + " \\\n T_TOKEN=" + PLANTED + "\nRUN x $T_TOKEN\n")
huge("ENV with 100,000 secret pairs", (1, 3), lambda: "FROM a\nENV A=1" + "".join(f" \\\n K{n}_TOKEN={PLANTED}" for n in range(100_000)) + "\nRUN x\n")
huge("ENV with 2,000 secret pairs, used", (1, 3), lambda: "FROM a\nENV A=1" + "".join(f" \\\n  KEY_{n}_TOKEN={PLANTED}{n}" for n in range(2_000)) + "\nRUN curl" + "".join(f" $KEY_{n}_TOKEN" for n in range(2_000)) + "\n")
huge("300 secret ARGs, 300 RUNs", (1, 3), lambda: "FROM a\n" + "".join(f"ARG K{n}_TOKEN\n" for n in range(300)) + "".join(f"RUN curl $K{n}_TOKEN\n" for n in range(300)))
huge("2,000 secret ARGs, 2,000 RUNs", (1, 3), lambda: "FROM a\n" + "".join(f"ARG K{n}_TOKEN\n" for n in range(2_000)) + "".join(f"RUN curl $K{n}_TOKEN\n" for n in range(2_000)))
huge("5,000 stages, secret in the first", 1, lambda: "FROM a AS s0\nARG API_TOKEN\nRUN curl $API_TOKEN\n" + "".join(f"FROM s{n} AS s{n + 1}\nRUN make\n" for n in range(5_000)))
huge("5,000 stages, the secret used in each", 1, lambda: "FROM a AS s0\nARG API_TOKEN\nRUN curl $API_TOKEN\n" + "".join(f"FROM s{n} AS s{n + 1}\nRUN curl $API_TOKEN\n" for n in range(5_000)))
huge("5,000 stages, secret in each", (1, 3), lambda: "".join(f"FROM {'a' if not n else f's{n - 1}'} AS s{n}\nARG K{n}_TOKEN\nRUN curl $K{n}_TOKEN\n" for n in range(5_000)))
huge("5,000 stages side by side, secret in each", (1, 3), lambda: "".join(f"FROM a AS s{n}\nARG K_TOKEN\nRUN curl $K_TOKEN\n" for n in range(5_000)))
huge("5,000 ARGs, each from the one before", (1, 3), lambda: "FROM a\nARG T0_TOKEN\n" + "".join(f"ARG T{n + 1}_TOKEN=$T{n}_TOKEN\n" for n in range(5_000)) + "RUN curl $T5000_TOKEN\n")
huge("5,000 ENVs, each from the one before", (1, 3), lambda: "FROM a\nARG API_TOKEN\nENV E0=$API_TOKEN\n" + "".join(f"ENV E{n + 1}=x${{E{n}}}\n" for n in range(5_000)) + "RUN curl $E5000\n")
huge("10,000 ENVs that hold no secret", (1, 3), lambda: "FROM a\n" + "".join(f"ENV V{n}=x\n" for n in range(10_000)) + "ARG API_TOKEN\nRUN curl $API_TOKEN\n")
huge("ENV that doubles 60 times", 1, lambda: f"FROM a\nARG API_TOKEN={PLANTED}\nENV E0=$API_TOKEN\n" + "".join(f"ENV E{n + 1}=$E{n}$E{n}\n" for n in range(60)) + "RUN curl $E60\n")
huge("ENV that doubles 60 times, plain", 1, lambda: "FROM a\nARG API_TOKEN\nENV E0=ab\n" + "".join(f"ENV E{n + 1}=$E{n}$E{n}\n" for n in range(60)) + "ENV X_TOKEN=$E60\nRUN curl $API_TOKEN $E60\n")
huge("global ARG that doubles 60 times, in FROM", (0, 1), lambda: "ARG E0=ab\n" + "".join(f"ARG E{n + 1}=$E{n}$E{n}\n" for n in range(60)) + "FROM $E60\nARG API_TOKEN\nRUN x $API_TOKEN\n")
huge("100,000 WORKDIR and RUN", 1, lambda: HEAD + "WORKDIR aaaaaaaa\nRUN curl $API_TOKEN\n" * 50_000)
huge("RUN of 10,000 commands with the secret", 1, lambda: HEAD + "RUN " + (" &&" + C).join("curl -H $API_TOKEN https://files.example.com" for _ in range(10_000)) + "\n")
huge("RUN of 10,000 assignments and redirects", 1, lambda: HEAD + "RUN " + (";" + C).join(f"A{n}=$API_TOKEN; echo $A{n} > /tmp/f{n}" for n in range(10_000)) + "\n")
huge("RUN that writes and removes 5,000 files", 1, lambda: HEAD + "RUN " + (" &&" + C).join(f"echo $API_TOKEN > /tmp/f{n}" for n in range(5_000)) + (" &&" + C) + (" &&" + C).join(f"rm /tmp/f{n}" for n in range(5_000)) + "\n")
huge("pipeline of 20,000 commands", 1, lambda: HEAD + "RUN echo $API_TOKEN" + (C + "| cat") * 20_000 + "\n")
huge("20,000 functions and aliases", 1, lambda: HEAD + "RUN " + C.join(f"f{n}() {{ curl $API_TOKEN; }};" for n in range(20_000)) + "\n")
huge("10,000 cd in one RUN", 1, lambda: HEAD + "RUN " + (" &&" + C).join("cd aaaaaaaaaa && echo $API_TOKEN > x" for _ in range(10_000)) + "\n")
huge("RUNs with a heredoc, 10,000", 1, lambda: HEAD + "RUN <<E\ncurl $API_TOKEN\nE\n" * 10_000)
huge("1,000 nested $(", 1, lambda: HEAD + "RUN x " + "$(echo " * 1000 + "$API_TOKEN" + ")" * 1000 + "\n")
huge("9,000 nested $(", 1, lambda: HEAD + "RUN x " + "$(ec " * 9000 + "$API_TOKEN" + ")" * 9000 + "\n")
huge("100,000 unclosed $(", 1, lambda: HEAD + "RUN x $API_TOKEN " + ("$(" * 30_000 + "\\\n") * 60 + "\n")
huge("100,000 unclosed parentheses and braces", 1, lambda: HEAD + "RUN x $API_TOKEN; " + ("( { " * 10_000 + "\\\n") * 90 + "\n")
huge("20,000 nested if", 1, lambda: HEAD + "RUN x $API_TOKEN; " + ("if true; then " + C) * 20_000 + "x" + ("; fi" + C) * 20_000 + "\n")
huge("100,000 backticks and quotes", 1, lambda: HEAD + "RUN x $API_TOKEN " + ("`\"'" * 10_000 + "\\\n") * 10 + "\n")
huge("20,000 case branches", 1, lambda: HEAD + "RUN case $API_TOKEN in " + "".join(f"a{n}) curl $API_TOKEN;; {C}" for n in range(20_000)) + "esac\n")


def _nested_sh(depth: int, limit: int) -> str:
    word = "curl $API_TOKEN"
    for _ in range(depth):
        if len(word) < limit:
            word = word.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
        word = f'sh -c "{word}"'
    return HEAD + f"RUN {word}\n"


huge("sh -c nested 10 deep, escaped", 1, lambda: _nested_sh(10, 30_000))
huge("sh -c nested 50 deep, badly escaped", 1, lambda: _nested_sh(50, 30_000))
huge("sh -c nested 50 deep, single quotes", 1, lambda: HEAD + "RUN " + "sh -c '" * 50 + "curl $API_TOKEN" + "'" * 50 + "\n")
huge("10,000 sh -c in one RUN", 1, lambda: HEAD + "RUN " + (" &&" + C).join("sh -c 'curl $API_TOKEN'" for _ in range(10_000)) + "\n")
huge("sudo, env, eval before a command, 20,000 times", 1, lambda: HEAD + "RUN " + ("sudo env nice eval " + C) * 20_000 + "curl $API_TOKEN\n")
huge("heredoc of 3 MB, commands", 1, lambda: HEAD + "RUN <<EOF\n" + "curl $API_TOKEN\n" * 190_000 + "EOF\n")
huge("heredoc of 3 MB, one command", 1, lambda: HEAD + "RUN cat <<EOF > /tmp/x\n" + "text $API_TOKEN\n" * 190_000 + "EOF\n")
huge("COPY heredoc of 3 MB", 1, lambda: HEAD + "COPY <<EOF /x\n" + "text $API_TOKEN\n" * 190_000 + "EOF\n")
huge("1,000 heredocs on one RUN", 1, lambda: HEAD + "RUN cat" + "".join(f" <<E{n}" for n in range(1000)) + "\n" + "".join(f"$API_TOKEN\nE{n}\n" for n in range(1000)))
huge("8,000 heredocs on one RUN, unclosed", 3, lambda: HEAD + "RUN cat" + "".join(f" <<E{n}" for n in range(8_000)) + "\n$API_TOKEN\n" * 100_000)
huge("${A:-${B:-... 12,000 deep in ENV", (1, 3), lambda: HEAD + "ENV X=" + "${A:-" * 10_000 + "$API_TOKEN" + "}" * 10_000 + "\nRUN x $X\n")
huge("${A:-${B:-... 10,000 deep in RUN", 1, lambda: HEAD + "RUN x " + "${A:-" * 10_000 + "$API_TOKEN" + "}" * 10_000 + "\n")
huge("${A:-${B:-... unclosed, 3 MB in ENV", (1, 3), lambda: HEAD + "ENV X=" + ("${A:-" * 10_000 + "\\\n") * 60 + "\nRUN x $API_TOKEN\n")
huge("${A:-${B:-... unclosed, 3 MB in RUN", (1, 3), lambda: HEAD + "RUN x $API_TOKEN " + ("${A:-" * 10_000 + "\\\n") * 60 + "\n")
huge("${A:-${B:-... unclosed, in 10,000 FROM, LABEL, COPY", (1, 3), lambda: HEAD + ("LABEL a=" + "${A:-" * 50 + "\nCOPY " + "${A:-" * 50 + " /x\n") * 5_000 + "RUN x $API_TOKEN\n")
huge("exec form of 100,000 words", 1, lambda: HEAD + 'RUN ["curl"' + (C + ', "$API_TOKEN"') * 100_000 + "]\n")
huge("exec form, brackets, 3 MB", 1, lambda: HEAD + "RUN " + ("[" * 60_000 + "\\\n") * 50 + "\nRUN x $API_TOKEN\n")
huge("10,000 mounts on one RUN", 1, lambda: HEAD + "RUN " + "".join(f"--mount=type=secret,id=i{n} {C}" for n in range(10_000)) + "curl $API_TOKEN\n")
huge("10,000 RUNs with the same mount", 1, lambda: HEAD + "RUN --mount=type=secret,id=api_token,env=API_TOKEN curl $API_TOKEN\n" * 10_000)
huge("10,000 ignore comments", (0, 1), lambda: HEAD + "# remediate: ignore[secret-in-arg] x\n" * 10_000 + "RUN x $API_TOKEN\n")
huge("10,000 ignore comments of 100 names", (0, 1), lambda: HEAD + ("# remediate: ignore[" + "a=b," * 90 + "]\nRUN x\n") * 10_000 + "RUN x $API_TOKEN\n")
huge("10,000 ignored ARGs", (0, 1, 3), lambda: "FROM a\n" + "".join(f"# remediate: ignore[secret-in-arg] x\nARG K{n}_TOKEN\n" for n in range(10_000)) + "RUN x\n")
huge("10,000 COPY of credential files", 1, lambda: HEAD + "COPY .npmrc a b c d e f /x/\n" * 10_000 + "RUN x $API_TOKEN\n")
huge("COPY of 200,000 sources", 1, lambda: HEAD + "COPY .npmrc" + (C + "a*[b]c") * 200_000 + " /x/\nRUN ./x $API_TOKEN\n")
huge("10,000 LABELs with a value that looks secret", 1, lambda: "FROM a\n" + "".join(f"LABEL l{n}=ghp_{(n * 7919**9) % 36**30:036d}\n" for n in range(10_000)) + "ARG API_TOKEN\nRUN x $API_TOKEN\n")
huge("10,000 curl with a password", (0, 1), lambda: "FROM a\n" + f"RUN curl -u ci:{PLANTED} https://ci:{PLANTED}@files.example.com/x\n" * 10_000)
huge("value of 3 MB that may be a URL", (0, 1), lambda: "FROM a\nENV DATABASE_URL=" + ("https://a:" * 6_000 + "\\\n") * 50 + "\n")
huge("value of 3 MB that may be a key", (0, 1), lambda: "FROM a\nENV PRIVATE_KEY='-----BEGIN" + ("BEGIN RSA -----" * 4_000 + "\\\n") * 50 + "'\nRUN x eyJ" + ("eyJhbGciOi." * 5_000 + "\\\n") * 20 + "\n")
huge("spaces, 3 MB, in a RUN", 1, lambda: HEAD + "RUN x" + (" " * 60_000 + "\\\n") * 50 + "$API_TOKEN\n")
huge("backslashes, 3 MB", (1, 3), lambda: HEAD + "RUN x $API_TOKEN " + ("\\" * 60_001 + "\n") * 50 + "\n")
huge("dollars, 3 MB", 1, lambda: HEAD + "RUN x $API_TOKEN " + ("$" * 60_001 + "\\\n") * 50 + "\n")
huge("quotes, 3 MB, in ENV", (1, 3), lambda: HEAD + "ENV A=" + ("\"'" * 30_001 + "\\\n") * 50 + "\nRUN x $API_TOKEN\n")
huge("blank lines, 290,000", 1, lambda: HEAD + "\n" * 290_000 + "RUN x $API_TOKEN\n")
huge("carriage returns, 60,000", (1, 3), lambda: HEAD + "\r" * 60_000 + "\nRUN x $API_TOKEN\n")
huge("one name used 100,000 times around @ and :", 1, lambda: HEAD + "RUN curl" + (C + "https://$API_TOKEN:$API_TOKEN@") * 100_000 + "\n")


def named(folder: Path, name: str, content: str = LEAKY) -> list[str]:
    (folder / name).write_text(content)
    return [name]


# Paths
@shape("path that is not there", 3)
def _(folder: Path) -> list[str]:
    return ["nowhere/Dockerfile"]


@shape("empty folder", 0)
def _(folder: Path) -> list[str]:
    return ["."]


@shape("Dockerfile that is a folder", 3)
def _(folder: Path) -> list[str]:
    (folder / "Dockerfile").mkdir()
    return ["."]


@shape("Dockerfile that is a folder, named", 3)
def _(folder: Path) -> list[str]:
    (folder / "Dockerfile").mkdir()
    return ["Dockerfile"]


@shape("fifo", 3)
def _(folder: Path) -> list[str]:
    os.mkfifo(folder / "Dockerfile")
    return ["."]


@shape("fifo, named", 3)
def _(folder: Path) -> list[str]:
    os.mkfifo(folder / "Dockerfile")
    return ["Dockerfile"]


@shape("/dev/zero", 3)
def _(folder: Path) -> list[str]:
    return ["/dev/zero"]


@shape("link to /dev/zero", 3)
def _(folder: Path) -> list[str]:
    (folder / "Dockerfile").symlink_to("/dev/zero")
    return ["."]


@shape("socket", 3)
def _(folder: Path) -> list[str]:
    with socket.socket(socket.AF_UNIX) as one:
        here = os.getcwd()
        os.chdir(folder)
        try:
            one.bind("Dockerfile")
        finally:
            os.chdir(here)
    return ["."]


@shape("permission denied", 3)
def _(folder: Path) -> list[str]:
    named(folder, "Dockerfile")
    (folder / "Dockerfile").chmod(0)
    return ["."]


@shape("folder without permission", 3)
def _(folder: Path) -> list[str]:
    (folder / "shut").mkdir()
    named(folder, "shut/Dockerfile")
    (folder / "shut").chmod(0)
    return ["."]


@shape("link out of the tree", 3)
def _(folder: Path) -> list[str]:
    named(folder.parent, "outside.txt")
    (folder / "Dockerfile").symlink_to(folder.parent / "outside.txt")
    return ["."]


@shape("link out of the tree, a folder", 0)
def _(folder: Path) -> list[str]:
    (folder.parent / "far").mkdir()
    named(folder.parent, "far/Dockerfile")
    (folder / "near").symlink_to(folder.parent / "far")
    return ["."]


@shape("link to itself", 3)
def _(folder: Path) -> list[str]:
    (folder / "Dockerfile").symlink_to("Dockerfile")
    return ["."]


@shape("folders linked in a loop", 1)
def _(folder: Path) -> list[str]:
    (folder / "a").mkdir()
    (folder / "a/b").symlink_to("..")
    named(folder, "a/Dockerfile")
    return ["."]


@shape("dangling link", 3)
def _(folder: Path) -> list[str]:
    (folder / "Dockerfile").symlink_to("gone")
    return ["."]


@shape("folders 300 deep", 0)
def _(folder: Path) -> list[str]:
    here = os.open(folder, os.O_RDONLY)
    for _n in range(300):
        os.mkdir("d" * 30, dir_fd=here)
        below = os.open("d" * 30, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    handle = os.open("Dockerfile", os.O_WRONLY | os.O_CREAT, dir_fd=here)
    os.write(handle, LEAKY.encode())
    os.close(handle)
    os.close(here)
    return ["."]


@shape("hostile names", 1)
def _(folder: Path) -> list[str]:
    for name in ("a\nb.Dockerfile", "\x1b[31mred\x1b[0m.Dockerfile", "-x.Dockerfile", "a b.Dockerfile", "a'b\"c.Dockerfile", "`id`$(id).Dockerfile", "l" * 240 + ".Dockerfile", "\u202ehcti.Dockerfile", "--diff.Dockerfile"):
        named(folder, name)
    (folder / os.fsdecode(b"\xff\xfe.Dockerfile")).write_text(LEAKY)
    return ["."]


@shape("lone surrogates in a path", 1)
def _(folder: Path) -> list[str]:
    (folder / os.fsdecode(b"\xed\xa0\x80\xff")).mkdir()
    (folder / os.fsdecode(b"\xed\xa0\x80\xff/Dockerfile")).write_text(LEAKY)
    return [os.fsdecode(b"\xed\xa0\x80\xff")]


@shape("name of 5,000 letters", 3)
def _(folder: Path) -> list[str]:
    return ["x" * 5000]


@shape("5,000 bad files", 3, big=True)
def _(folder: Path) -> list[str]:
    for number in range(5000):
        named(folder, f"{number}.Dockerfile", "FROM a\nNONSENSE x\n")
    return ["."]


# Configuration and ignore files
@shape("broken remediate.toml", 3)
def _(folder: Path) -> list[str]:
    named(folder, "Dockerfile")
    return named(folder, "remediate.toml", f'secret = ["{PLANTED}\n') and ["."]


@shape("remediate.toml of 10 MB", 3, big=True)
def _(folder: Path) -> list[str]:
    named(folder, "Dockerfile")
    return named(folder, "remediate.toml", 'secret = ["A"]\n' + "# x\n" * (10 * MB // 4)) and ["."]


@shape("remediate.toml with an unknown key", 3)
def _(folder: Path) -> list[str]:
    named(folder, "Dockerfile")
    return named(folder, "remediate.toml", f'secrets = ["{PLANTED}"]\n') and ["."]


@shape("remediate.toml nested 100,000 deep", 3, big=True)
def _(folder: Path) -> list[str]:
    named(folder, "Dockerfile")
    return named(folder, "remediate.toml", "secret = " + "[" * 100_000 + "\n") and ["."]


@shape("remediate.toml with patterns like bombs", 1, big=True)
def _(folder: Path) -> list[str]:
    named(folder, "Dockerfile", "FROM a\nARG " + "A" * 2000 + "\nARG NPM_TOKEN\nRUN npm ci\n")
    stars = '", "'.join("*A" * 40 + f"{n}" for n in range(500))
    return named(folder, "remediate.toml", f'secret = ["{stars}"]\nexclude = ["{stars}"]\n') and ["."]


@shape("remediate.toml that is a link out", 3)
def _(folder: Path) -> list[str]:
    named(folder, "Dockerfile")
    named(folder.parent, "outside.toml", 'secret = ["A"]\n')
    (folder / "remediate.toml").symlink_to(folder.parent / "outside.toml")
    return ["."]


def repository(folder: Path, copy: str = "COPY . .") -> None:
    """A Dockerfile whose secret is looked for in its context."""
    (folder / ".git").mkdir()
    named(folder, "Dockerfile", f"FROM node:20\nARG NPM_TOKEN\nARG API_TOKEN\n{copy}\nRUN npm ci\nRUN ./build.sh\nRUN npm run build\n")


for _file in (".dockerignore", ".gitignore"):

    @shape(f"{_file} with patterns like bombs", 1, big=True)
    def _(folder: Path, file: str = _file) -> list[str]:
        repository(folder)
        for number in range(300):
            named(folder, "a" * 200 + f"{number}", "NPM_TOKEN\n")
        bombs = ["*" * 200 + "b", "*a" * 100 + "b", "**/" * 100 + "b", "[" * 500, "[a-" * 200, "\\", "!" * 100, "(a+)+$", "?" * 300, "**a**a**a**a**b", "a" * 100_000, "*****a"]
        return named(folder, file, "\n".join(bombs * 20)) and ["."]

    @shape(f"{_file} of 10,000 lines", 1, big=True)
    def _(folder: Path, file: str = _file) -> list[str]:
        repository(folder)
        for number in range(2000):
            named(folder, f"f{number}.js", "process.env.NPM_TOKEN\n")
        return named(folder, file, "".join(f"dir{n}/*.log\n!keep{n}/**/x*\n" for n in range(5000))) and ["."]

    @shape(f"{_file} that is a folder", 1)
    def _(folder: Path, file: str = _file) -> list[str]:
        repository(folder)
        (folder / file).mkdir()
        return ["."]


# The build context
@shape("context of 30,000 files", 1, big=True)
def _(folder: Path) -> list[str]:
    repository(folder)
    for number in range(100):
        (folder / f"d{number}").mkdir()
        for inner in range(300):
            named(folder, f"d{number}/f{inner}.js", f"let a = process.env.NPM_TOKEN{inner}\n")
    return ["."]


@shape("context with a sparse file of 1 GB", 1, big=True)
def _(folder: Path) -> list[str]:
    repository(folder)
    for name in ("big.js", "package.json", ".npmrc", "build.sh"):
        with (folder / name).open("wb") as stream:
            stream.truncate(1024 * MB)
    return ["."]


@shape("context of 500 MB text naming the secret", 1, big=True)
def _(folder: Path) -> list[str]:
    repository(folder)
    for number in range(500):
        (folder / f"f{number}.js").write_bytes(b"process.env.NPM_TOKEN_X + NPM_TOKEN\n" * (MB // 37))
    return ["."]


@shape("context with binary files naming the secret", 1)
def _(folder: Path) -> list[str]:
    repository(folder)
    (folder / "build.sh").write_bytes(b"\0\x01NPM_TOKEN API_TOKEN\xff" * 1000)
    return ["."]


@shape("package.json of 50 MB", 1, big=True)
def _(folder: Path) -> list[str]:
    repository(folder)
    return named(folder, "package.json", '{"scripts": {' + '"build": "x", ' * (50 * MB // 14) + '"z": "z"}}') and ["."]


@shape("package.json nested 100,000 deep", 1)
def _(folder: Path) -> list[str]:
    repository(folder)
    return named(folder, "package.json", '{"scripts": ' + "[" * 100_000) and ["."]


@shape("package.json scripts that call each other", 1)
def _(folder: Path) -> list[str]:
    repository(folder)
    named(folder, "build.sh", "#!/bin/sh\n./build.sh\n. ./build.sh\nnpm run build\n")
    scripts = ", ".join(f'"s{n}": "npm run s{(n + 1) % 300} && npm run s{(n + 2) % 300}"' for n in range(300))
    return named(folder, "package.json", '{"scripts": {"build": "npm run s0 && npm run build", "prebuild": "npm run build", ' + scripts + "}}") and ["."]


@shape("COPY ../../etc/passwd", 1)
def _(folder: Path) -> list[str]:
    repository(folder, "COPY ../../../../../../etc/passwd ../.npmrc /etc/shadow ./")
    named(folder.parent, ".npmrc", f"//npm.example.com/:_authToken={PLANTED}\n")
    return ["."]


@shape("context files that are links to /etc/shadow", 1)
def _(folder: Path) -> list[str]:
    repository(folder, "COPY .npmrc build.sh package.json ./")
    named(folder.parent, "outside", f"//npm.example.com/:_authToken={PLANTED}\n")
    (folder / ".npmrc").symlink_to(folder.parent / "outside")
    (folder / "build.sh").symlink_to("/etc/shadow")
    (folder / "package.json").symlink_to("/dev/zero")
    return ["."]


@shape("context with fifos and loops", 1)
def _(folder: Path) -> list[str]:
    repository(folder)
    os.mkfifo(folder / "build.sh")
    os.mkfifo(folder / "package.json")
    (folder / "loop").symlink_to(".")
    (folder / ".npmrc").symlink_to(".npmrc")
    return ["."]


@shape("1,000 Dockerfiles beside one context", 1, big=True)
def _(folder: Path) -> list[str]:
    repository(folder)
    for number in range(1000):
        named(folder, f"{number}.Dockerfile", f"FROM a\nARG K{number}_TOKEN\nCOPY . .\nRUN ./build.sh\n")
        named(folder, f"{number}.js", "process.env.NPM_TOKEN\n" * 500)
    return ["."]


@shape("callers: YAML of 1 MB with anchors and names", 1, big=True)
def _(folder: Path) -> list[str]:
    repository(folder)
    named(folder, "bomb.yml", "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\nargs:\n  NPM_TOKEN: x\n" for n in range(20_000)))
    named(folder, "flags.sh", "docker build " + "--build-arg " * 80_000 + "\n")
    return named(folder, "args.py", "buildargs={" * 40_000 + "NPM_TOKEN" * 10_000) and ["."]
