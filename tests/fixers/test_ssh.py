"""SSH keys that become `--mount=type=ssh`, and those that do not."""

from __future__ import annotations

import pytest

from remediate.analysis.bindings import Bindings
from remediate.analysis.copies import copied_files
from remediate.analysis.flows import Trace
from remediate.analysis.runs import view_runs
from remediate.analysis.surroundings import Surroundings
from remediate.analysis.trace import secret_origins, trace
from remediate.dockerfile.parser import parse
from remediate.fixers import ssh
from remediate.fixers.remedy import Kept, Remedy, Situation
from remediate.fixers.rewrite import reads_back, rewrite
from remediate.knowledge.names import Judge
from remediate.model import Delivery, Options, Refusal
from remediate.pipeline.one import process
from remediate.text import apply

HEAD = "FROM node:20\nARG SSH_PRIVATE_KEY\n"
WRITE = 'RUN mkdir -p ~/.ssh && echo "$SSH_PRIVATE_KEY" > ~/.ssh/id_rsa && chmod 600 ~/.ssh/id_rsa\n'
CLONE = "RUN git clone git@github.com:acme/app.git\n"
MOUNT = "RUN --mount=type=ssh,required=true "
CLONED = MOUNT + "git clone git@github.com:acme/app.git\n"


def traced(text: str, files: dict[str, str] | None = None) -> Trace:
    tree = parse(text.encode())
    bindings = Bindings(tree)
    held = {path: content.encode() for path, content in (files or {}).items()}
    around = Surroundings(True, {}, files=lambda: tuple(held), read=held.get) if files is not None else Surroundings()
    return trace(bindings, secret_origins(tree, Judge(), bindings, frozenset()), around)


def proposal(text: str, files: dict[str, str] | None = None) -> tuple[Trace, Remedy | Refusal | None]:
    """What is proposed for the first key that a RUN keeps."""
    found = traced(text, files)
    flow = next(f for f in found.flows if f.residue)
    residues = tuple(r for r in flow.residue if not r.printed)
    path = residues[0].path
    kept = Kept(path, residues[0].tool, tuple(r for r in residues if r.path == path))
    return found, ssh.propose(Situation(found, flow, kept, Options()))


def written(found: Trace, remedy: Remedy) -> str:
    edits = rewrite(found, remedy)
    assert not isinstance(edits, Refusal), edits
    after = apply(found.tree.source.data, edits)
    assert reads_back(found, remedy, after) == ""
    return after.decode()


