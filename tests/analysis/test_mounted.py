"""What a RUN leaves of a secret that it mounts: files, tools that keep it, the build log; and what is no leak."""

from __future__ import annotations

import time

import pytest

from remediate.analysis.mounted import mount_troubles, mounted_residue
from remediate.analysis.residue import Residue
from remediate.analysis.runs import view_runs
from remediate.dockerfile.parser import parse
from remediate.knowledge.names_prefilter import may_hold
from tests.clock import SLOWER

HEAD = "FROM node\nWORKDIR /app\n"
FILE = "--mount=type=secret,id=x "
ENV = "--mount=type=secret,id=x,env=T "
NPMRC = "--mount=type=secret,id=npmrc,target=/root/.npmrc "


def residue(text: str, head: str = HEAD) -> list[Residue]:
    tree = parse((head + text + "\n").encode())
    return mounted_residue(tree, view_runs(tree))


WRITTEN = [
    (FILE + "cat /run/secrets/x > /app/.npmrc", "cat", "/app/.npmrc"),
    (FILE + "cat /run/secrets/x >> .npmrc && npm ci", "cat", "/app/.npmrc"),
    (FILE + "cp /run/secrets/x ~/.npmrc", "cp", "/root/.npmrc"),
    (FILE + "cp /run/secrets/x ~/.npmrc && npm ci && rm other", "cp", "/root/.npmrc"),
    (FILE + "cp /run/secrets/x .", "cp", "/app/x"),
    (FILE + "cp -t /etc /run/secrets/x", "cp", "/etc/x"),
    (FILE + "cp /run/secrets/* /etc/", "cp", "/etc/*"),
    (FILE + "cp -r /run/secrets /backup", "cp", "/backup"),
    (FILE + "install -m 600 /run/secrets/x /etc/token", "install", "/etc/token"),
    (FILE + "mkdir -p ~/.ssh && install -m 0600 -D /run/secrets/x ~/.ssh/id_rsa", "install", "/root/.ssh/id_rsa"),
    ("--mount=type=secret,id=tls-cert-key cp /run/secrets/tls-cert-key /etc/ssl/", "cp", "/etc/ssl/tls-cert-key"),
    ("--mount=type=secret,id=cert.p12 cp /run/secrets/cert.p12 /etc/ssl/", "cp", "/etc/ssl/cert.p12"),
    (FILE + "cat /run/secrets/x > .npmrc && npm ci && echo a >> .npmrc", "cat", "/app/.npmrc"),
    (FILE + "cat /run/secrets/x > .npmrc && npm ci && [ -f a ] && echo a > .npmrc || true", "cat", "/app/.npmrc"),
    (FILE + "rsync /run/secrets/x /etc/token", "rsync", "/etc/token"),
    (FILE + "dd if=/run/secrets/x of=/etc/token", "dd", "/etc/token"),
    (FILE + "tar czf /b.tar.gz /run/secrets", "tar", "/b.tar.gz"),
    (FILE + "cat /run/secrets/x | tee /etc/token > /dev/null", "tee", "/etc/token"),
    (FILE + "tee /etc/token < /run/secrets/x > /dev/null", "tee", "/etc/token"),
    (FILE + "base64 -d /run/secrets/x > /etc/key.json", "base64", "/etc/key.json"),
    (FILE + "base64 -d < /run/secrets/x > /etc/key.json", "base64", "/etc/key.json"),
    (FILE + "cat /run/secrets/x | base64 -d | tr -d '\\n' > key.json", "tr", "/app/key.json"),
    (FILE + "jq -r .token /run/secrets/x > token", "jq", "/app/token"),
    (FILE + "openssl enc -d -aes-256-cbc -in /run/secrets/x -out key.pem", "openssl", "/app/key.pem"),
    (FILE + 'T=$(cat /run/secrets/x) && echo "_authToken=$T" > .npmrc', "echo", "/app/.npmrc"),
    (FILE + 'T=$(</run/secrets/x); printf "%s" "$T" > .npmrc', "printf", "/app/.npmrc"),
    (FILE + 'echo "_authToken=$(cat /run/secrets/x)" > .npmrc', "echo", "/app/.npmrc"),
    (FILE + "echo `cat /run/secrets/x` > .npmrc", "echo", "/app/.npmrc"),
    (FILE + 'read -r T < /run/secrets/x && echo "$T" > .npmrc', "echo", "/app/.npmrc"),
    (FILE + 'mapfile -t A < /run/secrets/x; echo "${A[0]}" > .npmrc', "echo", "/app/.npmrc"),
    (FILE + "while read l; do echo $l >> .npmrc; done < /run/secrets/x", "echo", "/app/.npmrc"),
    (FILE + "cat <<EOF > .npmrc\n_authToken=$(cat /run/secrets/x)\nEOF", "cat", "/app/.npmrc"),
    (FILE + 'sed -i "s|TOKEN|$(cat /run/secrets/x)|" .npmrc', "sed", "/app/.npmrc"),
    (FILE + 'sed "s|TOKEN|$(cat /run/secrets/x)|" a.tmpl > a.conf', "sed", "/app/a.conf"),
    (FILE + "sed -i '/TOKEN/r /run/secrets/x' a.conf", "sed", "/app/a.conf"),
    (FILE + "T=$(cat /run/secrets/x) && git config --global url.https://$T@github.com/.insteadOf https://github.com/", "git", None),
    (FILE + "git clone https://$(cat /run/secrets/x)@github.com/o/r", "git", None),
    (FILE + "npm config set //npm.example.com/:_authToken $(cat /run/secrets/x) && npm ci", "npm", None),
    (FILE + "export T=$(cat /run/secrets/x) && env > /app/.env", "env", "/app/.env"),
    (FILE + "export T=$(cat /run/secrets/x) && envsubst < a.tmpl > a.conf", "envsubst", "/app/a.conf"),
    (FILE + "gh auth login --with-token < /run/secrets/x", "gh", None),
    (FILE + "docker login -u u --password-stdin registry.example.com < /run/secrets/x", "docker", None),
    (FILE + "cat /run/secrets/x | docker login -u u --password-stdin registry.example.com", "docker", None),
    (FILE + "gcloud auth activate-service-account --key-file=/run/secrets/x", "gcloud", None),
    (FILE + "gpg --import /run/secrets/x", "gpg", None),
    (FILE + "python3 -c \"open('/app/.env','w').write(open('/run/secrets/x').read())\"", "python3", "/app/.env"),
    (FILE + "node -e \"fs.writeFileSync('.env', fs.readFileSync('/run/secrets/x'))\"", "node", "/app/.env"),
    (FILE + "python3 - <<'EOF'\nopen('/app/.env', 'w').write(open('/run/secrets/x').read())\nEOF", "python3", "/app/.env"),
    (FILE + "python3 -c \"print(open('/run/secrets/x').read())\" > token", "python3", "/app/token"),
    (FILE + "F=/run/secrets/x; cat $F > token", "cat", "/app/token"),
    (FILE + 'cp "${F:-/run/secrets/x}" token', "cp", "/app/token"),
    (FILE + "cd /run/secrets && cp x /etc/token", "cp", "/etc/token"),
    (FILE + "for f in /run/secrets/*; do cat $f >> /etc/tokens; done", "cat", "/etc/tokens"),
    (FILE + "set -a; . /run/secrets/x; envsubst < a.tmpl > a.conf", "envsubst", "/app/a.conf"),
    (FILE + ". /run/secrets/x && echo $NPM_TOKEN > token", "echo", "/app/token"),
    (FILE + "export $(cat /run/secrets/x | xargs) && echo $NPM_TOKEN > token", "echo", "/app/token"),
    (FILE + "bash -c 'cat /run/secrets/x > token'", "cat", "/app/token"),
    (FILE + "T=$(cat /run/secrets/x) sh -c 'echo $T > token'", "echo", "/app/token"),
    (FILE + "f() { cat /run/secrets/x; }; f > token", "f", "/app/token"),
    (FILE + "if [ -f /run/secrets/x ]; then cat /run/secrets/x > token; fi", "cat", "/app/token"),
    (FILE + "{ echo a; cat /run/secrets/x; } > token", "", "/app/token"),
    (FILE + "<<EOF\nset -e\ncat /run/secrets/x > token\nEOF", "cat", "/app/token"),
    (FILE + '["cp", "/run/secrets/x", "/etc/token"]', "cp", "/etc/token"),
    (FILE + '["sh", "-c", "cat /run/secrets/x > token"]', "cat", "/app/token"),
    (NPMRC + "cp /root/.npmrc /app/", "cp", "/app/.npmrc"),
    (NPMRC + "cat ~/.npmrc > .npmrc", "cat", "/app/.npmrc"),
    (NPMRC + "cat $HOME/.npmrc > .npmrc", "cat", "/app/.npmrc"),
    ("--mount=type=secret,id=e,target=/app/.env cp -r /app /out", "cp", "/out"),
    ("--mount=type=secret,id=e,target=.env cp .env .env.production", "cp", "/app/.env.production"),
    ("--mount=type=secret,id=e,dst=/app/.env cp -a . /out", "cp", "/out"),
    (ENV + 'echo "//npm.example.com/:_authToken=$T" > .npmrc && npm ci', "echo", "/app/.npmrc"),
    (ENV + "npm config set //npm.example.com/:_authToken=$T", "npm", None),
    (ENV + "git clone https://$T@github.com/o/r", "git", None),
    (ENV + "env > /app/.env", "env", "/app/.env"),
    (ENV + "printenv T > /app/token", "printenv", "/app/token"),
    ("--mount=type=secret,id=x,env=T,target=/x cp /x /y", "cp", "/y"),
]  # fmt: skip


