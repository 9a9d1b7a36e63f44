"""Which files are taken for Dockerfiles, and that a hostile tree neither leads the search astray nor stops it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from remediate.model import RemediateError
from remediate.repo.discover import Found, find_dockerfiles, is_dockerfile_name, read_bytes, repo_root
from remediate.repo.reading import read_inside
from tests.clock import SLOWER

# Measuring coverage loads modules of its own into every process.
WITHOUT_COVERAGE = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}


def no_warning(text: str) -> None:
    raise AssertionError(text)


def find(*paths: Path | str) -> list[Found]:
    return find_dockerfiles(paths, warn=no_warning)


def put(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("FROM a\n")


def shown(root: Path, found: list[Found]) -> list[str]:
    return [f.display.replace(str(root) + "/", "") + (f" ! {f.error.message}" if f.error else "") for f in found]


@pytest.mark.parametrize(
    "name",
    ["Dockerfile", "dockerfile", "DockerFile", "Containerfile", "containerfile", "Dockerfile.dev", "Dockerfile.node", "Dockerfile.py", "Dockerfile.go", "dockerfile.prod", "Dockerfile-dev", "Dockerfile_gpu", "app.Dockerfile", "app.dockerfile", "a.b.Dockerfile", ".dockerfile-x.dockerfile", "Containerfile.x", "Containerfile-x", "app.Containerfile", "Dockerfile.1.2"],
)
def test_a_dockerfile_by_name(name: str) -> None:
    assert is_dockerfile_name(name)


@pytest.mark.parametrize(
    "name",
    ["Dockerfile.dockerignore", "dockerfile.py", "dockerfile.go", "Dockerfile_test.go", "Dockerfile.md", "Dockerfile.j2", "Dockerfile.tmpl", "Dockerfile.template", "Dockerfile.erb", "Dockerfile.bak", "Dockerfile~", "Dockerfile.orig", "Dockerfile.swp", ".Dockerfile.swp", "Dockerfiles", "NotDockerfile", "dockerfile_parse.py", "docker-compose.yml", "Makefile", "Containerfile.md", "app.dockerfile.j2", "Dockerfile-notes.md", "Dockerfile.patch", "mydockerfile", "dockerfileX.dev", "Dockerfile.dockerignore~", ".dockerignore"],
)
def test_no_dockerfile_by_name(name: str) -> None:
    assert not is_dockerfile_name(name)


def test_folders_are_searched_in_order_of_names(tmp_path: Path) -> None:
    put(tmp_path, "b/Dockerfile", "Dockerfile", "a/x.Dockerfile", "a/deep/er/Containerfile", "a/readme", ".hidden/Dockerfile", "node_modules/x/Dockerfile", ".git/Dockerfile")
    assert shown(tmp_path, find(tmp_path)) == ["Dockerfile", ".hidden/Dockerfile", "a/x.Dockerfile", "a/deep/er/Containerfile", "b/Dockerfile"]


def test_display_is_the_way_the_user_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "a/Dockerfile", "a/any.name")
    monkeypatch.chdir(tmp_path)
    assert [f.display for f in find(".")] == ["a/Dockerfile"]
    assert [f.display for f in find("a/", "a/Dockerfile", "./a/any.name", str(tmp_path / "a"))] == ["a/Dockerfile", "./a/any.name"]


def test_what_git_ignores_is_left_out_unless_named(tmp_path: Path) -> None:
    put(tmp_path, "Dockerfile", "out/Dockerfile", "sub/Dockerfile", "sub/gen.Dockerfile", "sub/keep.Dockerfile", "x/Dockerfile")
    (tmp_path / ".git/info").mkdir(parents=True)
    (tmp_path / ".git/info/exclude").write_text("/x\n")
    (tmp_path / ".gitignore").write_text("out/\n")
    (tmp_path / "sub/.gitignore").write_text("*.Dockerfile\n!keep.Dockerfile\n")
    assert shown(tmp_path, find(tmp_path)) == ["Dockerfile", "sub/Dockerfile", "sub/keep.Dockerfile"]
    assert shown(tmp_path, find(tmp_path / "sub")) == ["sub/Dockerfile", "sub/keep.Dockerfile"]
    assert shown(tmp_path, find(tmp_path / "out/Dockerfile")) == ["out/Dockerfile"]


def test_each_repository_has_its_own_root_and_rules(tmp_path: Path) -> None:
    put(tmp_path, "one/d/Dockerfile", "two/Dockerfile", "two/gen.Dockerfile", "Dockerfile")
    for name in ("one", "two"):
        (tmp_path / name / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("gen.Dockerfile\n")
    (tmp_path / "one/.gitignore").write_text("Dockerfile\n!/d/Dockerfile\n")
    found = find(tmp_path)
    assert [(f.display[len(str(tmp_path)) + 1 :], f.root.name) for f in found] == [
        ("Dockerfile", tmp_path.name), ("one/d/Dockerfile", "one"), ("two/Dockerfile", "two"), ("two/gen.Dockerfile", "two"),
    ]  # fmt: skip
    assert repo_root(tmp_path / "one/d/Dockerfile") == tmp_path / "one"


def test_links(tmp_path: Path) -> None:
    put(tmp_path, "repo/docker/prod", "repo/real/Dockerfile", "outside/Dockerfile")
    repo = tmp_path / "repo"
    (repo / ".git").mkdir()
    os.symlink("docker/prod", repo / "Dockerfile")
    os.symlink("../outside/Dockerfile", repo / "out.Dockerfile")
    os.symlink("/etc/passwd", repo / "etc.Dockerfile")
    os.symlink("nowhere", repo / "gone.Dockerfile")
    os.symlink("loop.Dockerfile", repo / "loop.Dockerfile")
    os.symlink("..", repo / "real/up")
    os.symlink("../outside", repo / "folder")
    os.symlink("real/Dockerfile", repo / "same.Dockerfile")
    leads_out = " ! is a symbolic link that leads out of its repository: not followed"
    found = find(repo)
    assert sorted(shown(repo, found)) == sorted([
        "docker/prod", "etc.Dockerfile" + leads_out, "out.Dockerfile" + leads_out, "real/Dockerfile",
        "gone.Dockerfile ! no such file or directory", "loop.Dockerfile ! is a symbolic link that leads to itself",
    ])  # fmt: skip
    assert all(not f.path.is_symlink() for f in found if f.error is None)
    assert shown(repo, find(repo / "out.Dockerfile")) == ["out.Dockerfile" + leads_out]


def test_what_is_no_file(tmp_path: Path) -> None:
    put(tmp_path, "good/Dockerfile", "b/Dockerfile/Dockerfile.dev")
    (tmp_path / "a/Dockerfile").mkdir(parents=True)
    os.mkfifo(tmp_path / "Dockerfile")
    paths: list[Path | str] = [tmp_path, tmp_path / "a/Dockerfile", tmp_path / "none", "/dev/zero", "a\0b", ""]
    got = shown(tmp_path, find(*paths))
    assert sorted(got) == sorted([
        "Dockerfile ! is no regular file", "a/Dockerfile ! is a folder", "good/Dockerfile", "b/Dockerfile/Dockerfile.dev",
        "none ! no such file or directory", "/dev/zero ! is no regular file", "a\0b ! is no path", " ! no such file or directory",
    ])  # fmt: skip
    assert all("\n" not in str(f.error) and "\0" not in str(f.error) for f in find(*paths) if f.error)


def test_hostile_names(tmp_path: Path) -> None:
    name = os.fsdecode(b"new\nline\xff.Dockerfile")
    put(tmp_path, name, "-rf.Dockerfile", 'q"\x1b[31m.Dockerfile')
    assert {f.display.rsplit("/", 1)[1] for f in find(tmp_path)} == {name, "-rf.Dockerfile", 'q"\x1b[31m.Dockerfile'}
    (tmp_path / name).unlink()
    (error,) = [f.error for f in find(tmp_path / name)]
    assert str(error).endswith("new\\nline\\udcff.Dockerfile: no such file or directory")


def test_a_folder_that_cannot_be_read_is_an_error_and_the_rest_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "a/Dockerfile", "b/Dockerfile")
    real = os.scandir

    def scandir(path: str) -> object:
        if os.fspath(path).endswith("/a"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert shown(tmp_path, find(tmp_path)) == ["b/Dockerfile", "a ! permission denied"]


def test_depth_is_bounded(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["d"] * 80)
    deep.mkdir(parents=True)
    put(deep, "Dockerfile")
    warnings: list[str] = []
    assert find_dockerfiles([tmp_path], warn=warnings.append) == []
    assert len(warnings) == 1


def test_twenty_thousand_files(tmp_path: Path) -> None:
    for n in range(200):
        folder = tmp_path / f"d{n}"
        folder.mkdir()
        for m in range(100):
            (folder / f"f{m}.txt").touch()
    put(tmp_path, "d7/Dockerfile")
    (tmp_path / ".gitignore").write_text("*.log\nbuild/\n/dist\n" * 20)
    began = time.process_time()
    assert shown(tmp_path, find(tmp_path)) == ["d7/Dockerfile"]
    assert time.process_time() - began < 3 * SLOWER


def test_reading_is_bounded_and_follows_nothing(tmp_path: Path) -> None:
    put(tmp_path, "a", "b/c")
    os.symlink("a", tmp_path / "link")
    os.mkfifo(tmp_path / "fifo")
    assert read_bytes(tmp_path / "a") == b"FROM a\n" and read_bytes(tmp_path / "a", limit=7) == b"FROM a\n"
    for name, reason in (("link", "is a symbolic link: not followed"), ("fifo", "is no regular file"), ("b", "is a folder"), ("x", "no such file or directory")):
        with pytest.raises(RemediateError) as error:
            read_bytes(tmp_path / name)
        assert error.value.message == reason and "\n" not in str(error.value)
    with pytest.raises(RemediateError, match="is larger than 6 bytes"):
        read_bytes(tmp_path / "a", limit=6)
    with pytest.raises(RemediateError, match="is larger than 10 bytes"):
        read_bytes("/proc/self/status", limit=10)
    with pytest.raises(RemediateError, match="Dockerfile: is a folder"):
        read_bytes(tmp_path / "b", display="Dockerfile")


def test_reading_inside_a_root(tmp_path: Path) -> None:
    put(tmp_path, "root/a", "root/b/c", "secret")
    root = tmp_path / "root"
    os.symlink("../secret", root / "out")
    os.symlink("..", root / "up")
    os.symlink("b/c", root / "in")
    os.symlink("b", root / "folder")
    os.symlink("self", root / "self")
    os.mkfifo(root / "fifo")
    inside = ["a", "b/c", "./b/../a", "in", "folder/c", "b//c"]
    outside = ["../secret", "out", "up/secret", "self", "fifo", "b", "", ".", "/etc/passwd", "a\0", "b/../../secret", "none", "a/b"]
    assert [read_inside(str(root), name) for name in inside] == [b"FROM a\n"] * len(inside)
    assert [name for name in outside if read_inside(str(root), name) is not None] == []
    assert read_inside(str(root), "a", limit=3) is None


def test_searching_starts_no_program_and_loads_nothing_heavy(tmp_path: Path) -> None:
    put(tmp_path, "Dockerfile")
    code = (
        "import sys; from remediate.repo.discover import find_dockerfiles as f\n"
        f"assert len(f([{str(tmp_path)!r}], warn=print)) == 1\n"
        "print([m for m in ('subprocess', 'tomllib', 'pathspec', 'multiprocessing', 'json') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2], env=WITHOUT_COVERAGE)
    assert done.stdout.strip() == "[]"
