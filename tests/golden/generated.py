"""Generated Dockerfiles: every instruction that matters to a secret, in the spellings in which people write them."""

from __future__ import annotations

import re

from hypothesis import strategies as st

SECRETS = ("NPM_TOKEN", "GITHUB_TOKEN", "DB_PASSWORD", "API_KEY", "PIP_INDEX_URL", "BUILD_PAT", "SSH_PRIVATE_KEY")
OTHERS = ("VERSION", "APP_HOME", "CI_USER", "TOKEN_PATH")
LITERALS = ("q7Vd2Lx9Zt4Rk8Wm3Hb6Ny1C", "hunter2-but-longer-90210")

# A file has few variables, so that what one line declares another one uses.
names = st.shared(st.lists(st.sampled_from(SECRETS), min_size=1, max_size=2).flatmap(lambda few: st.just([*few, *few, OTHERS[len(few[0]) % 4]])), key="names").flatmap(
    st.sampled_from
)
references = names.map(lambda n: f"${n}") | names.map(lambda n: f"${{{n}}}") | names.map(lambda n: f"${{{n}:-none}}")
texts = st.sampled_from(("", "1", "production", "/srv/app", "dummy", "a,b", "x=y", *LITERALS))
values = st.one_of(
    texts,
    references,
    references.map(lambda r: f'"{r}"'),
    references.map(lambda r: f"https://ci:{r}@pip.example.com/simple"),
    references.map(lambda r: f"pre-{r}-post"),
    st.tuples(references, references).map("/".join),
    names.map(lambda n: f"'${n}'"),
    names.map(lambda n: f"\\${n}"),
    names.map(lambda n: f"${{{n}+set}}"),
    st.just('"two words"'),
)
SELF = re.compile(r"(\b[A-Z_]+\b)=\S*\$\{?\1")  # `ARG T=${T:-x}`: golden/optional-self-default has it
breaks = st.sampled_from((" ", "  ", " \\\n    ", " \\\n    # a remark with $NPM_TOKEN\n    ", " \\\n\n  ", "\t"))


@st.composite
def joined(draw: st.DrawFn, parts: st.SearchStrategy[str], low: int, high: int) -> str:
    chosen = draw(st.lists(parts, min_size=low, max_size=high))
    out = chosen[0]
    for part in chosen[1:]:
        out += draw(breaks) + part
    return out


args = joined(names | st.tuples(names, values).map("=".join), 1, 3).map("ARG {}".format).filter(lambda line: SELF.search(line) is None)
envs = joined(st.tuples(names, values).map("=".join), 1, 3).map("ENV {}".format)
legacy = st.tuples(names, values).map(lambda nv: f"ENV {nv[0]} {nv[1] or 'x'}")

commands = st.one_of(
    st.sampled_from((
        "npm ci", "npm run build", "pip install -r requirements.txt", "apt-get update", "mkdir -p /srv/app", "./build.sh", "make all",
        "bundle install", "go mod download", "yarn", "cd /srv", "true", "rm -f .npmrc", "sh -c 'npm ci'", "set -ex", "git --version",
        "{ npm ci; }", "(cd /srv && npm ci)", "for i in 1 2; do echo $i; done", "if true; then npm ci; fi", "env", "export",
    )),
    references.map(lambda r: f'curl -H "Authorization: Bearer {r}" https://api.example.com/'),
    references.map(lambda r: f"curl -u ci:{r} https://api.example.com/"),
    references.map(lambda r: f'echo "//npm.example.com/:_authToken={r}" > .npmrc'),
    references.map(lambda r: f'echo "//npm.example.com/:_authToken={r}" >> ~/.npmrc'),
    st.sampled_from(("rm -f ~/.npmrc", "rm ~/.npmrc", "rm .npmrc")),
    references.map(lambda r: f"git clone https://{r}@github.com/acme/lib.git"),
    references.map(lambda r: f"echo {r}"),
    references.map(lambda r: f"OUT=$(curl -u ci:{r} https://api.example.com/)"),
    names.map(lambda n: f"echo '${{{n}}}' >> app.conf"),
    names.map(lambda n: f'[ -n "${n}" ]'),
    names.map(lambda n: f'test -z "${{{n}:-}}"'),
    names.map(lambda n: f': "${{{n}:?needed}}"'),
    names.map(lambda n: f"unset {n}"),
    names.map(lambda n: f"export {n}=x"),
    names.map(lambda n: f"sh -c 'curl -u ci:${n} https://api.example.com/'"),
    names.map(lambda n: f"python -c 'import os; print(os.environ[\"{n}\"][:0])'"),
    names.map(lambda n: f"cat <<X > conf\n${n}\nX"),
    st.sampled_from(LITERALS).map(lambda v: f"curl -u ci:{v} https://api.example.com/"),
    st.sampled_from(("echo 'open", 'echo "${', "fi", "echo $(", ")")),
)
joiners = st.sampled_from((" && ", " && \\\n    ", "; ", "; \\\n    ", " || ", " | ", " && \\\n    # why\n    ", " \\\n && "))
mounts = st.sampled_from((
    "", "", "", "--mount=type=cache,target=/root/.npm ", "--mount=type=secret,id=npm_token,env=NPM_TOKEN ",
    "--mount=type=secret,id=tok,env=NPM_TOKEN,required=true \\\n    ", "--mount=type=secret,id=github_token ", "--network=none ",
    "--mount=type=secret,id=netrc,target=/root/.netrc \\\n  # about it\n  ",
))  # fmt: skip