@pytest.mark.parametrize(("run", "tool", "path"), WRITTEN)
def test_what_is_written_is_found(run: str, tool: str, path: str | None) -> None:
    found = [r for r in residue("RUN " + run) if not r.printed]
    assert any(r.tool == tool and (path is None or r.path == path) for r in found), found


PRINTED = [
    FILE + "cat /run/secrets/x",
    FILE + "echo $(cat /run/secrets/x)",
    FILE + 'T=$(cat /run/secrets/x) && echo "token: $T"',
    FILE + "set -x; export T=$(cat /run/secrets/x)",
    FILE + "export T=$(cat /run/secrets/x) && env | sort",
    FILE + "export T=$(cat /run/secrets/x) && env",
    FILE + "export T=$(cat /run/secrets/x) && set -ex && npm ci --token=$T",
    FILE + "set -x; . /run/secrets/x",
    FILE + "head -c 4 /run/secrets/x",
    FILE + ". /run/secrets/x; set -eux; curl -H \"${API_AUTH_HEADER}\" https://api.example/x -o out",
    FILE + "cat /run/secrets/x >&2",
    FILE + "curl -v -H \"Authorization: Bearer $(cat /run/secrets/x)\" https://api.example/x -o out",
    FILE + "node -e \"console.log(fs.readFileSync('/run/secrets/x','utf8'))\"",
    FILE + "ls -la /run/secrets && cat /run/secrets/*",
    FILE + '["cat", "/run/secrets/x"]',
    ENV + "echo $T",
    ENV + "env",
    ENV + "printenv",
    ENV + '["env"]',
    NPMRC + "cat ~/.npmrc && npm ci",
]  # fmt: skip


