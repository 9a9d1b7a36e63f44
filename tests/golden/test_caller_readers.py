"""Each file of the callers' cases before an independent reader of its format, before and after: it reads both, and only what is meant differs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml
from e2e.case import Case

from .callers import CALLERS, beside, changed, names, said
from .ran import ran, read_tree

BIN = Path(sys.executable).parent
PAIRS = [(case, path) for case in CALLERS for path in beside(read_tree(case.folder / "before"))]


def of(*ends: str) -> Any:
    """All files of the cases whose names end so: a test for each."""
    found = [(case, path) for case, path in PAIRS if path.rpartition("/")[2].lower().endswith(ends)]
    assert found
    return pytest.mark.parametrize(("case", "path"), found, ids=[f"{case.name}:{path}" for case, path in found])


def both(case: Case, path: str) -> tuple[bytes, bytes]:
    """The file before, and as a person has written it down for after."""
    return ((case.folder / side / path).read_bytes() for side in ("before", "after"))  # type: ignore[return-value]


def refused_as(case: Case, path: str, code: str) -> bool:
    return any(use["path"] == path and use["reason"] == code for use in ran(case.name).planned["callers"])


# -- YAML and JSON -----------------------------------------------------------------------------------------------------------------------


class Loader(yaml.SafeLoader):
    """Scalars as they are written; `!reference` and the like as what they stand on."""


def _any(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else loader.construct_scalar(node)  # type: ignore[arg-type]


Loader.add_multi_constructor("!", _any)

# Keys below which values may differ: build args and secrets in the words of each ecosystem, the environment, and scripts.
MEANT = frozenset((
    "args", "buildArgs", "build-args", "build_args", "build_args_from_env", "docker_build_args", "extra_build_args", "secret", "secrets", "secrets_from_env",
    "secret-envs", "secret-files", "build_secrets", "build-secrets", "ssh", "env", "environment", "secretEnv", "availableSecrets", "useBuildkit",
    "run", "script", "bash", "command", "commands", "cmd", "cmds", "arguments", "build_arguments", "before_script", "after_script", "install", "set", "variables", "vars",
    "options", "runArgs", "initializeCommand", "scripts", "pre_build", "post_build", "build-arg", "build",
))  # fmt: skip


def differences(a: Any, b: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths at which two documents differ; a key that comes or goes is told itself."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in [*a, *(k for k in b if k not in a)]:
            here = (*path, str(key))
            if key in a and key in b:
                yield from differences(a[key], b[key], here)
            else:
                yield here
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for number, (x, y) in enumerate(zip(a, b, strict=True)):
            yield from differences(x, y, (*path, str(number)))
    elif a != b:
        yield path


def flat(value: Any) -> Counter[str]:
    """Every scalar of a document."""
    if isinstance(value, dict):
        return sum((flat(v) for v in value.values()), Counter[str]())
    if isinstance(value, list):
        return sum((flat(v) for v in value), Counter[str]())
    return Counter([str(value)])


def assert_only_meant(case: Case, path: str, old: Any, new: Any) -> None:
    found = list(differences(old, new))
    assert bool(found) == (path in changed(case))
    own = {name.decode() for name in names(case)}
    own |= {prefix + name for name in own for prefix in ("BUILD_ARG_", "BUILDKIT_SECRETTEXT_")}  # Concourse's params
    for place in found:
        assert set(place) & (MEANT | own), f"{path}: {'.'.join(place)} differs"
    for text in flat(old) - flat(new):
        assert "\n" in text or " " in text or any(name in text for name in own) or text.startswith("--build-arg") or text == "None", f"lost: {text}"


@of(".yml", ".yaml")
def test_yaml(case: Case, path: str) -> None:
    old, new = both(case, path)
    if refused_as(case, path, "caller-format"):
        assert old == new
        return
    documents = [list(yaml.load_all(data, Loader)) for data in (old, new)]
    assert_only_meant(case, path, *documents)


@of(".json")
def test_json(case: Case, path: str) -> None:
    old, new = (json.loads(_strict(data.decode())) for data in both(case, path))
    assert_only_meant(case, path, old, new)


def _strict(text: str) -> str:
    """Without the comments and last commas that devcontainer.json may have."""
    text = re.sub(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', lambda m: m[1] or "", text, flags=re.DOTALL)
    return re.sub(r",(\s*[}\]])", r"\1", text)


@of(".hcl")
def test_hcl(case: Case, path: str) -> None:
    old, new = (hcl2.loads(data.decode()) for data in both(case, path))
    targets: list[list[dict[str, Any]]] = [document.get("target", []) for document in (old, new)]
    assert {k: v for k, v in old.items() if k not in ("target", "variable")} == {k: v for k, v in new.items() if k not in ("target", "variable")}
    assert [list(t) for t in targets[0]] == [list(t) for t in targets[1]]
    assert {place[2] for place in differences(*targets)} <= {"args", "secret", "__comments__", "__inline_comments__"}


# -- scripts -----------------------------------------------------------------------------------------------------------------------------

SCRIPTS = [(case, path) for case, path in PAIRS if next(iter(both(case, path))).startswith(b"#!")]


def _shell(data: bytes) -> str:
    """The first line's shell; sh is dash here."""
    name = data.partition(b"\n")[0].replace(b"/env ", b"/").rpartition(b"/")[2].strip().decode()
    return "dash" if name == "sh" else name


