"""What is found in shell text, where, and what is refused."""

from __future__ import annotations

import pytest

from remediate.callers.model import Job, Move
from remediate.callers.repository import Repository
from remediate.callers.shell import read_shell, rewrite_shell
from remediate.callers.shell.builders import BUILDERS, Builder
from remediate.formats.embedded import Embedded, plain
from remediate.model import Delivery
from remediate.text import LogicalText, Piece, apply
from tests.callers.working import applied, jobs_for, moved, read, refused, rewrite, spec
from tests.clock import SLOWER

IDS = {"T": "t", "NPM_TOKEN": "npm_token"}


def only(text: str, path: str = "build.sh"):
    reading = read(path, text, "shell")
    assert len(reading.builds) == 1, reading
    return reading.builds[0]


@pytest.mark.parametrize("row", BUILDERS, ids=lambda row: " ".join(row.words))
def test_each_builder_has_an_example_and_a_counter_example(row: Builder) -> None:
    from remediate.callers.shell.find import sites
    from remediate.callers.shell.host import ScriptHost
    from remediate.callers.shell.nest import shells

    found = sites(shells(plain(row.example.encode()), ()), ScriptHost())
    assert [s.builder.words for s in found] == [row.words]
    assert not sites(shells(plain(row.counter.encode()), ()), ScriptHost())
    assert row.source
    assert row.secrets or row.why


@pytest.mark.parametrize(
    ("command", "path", "context"),
    [
        ("docker build .", "Dockerfile", "."),
        ("docker build app", "app/Dockerfile", "app"),
        ("docker build app/", "app/Dockerfile", "app"),
        ("docker build -f ci/Dockerfile.x .", "ci/Dockerfile.x", "."),
        ("docker build -fci/Dockerfile .", "ci/Dockerfile", "."),
        ("docker build --file=ci/Dockerfile -qt name .", "ci/Dockerfile", "."),
        (
            "docker build --pull --no-cache --label a=b --network host --progress plain --platform x,y -t a -t b app",
            "app/Dockerfile",
            "app",
        ),
        ("docker build . -t app", "Dockerfile", "."),
        ("docker build -t app -- .", "Dockerfile", "."),
        ('docker build "$(pwd)/app"', "app/Dockerfile", "app"),
        ("cd app && docker build .", "app/Dockerfile", "app"),
        ("cd app; cd ..; docker build .", "Dockerfile", "."),
        ("cd app/x\ncd -\ndocker build .", "Dockerfile", "."),
        ("(cd app; true); docker build .", "Dockerfile", "."),
        ("pushd app >/dev/null\ndocker build ..\npopd", "Dockerfile", "."),
        ("D=app\ndocker build -f $D/Dockerfile $D", "app/Dockerfile", "app"),
        ('D="${D:-app}"\ndocker build "$D"', "app/Dockerfile", "app"),
        ("docker build ${D:-app}", "app/Dockerfile", "app"),
        ('cd "$GITHUB_WORKSPACE/app"\ndocker build .', "app/Dockerfile", "app"),
        ('cd "$(git rev-parse --show-toplevel)" || exit\ndocker build app', "app/Dockerfile", "app"),
        ("f() { docker build -f $1/Dockerfile .; }\nf app", "app/Dockerfile", "."),
        ('f() { local d="$1"; shift; docker build "$@" "$d"; }\nf app --pull', "app/Dockerfile", "app"),
        ("docker build - < ci/Dockerfile", "ci/Dockerfile", None),
        ("cat ci/Dockerfile | docker build -f - .", "ci/Dockerfile", "."),
        ("podman --remote build --jobs 4 --format docker --layers app", "app/Dockerfile", "app"),
        ("buildah bud --storage-driver vfs -t x app", "app/Dockerfile", "app"),
    ],
)
def test_the_dockerfile_and_the_context(command: str, path: str, context: str | None) -> None:
    build = only(command)
    assert build.place.paths == (path,)
    assert build.context == context