@pytest.mark.parametrize("run", PRINTED)
def test_what_is_printed_is_found(run: str) -> None:
    assert any(r.printed for r in residue("RUN " + run))


CLEAN = [
    FILE + "npm ci",
    FILE + 'NPM_TOKEN="$(cat /run/secrets/x)" npm ci',
    FILE + "export NPM_TOKEN=$(cat /run/secrets/x) && npm ci",
    FILE + "export NPM_TOKEN=$(cat /run/secrets/x) && npm ci > build.log 2>&1",
    FILE + "export $(cat /run/secrets/x | xargs) && npm run build",
    FILE + "export $(grep -v '^#' /run/secrets/x | xargs) && npm run build",
    FILE + "set -a && . /run/secrets/x && set +a && npm run build",
    FILE + "set -a; . /run/secrets/x; echo $HOME > home; npm run build",
    FILE + ". /run/secrets/x; set -eux; curl \"${API_AUTH_URL}\" -o out",
    FILE + '{ echo a; echo "_authToken=$(cat /run/secrets/x)"; } > .npmrc && npm ci && echo a > .npmrc',
    FILE + "cp /run/secrets/x .npmrc; npm ci; : > .npmrc",
    "--mount=type=secret,id=trusted_ca cp /run/secrets/trusted_ca /usr/local/share/ca-certificates/a.crt && update-ca-certificates",
    "--mount=type=secret,id=ca.pem cat /run/secrets/ca.pem >> /etc/ssl/certs/ca-certificates.crt",
    "--mount=type=secret,id=known_hosts cat /run/secrets/known_hosts >> ~/.ssh/known_hosts",
    FILE + "npm ci --userconfig /run/secrets/x",
    FILE + "npm ci --userconfig=/run/secrets/x > log",
    FILE + "NPM_CONFIG_USERCONFIG=/run/secrets/x npm ci",
    FILE + "cp /run/secrets/x ~/.npmrc && npm ci && rm ~/.npmrc",
    FILE + "cp /run/secrets/x /root/ && npm ci && rm -f /root/x",
    FILE + "cat /run/secrets/x > .npmrc && npm ci && rm -f .npmrc",
    FILE + "T=$(cat /run/secrets/x) && echo \"_authToken=$T\" > .npmrc && npm ci && rm .npmrc",
    FILE + "ln -s /run/secrets/x ~/.npmrc && npm ci",
    FILE + "ln -sf /run/secrets/x .env",
    FILE + "sha256sum /run/secrets/x > x.sha256",
    FILE + "md5sum < /run/secrets/x | cut -c1-32",
    FILE + "wc -c /run/secrets/x",
    FILE + "wc -c < /run/secrets/x > size",
    FILE + "ls -la /run/secrets/x",
    FILE + "stat /run/secrets/x > info",
    FILE + "test -f /run/secrets/x",
    FILE + "[ -s /run/secrets/x ] && echo yes",
    FILE + "if [ -f /run/secrets/x ]; then export T=$(cat /run/secrets/x); fi; npm ci",
    FILE + "grep -q token /run/secrets/x && npm ci",
    FILE + "echo /run/secrets/x > where",
    FILE + "cat /run/secrets/x > /dev/null",
    FILE + "curl -H \"Authorization: Bearer $(cat /run/secrets/x)\" https://api.example/x -o out.tgz",
    FILE + "curl -sSfL -u u:$(cat /run/secrets/x) https://api.example/x | tar xz",
    FILE + "curl --netrc-file /run/secrets/x -o out https://api.example/x",
    FILE + "wget --header=\"Authorization: $(cat /run/secrets/x)\" https://api.example/x",
    FILE + "pip install --index-url https://u:$(cat /run/secrets/x)@pip.example.com/simple flask",
    FILE + "PIP_CONFIG_FILE=/run/secrets/x pip install -r requirements.txt",
    FILE + "mvn -s /run/secrets/x package",
    FILE + "mvn -s /run/secrets/x package > log.txt",
    FILE + "./build.sh --token-file /run/secrets/x > out.txt",
    FILE + "git -c credential.helper='store --file=/run/secrets/x' clone https://github.com/o/r",
    FILE + "git config --global credential.helper 'store --file=/run/secrets/x' && git clone https://github.com/o/r",
    FILE + "ssh -i /run/secrets/x git@github.com || true",
    FILE + "GIT_SSH_COMMAND='ssh -i /run/secrets/x' git clone git@github.com:o/r.git",
    FILE + "eval $(ssh-agent) && ssh-add /run/secrets/x && git clone git@github.com:o/r.git",
    FILE + "cat /run/secrets/x | ssh-add - && npm ci",
    FILE + "envsubst < a.tmpl > a.conf",
    FILE + "env > build.env; npm ci",
    FILE + "T=$(cat /run/secrets/x); [ -n \"$T\" ] || { echo missing; exit 1; }; npm ci",
    FILE + "bundle config set --local path vendor && BUNDLE_GEMS__EXAMPLE__COM=$(cat /run/secrets/x) bundle install",
    FILE + "python3 -c \"import os; t=open('/run/secrets/x').read().strip(); import app; app.fetch(t)\"",
    FILE + "aws s3 cp s3://bucket/x . && AWS_SHARED_CREDENTIALS_FILE=/run/secrets/x aws sts get-caller-identity",
    FILE + "cp a b",
    FILE + "cp -r dist /out",
    FILE + "gcloud config set auth/access_token_file /run/secrets/x",
    FILE + "pip config set global.cert /run/secrets/x",
    FILE + "VERSION=$(curl -H \"X-Token: $(cat /run/secrets/x)\" https://api.example/v) && echo $VERSION > version",
    FILE + '["npm", "ci"]',
    FILE + "apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*",
    NPMRC + "npm ci",
    NPMRC + "cp package.json /app/",
    NPMRC + "npm ci && cp -r node_modules /out",
    "--mount=type=secret,id=e,target=/app/.env npm run build && cp -r dist /out",
    ENV + "npm ci",
    ENV + "GOPRIVATE=github.com/o go mod download",
    ENV + "npx sentry-cli --auth-token $T releases new 1",
    "--mount=type=ssh git clone git@github.com:o/r.git",
    "--mount=type=ssh ssh-add -L > keys.pub",
    "--mount=type=cache,target=/root/.npm npm ci && cp -r /root/.npm /x",
    "cat /run/secrets/x > f",
]  # fmt: skip