@st.composite
def scripts(draw: st.DrawFn) -> str:
    parts = draw(st.lists(commands.filter(lambda c: "<<" not in c), min_size=1, max_size=4))
    out = parts[0]
    for part in parts[1:]:
        out += draw(joiners) + part
    return out


shell_runs = st.tuples(mounts, scripts()).map(lambda p: f"RUN {p[0]}{p[1]}")
doc_runs = st.tuples(mounts, st.sampled_from(("<<EOF", "<<'EOF'", "<<-EOF")), st.lists(commands.filter(lambda c: "<<" not in c), min_size=1, max_size=3)).map(
    lambda p: f"RUN {p[0]}{p[1]}\n" + "\n".join(p[2]) + "\nEOF"
)
tail_docs = names.map(lambda n: f"RUN cat <<EOF > conf && npm ci\n${n}\nEOF")
exec_runs = st.sampled_from(('RUN ["npm", "ci"]', 'RUN ["sh", "-c", "curl -u ci:$GITHUB_TOKEN https://api.example.com/"]', 'RUN [ "broken", ]'))
runs = st.one_of(shell_runs, shell_runs, shell_runs, doc_runs, exec_runs, tail_docs)
other = st.one_of(
    st.sampled_from((
        "USER 1000", "USER node", "USER root", "WORKDIR /app", "COPY . .", "COPY --from=0 /a /b", 'SHELL ["/bin/bash", "-c"]',
        'SHELL ["/bin/bash", "-euxo", "pipefail", "-c"]', 'SHELL ["powershell", "-Command"]', "EXPOSE 80", 'CMD ["npm", "start"]', "# a comment", "",
        "  # remediate: ignore[secret-in-arg] known", "STOPSIGNAL 9", "VOLUME /data", "# remediate: transition NPM_TOKEN: both ways",
    )),
    references.map(lambda r: f"LABEL token={r}"),
    references.map(lambda r: f"CMD run --with {r}"),
    references.map(lambda r: f"ADD https://ci:{r}@files.example.com/x /x"),
    names.map(lambda n: f"COPY <<EOF /etc/conf\nkey=${n}\nEOF"),
)  # fmt: skip
instructions = st.one_of(args, args, envs, legacy, runs, runs, runs, runs, other)
on_build = st.one_of(args, shell_runs).map("ONBUILD {}".format)


@st.composite
def stages(draw: st.DrawFn, number: int) -> list[str]:
    bases = ["node:20", "python:3.12", "alpine", "golang:1.22", "registry.example.com/windows/servercore:1", *(f"s{n}" for n in range(number))]
    lines = [f"FROM {draw(st.sampled_from(bases))}" + (f" AS s{number}" if draw(st.booleans()) else "")]
    if draw(st.booleans()):
        lines.append(draw(args))
    lines += draw(st.lists(instructions, min_size=1, max_size=6))
    if draw(st.integers(0, 9)) == 0:
        lines.append(draw(on_build))
    return lines


@st.composite
def dockerfiles(draw: st.DrawFn) -> bytes:
    lines: list[str] = []
    lines += draw(st.sampled_from(([], [], [], ["# syntax=docker/dockerfile:1"], ["# syntax=docker/dockerfile:1.4"], ["# check=skip=all"], ["#!/usr/bin/env docker"])))
    lines += draw(st.lists(args, max_size=2))
    for number in range(draw(st.integers(1, 3))):
        lines += draw(stages(number))
    text = "\n".join(lines) + draw(st.sampled_from(("\n", "", "\n\n")))
    if draw(st.integers(0, 5)) == 0:
        text = "# escape=`\n" + text.replace("\\\n", "`\n")
    if draw(st.integers(0, 5)) == 0:
        text = text.replace("\n", "\r\n")
    return (b"\xef\xbb\xbf" if draw(st.integers(0, 9)) == 0 else b"") + text.encode()