@pytest.mark.parametrize(
    ("command", "pattern"),
    [
        ("docker build -f $X/Dockerfile .", "**/Dockerfile"),
        ("docker build -f services/$X/Dockerfile .", "services/*/Dockerfile"),
        ("docker build -f Dockerfile.$X .", "Dockerfile.*"),
        ('docker build "$X"', "**/Dockerfile"),
        ('docker build -f "$X" .', "**"),
        ("cd /srv/app\ndocker build .", "**/Dockerfile"),
        ("for d in services/*; do docker build $d; done", "services/*/Dockerfile"),
        ("for f in $(find . -name Dockerfile); do docker build -f $f .; done", "**"),
        ("sed s/a/b/ Dockerfile | docker build -f - .", "**"),
        ("ls | xargs -I{} docker build {}", "**/Dockerfile"),
    ],
)
def test_a_dockerfile_that_is_not_known_is_a_pattern(command: str, pattern: str) -> None:
    assert only(command).place.pattern == pattern


@pytest.mark.parametrize(
    ("command", "paths"),
    [
        ("for d in a b; do docker build $d; done", ("a/Dockerfile", "b/Dockerfile")),
        ("for d in a b; do (cd $d && docker build .); done", ("a/Dockerfile", "b/Dockerfile")),
        ("L='a b'\nfor d in $L; do docker build -f $d/Dockerfile .; done", ("a/Dockerfile", "b/Dockerfile")),
        ("if [ $1 = x ]; then D=a; else D=b; fi\ndocker build $D", ("a/Dockerfile", "b/Dockerfile")),
        ("if [ -d a ]; then cd a; fi\ndocker build .", ("Dockerfile", "a/Dockerfile")),
        ("[ -d a ] && cd a\ndocker build .", ("Dockerfile", "a/Dockerfile")),
    ],
)
def test_several_possible_dockerfiles(command: str, paths: tuple[str, ...]) -> None:
    assert only(command).place.paths == paths


@pytest.mark.parametrize("text", ["docker build -t x - <<EOF\nFROM scratch\nEOF\n", "docker build https://github.com/a/b.git"])
def test_a_build_of_nothing_in_the_repository(text: str) -> None:
    place = only(text).place
    assert not place.paths and not place.pattern


def test_a_script_that_goes_to_its_own_folder(tmp_path) -> None:
    text = 'cd "$(dirname "$0")"\ndocker build -f Dockerfile ..\n'
    assert only(text, "ci/build.sh").place.paths == ("ci/Dockerfile",)
    text = 'HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"\ndocker build -f "$HERE/Dockerfile" "$HERE/.."\n'
    build = only(text, "ci/build.sh")
    assert (build.place.paths, build.context) == (("ci/Dockerfile",), ".")


def test_a_dockerfile_that_only_lies_beside_the_script() -> None:
    others = {"ci/Dockerfile": "FROM scratch\n"}
    assert read("ci/build.sh", "docker build .\n", "shell", others).builds[0].place.paths == ("ci/Dockerfile",)
    both = {**others, "Dockerfile": "FROM scratch\n"}
    assert read("ci/build.sh", "docker build .\n", "shell", both).builds[0].place.paths == ("Dockerfile",)


def test_what_a_build_passes() -> None:
    build = only("X=1\ndocker build --build-arg A --build-arg B=$B --build-arg C=lit --build-arg 'D=$E' --build-arg F=$(cat f.txt) --build-arg G=$X "
                 "--secret id=s,env=S --secret type=file,id=u,src=x --ssh default --ssh=k=./key --target prod .\n")  # fmt: skip
    assert [(a.name, a.origin) for a in build.args] == [
        ("A", "env:A"), ("B", "env:B"), ("C", "literal"), ("D", "literal"), ("F", "file:f.txt"), ("G", ""),
    ]  # fmt: skip
    assert (build.secrets, build.ssh, build.target) == (("s", "u"), ("default", "k"), "prod")