@pytest.mark.parametrize("run", CLEAN)
def test_what_is_no_leak(run: str) -> None:
    assert residue("RUN " + run) == []


def test_the_name_is_the_variable_or_the_path_of_the_mount() -> None:
    two = "RUN --mount=type=secret,id=a --mount=type=secret,id=b,env=B sh -c 'cat /run/secrets/a > /f' && echo ok && echo $B > /g"
    assert {(r.name, r.path) for r in residue(two)} == {("/run/secrets/a", "/f"), ("B", "/g")}


def test_the_place_is_the_command() -> None:
    (found,) = residue("RUN --mount=type=secret,id=x true \\\n && cat /run/secrets/x \\\n > /f")
    assert (found.run, found.line, found.script, found.command) == (2, 4, 0, 1)


def test_a_user_without_root_has_another_home() -> None:
    (found,) = residue("USER app\nRUN --mount=type=secret,id=x,uid=1000 cp /run/secrets/x ~/.npmrc")
    assert found.path == "/home/app/.npmrc"


def test_a_path_in_an_env_is_followed() -> None:
    assert residue("ENV F=/run/secrets/x\nRUN --mount=type=secret,id=x cat $F > /f")


@pytest.mark.parametrize("run", [r[0] for r in WRITTEN] + PRINTED + CLEAN[:-3])
def test_the_prefilter_lets_mounts_through(run: str) -> None:
    assert may_hold(("FROM a\nRUN " + run).encode()) or "type=secret" not in run


