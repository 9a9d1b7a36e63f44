"""Tokens in the addresses that Git is given: the file that comes out, and what is refused."""

from __future__ import annotations

import pytest

from remediate.analysis.bindings import Bindings
from remediate.analysis.flows import Trace
from remediate.analysis.surroundings import Surroundings
from remediate.analysis.trace import secret_origins, trace
from remediate.dockerfile.parser import parse
from remediate.fixers import clones
from remediate.fixers.remedy import Kept, Remedy, Situation
from remediate.fixers.rewrite import rewrite
from remediate.knowledge.names import Judge
from remediate.model import Options, Refusal
from remediate.text import apply

HEAD = "FROM debian:12\nARG TOKEN\nARG GITHUB_PASSWORD\nARG GITHUB_USER\n"
C = '-c "url.https://$TOKEN@github.com/.insteadOf=https://github.com/"'


def traced(text: str) -> Trace:
    tree = parse(text.encode())
    bindings = Bindings(tree)
    return trace(bindings, secret_origins(tree, Judge(), bindings, frozenset()), Surroundings())


def answers(found: Trace) -> list[Remedy | Refusal | None]:
    kept: dict[tuple[object, ...], Kept] = {}
    flows = {}
    for flow in found.flows:
        for r in flow.residue:
            if not r.printed:
                key = (r.path or r.command, r.run)
                before = kept.get(key, Kept(r.path, r.tool, ()))
                kept[key] = before._replace(residues=(*before.residues, r))
                flows[key] = flow
    return [clones.propose(Situation(found, flows[k], thing, Options())) for k, thing in kept.items()]


def fixed(text: str) -> str:
    """The file after the remedies for all that it leaves, and after those for what the rest still leaves."""
    found = traced(text)
    given = answers(found)
    assert given, "nothing is kept"
    words: dict[int, list[tuple[int, int, str]]] = {}
    for answer in given:
        assert isinstance(answer, Remedy), answer
        for index, edit in answer.runs.items():
            words.setdefault(index, []).extend(w for w in edit.words if w not in words.get(index, []))
    whole = Remedy(runs={i: answer_edit(w) for i, w in words.items()})
    edits = rewrite(found, whole)
    assert not isinstance(edits, Refusal), edits
    after = apply(text.encode(), edits).decode()
    assert answers(traced(after)) == [], after
    return after


def answer_edit(words: list[tuple[int, int, str]]) -> clones.RunEdit:
    return clones.RunEdit(words=tuple(words))