def test_calls_of_a_function_are_builds_of_their_own() -> None:
    text = 'b() {\n  docker build -f "$1/Dockerfile" --build-arg T="$T" "$1"\n}\nb api\nb web\n'
    builds = read("x.sh", text, "shell").builds
    assert [b.place.paths for b in builds] == [("api/Dockerfile",), ("web/Dockerfile",)]
    first = jobs_for(builds[:1], IDS)
    assert [r.refused.code for r in rewrite("x.sh", text, "shell", first).refused] == ["caller-shared"]
    assert "--secret id=t,env=T" in moved("x.sh", text, "shell", IDS)


REFUSED = {
    "classic builder": ("DOCKER_BUILDKIT=0 docker build --build-arg T=$T .", "caller-builder"),
    "classic builder by env": ("env DOCKER_BUILDKIT=0 docker build --build-arg T=$T .", "caller-builder"),
    "classic builder, exported": ("export DOCKER_BUILDKIT=0\ndocker build --build-arg T=$T .", "caller-builder"),
    "kaniko": ("/kaniko/executor --dockerfile=Dockerfile --context=. --build-arg T=$T", "caller-builder"),
    "img": ("img build --build-arg T=$T .", "caller-builder"),
    "compose": ("docker compose build --build-arg T=$T web", "caller-builder"),
    "compose 1": ("docker-compose -f x.yml build --build-arg T", "caller-builder"),
    "compose, of which no file is known to have the secret": ("docker compose build --build-arg T web", "caller-builder"),
    "ssh": ('ssh host "docker build --build-arg T=$T ."', "caller-remote"),
    "ssh, words": ("ssh host docker build --build-arg T=$T .", "caller-remote"),
    "ssh, heredoc": ("ssh host <<EOF\ndocker build --build-arg T=$T .\nEOF\n", "caller-remote"),
    "docker run": ("docker run --rm box docker build --build-arg T=$T .", "caller-remote"),
    "docker exec": ("docker exec box sh -c 'docker build --build-arg T=$T .'", "caller-remote"),
    "vagrant": ("vagrant ssh -c 'docker build --build-arg T=$T .'", "caller-remote"),
    "su": ('su -c "docker build --build-arg T=$T ." ci', "caller-remote"),
    "empty environment": ("env -i docker build --build-arg T=$T .", "caller-remote"),
    "variable taken away": ("env -u T docker build --build-arg T=$T .", "caller-remote"),
    "login": ("sudo -i docker build --build-arg T=$T .", "caller-remote"),
    "eval": ("eval docker build --build-arg T=$T .", "caller-shell"),
    "eval of a text": ('eval "docker build --build-arg T=$T ."', "caller-shell"),
    "eval of a variable": ('CMD="docker build --build-arg T=$T ."\neval $CMD', "caller-shell"),
    "printed and read again": ("echo docker build --build-arg T=$T . | sh", "caller-shell"),
    "unknown program": ("mystery docker build --build-arg T=$T .", "caller-shell"),
    "not understood": ("if [ x; then docker build --build-arg T=$T .", "caller-shell"),
    "sometimes something": ("S=\nif x; then S=frob; fi\n$S docker build --build-arg T=$T .", "caller-arguments"),
    "name from a loop": ("for n in T U; do docker build --build-arg $n=${!n} .; done", "caller-arguments"),
    "name from a file": ("while read -r n; do A=\"$A --build-arg $n\"; done < f\ndocker build $A --build-arg T=$T .", "caller-arguments"),
    "arguments of a command": ('get() { echo "--build-arg T=$T"; }\ndocker build $(get) .', "caller-arguments"),
    "arguments out of a file": ("docker build $(sed 's/^/--build-arg /' .env) .", "caller-arguments"),
    "twice": ("docker build --build-arg T=$T --build-arg T=x .", "caller-arguments"),
    "arguments elsewhere": ('ARGS="--build-arg T=$T"\ndocker build $ARGS .\nother $ARGS', "caller-shared"),
    "arguments exported": ('export ARGS="--build-arg T=$T"\ndocker build $ARGS .', "caller-shared"),
    "another value since": ('T=a\nARGS="--build-arg T=$T"\nT=b\ndocker build $ARGS .', "caller-value"),
    "worked out before": ('ARGS=(--build-arg "T=$(vault read x)")\ndocker build "${ARGS[@]}" .', "caller-value"),
    "set before the command": ("T=$X docker build --build-arg T=$T .", "caller-value"),
    "set by env": ("env T=x docker build --build-arg T=$T .", "caller-value"),
    "substitution of the shell around": ('bash -c "docker build --build-arg T=$(cat f) ."', "caller-value"),
    "substitution under a condition": ("docker build ${X:+--build-arg T=$(vault read x)} .", "caller-value"),
    "literal in an argument": ("bash -c 'docker build --build-arg T=abcdef .'", "caller-value"),
    "name that serves two": ("a=1\ndocker build --build-arg T=$a --build-arg NPM_TOKEN=$T .", "caller-value"),
    "another script": ("./build.sh --build-arg T=$T", "caller-arguments"),
    "trap": ("trap 'docker build --build-arg T=$T .' EXIT", "caller-arguments"),
    "alias": ("alias b='docker build --build-arg T=$T .'", "caller-arguments"),
    "buildctl": ("buildctl build --opt build-arg:T=$T --local context=.", "caller-arguments"),
    "written to a script": ("cat > x.sh <<EOF\ndocker build --build-arg T=$T .\nEOF\n", "caller-arguments"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    text, code = REFUSED[name]
    codes = refused("build.sh", text, "shell", IDS)
    assert codes and set(codes) == {code}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_names_the_line_and_no_value(name: str) -> None:
    text = "# a\n" + REFUSED[name][0].replace("abcdef", "planted-value")
    reading = read("build.sh", text, "shell")
    whys = [u.refused for u in reading.unread] + [b.refused for b in reading.builds if b.refused]
    jobs = jobs_for(tuple(b for b in reading.builds if b.refused is None), IDS)
    done = rewrite("build.sh", text, "shell", jobs)
    whys += [r.refused for r in done.refused]
    assert whys
    for why in whys:
        assert 2 <= why.line <= text.count("\n") + 1
        assert "planted-value" not in str(why)
    assert not done.edits or not any(r.refused for r in done.refused)


@pytest.mark.parametrize(
    "text",
    [
        "# docker build --build-arg T=$T .\n",
        'echo "docker build --build-arg T=x ."\n',
        "printf '%s\\n' 'docker build --build-arg T=x .' >&2\n",
        "cat <<EOF\nusage: docker build --build-arg T=x .\nEOF\n",
        'usage() { echo "docker build --build-arg T=x ."; }\n[ $# -gt 0 ] || usage\n',
        "docker ps\ndocker image ls build\ndocker run build\nmake docker-build\n",
        "grep -q -- --build-arg x.txt\n",
    ],
)
def test_what_is_no_build(text: str) -> None:
    reading = read("build.sh", text, "shell")
    assert not reading.builds and not reading.unread


def test_an_option_of_the_script_itself() -> None:
    text = 'while [ $# -gt 0 ]; do\n  case $1 in\n    --build-arg) ARGS="$ARGS --build-arg $2"; shift 2 ;;\n  esac\ndone\ndocker build $ARGS --build-arg T=$T .\n'
    after = moved("build.sh", text, "shell", IDS)
    assert after == text.replace("--build-arg T=$T", "--secret id=t,env=T")


def test_names_of_a_loop_are_known() -> None:
    text = 'for v in http_proxy no_proxy; do A+=(--build-arg "$v=${!v}"); done\ndocker build "${A[@]}" --build-arg T=$T .\n'
    assert [a.name for a in only(text).args] == ["http_proxy", "no_proxy", "T"]
    assert moved("build.sh", text, "shell", IDS) == text.replace("--build-arg T=$T", "--secret id=t,env=T")


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("docker build --secret id=t,env=T --build-arg T=$T -t x .", "docker build --secret id=t,env=T -t x ."),
        ("docker build --secret id=t,env=T \\\n  --build-arg T=$T \\\n  .", "docker build --secret id=t,env=T \\\n  ."),
        ('A="--build-arg T=$T --build-arg NPM_TOKEN=$N --pull"\ndocker build --secret id=t,env=T --secret id=npm_token,env=N $A .',
         'A="--pull"\ndocker build --secret id=t,env=T --secret id=npm_token,env=N $A .'),
        ("docker build --secret id=t,env=T ${T:+--build-arg T=$T} .", "docker build --secret id=t,env=T ${T:+} ."),
    ],
)  # fmt: skip
def test_a_build_arg_whose_secret_is_passed_already_goes(text: str, after: str) -> None:
    assert moved("build.sh", text, "shell", IDS) == after