TROUBLES = [
    (FILE + "npm ci && rm /run/secrets/x", "rm-mount"),
    (FILE + "npm ci; rm -f /run/secrets/x", "rm-mount"),
    (NPMRC + "npm ci && rm ~/.npmrc", "rm-mount"),
    ("npm ci && --mount=type=secret,id=x npm publish", "late-mount"),
    (FILE + 'T=$(cat /run/secrets/x) npm ci --token "$T"', "early-expansion"),
    (FILE + 'T=`cat /run/secrets/x` git clone https://$T@github.com/o/r', "early-expansion"),
]  # fmt: skip
TROUBLES.append((FILE + "cat > /f <<EOF\n" + "a line of text\n" * 20_000 + "EOF", "not-followed"))
TROUBLES.append(("--mount=type=secret,id=token npm ci --token ${token}", "unset-variable"))
TROUBLES.append(("--mount=type=secret,id=TOKEN CREDENTIALS=\"x:$TOKEN\" npm ci", "unset-variable"))
TROUBLES.append(("--mount=type=secret,id=T T=${T} && npm ci --token ${T}", "unset-variable"))
TROUBLES.append((FILE + "export $(cat /run/secrets/x | xargs)", "lost-variable"))
TROUBLES.append((FILE + "T=$(cat /run/secrets/x)", "lost-variable"))
NO_TROUBLE = [
    FILE + "export T=$(cat /run/secrets/x) && npm ci",
    "--mount=type=secret,id=token,env=token npm ci --token ${token}",
    "--mount=type=secret,id=token token=$(cat /run/secrets/token) && npm ci --token $token",
    "--mount=type=secret,id=token read -r token < /run/secrets/token && npm ci --token $token",
    "--mount=type=secret,id=token . ./read.sh && npm ci --token $token",
    "--mount=type=secret,id=token npm ci ${token:+--token}",
    FILE + "npm ci && rm -rf /tmp/x",
    FILE + "T=$(cat /run/secrets/x) npm ci",
    FILE + "T=$(cat /run/secrets/x); npm ci --token $T",
    FILE + "T=$(cat /run/secrets/x) sh -c 'npm ci --token $T'",
    FILE + "T=$(cat /run/secrets/x) && npm ci --token $T",
    FILE + "U=$T npm ci --token $U",
    FILE + "export T=$(cat /run/secrets/x) && npm ci --token $T",
    "rm /run/secrets/x",
]