FIXES = [
    ("RUN git clone https://$TOKEN@github.com/o/r.git dir", f"RUN git {C} clone https://github.com/o/r.git dir"),
    ('RUN git clone --depth 1 "https://x-access-token:${TOKEN}@github.com/o/r"', 'RUN git -c "url.https://x-access-token:${TOKEN}@github.com/.insteadOf=https://github.com/" clone --depth 1 "https://github.com/o/r"'),
    ('RUN git -C /srv clone -b v1 https://"$TOKEN"@github.com/o/r', f"RUN git {C} -C /srv clone -b v1 https://github.com/o/r"),
    ("RUN git clone https://$GITHUB_USER:$GITHUB_PASSWORD@git.example.com:8443/o/r.git && cd r && make", 'RUN git -c "url.https://$GITHUB_USER:$GITHUB_PASSWORD@git.example.com:8443/.insteadOf=https://git.example.com:8443/" clone https://git.example.com:8443/o/r.git && cd r && make'),
    ("RUN git clone http://u:$(echo $TOKEN)@$HOST/o/$R.git", 'RUN git -c "url.http://u:$(echo $TOKEN)@$HOST/.insteadOf=http://$HOST/" clone http://$HOST/o/$R.git'),
    ("RUN apt-get update; git clone https://$TOKEN@github.com/o/a; git clone https://$TOKEN@github.com/o/b b2", f"RUN apt-get update; git {C} clone https://github.com/o/a; git {C} clone https://github.com/o/b b2"),
    ("RUN if [ -n \"$TOKEN\" ]; then git clone https://$TOKEN@github.com/o/a; else git clone https://github.com/o/a; fi", f"RUN if [ -n \"$TOKEN\" ]; then git {C} clone https://github.com/o/a; else git clone https://github.com/o/a; fi"),
    ("RUN for r in a b; do git clone https://$TOKEN@github.com/o/$r.git; done", f"RUN for r in a b; do git {C} clone https://github.com/o/$r.git; done"),
    ("RUN sudo git clone https://$TOKEN@github.com/o/a 2>&1 | tail -1", f"RUN sudo git {C} clone https://github.com/o/a 2>&1 | tail -1"),
    ('RUN URL="https://$TOKEN@github.com/o/r"; git clone "$URL" && ls r', f'RUN URL="https://github.com/o/r"; git {C} clone "$URL" && ls r'),
    ("RUN export URL=https://$TOKEN@github.com/o/r && git clone --mirror ${URL}", f"RUN export URL=https://github.com/o/r && git {C} clone --mirror ${{URL}}"),
    ("RUN git clone https://$TOKEN@github.com/o/r && cd r && git submodule update --init --recursive && git log -1", f"RUN git {C} clone https://github.com/o/r && cd r && git {C} submodule update --init --recursive && git log -1"),
    ("RUN git clone https://$TOKEN@github.com/o/r /src\nWORKDIR /src\nRUN git fetch --tags && git describe\nRUN git -C /other pull", f"RUN git {C} clone https://github.com/o/r /src\nWORKDIR /src\nRUN git {C} fetch --tags && git describe\nRUN git -C /other pull"),
    ("RUN git init . && git remote add origin https://$TOKEN@github.com/o/r && git fetch origin main && git checkout main", f"RUN git init . && git remote add origin https://github.com/o/r && git {C} fetch origin main && git checkout main"),
    ("WORKDIR /s\nRUN git init\nRUN git remote set-url origin https://$TOKEN@github.com/o/r; git pull", f"WORKDIR /s\nRUN git init\nRUN git remote set-url origin https://github.com/o/r; git {C} pull"),
    ("RUN git submodule add https://$TOKEN@github.com/o/r lib", f"RUN git {C} submodule add https://github.com/o/r lib"),
    ("RUN git pull https://$TOKEN@github.com/o/r main", f"RUN git {C} pull https://github.com/o/r main"),
    ("RUN git config remote.origin.url https://$TOKEN@github.com/o/r && git lfs pull", f"RUN git config remote.origin.url https://github.com/o/r && git {C} lfs pull"),
    ('RUN git clone -c "http.extraHeader=Authorization: Bearer $TOKEN" https://github.com/o/r', 'RUN git -c "http.extraHeader=Authorization: Bearer $TOKEN" clone https://github.com/o/r'),
    ("RUN git clone https://x-token-auth:$TOKEN@bitbucket.org/o/r", 'RUN GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="url.https://x-token-auth:$TOKEN@bitbucket.org/.insteadOf" GIT_CONFIG_VALUE_0="https://bitbucket.org/" git clone https://bitbucket.org/o/r'),
    ("RUN git clone https://$TOKEN@github.com/o/r && rm -rf r/.git/hooks", f"RUN git {C} clone https://github.com/o/r && rm -rf r/.git/hooks"),
    ("RUN git clone \\\n    --depth 1 \\\n    https://$TOKEN@github.com/o/r \\\n    /src", f"RUN git {C} clone \\\n    --depth 1 \\\n    https://github.com/o/r \\\n    /src"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), FIXES)
def test_the_token_leaves_the_address(before: str, after: str) -> None:
    assert fixed(f"{HEAD}{before}\n") == f"{HEAD}{after}\n"