def test_a_copied_file_is_handed_over() -> None:
    text = "cd app\ndocker build -t app .\n"
    builds = read("x.sh", text, "shell").builds
    move = Move(spec("npmrc", "npmrc", Delivery.FILE), source="app/.npmrc")
    done = rewrite("x.sh", text, "shell", [Job(builds[0], (move,))])
    assert applied(done, {"x.sh": text})["x.sh"] == b"cd app\ndocker build --secret id=npmrc,src=.npmrc -t app .\n"
    unknown = 'cd "$X"\ndocker build -t app .\n'
    builds = read("x.sh", unknown, "shell").builds
    assert rewrite("x.sh", unknown, "shell", [Job(builds[0], (move,))]).refused[0].refused.code == "caller-which-file"


def test_keys() -> None:
    text = 'docker build --build-arg KEY="$(cat ~/.ssh/id_rsa)" .\n'
    assert moved("x.sh", text, "shell", {"KEY": "default"}, delivery=Delivery.SSH) == 'docker build --ssh "default=$HOME/.ssh/id_rsa" .\n'
    text = 'docker build --build-arg KEY="$KEY" .\n'
    assert refused("x.sh", text, "shell", {"KEY": "default"}, delivery=Delivery.SSH) == ["caller-key"]
    agent = 'eval "$(ssh-agent -s)"\nssh-add - <<< "$KEY"\nsudo ' + text
    assert moved("x.sh", agent, "shell", {"KEY": "default"}, delivery=Delivery.SSH).endswith(
        "sudo --preserve-env=SSH_AUTH_SOCK docker build --ssh default .\n"
    )


