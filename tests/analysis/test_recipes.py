"""What `make` and `npm run` really start, as far as the build context tells."""

from __future__ import annotations

import pytest

from remediate.analysis.recipes import recipes
from remediate.analysis.surroundings import Surroundings
from remediate.model import FileOutcome
from remediate.pipeline.one import Neighbourhood, process

MAKEFILE = """\
NPM ?= npm
.PHONY: all deps build publish
all: build
deps: package.json
\t@$(NPM) ci --no-audit
build: deps ; tsc -p .
publish:
\t-npm publish
twice:
\t$(MAKE) deps
long:
\tfor d in a b; do \\
\t  (cd $$d && npm ci); \\
\tdone
"""
PACKAGE = '{"scripts": {"prefetch": "echo a", "fetch": "npm install @acme/x", "build": "tsc"}}'


def around(**files: str) -> Surroundings:
    held = {k.replace("__", "/").replace("_json", ".json"): v for k, v in files.items()}
    return Surroundings(True, files=lambda: tuple(held), read=lambda p: held[p].encode() if p in held else None)


def told(command: str, **files: str) -> list[str] | None:
    found = recipes(tuple(command.split()), around(**files))
    return None if found is None else [s.text.text for _, s in found]


@pytest.mark.parametrize(
    ("command", "texts"),
    [
        ("make", ["npm ci --no-audit", "tsc -p ."]),
        ("make deps", ["npm ci --no-audit"]),
        ("make -j 4 publish V=1", ["npm publish"]),
        ("make twice", ["make deps"]),
        ("make long", ["for d in a b; do (cd $d && npm ci); done"]),
        ("make nothing", None),
        ("make -C sub deps", None),
    ],
)
def test_recipes_of_a_makefile(command: str, texts: list[str] | None) -> None:
    found = told(command, Makefile=MAKEFILE)
    assert (sorted(found) if found is not None else None) == (sorted(texts) if texts is not None else None)


@pytest.mark.parametrize("line", ["include other.mk", "-include x", "define X\na\nendef"])
def test_a_makefile_that_is_not_the_whole(line: str) -> None:
    assert told("make deps", Makefile=MAKEFILE + line + "\n") is None


def test_two_makefiles() -> None:
    assert told("make deps", a__Makefile=MAKEFILE, b__Makefile=MAKEFILE) is None
    assert told("make -C b deps", a__Makefile="", b__Makefile=MAKEFILE) == ["npm ci --no-audit"]


@pytest.mark.parametrize(
    ("command", "texts"),
    [("npm run fetch", ["echo a", "npm install @acme/x"]), ("yarn build", ["tsc"]), ("npm run x", None), ("npm ci", None), ("npm run fetch --prefix a", None)],
)
def test_scripts_of_a_package(command: str, texts: list[str] | None) -> None:
    assert told(command, package_json=PACKAGE) == texts


@pytest.mark.parametrize("text", ["", "[]", "{", '{"scripts": 1}', "[" * 100_000])
def test_no_package(text: str) -> None:
    assert told("npm run build", package_json=text) is None


def fixed(command: str) -> FileOutcome:
    near = Neighbourhood(
        lambda tree, names: around(Makefile=MAKEFILE, package_json=PACKAGE), lambda tree, path: None, lambda names: ()
    )
    text = f'FROM node\nARG NPM_TOKEN\nWORKDIR /app\nRUN echo "//npm.example.com/:_authToken=$NPM_TOKEN" > ~/.npmrc\nCOPY . .\nRUN npm ci\nRUN {command}\n'
    return process(text.encode(), near=lambda: near)


@pytest.mark.parametrize(("command", "reads"), [("make deps", True), ("npm run fetch", True), ("npm run build", False), ("make publish", True)])
def test_what_project_code_starts_reads_the_file(command: str, reads: bool) -> None:
    last = fixed(command).after.decode().split("RUN ")[-1]
    assert ("> ~/.npmrc" in last) is reads