FIXED = {
    "the common one": (HEAD + WRITE + CLONE, "FROM node:20\nRUN mkdir -p ~/.ssh\n" + CLONED),
    "known hosts stay, the removal goes": (
        HEAD + "RUN mkdir /root/.ssh\nRUN echo $SSH_PRIVATE_KEY > /root/.ssh/id_rsa\nRUN chmod 400 /root/.ssh/id_rsa\n"
        "RUN ssh-keyscan github.com >> /root/.ssh/known_hosts\nCOPY package.json .\nRUN npm ci\nRUN rm -f /root/.ssh/id_rsa\nRUN yarn add left\n",
        "FROM node:20\nRUN mkdir /root/.ssh\nRUN ssh-keyscan github.com >> /root/.ssh/known_hosts\nCOPY package.json .\n" + MOUNT + "npm ci\nRUN yarn add left\n",
    ),
    "an agent of the RUN's own": (
        HEAD + "RUN eval $(ssh-agent -s) && mkdir -p ~/.ssh && echo \"$SSH_PRIVATE_KEY\" | tr -d '\\r' > ~/.ssh/id_ed25519 "
        "&& chmod 600 ~/.ssh/* && ssh-add ~/.ssh/id_ed25519 && git clone git@github.com:acme/app.git\n",
        "FROM node:20\n" + MOUNT + "mkdir -p ~/.ssh && git clone git@github.com:acme/app.git\n",
    ),
    "a construct that serves the key alone; the key may be missing": (
        HEAD + 'RUN if [ -n "$SSH_PRIVATE_KEY" ]; then echo "$SSH_PRIVATE_KEY" > /root/.ssh/id_rsa; chmod 600 /root/.ssh/id_rsa; fi\n'
        "RUN pip install -r requirements.txt\n",
        "FROM node:20\nRUN --mount=type=ssh pip install -r requirements.txt\n",
    ),
    "other users": (
        HEAD + 'RUN echo "$SSH_PRIVATE_KEY" > /root/.ssh/id_rsa && chmod 600 /root/.ssh/id_rsa /root/.ssh/known_hosts\n'
        "USER 1000\n" + CLONE + "USER node\nRUN composer install\n",
        "FROM node:20\nRUN chmod 600 /root/.ssh/known_hosts\nUSER 1000\n"
        "RUN --mount=type=ssh,uid=1000,required=true git clone git@github.com:acme/app.git\n"
        "USER node\nRUN --mount=type=ssh,mode=0666,required=true composer install\n",
    ),
    "a heredoc": (HEAD + "RUN cat <<EOF > /root/.ssh/id_rsa\n$SSH_PRIVATE_KEY\nEOF\n" + CLONE, "FROM node:20\n" + CLONED),
    "a whole folder that is removed": (HEAD + WRITE + CLONE + "RUN rm -rf ~/.ssh\n", "FROM node:20\nRUN mkdir -p ~/.ssh\n" + CLONED + "RUN rm -rf ~/.ssh\n"),
    "a setting that names the file": (
        HEAD + WRITE + 'RUN printf "Host *\\n IdentityFile ~/.ssh/id_rsa\\n" > ~/.ssh/config\n' + CLONE,
        'FROM node:20\nRUN mkdir -p ~/.ssh\nRUN printf "Host *\\n IdentityFile ~/.ssh/id_rsa\\n" > ~/.ssh/config\n' + CLONED,
    ),
    "an option that names the file": (
        HEAD + WRITE + 'RUN GIT_SSH_COMMAND="ssh -i ~/.ssh/id_rsa" git clone git@github.com:acme/app.git\n',
        "FROM node:20\nRUN mkdir -p ~/.ssh\n" + MOUNT + 'GIT_SSH_COMMAND="ssh -i ~/.ssh/id_rsa" git clone git@github.com:acme/app.git\n',
    ),
    "a test that only ends the RUN": (
        HEAD + 'RUN test -n "$SSH_PRIVATE_KEY" || (echo missing && exit 1)\n' + WRITE + CLONE,
        "FROM node:20\nRUN mkdir -p ~/.ssh\n" + CLONED.replace(",required=true", ""),
    ),
    "https needs no key, unless it is rewritten": (
        HEAD + WRITE + "RUN git clone https://github.com/acme/open.git\n" + CLONE,
        "FROM node:20\nRUN mkdir -p ~/.ssh\nRUN git clone https://github.com/acme/open.git\n" + CLONED,
    ),
    "a stage that is built on it": (
        "FROM node:20 AS a\nARG SSH_PRIVATE_KEY\n" + WRITE + "FROM a\n" + CLONE,
        "FROM node:20 AS a\nRUN mkdir -p ~/.ssh\nFROM a\n" + CLONED,
    ),
    "a removal at the end kept the RUN well": (
        HEAD + WRITE + "RUN ssh -T git@github.com; rm ~/.ssh/id_rsa\n",
        "FROM node:20\nRUN mkdir -p ~/.ssh\n" + MOUNT + "ssh -T git@github.com; true\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FIXED)
def test_the_agent_offers_the_key(name: str) -> None:
    before, after = FIXED[name]
    found, remedy = proposal(before)
    assert isinstance(remedy, Remedy), remedy
    assert written(found, remedy).replace("ARG SSH_PRIVATE_KEY\n", "") == after
    (spec,) = remedy.secrets
    assert (spec.id, spec.name, spec.delivery) == ("default", "SSH_PRIVATE_KEY", Delivery.SSH)
    assert spec.required == ("required=true" in after)


@pytest.mark.parametrize("name", FIXED)
def test_nothing_of_the_variable_is_left(name: str) -> None:
    before, after = FIXED[name]
    done = process(before.encode())
    assert done.after.decode() == after
    assert [(s.id, s.delivery) for s in done.secrets] == [("default", Delivery.SSH)]
    assert process(done.after).after == done.after


LEFT = {
    "no agent with IdentitiesOnly": WRITE + "RUN ssh -o IdentitiesOnly=yes git@github.com x\n",
    "IdentitiesOnly in a configuration": WRITE + 'RUN printf "Host *\\n IdentitiesOnly yes\\n" > ~/.ssh/config\n' + CLONE,
    "an agent's socket of the file's own": "ENV SSH_AUTH_SOCK=/x\n" + WRITE + CLONE,
    "another key": WRITE + 'RUN printf "Host b\\n IdentityFile ~/.ssh/other\\n" > ~/.ssh/config\n' + CLONE,
    "another key as an option": WRITE + 'RUN GIT_SSH_COMMAND="ssh -i /k/other" git clone git@github.com:acme/app.git\n',
    "two keys": WRITE + 'ARG DEPLOY_KEY\nRUN echo "$DEPLOY_KEY" > ~/.ssh/deploy_key\n' + CLONE,
    "a second place": WRITE + 'RUN echo "$SSH_PRIVATE_KEY" > /app/k\n' + CLONE,
    "openssl reads it": WRITE + "RUN openssl rsa -in ~/.ssh/id_rsa -out /k\n" + CLONE,
    "it is copied": WRITE + "RUN cp ~/.ssh/id_rsa /k\n" + CLONE,
    "it is sent": WRITE + "RUN scp ~/.ssh/id_rsa deploy@h.example:/k\n",
    "its public half is made of it": WRITE + "RUN ssh-keygen -y -f ~/.ssh/id_rsa > ~/.ssh/id_rsa.pub\n" + CLONE,
    "a program that is not known": WRITE + "RUN deployer\n" + CLONE,
    "a script that is not at hand": WRITE + "RUN ./build.sh\n" + CLONE,
    "sudo takes the socket away": WRITE + "RUN sudo -u node git clone git@github.com:acme/app.git\n",
    "nobody uses SSH": WRITE + "RUN git clone https://github.com/acme/open.git\n",
    "nobody uses SSH before it is removed": WRITE + "RUN rm ~/.ssh/id_rsa\n" + CLONE,
    "a construct that does more": 'RUN if [ -n "$SSH_PRIVATE_KEY" ]; then mkdir /root/.ssh; echo "$SSH_PRIVATE_KEY" > /root/.ssh/id_rsa; fi\n' + CLONE,
    "a test that decides on more": WRITE + 'RUN [ -n "$SSH_PRIVATE_KEY" ]; git clone git@github.com:acme/app.git || npm ci\nRUN test -z "$SSH_PRIVATE_KEY" && npm ci\n',
    "another stage takes it over": WRITE + CLONE + "FROM node:20\nCOPY --from=0 /root/.ssh /root/.ssh\n",
    "a configuration from elsewhere": "COPY ssh_config /root/.ssh/config\n" + WRITE + CLONE,
    "the value is used elsewhere": WRITE + CLONE + 'RUN ./x "$SSH_PRIVATE_KEY"\n',
    "an alternative that matters": 'RUN echo "$SSH_PRIVATE_KEY" > /root/.ssh/id_rsa || npm ci\n' + CLONE,
}  # fmt: skip


@pytest.mark.parametrize("name", LEFT)
def test_what_no_agent_replaces(name: str) -> None:
    assert proposal(HEAD + LEFT[name])[1] is None


def test_other_files_are_not_its_own() -> None:
    text = 'FROM node:20\nARG NPM_TOKEN\nRUN echo "//npm.example.com/:_authToken=$NPM_TOKEN" > ~/.npmrc\nRUN npm ci\n'
    assert proposal(text)[1] is None


def test_windows() -> None:
    _, answer = proposal('FROM mcr.example/windows/servercore:1\nARG SSH_PRIVATE_KEY\nSHELL ["bash", "-c"]\n' + WRITE + CLONE)
    assert isinstance(answer, Refusal)
    assert answer.code == "windows"


def test_project_code_is_looked_at() -> None:
    text = HEAD + "COPY . .\n" + WRITE + CLONE + "RUN make\n"
    cloning = proposal("FROM a\nARG SSH_PRIVATE_KEY\nCOPY . .\n" + WRITE + "RUN make\n", {"Makefile": "all:\n\tgit clone git@github.com:a/b\n"})
    assert isinstance(cloning[1], Remedy)
    assert written(cloning[0], cloning[1]).endswith(MOUNT + "make\n")
    assert proposal(text, {"Makefile": "all:\n\tcp ~/.ssh/id_rsa x\n"})[1] is None
    assert proposal(text, {"Makefile": "all:\n\tcc x.c\n"})[1] is None, "what was cloned is not known"


def copied(text: str, files: dict[str, str] | None = None) -> tuple[Trace, Remedy | Refusal | None]:
    found = traced(text, files)
    found = found._replace(runs=view_runs(found.tree))
    (file,) = [f for f in copied_files(found.tree, frozenset(), lambda p: None) if "id_rsa" in f.name]
    return found, ssh.propose_copied_key(found, file, "/root/.ssh/id_rsa")


def test_a_copied_key() -> None:
    found, remedy = copied("FROM node:20\nCOPY keys/id_rsa /root/.ssh/id_rsa\nRUN chmod 600 /root/.ssh/id_rsa\n" + CLONE + "RUN rm /root/.ssh/id_rsa\n")
    assert isinstance(remedy, Remedy)
    assert written(found, remedy) == "FROM node:20\n" + CLONED
    assert remedy.ignore == ("keys/id_rsa",)
    assert (remedy.secrets[0].name, remedy.secrets[0].target) == ("keys/id_rsa", "/root/.ssh/id_rsa")


def test_a_copied_key_beside_another_file() -> None:
    _, remedy = copied("FROM node:20\nCOPY id_rsa known_hosts /root/.ssh/\nRUN chmod 600 /root/.ssh/*\n" + CLONE)
    assert isinstance(remedy, Remedy)
    assert remedy.sources == {1: frozenset({0})}


def test_the_folder_that_the_copy_made() -> None:
    found, remedy = copied("FROM node:20\nCOPY id_rsa /root/.ssh/id_rsa\nRUN ssh-keyscan github.com >> /root/.ssh/known_hosts\n" + CLONE)
    assert isinstance(remedy, Remedy)
    assert written(found, remedy) == "FROM node:20\nRUN mkdir -p /root/.ssh && ssh-keyscan github.com >> /root/.ssh/known_hosts\n" + CLONED


@pytest.mark.parametrize("text", [
    "FROM a\nCOPY id_rsa /root/.ssh/id_rsa\nCMD [\"ssh\", \"h.example\"]\n",
    "FROM a\nCOPY id_rsa /root/.ssh/id_rsa\nRUN ansible-playbook --private-key /root/.ssh/id_rsa x.yml\n",
    "FROM a\nCOPY id_rsa id_ed25519 /root/.ssh/\n" + CLONE,
])  # fmt: skip
def test_copied_keys_that_stay(text: str) -> None:
    assert not isinstance(copied(text)[1], Remedy)