def test_told() -> None:
    def told(text: str) -> str:
        builds = read("x.sh", text, "shell").builds
        return " ".join(t.text for t in rewrite("x.sh", text, "shell", jobs_for(builds, IDS)).told)

    assert "SETENV" in told("sudo docker build --build-arg T=$T .")
    assert "burnt" in told("docker build --build-arg T=abcdef .") and "abcdef" not in told("docker build --build-arg T=abcdef .")
    assert "set -x" in told("set -ex\nt=1\ndocker build --build-arg T=$t .")
    assert "set -x" in told("#!/bin/sh -x\nt=1\ndocker build --build-arg T=$t .")
    assert not told("docker build --build-arg T=$T .")


class CiHost:
    """A file around the script that knows its templates."""

    folder: str | None = "."

    def __init__(self) -> None:
        self.carried: list[tuple[str, str]] = []

    def exported(self, name: str) -> bool:
        return name.startswith("CI_")

    def carry(self, name: str, template: str) -> str | None:
        self.carried.append((name, template))
        return name if "secrets." in template else None

    def resolve(self, text: str) -> tuple[str, ...] | None:
        return {"{{dir}}": ("a", "b"), "{{docker}}": ("docker",), "$CI_DIR": ("c",)}.get(text)


def templated(text: str):
    import re

    embedded, masks = plain(text.encode()), tuple(m.span() for m in re.finditer(r"\{\{.*?\}\}", text))
    host = CiHost()
    return embedded, masks, host, read_shell(embedded, host, path="ci.yml", kind="x", masks=masks)