@pytest.mark.parametrize(("run", "kind"), TROUBLES)
def test_trouble_is_told(run: str, kind: str) -> None:
    tree = parse((HEAD + "RUN " + run + "\n").encode())
    assert [t.kind for t in mount_troubles(tree, view_runs(tree))] == [kind]


@pytest.mark.parametrize("run", NO_TROUBLE)
def test_no_trouble(run: str) -> None:
    tree = parse((HEAD + "RUN " + run + "\n").encode())
    assert mount_troubles(tree, view_runs(tree)) == []


LINE = " \\\n"
SLOW = {
    "commands": f" &&{LINE}".join(["cat /run/secrets/x>f"] * 9_500),
    "calls": "f() { cat; }; " + f";{LINE}".join(["f < /run/secrets/x > /f"] * 5_000),
    "substitutions": "echo " + "$(echo " * 1_000 + "$(cat /run/secrets/x)" + ")" * 1_000 + " > /f",
    "groups": "{ " * 500 + "cat /run/secrets/x;" + " };" * 500 + " > /f",
    "assignments": f";{LINE}".join(f"A{n + 1}=$A{n}" for n in range(10_000)) + "; A0=$(cat /run/secrets/x)",
    "loops": f"for x in $(cat /run/secrets/x); do echo $x > /f; done;{LINE}" * 4_000 + "true",
    "words": f"for x in{LINE}" * 10_000 + "$(cat /run/secrets/x); do true; done",
    "defaults": ': "' + f"${{x:=${{y:={LINE}" * 5_000 + "}}" * 5_000 + '"; cat /run/secrets/x',
    "fed": "cat /run/secrets/x | tee " + " ".join([">(cat > /f)"] * 2_000),
    "heredoc": "cat > /f <<EOF\n" + "a line of text\n" * 16_000 + "$(cat /run/secrets/x)\nEOF",
    "huge heredoc": "cat > /f <<EOF\n" + "a line of text\n" * 250_000 + "$(cat /run/secrets/x)\nEOF",
    "code": "python3 -c '" + f"open({LINE}" * 10_000 + "/run/secrets/x'",
    "addresses": "wget " + f"://{LINE}" * 10_000 + "$(cat /run/secrets/x)",
    "removals": f";{LINE}".join(f"cp /run/secrets/x /f{n}; rm /f{n}" for n in range(2_500)),
    "mounts": "--mount=type=secret,id=y,env=Y " * 2_000 + f";{LINE}".join(["cat /run/secrets/x > /f"] * 5_000),
}


@pytest.mark.parametrize("shape", SLOW)
def test_long_texts_take_bounded_time(shape: str) -> None:
    start = time.process_time()
    residue("RUN --mount=type=secret,id=x " + SLOW[shape])
    assert time.process_time() - start < 4 * SLOWER


def test_many_long_texts_are_bounded_and_said() -> None:
    one = "RUN --mount=type=secret,id=x " + SLOW["commands"]
    tree = parse((HEAD + "\n".join([one] * 3)).encode())
    runs = view_runs(tree)
    start = time.process_time()
    found = mounted_residue(tree, runs)
    assert time.process_time() - start < 8 * SLOWER
    told = {t.run for t in mount_troubles(tree, runs) if t.kind == "not-followed"}
    assert {r.run for r in found} == {2, 3}
    assert told == {4}
