"""Repositories whose callers are broken, huge or hostile, beside one Dockerfile that is plain: `ARG NPM_TOKEN`, `RUN npm ci`.

`half` says what becomes of the Dockerfile: `held` when the bad file may supply the secret, `fixed` when it surely does not, `both` when it is
rewritten, `safe` for held or both, `any` for any of them. Registered in `SHAPES` like the others; those that are not `big` are run by the tests.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bad_shapes import LEAKY, MB, PLANTED, SHAPES, Shape

FIX = "fix --diff"
Files = dict[str, str | bytes]


class Form(NamedTuple):
    """How one kind writes `many` builds; `{n}` is a number."""

    path: str
    head: str
    build: str
    tail: str = ""

    def text(self, many: int, build: str = "") -> str:
        return self.head + "".join((build or self.build).replace("{n}", str(n)) for n in range(many)) + self.tail


_DOCKER = "docker build --build-arg NPM_TOKEN=$NPM_TOKEN -t x{n} ."
FORMS = {
    "github-actions": Form(".github/workflows/a.yml", "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n", "      - run: docker build --build-arg NPM_TOKEN=${{ secrets.NPM_TOKEN }} -t x{n} .\n"),
    "build-push-action": Form(".github/workflows/a.yml", "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n", "      - uses: docker/build-push-action@v6\n        with:\n          tags: x{n}\n          build-args: NPM_TOKEN=${{ secrets.NPM_TOKEN }}\n"),
    "gitlab": Form(".gitlab-ci.yml", "a:\n  script:\n", f"    - {_DOCKER}\n"),
    "circleci": Form(".circleci/config.yml", "version: 2.1\njobs:\n  a:\n    machine: true\n    steps:\n", f"      - run: {_DOCKER}\n"),
    "jenkins": Form("Jenkinsfile", "node {\n", f"  sh '{_DOCKER}'\n", "}\n"),
    "azure-pipelines": Form("azure-pipelines.yml", "steps:\n", f"- script: {_DOCKER}\n"),
    "bitbucket": Form("bitbucket-pipelines.yml", "pipelines:\n  default:\n    - step:\n        script:\n", f"          - {_DOCKER}\n"),
    "cloud-build": Form("cloudbuild.yaml", "steps:\n", "- name: cloud-builders/docker\n  args: [build, --build-arg, NPM_TOKEN=$_NPM_TOKEN, -t, 'x{n}', .]\n"),
    "codebuild": Form("buildspec.yml", "version: 0.2\nphases:\n  build:\n    commands:\n", f"      - {_DOCKER}\n"),
    "drone": Form(".drone.yml", "kind: pipeline\nname: a\nsteps:\n", "- name: s{n}\n  image: plugins/docker\n  settings:\n    build_args_from_env: [NPM_TOKEN]\n"),
    "buildkite": Form(".buildkite/pipeline.yml", "steps:\n", f"- command: {_DOCKER.replace('$', '$$')}\n"),
    "codefresh": Form("codefresh.yml", "steps:\n", f"  s{{n}}:\n    image: docker\n    commands:\n      - {_DOCKER}\n"),
    "semaphore": Form(".semaphore/semaphore.yml", "blocks:\n- task:\n    jobs:\n    - commands:\n", f"      - {_DOCKER}\n"),
    "concourse": Form("ci/pipeline.yml", "jobs:\n", "- plan:\n  - task: s{n}\n    config:\n      image_resource: {source: {repository: concourse/oci-build-task}}\n      params:\n        CONTEXT: repo\n        BUILD_ARG_NPM_TOKEN: ((a))\n"),
    "travis": Form(".travis.yml", "script:\n", f"  - {_DOCKER}\n"),
    "tekton": Form("task.yaml", "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: a}\nspec:\n  steps:\n", f"  - name: s{{n}}\n    image: docker\n    script: |\n      {_DOCKER}\n"),
    "taskfile": Form("Taskfile.yml", "version: '3'\ntasks:\n  a:\n    cmds:\n", f"      - {_DOCKER}\n"),
    "just": Form("justfile", "a:\n", f"    {_DOCKER}\n"),
    "skaffold": Form("skaffold.yaml", "apiVersion: skaffold/v4beta11\nkind: Config\nbuild:\n  artifacts:\n", "  - image: x{n}\n    docker:\n      buildArgs:\n        NPM_TOKEN: '{{.NPM_TOKEN}}'\n"),
    "tilt": Form("Tiltfile", "", "docker_build('x{n}', '.', build_args={'NPM_TOKEN': os.environ['NPM_TOKEN']})\n"),
    "devcontainer": Form(".devcontainer/devcontainer.json", '{"build": {"dockerfile": "../Dockerfile", "context": "..", "args": {', '"A{n}": "b", ', '"NPM_TOKEN": "${localEnv:NPM_TOKEN}"}}}\n'),
    "bake": Form("docker-bake.hcl", "", 'target "t{n}" {\n  context = "."\n  args = { NPM_TOKEN = "" }\n}\n'),
    "bake-json": Form("docker-bake.json", '{"target": {', '"t{n}": {"context": ".", "args": {"NPM_TOKEN": ""}},\n', '"z": {"context": "z"}}}\n'),
    "compose": Form("docker-compose.yml", "services:\n", "  s{n}:\n    build:\n      context: .\n      args:\n        NPM_TOKEN: ${NPM_TOKEN}\n"),
    "make": Form("Makefile", "a:\n", "\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) -t x{n} .\n"),
    "shell": Form("build.sh", "#!/bin/sh\n", f"{_DOCKER}\n"),
    "python": Form("build.py", "import os\nimport subprocess\n", "subprocess.run(['docker', 'build', '--build-arg', 'NPM_TOKEN=' + os.environ['NPM_TOKEN'], '-t', 'x{n}', '.'])\n"),
    "docs": Form("README.md", "# a\n\n```sh\n", f"{_DOCKER}\n", "```\n"),
    "package-json": Form("package.json", '{"scripts": {', f'"s{{n}}": "{_DOCKER}",\n', '"z": "true"}}\n'),
}  # fmt: skip


def put(folder: Path, files: Files) -> list[str]:
    """The files, a Dockerfile and a `.git` beside them."""
    (folder / ".git").mkdir(exist_ok=True)
    for path, content in {"Dockerfile": LEAKY, **files}.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content)
    return []


def caller(name: str, half: str, files: Callable[[], Files] | Files, *, big: bool = False) -> None:
    """Register a repository that consists of `files`."""

    def make(folder: Path) -> list[str]:
        return put(folder, files if isinstance(files, dict) else files())

    made(name, half, make, big=big)


def made(name: str, half: str, make: Callable[[Path], list[str]], *, big: bool = False) -> None:
    name = f"callers: {name}"
    assert name not in SHAPES
    SHAPES[name] = Shape(make, (0, 1), big, half, FIX + " --redact" if "literal" in name else FIX)


def text_of(kind: str, many: int = 1, build: str = "") -> str:
    return FORMS[kind].text(many, build)


# Each kind, written in a way that no reader of it takes, or that another one reads differently
for _kind, _form in FORMS.items():
    _text = _form.text(1)
    for _how, _half, _bytes in (
        ("NUL", "safe", _text.encode().replace(b"NPM", b"\0NPM", 1)),
        ("NUL behind it", "safe", _text.encode() + b"\0\n"),
        ("invalid UTF-8", "safe", b"# \xff\xfe\xc3(\n" + _text.encode()),
        ("UTF-16", "safe", _text.encode("utf-16")),
        ("a byte order mark", "safe", b"\xef\xbb\xbf" + _text.encode()),
        ("CR only", "safe", _text.replace("\n", "\r").encode()),
        ("CRLF", "safe", _text.replace("\n", "\r\n").encode()),
        ("cut in the middle", "safe", _text.encode()[: _text.index("NPM_TOKEN") + 9]),
        ("a template", "safe", b"{{ if .Values.x }}\n" + _text.encode() + b"{{ end }}\n"),
        ("jinja", "safe", b"{% for a in b %}\n" + _text.encode() + b"{% endfor %}\n"),
        ("a merge conflict", "safe", f"<<<<<<< ours\n{_text}=======\n{_text}>>>>>>> theirs\n".encode()),
        ("only brackets", "any", b"docker build NPM_TOKEN " + b"[{(" * 3_000),
        ("a quote without end", "safe", _text.encode() + b"docker build --build-arg NPM_TOKEN='\n"),
    ):  # fmt: skip
        caller(f"{_kind}, {_how}", "any" if _kind == "docs" else _half, {_form.path: _bytes})

    def _big(form: Form = _form, unit: str = "") -> Files:
        one = len(form.build) + 5
        return {form.path: form.text(min(10_000, (MB - 2_000) // one))}

    def _fifty(at: int, form: Form = _form) -> Files:
        pad = "# pad pad pad pad pad pad pad\n" * (25 * MB // 30)
        body = form.text(1)
        return {form.path: (pad * at) + body + (pad * (2 - at))}

    def _line(form: Form = _form) -> Files:
        return {form.path: form.text(1, form.build.replace("x{n}", "x" + "y" * (MB - 4_000)))}

    def _deep(form: Form = _form) -> Files:
        return {form.path: form.text(1).replace("$NPM_TOKEN", "$(echo " * 2_000 + "$NPM_TOKEN" + ")" * 2_000)}

    def _hostile(form: Form = _form) -> Files:
        rows = ("a=" * 20_000, " \\\n" * 10_000, "$" * 20_000, "${" * 8_000, "\"'" * 10_000, "`" * 9_999, "--build-arg " * 3_000, "=" * 20_000, " - " * 9_000, "#" * 30_000, "\\" * 20_001, "<<a " * 2_000)
        return {form.path: form.text(1) + "".join(form.build.replace("{n}", "9").replace("NPM_TOKEN=", f"NPM_TOKEN={row}") for row in rows) + form.tail}

    caller(f"{_kind}, 10,000 builds", "any" if _kind == "docs" else "safe", _big, big=True)
    for _at, _where in enumerate(("start", "middle", "end")):
        caller(f"{_kind}, 50 MB, at the {_where}", "fixed" if _kind == "docs" else "held", lambda at=_at, fifty=_fifty: fifty(at), big=True)
    caller(f"{_kind}, a line of 1 MiB", "any" if _kind == "docs" else "safe", _line, big=True)
    caller(f"{_kind}, deep nested $(", "any" if _kind == "docs" else "safe", _deep, big=True)
    caller(f"{_kind}, hostile strings", "any" if _kind == "docs" else "safe", _hostile, big=True)

# YAML
WORKFLOW, COMPOSE = ".github/workflows/a.yml", "docker-compose.yml"
_STEP = text_of("github-actions")
caller("tabs", "held", {WORKFLOW: _STEP.replace("    steps", "\tsteps")})
caller("a duplicate key", "held", {WORKFLOW: _STEP + "    runs-on: y\n"})
caller("two services of a name", "held", {COMPOSE: text_of("compose") + text_of("compose").partition("\n")[2]})
caller("Helm chart", "safe", {"templates/a.yaml": "{{- range .Values.x }}\nservices:\n  a:\n    build:\n      args:\n        NPM_TOKEN: {{ .token }}\n{{- end }}\n"})
caller("template in a workflow", "held", {WORKFLOW: _STEP.replace("runs-on: x", "runs-on: {{ runner }}")})
caller("an anchor at two builds", "both", {COMPOSE: "x-a: &a\n  args:\n    NPM_TOKEN: ${NPM_TOKEN}\nservices:\n  a:\n    build:\n      <<: *a\n      context: .\n  b:\n    build:\n      <<: *a\n      context: .\n"})
caller("an anchor that another image shares", "held", lambda: {COMPOSE: "x-a: &a\n  args:\n    NPM_TOKEN: ${NPM_TOKEN}\nservices:\n  a:\n    build:\n      <<: *a\n      context: .\n  b:\n    build:\n      <<: *a\n      context: b\n", "b/Dockerfile": "ARG NPM_TOKEN\nFROM a:$NPM_TOKEN\n"})
_laughs = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
caller("billion laughs", "held", {COMPOSE: "a0: &a0 [x, x]\n" + _laughs + text_of("compose")})
caller("billion laughs in a workflow", "held", {WORKFLOW: "a0: &a0 [x, x]\n" + _laughs + _STEP})
caller("billion laughs of merge keys", "safe", {COMPOSE: "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n}\n  <<: [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)) + text_of("compose").replace("args:\n", "args:\n        <<: *a11\n")})
caller("an anchor in itself", "safe", {COMPOSE: "services: &s\n  a:\n    build:\n      context: .\n      args: &a\n        <<: *a\n        NPM_TOKEN: ${NPM_TOKEN}\n"})
caller("100,000 aliases", "safe", lambda: {COMPOSE: text_of("compose") + "x-a: &a {}\nx-b:\n" + "- *a\n" * 100_000}, big=True)
caller("100,000 anchors", "safe", lambda: {COMPOSE: text_of("compose") + "x-b:\n" + "".join(f"- &a{n} x\n" for n in range(70_000))}, big=True)
caller("100,000 merge keys", "safe", lambda: {COMPOSE: "x-a: &a {NPM_TOKEN: x}\n" + text_of("compose", 9_000).replace("NPM_TOKEN: ${NPM_TOKEN}", "<<: *a")}, big=True)
caller("100,000 nested flow sequences", "held", lambda: {COMPOSE: text_of("compose") + "x-a: " + "[" * 100_000 + "]" * 100_000 + "\n"}, big=True)
caller("1,000 nested mappings", "safe", lambda: {COMPOSE: text_of("compose") + "x-a:\n" + "".join(" " * n + "a:\n" for n in range(1, 1_000))}, big=True)
caller("100,000 nested sequences on a line", "safe", lambda: {COMPOSE: text_of("compose") + "x-a:\n  " + "- " * 100_000 + "a\n"}, big=True)
caller("100,000 documents", "safe", lambda: {COMPOSE: text_of("compose") + "---\na: b\n" * 100_000}, big=True)
caller("100,000 keys", "safe", lambda: {COMPOSE: text_of("compose") + "".join(f"k{n}: v\n" for n in range(90_000))}, big=True)
caller("a key of 1 MiB", "safe", lambda: {COMPOSE: text_of("compose") + "k" * (MB - 500) + ": v\n"}, big=True)
caller("a matrix of 10^9", "safe", {WORKFLOW: "on: push\njobs:\n  a:\n    runs-on: x\n    strategy:\n      matrix:\n" + "".join(f"        m{n}: [{', '.join(map(str, range(10)))}]\n" for n in range(9)) + "    steps:\n      - uses: docker/build-push-action@v6\n        with:\n          context: " + "".join(f"${{{{ matrix.m{n} }}}}" for n in range(9)) + "\n          build-args: NPM_TOKEN=${{ secrets.NPM_TOKEN }}\n"})
caller("workflows that call each other", "safe", {f".github/workflows/w{n}.yml": f"on: workflow_call\njobs:\n  a:\n    uses: ./.github/workflows/w{(n + 1) % 5}.yml\n    secrets: inherit\n  b:\n    runs-on: x\n    steps:\n      - run: docker build --build-arg NPM_TOKEN=${{{{ secrets.NPM_TOKEN }}}} .\n" for n in range(5)})
caller("an action that uses itself", "safe", {"action.yml": "runs:\n  using: composite\n  steps:\n    - uses: ./\n    - run: docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n      shell: bash\n", WORKFLOW: "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: ./\n"})
caller("compose files that extend each other", "safe", {"docker-compose.yml": "services:\n  a:\n    extends: {file: compose.b.yml, service: a}\n    build:\n      context: .\n      args: [NPM_TOKEN]\n", "compose.b.yml": "services:\n  a:\n    extends: {file: docker-compose.yml, service: a}\n"})
caller("compose includes that go round", "safe", {"docker-compose.yml": "include: [compose.b.yml]\nservices:\n  a:\n    build:\n      context: .\n      args: [NPM_TOKEN]\n", "compose.b.yml": "include: [docker-compose.yml]\n"})
caller("2,000 services, each extends the one before", "safe", lambda: {COMPOSE: text_of("compose") + "".join(f"  e{n}:\n    extends: {{service: {f'e{n - 1}' if n else 's0'}}}\n" for n in range(2_000))}, big=True)
caller("300 workflows, each calls all", "safe", lambda: {f".github/workflows/w{n}.yml": "on: workflow_call\njobs:\n" + "".join(f"  j{m}:\n    uses: ./.github/workflows/w{m}.yml\n    secrets: inherit\n" for m in range(300)) + "  b:\n    runs-on: x\n    steps:\n      - run: docker build --build-arg NPM_TOKEN=${{ secrets.NPM_TOKEN }} .\n" for n in range(300)}, big=True)
caller("200 compose files, each includes all", "safe", lambda: {f"docker-compose.{n}.yml": f"include: [{', '.join(f'docker-compose.{m}.yml' for m in range(200))}]\n" + text_of("compose").replace("s0", f"s{n}") for n in range(200)}, big=True)
caller("bake targets that inherit all before", "safe", lambda: {"docker-bake.hcl": "".join(f'target "t{n}" {{\n  inherits = [{", ".join(chr(34) + f"t{m}" + chr(34) for m in range(n))}]\n  args = {{ NPM_TOKEN = "" }}\n}}\n' for n in range(300))}, big=True)
caller("bake targets that go round", "safe", {"docker-bake.hcl": 'target "a" {\n  inherits = ["b"]\n  args = { NPM_TOKEN = "" }\n}\ntarget "b" {\n  inherits = ["a"]\n}\n'})
caller("bake variables that go round", "safe", {"docker-bake.hcl": 'variable "A" {\n  default = "${B}${B}"\n}\nvariable "B" {\n  default = "${A}${A}"\n}\ntarget "a" {\n  context = "${A}"\n  args = { NPM_TOKEN = "${A}" }\n}\n'})
caller("bake variables that double 60 times", "safe", {"docker-bake.hcl": 'variable "V0" {\n  default = "aa"\n}\n' + "".join(f'variable "V{n}" {{\n  default = "${{V{n - 1}}}${{V{n - 1}}}"\n}}\n' for n in range(1, 60)) + 'target "a" {\n  context = "${V59}"\n  args = { NPM_TOKEN = "" }\n}\n'})
caller("bake matrix of 10^9", "safe", {"docker-bake.hcl": 'target "a" {\n  matrix = {\n' + "".join(f"    m{n} = [{', '.join(map(str, range(10)))}]\n" for n in range(9)) + '  }\n  name = "a-${m0}"\n  args = { NPM_TOKEN = "" }\n}\n'})
caller("HCL, malformed", "held", {"docker-bake.hcl": 'target "a" {\n  args = { NPM_TOKEN = \n'})
caller("HCL, 20,000 brackets", "held", {"docker-bake.hcl": text_of("bake") + "x = " + "[" * 20_000 + "\n"})
caller("HCL, 20,000 parentheses", "safe", {"docker-bake.hcl": text_of("bake") + "x = " + "(" * 20_000 + "1" + ")" * 20_000 + "\n"})
caller("HCL, 5,000 nested templates", "safe", {"docker-bake.hcl": text_of("bake") + 'x = "' + '${"' * 5_000 + '"}' * 5_000 + '"\n'})
caller("JSON, malformed", "held", {"docker-bake.json": '{"target": {"a": {"args": {"NPM_TOKEN": ""}}'})
caller("JSON, 100,000 brackets", "held", {"docker-bake.json": '{"target": {"a": {"args": {"NPM_TOKEN": ""}}}, "x": ' + "[" * 100_000})
caller("JSON, a key twice", "held", {"docker-bake.json": '{"target": {"a": {"args": {"NPM_TOKEN": ""}, "args": {}}}}'})

# Make
_MAKE = "\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) ."
caller("define", "safe", {"Makefile": f"define build\n{_MAKE}\nendef\na:\n\t$(build)\n"})
caller("define without endef", "held", {"Makefile": f"define build\n{_MAKE}\na:\n\t$(build)\n"})
caller(".ONESHELL", "safe", {"Makefile": f".ONESHELL:\na:\n\tset -e\n{_MAKE}\n"})
caller("BSD conditionals", "held", {"Makefile": f".if defined(X)\na:\n{_MAKE}\n.else\nb:\n{_MAKE}\n.endif\n"})
caller("make: eval and call", "safe", {"Makefile": f"$(eval $(call x,NPM_TOKEN))\na:\n{_MAKE}\n"})
caller("make: includes that go round", "safe", {"Makefile": f"include a.mk\na:\n{_MAKE}\n", "a.mk": "include Makefile\n"})
caller("make: variables that go round", "safe", {"Makefile": "A = $(B)\nB = $(A)\nARGS = --build-arg NPM_TOKEN=$(A)\na:\n\tdocker build $(ARGS) $(A) .\n"})
caller("make: variables that double 60 times", "safe", {"Makefile": "V0 = a\n" + "".join(f"V{n} = $(V{n - 1})$(V{n - 1})\n" for n in range(1, 60)) + "a:\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) $(V59)\n"})
caller("make: 5,000 nested functions", "safe", {"Makefile": "A = " + "$(subst a,b," * 5_000 + "x" + ")" * 5_000 + f"\na:\n{_MAKE} $(A)\n"})
caller("make: 20,000 nested conditionals", "safe", lambda: {"Makefile": "ifdef X\n" * 20_000 + f"a:\n{_MAKE}\n" + "endif\n" * 20_000}, big=True)
caller("make: 20,000 rules that need each other", "safe", lambda: {"Makefile": "".join(f"t{n}: t{n + 1}\n" for n in range(20_000)) + f"t20000:\n{_MAKE}\n"}, big=True)
caller("make: 1,000 files include all", "safe", lambda: {f"m{n}.mk": "".join(f"include m{m}.mk\n" for m in range(100)) + f"a{n}:\n{_MAKE}\n" for n in range(100)}, big=True)

# Scripts
caller("Python 2", "held", {"build.py": "import os\nprint 'building'\nos.system('docker build --build-arg NPM_TOKEN=%s .' % os.environ['NPM_TOKEN'])\n"})
caller("Python, a syntax error", "held", {"build.py": "import subprocess\nsubprocess.run(['docker', 'build', '--build-arg', 'NPM_TOKEN=x', '.'\n"})
caller("Python, mixed tabs", "held", {"build.py": "import subprocess\nif x:\n        pass\n\tsubprocess.run(['docker', 'build', '--build-arg', 'NPM_TOKEN', '.'])\n"})
caller("Python, 5,000 brackets", "held", {"build.py": text_of("python") + "x = " + "[" * 5_000 + "]" * 5_000 + "\n"})
caller("Python, 90 brackets", "safe", {"build.py": text_of("python") + "x = " + "[" * 90 + "]" * 90 + "\n"})
caller("Python, 20,000 additions", "safe", lambda: {"build.py": text_of("python") + "x = " + "a + " * 20_000 + "a\n"}, big=True)
caller("Python, 20,000 attributes", "safe", lambda: {"build.py": text_of("python") + "x = a" + ".b" * 20_000 + "\n"}, big=True)
caller("Python, 20,000 elifs", "safe", lambda: {"build.py": text_of("python") + "if a:\n    pass\n" + "elif b:\n    pass\n" * 20_000}, big=True)
caller("Python, 900 nested functions", "safe", lambda: {"build.py": text_of("python") + "".join(" " * n + f"def f{n}():\n" for n in range(90)) + " " * 90 + "pass\n"}, big=True)
caller("Python, a variable built 20,000 times", "safe", lambda: {"build.py": "import subprocess\ncmd = ['docker', 'build']\n" + "cmd += ['--build-arg', 'NPM_TOKEN']\n" * 20_000 + "subprocess.run(cmd)\n"}, big=True)
caller("Python, variables that double 60 times", "safe", {"build.py": "import subprocess\nv0 = ['a', 'a']\n" + "".join(f"v{n} = v{n - 1} + v{n - 1}\n" for n in range(1, 60)) + "subprocess.run(['docker', 'build', '--build-arg', 'NPM_TOKEN', *v59, '.'])\n"})
caller("Python, functions that call each other", "safe", {"build.py": "import subprocess\ndef a(x):\n    return b(x)\ndef b(x):\n    a(x)\n    subprocess.run(['docker', 'build', '--build-arg', x, '.'])\na('NPM_TOKEN')\n"})
for _name, _path, _script in (
    ("fish", "build.fish", "set -x A (cat a)\ndocker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n"),
    ("fish by its first line", "build.sh", "#!/usr/bin/env fish\nset -x A (cat a)\nif test -n \"$A\"\n  docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\nend\n"),
    ("PowerShell", "build.ps1", "param($x)\n& docker build --build-arg \"NPM_TOKEN=$env:NPM_TOKEN\" `\n  .\n"),
    ("cmd", "build.cmd", "@echo off\r\ndocker build --build-arg NPM_TOKEN=%NPM_TOKEN% ^\r\n  .\r\n"),
    ("bat", "build.bat", "@echo off\r\ndocker build --build-arg NPM_TOKEN=%NPM_TOKEN% .\r\n"),
    ("csh", "build.csh", "#!/bin/csh -f\nset a = 1\ndocker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n"),
    ("perl", "build", "#!/usr/bin/perl\nsystem(\"docker build --build-arg NPM_TOKEN=$ENV{NPM_TOKEN} .\");\n"),
    ("a shell script with a syntax error", "build.sh", "if true; then\ndocker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n"),
):  # fmt: skip
    caller(_name, "held", {_path: _script})
caller("a heredoc without end", "safe", {"build.sh": "bash <<EOF\ndocker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n"})
caller("shell functions that call each other", "safe", {"build.sh": "a() { b \"$@\"; }\nb() { a \"$@\"; docker build \"$@\" .; }\na --build-arg NPM_TOKEN=$NPM_TOKEN\n"})
caller("shell: variables that double 60 times", "safe", {"build.sh": "V0=a\n" + "".join(f'V{n}="$V{n - 1}$V{n - 1}"\n' for n in range(1, 60)) + "docker build --build-arg NPM_TOKEN=$NPM_TOKEN $V59 .\n"})
caller("shell: arrays that double 60 times", "safe", {"build.sh": "#!/bin/bash\nV0=(a a)\n" + "".join(f'V{n}=("${{V{n - 1}[@]}}" "${{V{n - 1}[@]}}")\n' for n in range(1, 60)) + "docker build --build-arg NPM_TOKEN=$NPM_TOKEN \"${V59[@]}\" .\n"})
caller("shell: loops in loops", "safe", {"build.sh": "".join(f"for v{n} in 0 1 2 3 4 5 6 7 8 9; do\n" for n in range(9)) + "docker build --build-arg NPM_TOKEN=$NPM_TOKEN " + "/".join(f"$v{n}" for n in range(9)) + "\n" + "done\n" * 9})
caller("shell: a loop over 10,000", "safe", lambda: {"build.sh": f"for v in {' '.join(f's{n}' for n in range(10_000))}; do docker build --build-arg NPM_TOKEN=$NPM_TOKEN $v; done\n"}, big=True)
caller("shell: 10,000 functions, each calls the next", "safe", lambda: {"build.sh": "".join(f"f{n}() {{ f{n + 1} \"$@\"; }}\n" for n in range(10_000)) + "f10000() { docker build \"$@\" .; }\nf0 --build-arg NPM_TOKEN=$NPM_TOKEN\n"}, big=True)
caller("shell: 60 functions, each calls the next twice", "safe", lambda: {"build.sh": "".join(f"f{n}() {{ f{n + 1} \"$@\"; f{n + 1} \"$@\"; }}\n" for n in range(60)) + "f60() { docker build \"$@\" .; }\nf0 --build-arg NPM_TOKEN=$NPM_TOKEN\n"}, big=True)
caller("shell: bash -c 1,000 deep", "safe", lambda: {"build.sh": "bash -c \"" * 1_000 + "docker build --build-arg NPM_TOKEN=$NPM_TOKEN ." + "\"" * 1_000 + "\n"}, big=True)
caller("shell: eval 10,000 times", "safe", lambda: {"build.sh": "eval \"docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\"\n" * 10_000}, big=True)
caller("shell: 10,000 appends", "safe", lambda: {"build.sh": "A=\"docker build\"\n" + "A=\"$A --build-arg NPM_TOKEN=$NPM_TOKEN\"\n" * 10_000 + "$A .\n"}, big=True)
caller("shell: 100,000 words", "safe", lambda: {"build.sh": "docker build --build-arg NPM_TOKEN=$NPM_TOKEN" + " \\\n  --label=a" * 60_000 + " .\n"}, big=True)
caller("scripts that call each other", "safe", {"a.sh": ". ./b.sh\n./b.sh\n", "b.sh": ". ./a.sh\ndocker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n", WORKFLOW: "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: ./a.sh\n"})
caller("just: recipes that need each other", "safe", {"justfile": "a: b\n    docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\nb: a\n    true\nimport 'justfile'\n"})
caller("just: 5,000 nested parentheses", "safe", {"justfile": text_of("just") + "x := " + "(" * 5_000 + "'a'" + ")" * 5_000 + "\n"})
caller("groovy: 5,000 nested closures", "safe", {"Jenkinsfile": text_of("jenkins") + "x {" * 5_000 + "}" * 5_000 + "\n"})
caller("groovy: 2,000 nested interpolations", "safe", {"Jenkinsfile": text_of("jenkins") + 'x = "' + '${"' * 2_000 + '"}' * 2_000 + '"\n'})
caller("docs: 100,000 fences", "any", lambda: {"README.md": text_of("docs") + "```sh\ndocker\n```\n" * 50_000}, big=True)
caller("docs: 10,000 blocks", "any", lambda: {"README.md": text_of("docs") * 9_000}, big=True)
caller("a literal value in everything", "safe", {form.path: form.text(1).replace("$(NPM_TOKEN)", PLANTED).replace("${{ secrets.NPM_TOKEN }}", PLANTED).replace("${NPM_TOKEN}", PLANTED).replace("=$NPM_TOKEN", "=" + PLANTED) for form in FORMS.values()})


# Ways out of the repository
def _link(folder: Path, path: str, target: str) -> None:
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(target)


def _outside(folder: Path) -> list[str]:
    """A caller beside the repository, to which links and paths lead."""
    out = folder.parent / "outside"
    out.mkdir()
    (out / "docker-compose.yml").write_text(text_of("compose").replace("context: .", f"context: {folder}"))
    (out / "a.yml").write_text(text_of("github-actions") + f"# {PLANTED}\n")
    (out / "build.sh").write_text(f"{_DOCKER} {folder} # {PLANTED}\n")
    (out / "Dockerfile").write_text(LEAKY + f"ENV A_TOKEN={PLANTED}\n")
    return put(folder, {})


def _links(folder: Path) -> list[str]:
    paths = _outside(folder)
    for path, target in {
        ".github/workflows/a.yml": "../../../outside/a.yml", ".github/workflows/b.yml": "/etc/passwd", "docker-compose.yml": "../outside/docker-compose.yml",
        "build.sh": "../outside/build.sh", "Makefile": "/etc/passwd", "sub": "../outside", "Taskfile.yml": "Taskfile.yml", ".gitlab-ci.yml": "/dev/zero",
        "buildspec.yml": "/proc/self/environ", "up": "..",
    }.items():  # fmt: skip
        _link(folder, path, target)
    return paths


def _pointing(folder: Path) -> list[str]:
    """Files that name others outside: none of these is read or written."""
    _outside(folder)
    return put(folder, {
        "docker-compose.yml": "include: ['../outside/docker-compose.yml', ../.., /etc/passwd]\nservices:\n  a:\n    extends: {file: ../outside/docker-compose.yml, service: s0}\n  b:\n    build:\n      context: .\n      dockerfile: /etc/passwd\n      args: [NPM_TOKEN]\n    env_file: ../../../etc/passwd\n  c:\n    build: ../outside\n",
        ".gitlab-ci.yml": "include: ['../../outside/a.yml', {local: /../../etc/passwd}]\na:\n  script:\n    - docker build -f /etc/Dockerfile --build-arg NPM_TOKEN=$NPM_TOKEN ..\n    - docker build -f ../outside/Dockerfile --build-arg NPM_TOKEN=$NPM_TOKEN ../outside\n",
        "build.sh": ". ../outside/build.sh\n. /etc/profile\n../outside/build.sh\ndocker build --build-arg NPM_TOKEN=$(cat /etc/passwd) -f ../../../../../../etc/passwd .\ndocker build --build-arg NPM_TOKEN=$(cat ../outside/a.yml) .\n",
        "Makefile": "include ../outside/a.mk /etc/passwd\n-include ~/x.mk\na:\n\t../outside/build.sh\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) /\n",
        "docker-bake.hcl": 'target "a" {\n  context = "../outside"\n  dockerfile = "/etc/passwd"\n  args = { NPM_TOKEN = "" }\n}\n',
        ".github/workflows/a.yml": "on: push\njobs:\n  a:\n    uses: ./../../outside/a.yml\n  b:\n    runs-on: x\n    steps:\n      - uses: ./../outside\n      - uses: docker/build-push-action@v6\n        with:\n          context: ../outside\n          file: /etc/passwd\n          build-args: NPM_TOKEN=x\n",
        "justfile": "import '../outside/a.just'\nmod x '/etc/passwd'\na:\n    ../outside/build.sh\n",
        "Taskfile.yml": "version: '3'\nincludes:\n  a: ../outside/Taskfile.yml\n  b: /etc/passwd\ntasks:\n  a:\n    cmds: [../outside/build.sh]\n",
        "skaffold.yaml": "apiVersion: skaffold/v4beta11\nkind: Config\nrequires:\n- path: ../outside\nbuild:\n  artifacts:\n  - image: a\n    context: ../outside\n    docker:\n      dockerfile: /etc/passwd\n      buildArgs: {NPM_TOKEN: x}\n",
        ".devcontainer/devcontainer.json": '{"dockerComposeFile": ["../../outside/docker-compose.yml", "/etc/passwd"], "build": {"dockerfile": "/etc/passwd", "context": "../..", "args": {"NPM_TOKEN": "x"}}}\n',
        "package.json": '{"scripts": {"a": "cd ../outside && ./build.sh", "b": "docker build --build-arg NPM_TOKEN=$NPM_TOKEN -f /etc/passwd .."}}\n',
    })  # fmt: skip


def _special(folder: Path) -> list[str]:
    put(folder, {"Makefile/a": "", ".github/workflows/a.yml/b": ""})
    for name in ("docker-compose.yml", "build.sh", ".gitlab-ci.yml", "README.md", "build.py"):
        os.mkfifo(folder / name)
    return []


def _names(folder: Path) -> list[str]:
    """Callers whose names are hostile: to a patch, to a terminal, to a shell."""
    out: Files = {}
    for n, name in enumerate(("a\n+++ b\\etc\n.sh", "-rf.sh", "--output=x.sh", "a'b\".sh", "$(touch x).sh", "a\x1b[2J.sh", "\udcff\udcfe.sh", " .sh", "a\tb.sh", "\u202eevil.sh", "a\\b.sh", "*.sh", "e\u0301.sh")):
        out[name] = f"docker build --build-arg NPM_TOKEN=$NPM_TOKEN -t x{n} .\n"
    out.update({"-x/docker-compose.yml": text_of("compose").replace("context: .", "context: .."), "a\nb/Makefile": "a:\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) ..\n"})
    return put(folder, out)


made("links out of the repository", "fixed", _links)
made("paths out of the repository", "safe", _pointing)
made("fifos and folders named like callers", "fixed", _special)
made("hostile names", "safe", _names)
caller("100,000 small files", "fixed", lambda: {f"d{n % 997}/f{n}.ts": f"export const a = {n}\n" for n in range(100_000)}, big=True)
caller("100,000 small files, then a caller", "safe", lambda: {**{f"d{n % 997}/f{n}.ts": f"export const a = {n}\n" for n in range(100_000)}, "z/build.sh": "docker build --build-arg NPM_TOKEN=$NPM_TOKEN ..\n"}, big=True)
caller("20,000 callers", "safe", lambda: {f"d{n % 97}/b{n}.sh": "docker build --build-arg NPM_TOKEN=$NPM_TOKEN ..\n" for n in range(20_000)}, big=True)
caller("5,000 workflows", "safe", lambda: {f".github/workflows/w{n}.yml": _STEP for n in range(5_000)}, big=True)
caller("2,000 Dockerfiles, 2,000 callers", "safe", lambda: {path: text for n in range(2_000) for path, text in ((f"d{n}/Dockerfile", LEAKY), (f"d{n}/build.sh", "docker build --build-arg NPM_TOKEN=$NPM_TOKEN .\n"))}, big=True)
caller("500 Dockerfiles, 500 services in one file", "safe", lambda: {**{f"d{n}/Dockerfile": LEAKY for n in range(500)}, COMPOSE: text_of("compose", 500).replace("context: .", "context: d1")}, big=True)
caller("200 MB of text beside it", "safe", lambda: {**{f"d/f{n}.ts": "export const a = 1 // pad pad pad\n" * 28_000 for n in range(200)}, "z/build.sh": "docker build --build-arg NPM_TOKEN=$NPM_TOKEN ..\n"}, big=True)