@pytest.mark.parametrize(
    ("text", "after", "carried"),
    [
        ("docker build --build-arg T={{ secrets.T }} .", "docker build --secret id=t,env=T .", [("T", "{{ secrets.T }}")]),
        ('docker build --build-arg "T={{ secrets.X }}" .', "docker build --secret id=t,env=T .", [("T", "{{ secrets.X }}")]),
        ('docker build --build-arg "T=a-{{secrets.X}}" .', 'T="a-${T}" docker build --secret id=t,env=T .', [("T", "{{secrets.X}}")]),
        ("docker build --build-arg T=$CI_T .", "docker build --secret id=t,env=CI_T .", []),
        ("docker build --build-arg T=$OTHER .", 'T="$OTHER" docker build --secret id=t,env=T .', []),
        (
            "bash -c 'docker build --build-arg T={{ secrets.T }} .'",
            "bash -c 'docker build --secret id=t,env=T .'",
            [("T", "{{ secrets.T }}")],
        ),
        ("{{docker}} build --build-arg T={{ secrets.T }} .", "{{docker}} build --secret id=t,env=T .", [("T", "{{ secrets.T }}")]),
    ],
)
def test_templates(text: str, after: str, carried: list[tuple[str, str]]) -> None:
    embedded, masks, host, reading = templated(text)
    jobs = list(enumerate(jobs_for(reading.builds, IDS)))
    done = rewrite_shell(embedded, host, jobs, path="ci.yml", masks=masks)
    assert not done.refused
    assert apply(text.encode(), [e.edit for e in done.edits]).decode() == after
    assert host.carried == carried


def test_a_template_that_cannot_be_carried() -> None:
    embedded, masks, host, reading = templated("docker build --build-arg T={{ inputs.t }} .")
    done = rewrite_shell(embedded, host, list(enumerate(jobs_for(reading.builds, IDS))), path="ci.yml", masks=masks)
    assert [r.refused.code for r in done.refused] == ["caller-value"] and not done.edits


def test_templates_in_paths() -> None:
    assert templated("docker build -f {{dir}}/Dockerfile .")[3].builds[0].place.paths == ("a/Dockerfile", "b/Dockerfile")
    assert templated("docker build -f x/{{what}}/Dockerfile .")[3].builds[0].place.pattern == "x/*/Dockerfile"
    assert templated("docker build $CI_DIR")[3].builds[0].place.paths == ("c/Dockerfile",)


def test_text_that_the_file_cannot_hold_is_refused() -> None:
    data = b"docker build --build-arg T=$T ."
    embedded = Embedded(LogicalText((Piece(data, 10, 10 + len(data)),)), lambda new: None)
    host = CiHost()
    reading = read_shell(embedded, host, path="x.yml", kind="x")
    done = rewrite_shell(embedded, host, list(enumerate(jobs_for(reading.builds, IDS))), path="x.yml")
    assert [r.refused.code for r in done.refused] == ["caller-shell"] and not done.edits


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("build.fish", "docker build --build-arg T=$T .\n"),
        ("build.ps1", "docker build --build-arg T=$env:T .\n"),
        ("build.bat", "docker build ^\r\n  --build-arg T=%T% .\r\n"),
        ("build", "#!/usr/bin/env fish\ndocker build --build-arg T=$T .\n"),
    ],
)
def test_other_shells_are_named_and_left(path: str, text: str) -> None:
    reading = read(path, text, "shell")
    assert not reading.builds
    assert [(u.name, u.refused.code) for u in reading.unread] == [("T", "caller-shell")]


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xfe\x00d", b"docker build " * 30_000, b"$(" * 5_000 + b"docker build .", b"for a in b; do " * 2_000 + b"docker build"],
)
def test_any_bytes_are_read_in_time(data: bytes) -> None:
    read("x.sh", data, "shell")


