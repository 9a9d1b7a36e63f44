"""Any build command, however it is wrapped and quoted, reads back after its rewrite and gives the builder the same."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.callers.working import moved, read

ARGS = ["T", "NPM_TOKEN", "A", "B2"]
IDS = {"T": "t", "NPM_TOKEN": "npm_token"}
names = st.sampled_from(ARGS)
values = st.sampled_from(["$X", "${X}", '"$X"', '"${X:-}"', "$(cat f.txt)", '"$(cat "$HOME/f")"', "lit", "'a b'", '"p-$X"', "`cat f`"])
wrappers = st.sampled_from(["", "sudo ", "sudo -E ", "time ", "nice -n 3 ", "env Z=1 ", "Z=1 ", "! ", "exec ", "timeout 9 ", "command "])
around = st.sampled_from(
    [
        "{}",
        "({})",
        "{{ {}; }}",
        "if true; then {}; fi",
        "{} || exit 1",
        "true && {}",
        "{} | tee log",
        "x=$({})",
        "f() {{ {}; }}\nf",
        "{} # --build-arg T=no",
    ]
)
builders = st.sampled_from(
    ["docker build", "docker --context c build", "docker buildx build --push", "podman build", "buildah bud", "nerdctl build"]
)
others = st.sampled_from(
    ["--pull", "-t app", '-t "app:$V"', "--label 'a b=c'", "--platform linux/amd64", "--no-cache", "--target prod", "-f ci/Dockerfile"]
)


@st.composite
def one_arg(draw: st.DrawFn) -> str:
    name = draw(names)
    if draw(st.booleans()):
        return draw(st.sampled_from([f"--build-arg {name}", f"--build-arg={name}", f'--build-arg "{name}"']))
    value = draw(values)
    bare = value.strip('"')
    whole = [f"--build-arg {name}={value}", f"--build-arg={name}={value}"]
    if not bare.startswith("'") and '"' not in bare:
        whole += [f'--build-arg "{name}={bare}"', f'"--build-arg={name}={bare}"']
    return draw(st.sampled_from(whole))


@st.composite
def scripts(draw: st.DrawFn) -> tuple[str, list[str]]:
    args = draw(st.lists(one_arg(), min_size=1, max_size=4, unique_by=lambda a: next(n for n in ARGS if n in a.replace("--build-arg", ""))))
    words = draw(st.permutations([*args, *draw(st.lists(others, max_size=3, unique=True))]))
    gap = draw(st.sampled_from([" ", " \\\n    "]))
    command = draw(wrappers) + gap.join([draw(builders), *words, "."])
    text = draw(st.sampled_from(["", "set -eu\n", "X=$(cat f)\n", "export X=1\n", "cd app\n"])) + draw(around).format(command) + "\n"
    passed = [
        n
        for a in words
        for n in ARGS
        if ("build-arg" in a and a.replace("--build-arg", "").lstrip(' ="').startswith((n + "=", n + '"', n + " ")))
        or a.split("build-arg")[-1].strip(' ="') == n
    ]
    return text, passed


@settings(max_examples=250, deadline=None, derandomize=True)
@given(scripts())
def test_any_build_reads_back(case: tuple[str, list[str]]) -> None:
    text, passed = case
    builds = read("build.sh", text, "shell").builds
    assert len(builds) == 1
    assert sorted(a.name for a in builds[0].args) == sorted(set(passed))
    if set(passed) & set(IDS):
        after = moved("build.sh", text, "shell", IDS)
        for name in set(passed) & set(IDS):
            assert f"id={IDS[name]}," in after
        assert after.count("\n") <= text.count("\n")