@pytest.mark.parametrize(("case", "path"), [p for p in SCRIPTS if _shell(next(iter(both(*p)))) in ("bash", "dash")], ids=lambda x: getattr(x, "name", x))
def test_shell_scripts(case: Case, path: str) -> None:
    """The shell reads it, and shellcheck finds nothing that it did not find before."""
    old, new = both(case, path)
    shell = _shell(old)
    assert subprocess.run([shell, "-n"], input=new, capture_output=True, check=False).stderr == b""
    assert not warnings(new, shell) - warnings(old, shell)


def warnings(script: bytes, shell: str) -> Counter[int]:
    argv = [BIN / "shellcheck", "-s", shell, "-S", "warning", "-f", "json", "-"]
    done = subprocess.run(argv, input=script, capture_output=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return Counter(found["code"] for found in json.loads(done.stdout))


def scripts_in(value: Any, own: set[str]) -> Iterator[str]:
    """The texts of a document that are shell: what stands below the keys of scripts."""
    pending = [("", value)]
    while pending:
        key, one = pending.pop(0)
        if isinstance(one, list) and key in own and all(isinstance(v, str) for v in one):
            one = "\n".join(one)
        if isinstance(one, dict):
            pending += [(str(k), v) for k, v in one.items()]
        elif isinstance(one, list):
            pending += [(key, v) for v in one]
        elif key in own and isinstance(one, str):
            yield re.sub(r"\$\{\{.*?\}\}|\{\{.*?\}\}|<<.*?>>|\$\(\(?[\w.]+\)", "template", one)


STEPS = {"run", "script", "bash", "commands", "cmds", "cmd", "before_script", "install", "pre_build", "post_build"}


@of(".yml", ".yaml")
def test_steps_are_shell(case: Case, path: str) -> None:
    old, new = both(case, path)
    if refused_as(case, path, "caller-format") or old == new:
        assert old == new
        return
    sides = [[s for d in yaml.load_all(data, Loader) for s in scripts_in(d, STEPS)] for data in (old, new)]
    assert len(sides[0]) == len(sides[1])
    for was, now in zip(*sides, strict=True):
        if was != now:
            assert subprocess.run(["bash", "-n"], input=now.encode(), capture_output=True, check=False).stderr == b"", now
            assert not warnings(now.encode(), "bash") - warnings(was.encode(), "bash"), now


# -- programs' own files -----------------------------------------------------------------------------------------------------------------


def dry(argv: list[str], folder: Path) -> list[str]:
    """What the program says that it would run, with values for the variables of the cases."""
    given = {"NPM_TOKEN": "tok", "CI_TOKEN": "tok", "HOME": str(folder), "PATH": f"{BIN}:/usr/bin:/bin"}
    done = subprocess.run(argv, cwd=folder, env=given, capture_output=True, text=True, check=False, timeout=60)
    return [*done.stdout.splitlines(), *done.stderr.splitlines(), str(done.returncode)]


@of("makefile")
def test_makefiles(case: Case, path: str, tmp_path: Path) -> None:
    """GNU make reads both, and would run the same lines but for the moved argument."""
    data, _ = both(case, path)
    goals = [m.decode() for m in re.findall(rb"^([a-z][\w-]*)[ \t]*:(?!=)", data, re.MULTILINE)]
    runs = []
    for side in ("before", "after"):
        shutil.copytree(case.folder / side, tmp_path / side)
        lines = dry(["make", "-nB", "-f", Path(path).name, *goals], (tmp_path / side / path).parent)
        assert lines[-1] == "0", lines
        runs.append([line.replace(str(tmp_path / side), "") for line in lines])
    assert len(runs[0]) == len(runs[1])
    assert (runs[0] != runs[1]) == (path in changed(case) or bool(changed(case)))
    for was, now in zip(*runs, strict=True):
        without = "compose" in was and len(now) < len(was)  # the file that Compose builds by has the secret
        assert was == now or (("--secret" in now or without) and "--build-arg" in was), (was, now)


@of("justfile")
def test_justfiles(case: Case, path: str, tmp_path: Path) -> None:
    """just reads both: the same recipes with the same parameters."""
    summaries = []
    for side in ("before", "after"):
        shutil.copytree(case.folder / side, tmp_path / side)
        lines = dry(["just", "--dump", "--dump-format", "json", "--justfile", Path(path).name], (tmp_path / side / path).parent)
        assert lines[-1] == "0", lines
        recipes = json.loads(lines[0])["recipes"]
        summaries.append({n: ([p["name"] for p in r["parameters"]], [d["recipe"] for d in r["dependencies"]], len(r["body"])) for n, r in recipes.items()})
    assert summaries[0].keys() == summaries[1].keys()
    for name, (parameters, dependencies, lines_before) in summaries[0].items():
        assert summaries[1][name][:2] == (parameters, dependencies)
        assert abs(summaries[1][name][2] - lines_before) <= 1


@of(".py", "tiltfile")
def test_python(case: Case, path: str) -> None:
    """Python compiles it (a Tiltfile is Starlark, which is Python here)."""
    old, new = both(case, path)
    if refused_as(case, path, "caller-format"):
        assert old == new
        return
    compile(old, path, "exec")
    compile(new, path, "exec")


# -- schemas -----------------------------------------------------------------------------------------------------------------------------

# Schema -> the files it is for (as they end), and what has to be done to them first. As check-jsonschema brings them along.
SCHEMAS: dict[str, tuple[str, ...]] = {
    "vendor.github-workflows": (r"workflows/.*\.yml",),
    "vendor.github-actions": (r".*/action\.yml",),
    "vendor.gitlab-ci": (r"\.gitlab-ci\.yml", "--data-transform", "gitlab-ci"),
    "vendor.circle-ci": (r"\.circleci/config\.yml",),
    "vendor.drone-ci": (r"\.drone\.yml",),
    "vendor.woodpecker-ci": (r"\.woodpecker(?:/\w+)?\.yml",),
    "vendor.cloudbuild": (r"cloudbuild\.(?:yaml|json)",),
    "vendor.buildkite": (r"\.buildkite/.*\.yml",),
    "vendor.travis": (r"\.travis\.yml",),
    "vendor.taskfile": (r"Taskfile\.yml",),
    "vendor.bitbucket-pipelines": (r"bitbucket-pipelines\.yml",),
    "vendor.compose-spec": (r"(?:.*/)?(?:docker-)?compose[\w.-]*\.ya?ml",),
}
# At least one changed file counts, but: no steps by name in the schema; the one composite action stays as it is.
ACCEPTED = {"vendor.woodpecker-ci": 0, "vendor.github-actions": 0}


@pytest.mark.parametrize("schema", SCHEMAS)
def test_schemas(schema: str) -> None:
    """What the schema takes before, it takes after."""
    pattern, *more = SCHEMAS[schema]
    found = [(case, path) for case, path in PAIRS if re.search(rf"(?:^|/){pattern}\Z", path) and not refused_as(case, path, "caller-format")]
    assert found
    before, after = (bad(schema, [case.folder / side / path for case, path in found], *more) for side in ("before", "after"))
    new = {p.replace("/after/", "/before/", 1) for p in after} - before
    assert not new
    good = [1 for case, path in found if str(case.folder / "before" / path) not in before and path in said(case, applied=True)]
    assert len(good) >= ACCEPTED.get(schema, 1)


def bad(schema: str, files: list[Path], *more: str) -> set[str]:
    """Those of the files that the schema does not take, or that are not read."""
    argv = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, "-o", "json", *more, *map(str, files)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "NO_COLOR": "1"})
    assert done.returncode in (0, 1), done.stderr
    answer = json.loads(done.stdout)
    return {one["filename"] for one in (*answer.get("errors", ()), *answer.get("parse_errors", ()))}


def test_a_schema_says_no(tmp_path: Path) -> None:
    wrong = tmp_path / "compose.yaml"
    wrong.write_text("services:\n  a:\n    build:\n      secret: [x]\n")
    assert bad("vendor.compose-spec", [wrong]) == {str(wrong)}


def test_the_comparison_sees_a_lost_value() -> None:
    case = next(c for c in CALLERS if c.name == "caller-compose-plain")
    old, new = (yaml.load(data, Loader) for data in both(case, "compose.yaml"))
    assert_only_meant(case, "compose.yaml", old, new)
    new["services"]["web"]["image"] = "other"
    with pytest.raises(AssertionError):
        assert_only_meant(case, "compose.yaml", old, new)