def test_many_builds_in_time() -> None:
    text = 'A="--pull"\n' + "".join(f'A="$A --build-arg X{n}=$X{n}"\n' for n in range(200)) + "docker build $A .\n" * 200
    reading = read("x.sh", text, "shell")
    assert len(reading.builds) == 200


def test_the_script_is_read_alone(tmp_path) -> None:
    """Nothing of the repository is run, and nothing outside of it is looked at."""
    assert Repository(str(tmp_path)).read("../x") is None


def test_a_script_that_another_one_takes_in() -> None:
    """What it never assigns may be a variable of the other script that is not exported."""
    text = "image() { docker build --build-arg T=$T .; }\nimage\n"
    others = {"main.sh": "T=$(vault read x)\n. ./lib/image.sh\n"}
    assert 'T="$T" docker build --secret id=t,env=T' in moved("lib/image.sh", text, "shell", IDS, others)
    assert "{ docker build --secret id=t,env=T" in moved("lib/image.sh", text, "shell", IDS, {"main.sh": "sh lib/image.sh\n"})


def test_a_build_in_the_body_of_a_heredoc() -> None:
    text = "cat > id <<EOF\nimage: $(docker build -q --build-arg T=$T app)\nEOF\n"
    assert only(text).place.paths == ("app/Dockerfile",)
    assert moved("x.sh", text, "shell", IDS) == text.replace("--build-arg T=$T", "--secret id=t,env=T")


def test_more_calls_than_are_looked_at() -> None:
    text = 'b() { docker build "$@"; }\n' + "".join(f"b -t x{n} --build-arg T=$T d{n}\n" for n in range(80))
    reading = read("x.sh", text, "shell")
    assert len(reading.builds) == 65
    assert {u.name for u in reading.unread} == {"T"}


HEAVY = {
    "definitions": "A=1\n" * 3000 + "docker build $A .\n" * 300,
    "conditions": "".join(f'if a; then A="$A --build-arg X{n}=$X{n}"; fi\n' for n in range(290)) + "docker build $A .\n" * 300,
    "folders": "cd a\n" * 5000 + "docker build .\n" * 399,
    "each other": 'A="$A $B"\nB="$B $A $A"\n' * 50 + "docker build $A .\n" * 50,
    "calls of calls": 'f() { docker build "$@" ; }\n' + 'g() { f "$@" "$@" "$@"; }\n' * 40 + "g a b c\n" * 60,
    "themselves": 'f() { docker build "$@" $1; f "$@"; g "$@"; }\ng() { f "$@" "$@"; }\nf a\ng b\n',
    "paths": "A0=a\n"
    + "".join(f"if x; then A{n}=$A{n - 1}$A{n - 1}/x; else A{n}=b$A{n - 1}; fi\n" for n in range(1, 30))
    + "docker build $A29\n" * 50,
    "flags": "x --build-arg T=1\n" * 5000,
    "shells": "bash -c \"bash -c 'docker build .'\"\n" * 300,
}


@pytest.mark.parametrize("name", HEAVY)
def test_heavy_scripts_are_read_in_time(name: str) -> None:
    from time import process_time

    start = process_time()
    reading = read("x.sh", HEAVY[name], "shell")
    assert process_time() - start < 5 * SLOWER
    assert reading.builds or reading.unread


def test_what_is_too_much_is_said() -> None:
    assert {u.name for u in read("x.sh", HEAVY["shells"], "shell").unread} == {""}
    assert [b.place.paths for b in read("x.sh", "bash -c \"bash -c 'docker build a'\"\n", "shell").builds] == [("a/Dockerfile",)]
