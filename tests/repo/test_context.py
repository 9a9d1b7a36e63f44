"""The build context: which folder it is, what it holds, and who in it names a variable."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from remediate.repo import mentions as mentions_module
from remediate.repo.context import BuildContext, ContextCache, choose_context, unknown_context
from remediate.repo.filekind import kind_of
from tests.clock import SLOWER


def put(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def found(context: BuildContext, name: str = "T") -> list[tuple[str, int]]:
    return [(m.path, m.line) for m in context.mentions([name])[name]]


# (files, Dockerfile's folder, sources, hints, root, at hand)
ROOTS: list[tuple[str, str, list[str], list[str], str, bool]] = [
    ("Dockerfile package.json", "", ["package.json"], [], "", True),
    ("a/Dockerfile package.json", "a", ["package.json"], [], "", True),
    ("a/Dockerfile a/package.json package.json", "a", ["package.json"], [], "a", True),
    ("a/b/Dockerfile a/src/x go.mod", "a/b", ["src/"], [], "a", True),
    ("docker/Dockerfile docker/entry.sh package.json src/x", "docker", ["docker/entry.sh", "package.json", "src"], [], "", True),
    ("docker/Dockerfile package.json", "docker", ["."], [], "", True),
    ("docker/Dockerfile docker/entry.sh package.json", "docker", ["."], ["package.json"], "", True),
    ("svc/Dockerfile svc/package.json package.json", "svc", ["."], ["package.json"], "svc", True),
    ("Dockerfile", "", ["."], [], "", False),
    ("Dockerfile README.md .gitignore x.Dockerfile", "", ["."], [], "", False),
    ("Dockerfile main.go", "", ["package.json"], [], "", False),
    ("Dockerfile main.go", "", ["main.go", "dist/app"], [], "", False),
    ("Dockerfile package.json", "", ["package.json", "yarn.lock*"], [], "", True),
    ("Dockerfile main.go", "", ["package*.json"], [], "", False),
    ("a/Dockerfile package-lock.json", "a", ["package*.json"], [], "", True),
    ("Dockerfile x", "", ["$SRC", "https://a.example/x", "git@a.example:x", "<<EOF"], [], "", True),
    ("Dockerfile x", "", ["/x", "./x", "../x"], [], "", True),
    ("Dockerfile x y/z", "", ["y/*", "?"], [], "", True),
]  # fmt: skip


@pytest.mark.parametrize(("files", "folder", "sources", "hints", "root", "at_hand"), ROOTS)
def test_root(tmp_path: Path, files: str, folder: str, sources: list[str], hints: list[str], root: str, at_hand: bool) -> None:
    put(tmp_path, dict.fromkeys(files.split(), ""))
    context = choose_context(tmp_path / folder, tmp_path, sources, hints=hints)
    assert (context.root, context.at_hand) == (tmp_path / root, at_hand)


def test_a_source_that_the_ignore_file_takes_away_is_missing(tmp_path: Path) -> None:
    put(tmp_path, {"Dockerfile": "", "x/a": "", "y": "", ".dockerignore": "x\n"})
    context = choose_context(tmp_path, tmp_path, ["x", "y"])
    assert (context.missing, context.at_hand) == (("x",), False)


def test_the_ignore_file_beside_the_dockerfile_goes_first(tmp_path: Path) -> None:
    put(tmp_path, {"docker/app.Dockerfile": "", "a": "T", "b": "T", ".dockerignore": "a\n", "docker/app.Dockerfile.dockerignore": "b\n", "docker/x": ""})
    assert found(choose_context(tmp_path / "docker", tmp_path, ["a", "b"])) == [("b", 1)]
    assert found(choose_context(tmp_path / "docker", tmp_path, ["a", "docker/x"], name="app.Dockerfile")) == [("a", 1)]


def test_podmans_ignore_file_counts_for_a_containerfile(tmp_path: Path) -> None:
    put(tmp_path, {"a": "T", "b": "T", ".containerignore": "a\n"})
    assert found(choose_context(tmp_path, tmp_path, ["b"])) == [("a", 1), ("b", 1)]
    assert found(choose_context(tmp_path, tmp_path, ["b"], name="Containerfile")) == [("b", 1)]


def test_whole_names_only(tmp_path: Path) -> None:
    put(tmp_path, {
        "yes.txt": "T\n${T}\n$T\n%T%\n process.env.T\nos.environ['T']\n-T-\n",
        "no.txt": "TT MY_T T_X T1 aT\n",
    })  # fmt: skip
    assert found(choose_context(tmp_path, tmp_path, ["."])) == [("yes.txt", n) for n in range(1, 8)]


def test_all_names_at_once_with_kind_and_comment(tmp_path: Path) -> None:
    put(tmp_path, {
        ".npmrc": "; T\n//npm.example.com/:_authToken=${T}\n",
        "run.sh": "#!/bin/sh T\n# T\ncurl $U # T\n",
        "x.js": "// T\nT\n",
        "package-lock.json": "T",
        "node_modules/a.js": "T",
        ".git/config": "T",
        "a.png": "T",
        "bin": "\0T",
    })  # fmt: skip
    got = choose_context(tmp_path, tmp_path, ["."]).mentions(["T", "U", "NONE"])
    assert [(m.path, m.line, m.kind, m.comment) for m in got["T"]] == [
        (".npmrc", 1, "config", True), (".npmrc", 2, "config", False), ("run.sh", 1, "script", False), ("run.sh", 2, "script", True),
        ("run.sh", 3, "script", False), ("x.js", 1, "code", True), ("x.js", 2, "code", False),
    ]  # fmt: skip
    assert [(m.path, m.line) for m in got["U"]] == [("run.sh", 3)]
    assert got["NONE"] == ()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("src/a.ts", "code"), ("a/.npmrc", "config"), ("requirements.txt", "config"), ("Makefile", "script"), ("a/build.sh", "script"), ("package.json", "script"),
        ("README.md", "docs"), ("docs/a.txt", "docs"), (".github/workflows/a.yml", "ci"), (".gitlab-ci.yml", "ci"), ("Jenkinsfile", "ci"), ("compose.yaml", "compose"),
        ("docker-compose.prod.yml", "compose"), (".env", "env-file"), ("prod.env", "env-file"), ("Dockerfile", "dockerfile"), ("a/x.Dockerfile", "dockerfile"),
        ("settings.xml", "config"), ("config/a.yaml", "config"),
    ],
)  # fmt: skip
def test_kinds(path: str, kind: str) -> None:
    assert kind_of(path) == kind
    assert kind_of("bin/build", b"#!/bin/sh\n") == "script"


def test_ignored_folders_come_back_by_exception(tmp_path: Path) -> None:
    put(tmp_path, {".dockerignore": "*\n!src\nsrc/gen\n!src/gen/keep\n", "a": "T", "src/b": "T", "src/gen/c": "T", "src/gen/keep": "T"})
    context = choose_context(tmp_path, tmp_path, ["src"])
    assert context.at_hand and found(context) == [("src/b", 1), ("src/gen/keep", 1)]


def test_a_name_is_searched_once_for_all_dockerfiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, {"a": "T U V"})
    reads: list[str] = []
    real = mentions_module.read_text

    def read(path: str, limit: int) -> bytes | None:
        reads.append(path)
        return real(path, limit)

    monkeypatch.setattr(mentions_module, "read_text", read)
    cache = ContextCache()
    for n in range(50):
        context = choose_context(tmp_path, tmp_path, ["a"], name=f"{n}.Dockerfile", cache=cache)
        assert found(context, "T") == found(context, "U") == [("a", 1)]
    assert len(reads) == 2
    context.mentions(["T", "V"])
    assert len(reads) == 3


def test_reading(tmp_path: Path) -> None:
    put(tmp_path, {"root/a": "A", "root/hidden": "H", "root/.dockerignore": "hidden\n", "secret": "S", "root/b/c": "C"})
    os.symlink("../secret", tmp_path / "root/out")
    os.symlink("b/c", tmp_path / "root/in")
    context = choose_context(tmp_path / "root", tmp_path / "root", ["a"])
    assert [context.read(p) for p in ("a", "/a", "./b/c", "in")] == [b"A", b"A", b"C", b"C"]
    assert [context.read(p) for p in ("hidden", "out", "../secret", "none", "b", "")] == [None] * 6
    assert context.read("a", limit=0) is None


def test_what_a_source_takes_in(tmp_path: Path) -> None:
    context = choose_context(tmp_path, tmp_path, [])
    rows = [
        (".", "a/b", True), ("a", "a/b", True), ("a/", "a/b", True), ("a", "ab", False), ("*.json", "x.json", True), ("*.json", "d/x.json", False),
        ("src/*", "src/d/x", True), ("/a/b", "a/b", True), ("$X", "a", True), ("../a", "a", True),
    ]  # fmt: skip
    assert [(s, p, context.takes(s, p)) for s, p, _ in rows] == rows


def test_unknown_context() -> None:
    context = unknown_context()
    assert (context.root, context.at_hand, context.truncated) == (None, False, False)
    assert context.mentions(["T"]) == {"T": ()} and context.read("a") is None and not context.exists(".") and not context.exists("a")


def test_links_and_special_files_are_not_searched(tmp_path: Path) -> None:
    put(tmp_path, {"outside/x": "T", "root/a": "T"})
    root = tmp_path / "root"
    os.symlink("../outside", root / "folder")
    os.symlink("../outside/x", root / "file")
    os.symlink("/", root / "slash")
    os.symlink(".", root / "self")
    os.mkfifo(root / "fifo")
    assert found(choose_context(root, root, ["a"])) == [("a", 1)]


@pytest.mark.parametrize(("limit", "value"), [("MAX_FILES", 3), ("MAX_TOTAL", 3), ("MAX_ENTRIES", 3), ("SECONDS", -1.0)])
def test_bounds_say_that_they_were_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: float) -> None:
    put(tmp_path, {f"{n}.txt": "T" for n in range(9)})
    whole = choose_context(tmp_path, tmp_path, ["."])
    assert len(found(whole)) == 9 and not whole.truncated
    monkeypatch.setattr(mentions_module, limit, value)
    cut = choose_context(tmp_path, tmp_path, ["."])
    assert len(found(cut)) < 9 and cut.truncated


def test_a_file_too_large_to_search_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    put(tmp_path, {"big.js": "x" * mentions_module.MAX_FILE + "T"})
    context = choose_context(tmp_path, tmp_path, ["."])
    assert found(context) == [] and context.truncated
    put(tmp_path, {"big.js": "\0" + "x" * mentions_module.MAX_FILE, "data.csv": "x" * (mentions_module.MAX_FILE + 1)})
    context = choose_context(tmp_path, tmp_path, ["."])
    assert found(context) == [] and not context.truncated


def test_five_thousand_files(tmp_path: Path) -> None:
    for n in range(50):
        put(tmp_path, {f"d{n}/f{m}.js": f"const x = {m};\n" * 100 for m in range(100)})
    put(tmp_path, {"d3/hit.js": "process.env.NAME7\n"})
    names = [f"NAME{n}" for n in range(20)]
    began = time.process_time()
    got = choose_context(tmp_path, tmp_path, ["."]).mentions(names)
    assert [(m.path, m.line) for m in got["NAME7"]] == [("d3/hit.js", 1)]
    assert time.process_time() - began < 5 * SLOWER


def test_hostile_text_takes_bounded_time(tmp_path: Path) -> None:
    put(tmp_path, {"a.js": "T " * 400_000, "b.js": "TT" * 400_000, "c.txt": "T\n" * 400_000, "d.js": "T_" * 400_000})
    began = time.process_time()
    assert len(found(choose_context(tmp_path, tmp_path, ["."]))) <= mentions_module.MAX_PER_NAME
    assert time.process_time() - began < 5 * SLOWER


def test_what_a_copy_takes_is_worked_out_once() -> None:
    """A repository of 10,000 files asks this millions of times: for every file that names a variable, for every RUN."""
    context = BuildContext(Path("/nowhere"), at_hand=True)
    sources = [f"packages/plugin-{n}/package.json" for n in range(60)]
    paths = [f"packages/plugin-{n}/src/lib/config.ts" for n in range(60)]
    begin = time.process_time()
    for _ in range(60):
        assert not any(context.takes(s, p) for s in sources for p in paths)
    assert time.process_time() - begin < 2 * SLOWER
