"""Other takers of a file that is to leave the build context: what else of the same Dockerfile needs it there."""

from __future__ import annotations

import pytest

from remediate.model import Applicability, Refusal
from remediate.pipeline.one import process
from tests.fixers.test_copied import ALL, HEAD, M, fixed, proposed

SECOND = HEAD + "COPY package.json .npmrc ./\nRUN npm ci\nFROM node\nWORKDIR /b\n"
FIRST = HEAD + f"COPY package.json ./\nRUN {M} npm ci\nFROM node\nWORKDIR /b\n"

STAYS = {
    "a bind mount of the file": "RUN --mount=type=bind,source=.npmrc,target=/b/.npmrc npm ci\n",
    "a bind mount of the whole context": "RUN --mount=type=bind,target=/b npm ci\n",
    "a bind mount without a type": "RUN --mount=target=. npm ci\n",
    "a bind mount of a variable": "ARG X\nRUN --mount=type=bind,src=$X,target=/b npm ci\n",
    "a variable that the caller sets": "ARG F\nCOPY $F /b/\nRUN make\n",
    "a part of the name": "ARG F\nCOPY .npm${F} /b/\nRUN make\n",
}


@pytest.mark.parametrize("name", STAYS)
def test_what_else_needs_the_file_in_the_context(name: str) -> None:
    after, found = fixed(SECOND + STAYS[name])
    assert after == FIRST + STAYS[name]
    assert {p.remedy.ignore for p in found if p.remedy is not None} == {()}
    assert "stays in the build context" in (found[0].remedy.how if found[0].remedy is not None else "")


@pytest.mark.parametrize("name", STAYS)
def test_what_comes_along_cannot_be_kept_out_of_what_needs_it(name: str) -> None:
    _, found = proposed(HEAD + "COPY . .\nRUN npm ci\nFROM node\n" + STAYS[name])
    npmrc = [p for p in found if p.file.name == ".npmrc"]
    assert [p.fix for p in npmrc] == [Applicability.REFUSED]
    assert npmrc[0].reason is not None and npmrc[0].reason.code == "copied-shared"


MAY_BRING_IT = {
    "a variable with that default": "ARG F=.npmrc\nCOPY $F /b/\nRUN make\n",
    "a folder without something else": "COPY --exclude=*.log . /b/\nRUN make\n",
}


@pytest.mark.parametrize("name", MAY_BRING_IT)
def test_another_copy_that_may_bring_it(name: str) -> None:
    _, found = proposed(SECOND + MAY_BRING_IT[name])
    assert all(p.fix is Applicability.REFUSED and isinstance(p.reason, Refusal) for p in found)


IDLE = {
    "a variable with another default": "ARG JAR=target/*.jar\nCOPY ${JAR} app.jar\n",
    "a variable with another ending": "ARG V\nCOPY app-${V}.jar app.jar\n",
    "a folder without this file": "COPY --exclude=.npmrc . /b/\n",
    "a bind mount of something else": "RUN --mount=type=bind,source=package.json,target=/b/package.json true\n",
    "a bind mount of a stage": "RUN --mount=type=bind,from=0,source=/app,target=/b true\n",
}


@pytest.mark.parametrize("name", IDLE)
def test_what_does_not_take_the_file(name: str) -> None:
    after, found = fixed(SECOND + IDLE[name])
    assert after == FIRST + IDLE[name]
    assert {p.remedy.ignore for p in found if p.remedy is not None} == {(".npmrc",)}


COVERED = {
    "a cache over the folder": "COPY . .\nRUN --mount=type=cache,target=/app npm ci\n",
    "a bind mount over the folder": "COPY .npmrc ./\nRUN --mount=type=bind,from=x,target=/app npm ci\n",
    "an empty folder over it": "COPY .npmrc ./\nRUN --mount=type=tmpfs,target=/app/ npm ci\n",
    "relative": "COPY .npmrc ./\nRUN --mount=type=tmpfs,target=. npm ci\n",
}


@pytest.mark.parametrize("name", COVERED)
def test_a_mount_over_the_folder_hides_the_file(name: str) -> None:
    _, found = proposed(HEAD + COVERED[name])
    assert {p.reason.code for p in found if p.file.name == ".npmrc" and p.reason is not None} == {"mount-in-use"}


def test_a_mount_beside_the_file_hides_nothing() -> None:
    after, _ = fixed(HEAD + "COPY .npmrc ./\nRUN --mount=type=cache,target=/app/.npm npm ci\n")
    assert after == HEAD + f"RUN --mount=type=cache,target=/app/.npm {M} npm ci\n"


def test_a_silenced_copy_keeps_the_file() -> None:
    text = HEAD + "COPY .npmrc ./\nRUN npm ci\nFROM node\nWORKDIR /b\nCOPY .npmrc ./\nRUN npm ci\n"
    from remediate.fixers.copied import propose_copied

    trace, found = proposed(text)
    (one,) = propose_copied(trace, [p.file for p in found if p.file.instruction == 6], ALL, lambda copy, path: copy == 2)
    assert one.remedy is not None and one.remedy.ignore == () and one.remedy.gone == {6} and set(one.remedy.runs) == {7}


def test_a_password_that_becomes_an_account_is_no_mount() -> None:
    """The hash stays in the image, as with the value in a variable."""
    done = process(b"FROM debian:12\nCOPY password.txt /tmp/password.txt\nRUN chpasswd < /tmp/password.txt && rm /tmp/password.txt\n")
    assert [f.reason for f in done.findings] == ["copied-and-changed"]
    assert done.after == done.before