REFUSED = [
    ("RUN sh -c 'git clone https://$TOKEN@github.com/o/r'", "clone-nested"),
    ("RUN git clone https://$TOKEN/r", "clone-address"),
    ("RUN git clone https://x@github.com/$TOKEN/r", "clone-address"),
    ("RUN git clone https://$TOKEN@github.com/$TOKEN/r", "clone-address"),
    ("ENV REPO=https://$TOKEN@github.com/o/r\nRUN git clone $REPO", "clone-address"),
    ("RUN URL=https://$TOKEN@github.com/o/r; echo $URL | wc -c; git clone $URL", "clone-address"),
    ("RUN if true; then URL=https://$TOKEN@github.com/o/r; fi; git clone $URL", "clone-address"),
    ("RUN git clone https://$TOKEN@github.com/o/r && cd r && git remote get-url origin", "clone-used-later"),
    ("RUN git clone https://$TOKEN@github.com/o/r && sh -c 'cd r && git pull'", "clone-used-later"),
    ("RUN git clone https://$TOKEN@github.com/o/r /r\nWORKDIR /r\nARG TOKEN=other\nRUN git pull", "clone-used-later"),
    ("RUN git clone https://$TOKEN@github.com/o/r /r\nFROM debian:12\nCOPY --from=0 /r /r\nRUN cd /r && git pull", "clone-used-later"),
    ('RUN git clone https://$TOKEN@github.com/o/r /r\nCMD ["sh", "-c", "git -C /r pull && serve"]', "kept-for-run-time"),
    ("RUN git config --global url.https://$TOKEN@github.com/.insteadOf https://github.com/\nRUN git clone https://$TOKEN@github.com/o/r", "clone-address"),
    ("ENV GIT_CONFIG_COUNT=0\nRUN git clone https://x-token-auth:$TOKEN@bitbucket.org/o/r", "clone-address"),
    ("RUN time git clone https://x-token-auth:$TOKEN@bitbucket.org/o/r", "clone-address"),
]  # fmt: skip


@pytest.mark.parametrize(("run", "code"), REFUSED)
def test_what_cannot_be_proved_is_refused(run: str, code: str) -> None:
    given = [a for a in answers(traced(f"{HEAD}{run}\n")) if a is not None]
    assert [a.code for a in given if isinstance(a, Refusal)] == [code]


def test_an_address_that_is_the_secret_is_refused() -> None:
    given = answers(traced("FROM debian:12\nARG REPO_URL_TOKEN\nRUN git clone $REPO_URL_TOKEN\n"))
    assert [a.code for a in given if isinstance(a, Refusal)] == ["clone-address-secret"]


NOTHING = [
    "RUN git clone https://$TOKEN@github.com/o/r && rm -rf r/.git",
    "RUN git clone --depth=1 https://$TOKEN@github.com/o/r.git && cp -r r/src /app && rm -rf r",
    "RUN cd /tmp && git clone https://$TOKEN@github.com/o/r x && cd x && make && rm -rf .git",
    "RUN git clone --bare https://$TOKEN@github.com/o/r && rm -rf r.git",
    "RUN git -C /tmp clone https://$TOKEN@github.com/o/r && rm -rf /tmp/r",
    "RUN git ls-remote https://$TOKEN@github.com/o/r",
    "RUN git fetch https://$TOKEN@github.com/o/r main",
    "RUN git push https://$TOKEN@github.com/o/r main",
    f"RUN git {C} clone https://github.com/o/r",
]


@pytest.mark.parametrize("run", NOTHING)
def test_nothing_is_kept(run: str) -> None:
    assert answers(traced(f"{HEAD}{run}\n")) == []


KEPT = [
    "RUN git clone https://$TOKEN@github.com/o/r && rm -rf other/.git",
    "RUN git clone https://$TOKEN@github.com/o/r && cp -r r /app && rm -rf r",
    "RUN git clone https://$TOKEN@github.com/o/r && rm -rf r/.git || true",
    "RUN git clone --bare https://$TOKEN@github.com/o/r && rm -rf r",
    "RUN git clone --separate-git-dir=/g https://$TOKEN@github.com/o/r && rm -rf r",
]


@pytest.mark.parametrize("run", KEPT)
def test_another_folder_is_removed(run: str) -> None:
    assert [type(a) for a in answers(traced(f"{HEAD}{run}\n"))] == [Remedy]


def test_other_residue_is_somebody_elses() -> None:
    assert answers(traced(f"{HEAD}RUN echo $TOKEN > /t\n")) == [None]


def test_a_script_in_the_clone_is_named() -> None:
    (answer,) = answers(traced(f"{HEAD}RUN git clone https://$TOKEN@github.com/o/r && cd r && ./build.sh\n"))
    assert isinstance(answer, Remedy)
    assert "./build.sh gets it no more" in answer.how
