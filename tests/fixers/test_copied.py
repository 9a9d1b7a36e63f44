"""Copied credential files that become mounts, and those that cannot."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from remediate.analysis.bindings import Bindings
from remediate.analysis.carried import ContextFiles, carried_files, without_folders
from remediate.analysis.copies import copied_files
from remediate.analysis.flows import Trace
from remediate.analysis.runs import Runs, view_runs
from remediate.analysis.surroundings import Surroundings
from remediate.dockerfile.parser import parse
from remediate.fixers.copied import Proposed, propose_copied
from remediate.fixers.remedies import merged
from remediate.fixers.rewrite import reads_back, rewrite
from remediate.model import Applicability, Delivery, IgnoreLines, Refusal
from remediate.repo.ignore import DockerIgnore
from remediate.text import apply

TOKEN = b"//npm.example.com/:_authToken=k3Vq9xW2mT7z\n"
KEY = b"-----BEGIN OPENSSH " + b"PRIVATE KEY-----\n"
ENV = b"DB_PASSWORD=k3Vq9xW2mT7z\n"
CONTEXT = {".npmrc": TOKEN, ".netrc": b"machine git.example.com login x password k3Vq9xW2mT7z\n", ".env": ENV, "id_rsa": KEY, "package.json": b"{}", ".ssh/known_hosts": b"x"}


def beside(content: Mapping[str, bytes], ignore: bytes = b"", needed: str = "", writable: bool = True) -> ContextFiles:
    rules = DockerIgnore.parse(ignore)
    named = tuple(p for p in content if not rules.excluded(p))
    return ContextFiles(
        True, True, named, lambda p: None if rules.excluded(p) else content.get(p), rules.excluded, lambda p: needed,
        lambda lines: (IgnoreLines(".dockerignore", ignore or None, tuple(lines)),) if writable else (),
    )  # fmt: skip


ALL = beside(CONTEXT)
NONE = ContextFiles()


def proposed(text: str, files: ContextFiles = ALL) -> tuple[Trace, list[Proposed]]:
    tree = parse(text.encode())
    around = Surroundings(files.at_hand, files=lambda: tuple(CONTEXT), read=files.read)
    trace = Trace(tree, Bindings(tree), Runs(), (), around)
    copied = without_folders(copied_files(tree, frozenset(), files.read), carried_files(tree, files))
    return trace._replace(runs=view_runs(tree)), propose_copied(trace, copied, files)


def fixed(text: str, files: ContextFiles = ALL) -> tuple[str, list[Proposed]]:
    """The file after all remedies, which must read back as meant."""
    trace, found = proposed(text, files)
    assert found and all(p.remedy is not None and p.fix is not Applicability.REFUSED for p in found), [p.reason for p in found]
    whole = merged([p.remedy for p in found if p.remedy is not None])
    edits = rewrite(trace, whole)
    assert not isinstance(edits, Refusal), edits
    after = apply(text.encode(), edits)
    assert reads_back(trace, whole, after) == ""
    return after.decode(), found


M = "--mount=type=secret,id=npmrc,target=/app/.npmrc,required=true"
HEAD = "FROM node\nWORKDIR /app\n"
S = "--mount=type=secret,id=id_rsa,target=/root/.ssh/id_rsa,required=true"

FIXES = {
    "one file, one consumer": (HEAD + "COPY .npmrc ./\nRUN npm ci\n", HEAD + f"RUN {M} npm ci\n"),
    "one source of several": (
        HEAD + "COPY package.json .npmrc ./\nRUN npm ci\n", HEAD + f"COPY package.json ./\nRUN {M} npm ci\n",
    ),
    "json form": (HEAD + 'COPY [".npmrc", "package.json", "./"]\nRUN npm ci\n', HEAD + f'COPY ["package.json", "./"]\nRUN {M} npm ci\n'),
    "ADD with flags": (HEAD + "ADD --chown=node:node --chmod=600 .npmrc /app/.npmrc\nRUN npm ci\n", HEAD + f"RUN {M} npm ci\n"),
    "rm in a RUN of its own": (HEAD + "COPY .npmrc ./\nRUN npm ci\nRUN rm -f .npmrc\n", HEAD + f"RUN {M} npm ci\n"),
    "rm at the end of the RUN": (HEAD + "COPY .npmrc ./\nRUN npm ci && rm -f .npmrc\n", HEAD + f"RUN {M} npm ci\n"),
    "rm that may fail": (HEAD + "COPY .npmrc ./\nRUN npm ci && npm prune ; rm .npmrc || true\n", HEAD + f"RUN {M} npm ci && npm prune ; true\n"),
    "rm of others, too": (HEAD + "COPY .npmrc ./\nRUN npm ci && rm -f .npmrc package-lock.json\n", HEAD + f"RUN {M} npm ci && rm -f package-lock.json\n"),
    "an exec-form RUN": (HEAD + 'COPY .npmrc ./\nRUN ["npm", "ci"]\n', HEAD + f'RUN {M} ["npm", "ci"]\n'),
    "two consumers": (HEAD + "COPY .npmrc ./\nRUN npm ci\nRUN npm install x\n", HEAD + f"RUN {M} npm ci\nRUN {M} npm install x\n"),
    "no consumer is given it for nothing": (
        HEAD + "COPY .npmrc ./\nRUN apt-get update\nRUN npm ci\nRUN mkdir x\n", HEAD + f"RUN apt-get update\nRUN {M} npm ci\nRUN mkdir x\n",
    ),
    "a user by number": (
        HEAD + "USER 1000\nCOPY .npmrc ./\nRUN npm ci\n",
        HEAD + "USER 1000\nRUN --mount=type=secret,id=npmrc,target=/app/.npmrc,uid=1000,required=true npm ci\n",
    ),
    "a user by name": (
        HEAD + "USER node\nCOPY .npmrc ./\nRUN npm ci\n",
        HEAD + "USER node\nRUN --mount=type=secret,id=npmrc,target=/app/.npmrc,mode=0444,required=true npm ci\n",
    ),
    "a build stage whose folder goes on": (
        "FROM node AS b\nWORKDIR /app\nCOPY .npmrc package.json ./\nRUN npm ci\nFROM nginx\nCOPY --from=b /app/dist /srv\n",
        f"FROM node AS b\nWORKDIR /app\nCOPY package.json ./\nRUN {M} npm ci\nFROM nginx\nCOPY --from=b /app/dist /srv\n",
    ),
    "a folder brings it as well": (
        HEAD + "COPY .npmrc package.json ./\nRUN npm ci\nCOPY . .\n", HEAD + f"COPY package.json ./\nRUN {M} npm ci\nCOPY . .\n",
    ),
    "a mount of the same path keeps its id": (
        HEAD + "RUN --mount=type=secret,id=mine,target=/app/.npmrc npm view x\nCOPY .npmrc ./\nRUN npm ci\n",
        HEAD + "RUN --mount=type=secret,id=mine,target=/app/.npmrc npm view x\n"
        "RUN --mount=type=secret,id=mine,target=/app/.npmrc,required=true npm ci\n",
    ),
    "an ssh key and its chmod": (
        "FROM alpine\nRUN mkdir -p /root/.ssh\nCOPY id_rsa /root/.ssh/id_rsa\n"
        "RUN chmod 600 /root/.ssh/id_rsa && git clone git@github.com:o/r.git\nRUN rm /root/.ssh/id_rsa\n",
        f"FROM alpine\nRUN mkdir -p /root/.ssh\nRUN {S} git clone git@github.com:o/r.git\n",
    ),
    "all sources of a COPY": (
        "FROM node\nCOPY .npmrc .netrc /root/\nRUN npm ci\nRUN rm /root/.npmrc /root/.netrc\n",
        "FROM node\nRUN --mount=type=secret,id=npmrc,target=/root/.npmrc,required=true \\\n"
        "    --mount=type=secret,id=netrc,target=/root/.netrc,required=true \\\n    npm ci\n",
    ),
    "two stages": (
        "FROM node AS a\nWORKDIR /app\nCOPY .npmrc ./\nRUN npm ci\nFROM node\nWORKDIR /app\nCOPY .npmrc ./\nRUN npm ci --omit=dev && rm .npmrc\n",
        f"FROM node AS a\nWORKDIR /app\nRUN {M} npm ci\nFROM node\nWORKDIR /app\nRUN {M} npm ci --omit=dev\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FIXES)
def test_fixed(name: str) -> None:
    before, after = FIXES[name]
    got, found = fixed(before, beside({k: v for k, v in CONTEXT.items() if k in (".npmrc", *(n for n in ("id_rsa", ".netrc") if n in before))}))
    assert got == after
    assert all(p.fix is Applicability.SAFE for p in found)
    again = proposed(got, beside(CONTEXT, ignore=b"\n".join(line.encode() for p in found if p.remedy for line in p.remedy.ignore) + b"\n.env\nid_rsa\n.netrc\n"))[1]
    assert again == [], "a second run finds something"


def test_the_spec_says_what_the_build_needs() -> None:
    _, found = fixed(HEAD + "COPY web/.npmrc ./\nRUN npm ci\n", beside({"web/.npmrc": TOKEN}))
    remedy = found[0].remedy
    assert remedy is not None and remedy.ignore == ("web/.npmrc",)
    spec = remedy.secrets[0]
    assert (spec.id, spec.name, spec.delivery, spec.target, spec.consumers) == ("npmrc", "web/.npmrc", Delivery.FILE, "/app/.npmrc", (3,))


def test_without_a_context_it_is_told_what_to_ignore() -> None:
    got, found = fixed(HEAD + "COPY .npmrc ./\nRUN npm ci && rm -f .npmrc\n", NONE)
    assert got == HEAD + f"RUN {M} npm ci\n"
    assert found[0].remedy is not None and "add .npmrc to the .dockerignore" in found[0].remedy.how


def test_without_a_context_a_folder_may_bring_it_back() -> None:
    _, found = proposed(HEAD + "COPY .npmrc package.json ./\nRUN npm ci && rm -f .npmrc\nCOPY . .\n", NONE)
    assert [(p.fix, p.reason and p.reason.code) for p in found] == [(Applicability.REFUSED, "copied-shared")]


def test_ids_do_not_meet() -> None:
    files = beside({".npmrc": TOKEN, "web/.npmrc": TOKEN})
    text = HEAD + "RUN --mount=type=secret,id=npmrc curl x\nCOPY .npmrc ./\nRUN npm ci && rm .npmrc\nCOPY web/.npmrc web/\nRUN cd web && npm ci\n"
    after, _ = fixed(text, files)
    assert "id=npmrc_2,target=/app/.npmrc" in after and "id=npmrc_3,target=/app/web/.npmrc" in after


def test_a_file_that_is_ignored_already() -> None:
    _, found = proposed(HEAD + "COPY .npmrc ./\nRUN npm ci\nRUN rm .npmrc\n", beside(CONTEXT, ignore=b".npmrc\n"))
    assert found[0].remedy is not None and found[0].remedy.ignore == ()
    assert "leaves the file out already" in found[0].remedy.how


def test_another_dockerfile_that_takes_the_file_keeps_it_in_the_context() -> None:
    _, found = proposed(HEAD + "COPY .npmrc ./\nRUN npm ci\n", beside({".npmrc": TOKEN}, needed="dev.Dockerfile"))
    assert found[0].fix is Applicability.SAFE and found[0].remedy is not None and found[0].remedy.ignore == ()


# text -> (reason, context)
REFUSALS = {
    "for run time": (HEAD + "COPY .env ./\nRUN npm ci\nCMD node index.js\n", "copied-for-run-time"),
    "a server's key": ("FROM nginx\nCOPY server.key /etc/nginx/server.key\n", "copied-for-run-time"),
    "nobody reads it": (HEAD + "COPY .npmrc ./\nRUN apt-get update\n", "copied-for-run-time"),
    "nobody reads it in a build stage": ("FROM node AS b\nCOPY .npmrc /x/.npmrc\nFROM node\nCOPY --from=b /y /y\n", "copied-file"),
    "ONBUILD": (HEAD + "ONBUILD COPY .npmrc ./\n", "copied-onbuild"),
    "a destination of a variable": ("FROM node\nARG D\nCOPY .npmrc $D/\nRUN npm ci\n", "copied-path"),
    "a WORKDIR of the base": ("FROM example.com/base\nCOPY .npmrc .\nRUN npm ci\n", "copied-path"),
    "a pattern": (HEAD + "COPY .npmrc.* /root/\nRUN npm ci\nRUN rm -f /root/.npmrc.*\n", "copied-path"),
    "a folder": ("FROM alpine\nCOPY .ssh /root/.ssh\nRUN git clone git@github.com:o/r.git\nRUN rm -rf /root/.ssh\n", "copied-path"),
    "a heredoc beside it": (HEAD + "COPY .npmrc <<EOF ./\nx\nEOF\nRUN npm ci\n", "copied-path"),
    "sed -i": (HEAD + "COPY .npmrc ./\nRUN sed -i s/a/b/ .npmrc && npm ci\n", "copied-and-changed"),
    "mv": (HEAD + "COPY .npmrc ./\nRUN mv .npmrc /root/.npmrc && npm ci\n", "copied-and-changed"),
    "a key store": ("FROM debian AS b\nCOPY x.key /tmp/x.key\nRUN gpg --import /tmp/x.key && rm /tmp/x.key\n", "copied-and-changed"),
    "an ssh key that nobody is known to read": (
        "FROM alpine\nCOPY id_rsa /root/.ssh/id_rsa\nRUN ./build.sh\nCMD ./deploy.sh\n", "copied-for-run-time"
    ),
    "a folder by its destination": ("FROM alpine\nCOPY files/ssh /root/.ssh\nRUN git clone git@github.com:o/r.git\n", "copied-path"),
    "cp": (HEAD + "COPY .npmrc ./\nRUN cp .npmrc /root/.npmrc && npm ci\n", "copied-and-changed"),
    "appended to": (HEAD + "COPY .npmrc ./\nRUN echo x=y >> .npmrc && npm ci\n", "copied-and-changed"),
    "an ssh key for a user by name": (
        "FROM alpine\nUSER app\nRUN mkdir -p /home/app/.ssh\nCOPY id_rsa /home/app/.ssh/id_rsa\nRUN git clone git@github.com:o/r.git\n", "copied-for-user"
    ),
    "named by COPY --from": (
        "FROM node AS b\nWORKDIR /app\nCOPY .npmrc ./\nRUN npm ci\nFROM node\nCOPY --from=b /app/.npmrc /root/.npmrc\n", "copied-on"
    ),
    "read in the stage it goes on to": (
        "FROM node AS b\nWORKDIR /app\nCOPY .npmrc ./\nRUN npm ci\nFROM node\nWORKDIR /app\nCOPY --from=b /app /app\nRUN npm install\n", "copied-on"
    ),
    "rm in a condition": (HEAD + "COPY .npmrc ./\nRUN npm ci; if [ -n \"$X\" ]; then rm .npmrc; fi\n", "copied-and-changed"),
    "something else is mounted there": (
        HEAD + "COPY .npmrc ./\nRUN --mount=type=bind,source=x,target=/app/.npmrc npm ci\n", "mount-in-use"
    ),
    "the folder is needed": (
        "FROM alpine\nCOPY id_rsa /root/.ssh/id_rsa\nRUN echo x > /root/.ssh/config\nRUN git clone git@github.com:o/r.git\n", "copied-folder"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_refused(name: str) -> None:
    text, code = REFUSALS[name]
    files = NONE if name in ("a pattern", "a folder", "a folder by its destination") else beside({**{k: v for k, v in CONTEXT.items() if k in text}, "server.key": KEY, "x.key": KEY})
    _, found = proposed(text, files)
    assert found
    assert {p.reason.code for p in found if p.reason} == {code}
    assert all(p.fix is Applicability.REFUSED and p.remedy is None for p in found)


def test_all_copies_of_a_file_stand_or_fall_together() -> None:
    text = HEAD + "COPY .npmrc ./\nRUN npm ci && rm .npmrc\nFROM node\nCOPY .npmrc /x/.npmrc\nRUN mv /x/.npmrc /y\n"
    _, found = proposed(text, beside({".npmrc": TOKEN}))
    assert [(p.fix, p.reason.code if p.reason else "") for p in found] == [
        (Applicability.REFUSED, "copied-elsewhere"), (Applicability.REFUSED, "copied-and-changed"),
    ]  # fmt: skip


CARRIED = HEAD + "COPY . .\nRUN npm ci\nCMD node index.js\n"


def test_a_build_credential_that_comes_along_is_left_out_and_mounted() -> None:
    after, found = fixed(CARRIED, beside({".npmrc": TOKEN}))
    assert after == HEAD + f"COPY . .\nRUN {M} npm ci\nCMD node index.js\n"
    assert [(p.fix, p.file.name, p.remedy and p.remedy.ignore) for p in found] == [(Applicability.SAFE, ".npmrc", (".npmrc",))]


def test_a_suspicion_gives_the_file_but_does_not_demand_it() -> None:
    text = HEAD.replace("node", "node AS b", 1) + "COPY . .\nRUN npm run build\nFROM nginx\nCOPY --from=b /app/dist /srv\n"
    after, found = fixed(text, beside({".env": ENV}))
    assert "RUN --mount=type=secret,id=env,target=/app/.env npm run build" in after
    assert found[0].remedy is not None and not found[0].remedy.secrets[0].required and "no command is known" in found[0].remedy.how


def test_a_known_reader_makes_suspicions_idle() -> None:
    after, found = fixed(HEAD + "COPY .npmrc package.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\n", beside({".npmrc": TOKEN}))
    assert after == HEAD + f"COPY package.json ./\nRUN {M} npm ci\nCOPY . .\nRUN npm run build\n"
    assert all(p.remedy is not None and "no command is known" not in p.remedy.how for p in found)


def test_what_the_container_may_need_is_unsafe() -> None:
    _, found = proposed(CARRIED, beside({".env": ENV}))
    assert [(p.fix, p.reason and p.reason.code, p.remedy and p.remedy.ignore) for p in found] == [
        (Applicability.UNSAFE, "copied-for-run-time", (".env",))
    ]


def test_without_the_ignore_file_what_comes_along_cannot_be_kept_out() -> None:
    for files in (beside({".npmrc": TOKEN}, needed="dev.Dockerfile"), beside({".npmrc": TOKEN}, writable=False)):
        _, found = proposed(CARRIED, files)
        assert [(p.fix, p.reason and p.reason.code) for p in found] == [(Applicability.REFUSED, "copied-shared")]


def test_many_files_are_bounded() -> None:
    text = "FROM a\n" + "".join(f"COPY id_rsa /k{n}/id_rsa\n" for n in range(300))
    _, found = proposed(text, NONE)
    assert len(found) == 300
