"""Generated Dockerfiles that write a secret into files: writers, what stands between, readers, removers, in every order that builds."""

from __future__ import annotations

from hypothesis import strategies as st

KINDS = ("npmrc", "npmrc", "project", "netrc", "insteadof", "npm-config", "pip-config", "cat", "inline")
_LINE = "//npm.example.com/:_authToken=$TOKEN"
_URL = 'url."https://$TOKEN@github.com/".insteadOf'
_WRITES = {
    "npmrc": ['echo "{l}" > ~/.npmrc', 'echo "{l}" >> $HOME/.npmrc', 'printf "%s\\n" "{l}" > /root/.npmrc', 'touch ~/.npmrc && echo "{l}" >> ~/.npmrc',
              'if [ -n "$TOKEN" ]; then echo "{l}" > ~/.npmrc; fi', 'H=npm.example.com; echo "//$H/:_authToken=$TOKEN" > ~/.npmrc', 'cd ~ && echo "{l}" > .npmrc',
              '{{ echo "registry=https://npm.example.com/"; echo "{l}"; }} > ~/.npmrc', 'echo "registry=https://npm.example.com/" > ~/.npmrc && echo "{l}" >> ~/.npmrc'],
    "project": ['echo "{l}" > .npmrc', 'echo "{l}" > /app/.npmrc', 'echo "{l}" >> ./.npmrc', 'cd /app && echo "{l}" > .npmrc'],
    "netrc": ['echo "machine github.com login x password $TOKEN" > ~/.netrc', 'echo "machine github.com" > ~/.netrc && echo "login x" >> ~/.netrc && echo "password $TOKEN" >> ~/.netrc',
              'umask 077 && echo "machine github.com login x password $TOKEN" > ~/.netrc', 'echo "machine github.com login x password $TOKEN" > /root/.netrc; chmod 600 /root/.netrc'],
    "insteadof": [f'git config --global {_URL} "https://github.com/"', f'git config --global user.name ci && git config --global {_URL} https://github.com/'],
    "npm-config": ['npm config set //npm.example.com/:_authToken $TOKEN', 'npm config set registry https://npm.example.com/ && npm config set //npm.example.com/:_authToken "$TOKEN"'],
    "pip-config": ['pip config set global.index-url "https://u:$TOKEN@pip.example.com/simple"'],
    "cat": ['cat > ~/.npmrc <<X\n{l}\nX'],
    "inline": [],
}  # fmt: skip
_FILE = {"npmrc": "~/.npmrc", "cat": "/root/.npmrc", "project": "/app/.npmrc", "netrc": "~/.netrc", "insteadof": "~/.gitconfig", "npm-config": "~/.npmrc",
         "pip-config": "~/.config/pip/pip.conf", "inline": "/root/.npmrc"}  # fmt: skip
_READ = {"netrc": ("go mod download", "go build ./..."), "insteadof": ("go mod download", "git clone https://github.com/acme/x"), "pip-config": ("pip install -r requirements.txt", "pip install x")}
_UNDO = {
    "insteadof": ("git config --global --remove-section url.\"https://$TOKEN@github.com/\"", f"git config --global --unset {_URL}"),
    "npm-config": ("npm config delete //npm.example.com/:_authToken",), "pip-config": ("pip config unset global.index-url",),
}  # fmt: skip


@st.composite
def writers(draw: st.DrawFn, kind: str) -> str:
    if kind == "inline":
        return "COPY <<X /root/.npmrc\n//npm.example.com/:_authToken=${TOKEN}\nX"
    text = draw(st.sampled_from(_WRITES[kind])).format(l=_LINE)
    if "<<" not in text and draw(st.integers(0, 3)) == 0:
        text = draw(st.sampled_from(("touch /tmp/first && {}", "{} && touch /tmp/second", "make; {}", "{}; make", "apt-get update && \\\n    {} && \\\n    make"))).format(text)
    return f"RUN {text}"


@st.composite
def readers(draw: st.DrawFn, kind: str) -> str:
    one, two = _READ.get(kind, ("npm ci", "npm install x"))
    forms = ("{a}", "{a}", "{a} && make", "{a}; {b}", "set -e; {a}; make", "{a} || {b}", "({a})", "if true; then {a}; fi", "make && \\\n    # why\n    {a} && {b}", "{a} && exit 0",
             "{a}; echo $? > /tmp/status", "H=x; {a}; echo $H > /tmp/h", "{a} | cat", "{{ {a}; {b}; }}", "touch ~/.other && {a}", "<<E\nset -e\n{a}\nmake\nE", "umask 022; {a}",
             "! false && {a}", "cd /tmp && cd - && {a}", "{a} & wait", "trap 'touch /tmp/t' EXIT; {a}", "sh -c '{a}'", "for i in 1 2; do {a}; done", "X=1 {a}", "{a} && {r} && make")  # fmt: skip
    return "RUN " + draw(st.sampled_from(forms)).format(a=one, b=two, r=f"rm -f {_FILE[kind]}")


@st.composite
def removers(draw: st.DrawFn, kind: str) -> str:
    forms = ("rm {f}", "rm -f {f}", "rm {f} && make", "make; rm {f}", "rm -rf {f} /tmp/x", "chmod 600 {f}", "[ -f {f} ] && rm {f}", "if [ -e {f} ]; then rm {f}; fi", "rm {f} || true",
             "echo registry=https://npm.example.com/ > {f}", "> {f}", "test -f {f}", "sed -i s/a/a/ {f}", "<<E\nrm {f}\nE")  # fmt: skip
    undone = tuple(_UNDO.get(kind, ()))
    text = draw(st.sampled_from((*forms, *undone, *undone, *undone))).format(f=_FILE[kind])
    return f"RUN {text}"


between = st.sampled_from(("COPY package.json ./", "COPY a b /app/", "WORKDIR /app", "WORKDIR /app/sub", "RUN make", "ENV H=other", "ARG H=third", "USER app", "USER root",
                           'SHELL ["/bin/bash", "-euo", "pipefail", "-c"]', "RUN ls /app > /dev/null", "RUN --mount=type=cache,target=/root/.npm make", "ENV HOME=/root"))  # fmt: skip


@st.composite
def _life(draw: st.DrawFn, kind: str) -> list[str]:
    lines = [draw(writers(kind))]
    for _ in range(draw(st.integers(1, 4))):
        lines.append(draw(st.one_of(readers(kind), readers(kind), between, between, removers(kind))))
    if draw(st.booleans()):
        lines.append(draw(removers(kind)))
    return lines


@st.composite
def kept_secrets(draw: st.DrawFn) -> str:
    """A Dockerfile with one or two lives of a credential file, in one stage or in two."""
    kind = draw(st.sampled_from(KINDS))
    head = ["FROM node:20 AS one", "ARG TOKEN", "WORKDIR /app"]
    lines = [*head, *draw(st.lists(between, max_size=1)), *draw(_life(kind))]
    match draw(st.integers(0, 5)):
        case 0:
            lines += draw(_life(kind))
        case 1:
            lines += ["FROM node:20", "ARG TOKEN", "WORKDIR /app", *draw(_life(draw(st.sampled_from(KINDS))))]
        case 2:
            lines += ["FROM one", draw(readers(kind))]
        case 3:
            lines += ["FROM node:20", "COPY --from=one /app /app", "RUN make"]
        case 4:
            lines += draw(_life(draw(st.sampled_from(KINDS))))
    return "\n".join(lines).replace("TOKEN", "NPM_TOKEN") + "\n"
