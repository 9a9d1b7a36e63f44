"""Justfiles whose arguments are put together: assignments made of others, and what an `if` chooses; run by just itself."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from . import recording
from .working import jobs_for, moved, read, refused, rewrite

IDS = {"NPM_TOKEN": "npm_token", "PIP_TOKEN": "pip_token"}
SECRET = "s3cr3t-value"
JUST = shutil.which("just") or shutil.which("just", path=str(Path(sys.executable).parent))
NEW = "--secret id=npm_token,env=NPM_TOKEN"
BUILD = "build:\n    docker build {{args}} .\n"

# name: (the justfile, lines of what it becomes)
RUN = {
    "one in another": (f"sec := '--build-arg NPM_TOKEN=$NPM_TOKEN'\nargs := '--pull ' + sec\n{BUILD}", [f"sec := '{NEW}'\nargs := '--pull ' + sec\n"]),
    "first in another": (f"sec := \"--build-arg NPM_TOKEN=\" + env('NPM_TOKEN')\nargs := sec + ' --pull'\n{BUILD}", [f'sec := "{NEW}"\n']),
    "with a name": (f"tok := env('NPM_TOKEN')\nargs := '--build-arg NPM_TOKEN=' + tok + ' --pull'\n{BUILD}", [f"args := '{NEW}' + ' --pull'\n"]),
    "if": ("build:\n    docker build {{ if env('NPM_TOKEN', '') != '' { '--build-arg NPM_TOKEN=' + env('NPM_TOKEN') } else { '' } }} .\n",
           [f"{{ '{NEW}' }} else {{ '' }} }}}} ."]),
    "if, both": ("build:\n    docker build {{ if env('CI', '') == '1' { '--pull --build-arg NPM_TOKEN=' + env('NPM_TOKEN_CI') } else { '--build-arg NPM_TOKEN=' + env('NPM_TOKEN') } }} .\n",
                 ["{ '--pull --secret id=npm_token,env=NPM_TOKEN_CI' }", f"{{ '{NEW}' }}"]),
    "if, several": ("args := if env('CI', '') == '1' { '--pull' } else if env('CI', '') == '2' { '-q' } else { '--build-arg NPM_TOKEN=$NPM_TOKEN' }\n" + BUILD,
                    [f"else {{ '{NEW}' }}\n"]),
    "if, of an assignment": (f"sec := '--build-arg NPM_TOKEN=$NPM_TOKEN'\nargs := if env('NPM_TOKEN', '') == '' {{ '' }} else {{ sec }}\n{BUILD}", [f"sec := '{NEW}'\n"]),
    "if, for a script": ("args := if env('NPM_TOKEN', '') == '' { '' } else { '--build-arg NPM_TOKEN=$NPM_TOKEN' }\n"
                         "build:\n    #!/usr/bin/env bash\n    set -eu\n    docker build {{args}} .\n    docker build {{args}} sub\n", [f"else {{ '{NEW}' }}\n"]),
}  # fmt: skip

REFUSED = {
    "a parameter's default": ("build args='--build-arg NPM_TOKEN=$NPM_TOKEN':\n    docker build {{args}} .\n", "caller-arguments"),
    "for another recipe": ("_build args:\n    docker build {{args}} .\nci: (_build '--build-arg NPM_TOKEN=$NPM_TOKEN')\n", "caller-arguments"),
    "for another recipe, in words": ("set positional-arguments\nbuild *args:\n    docker build \"$@\" .\nci: (build '--build-arg' 'NPM_TOKEN=x')\n", "caller-arguments"),
    "of just's command line": ("build *args:\n    docker build {{args}} .\nci:\n    just build --build-arg NPM_TOKEN=$NPM_TOKEN\n", "caller-arguments"),
    "exported": (f"export args := '--build-arg NPM_TOKEN=$NPM_TOKEN'\n{BUILD}", "caller-shared"),
    "all exported": (f"set export\nargs := '--build-arg NPM_TOKEN=$NPM_TOKEN'\n{BUILD}", "caller-shared"),
    "from the environment": ("set export\nARGS := '--build-arg NPM_TOKEN=' + env('NPM_TOKEN')\nbuild:\n    docker build $ARGS .\n", "caller-arguments"),
    "used by a function": (f"args := '--build-arg NPM_TOKEN=$NPM_TOKEN'\n{BUILD}x:\n    other {{{{ uppercase(args) }}}}\n", "caller-shared"),
    "in something else": (f"args := '--build-arg NPM_TOKEN=$NPM_TOKEN'\nother := 'x ' / args\n{BUILD}", "caller-shared"),
    "a name of a parameter": ("args := '--build-arg NPM_TOKEN=$NPM_TOKEN'\nbuild args:\n    docker build {{args}} .\n", "caller-arguments"),
    "if, another file": ("build:\n    docker build {{ if env('CI') == '1' { '-f ci.Dockerfile' } else { '' } }} --build-arg NPM_TOKEN=$NPM_TOKEN .\n", "caller-which-file"),
    "if, another command": ("build:\n    docker build {{ if env('CI') == '1' { '--build-arg NPM_TOKEN=$NPM_TOKEN . && x' } else { '.' } }}\n", "caller-arguments"),
    "if, in a word": ("build:\n    docker build --label a={{ if env('CI') == '1' { '--build-arg NPM_TOKEN=$NPM_TOKEN' } else { 'x' } }} .\n", "caller-arguments"),
    "format string": (f"tok := env('NPM_TOKEN')\nargs := f'--build-arg NPM_TOKEN={{{{tok}}}}'\n{BUILD}", "caller-arguments"),
}  # fmt: skip


@pytest.mark.parametrize("name", RUN)
def test_rewritten(name: str) -> None:
    before, lines = RUN[name]
    after = moved("justfile", before, "just", IDS)
    for line in lines:
        assert line in after
    assert "--build-arg NPM_TOKEN" not in after


@pytest.mark.skipif(JUST is None, reason="just is not installed")
@pytest.mark.parametrize("name", RUN)
@pytest.mark.parametrize("more", [{}, {"CI": "1"}])
def test_just_gives_the_same_value(name: str, more: dict[str, str], tmp_path: Path) -> None:
    before, _ = RUN[name]
    seen = []
    for text, folder in ((before, tmp_path / "before"), (moved("justfile", before, "just", IDS), tmp_path / "after")):
        folder.mkdir()
        (folder / "justfile").write_text(text)
        env = {"NPM_TOKEN": SECRET, "NPM_TOKEN_CI": f"{SECRET}-ci", **more}
        found = recording.run([str(JUST), "build"], folder, env, tmp_path / "tools")
        seen.append([r._replace(folder=r.folder.replace(str(folder), "")) for r in found])
    if not any(r.build_args for r in seen[0]):  # the other branch
        assert [r.argv for r in seen[1]] == [r.argv for r in seen[0]]
        return
    recording.same_build(*seen, IDS, [SECRET])


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    text, code = REFUSED[name]
    assert code in refused("justfile", text, "just", IDS)


def test_another_justfile_that_names_the_assignment() -> None:
    text = f"import 'web.just'\nargs := '--build-arg NPM_TOKEN=$NPM_TOKEN'\n{BUILD}"
    others = {"web.just": "web:\n    docker build {{args}} web\n"}
    assert "caller-shared" in refused("justfile", text, "just", IDS, others)
    assert NEW in moved("justfile", text, "just", IDS, {"web.just": "web:\n    true\n"})


def test_both_branches_need_the_same_build() -> None:
    text = RUN["if, for a script"][0]
    builds = read("justfile", text, "just").builds
    assert [[a.name for a in b.args] for b in builds] == [["NPM_TOKEN"]] * 2
    assert [r.refused.code for r in rewrite("justfile", text, "just", jobs_for(builds[:1], IDS)).refused] == ["caller-shared"]


def test_many_assignments() -> None:
    text = "".join(f"a{n} := '--build-arg X=' + a{n + 1} + ' ' + a{n + 1}\n" for n in range(200)) + "".join(
        f"r{n}:\n    docker build {{{{a{n}}}}} .\n" for n in range(190)
    )
    assert len(read("justfile", text, "just").builds) == 190
