"""The life of a file: who writes, reads, removes it and carries it on."""

from __future__ import annotations

import pytest

from remediate.analysis.bindings import Bindings
from remediate.analysis.flows import Trace
from remediate.analysis.life import Did, Life, life_of
from remediate.analysis.runs import view_runs
from remediate.analysis.surroundings import Surroundings
from remediate.dockerfile.parser import parse
from tests.clock import SLOWER

NPMRC = "/app/.npmrc"
HEAD = "FROM node\nWORKDIR /app\nRUN echo $T > .npmrc\n"


def trace(text: str, files: dict[str, str] | None = None) -> Trace:
    tree = parse(text.encode(), "Dockerfile")
    around = Surroundings()
    if files is not None:
        held = files
        around = Surroundings(at_hand=True, files=lambda: tuple(held), read=lambda p: held[p].encode() if p in held else None)
    return Trace(tree, Bindings(tree), view_runs(tree), (), around)


def life(text: str, path: str = NPMRC, start: int = 2, files: dict[str, str] | None = None) -> Life:
    return life_of(trace(text, files), path, start)


def sure(found: Life) -> list[int]:
    return sorted({r.run for r in found.readings if r.sure})


def unsure(found: Life) -> list[int]:
    return sorted({r.run for r in found.readings if not r.sure})


def one(run: str, path: str, user: str = "") -> Life:
    """The file is written in one RUN, `run` is the next; WORKDIR is /app."""
    return life(f"FROM x\nWORKDIR /app\n{f'USER {user}' if user else 'LABEL a=b'}\nRUN echo $T > {path}\nRUN {run}\n", path, 3)


SURE = [
    ("npm ci", "/app/.npmrc"), ("npm ci", "/root/.npmrc"), ("cd sub && npm ci", "/app/.npmrc"), ("npm i -g pm2", "/root/.npmrc"), ("yarn", "/app/.npmrc"), ("npx cowsay", "/root/.npmrc"),
    ("cd /src && npm --prefix /app ci", "/app/.npmrc"), ("cd /src/web && yarn --cwd /app/web install", "/app/.npmrc"), ("pnpm i --frozen-lockfile", "/app/.npmrc"), ("sh -c 'npm ci'", "/app/.npmrc"),
    ("bash <<EOF\nset -e\nnpm ci\nEOF", "/app/.npmrc"), ("if [ -f x ]; then npm ci; fi", "/app/.npmrc"), ("f() { npm ci; }; f", "/app/.npmrc"), ("sudo npm ci", "/root/.npmrc"), ("env A=b npm ci", "/app/.npmrc"),
    ('["npm", "ci"]', "/app/.npmrc"), ('["sh", "-c", "npm ci"]', "/app/.npmrc"), ("npm ci --userconfig /tmp/rc", "/tmp/rc"), ("npm ci --userconfig=/tmp/rc", "/tmp/rc"), ("NPM_CONFIG_USERCONFIG=/tmp/rc npm ci", "/tmp/rc"),
    ("export NPM_CONFIG_USERCONFIG=/tmp/rc; npm ci", "/tmp/rc"), ("curl --netrc-file /tmp/rc https://example.com", "/tmp/rc"), ("curl -K /tmp/rc https://example.com", "/tmp/rc"), ("curl -d @/tmp/rc https://example.com", "/tmp/rc"),
    ("cat /tmp/rc", "/tmp/rc"), ("cat ../tmp/rc", "/tmp/rc"), ("./x < /tmp/rc", "/tmp/rc"), (". /tmp/rc && npm run x", "/tmp/rc"), ("T=$(cat /tmp/rc) ./x", "/tmp/rc"), ("F=/tmp/rc; cat $F", "/tmp/rc"),
    ("cat ~/.netrc", "/root/.netrc"), ('cat "$HOME/.netrc"', "/root/.netrc"), ("cp -r . /out", "/app/.npmrc"), ("tar czf /x.tgz /root/.ssh", "/root/.ssh/id_rsa"), ("cp -a ~/.ssh /x", "/root/.ssh/id_rsa"), ("cat ~/.ssh/*", "/root/.ssh/id_rsa"),
    ("GIT_SSH_COMMAND='ssh -i /key' git fetch", "/key"), ("git -c core.sshCommand='ssh -i /key' fetch", "/key"), ("git clone git@github.com:acme/x", "/root/.ssh/id_rsa"), ("npm ci", "/root/.ssh/id_rsa"), ("go build ./...", "/root/.netrc"),
    ("git clone https://github.com/acme/x", "/root/.netrc"), ("git clone https://github.com/acme/x", "/root/.gitconfig"), ("git commit -m x", "/root/.gitconfig"), ("go mod download", "/root/.gitconfig"), ("pip install -r r.txt", "/root/.git-credentials"),
    ("pip install flask", "/etc/pip.conf"), ("pip install flask", "/root/.config/pip/pip.conf"), ("python3 -m pip install flask", "/root/.pip/pip.conf"), ("composer install", "/app/auth.json"), ("composer install", "/root/.composer/auth.json"),
    ("php composer.phar install", "/root/.composer/auth.json"), ("bundle install", "/root/.bundle/config"), ("cargo build", "/root/.cargo/credentials.toml"), ("./mvnw package", "/root/.m2/settings.xml"), ("mvn -s ci.xml package", "/app/ci.xml"),
    ("gradle build", "/root/.gradle/gradle.properties"), ("dotnet restore src/App.csproj", "/app/nuget.config"), ("cd / && dotnet restore app/x/App.csproj", "/app/nuget.config"), ("dotnet publish -c Release", "/root/.nuget/NuGet/NuGet.Config"),
    ("mix deps.get", "/root/.hex/hex.config"), ("apt-get update && apt-get install -y x", "/etc/apt/auth.conf.d/acme.conf"), ("apt-get update", "/etc/apt/sources.list.d/acme.list"), ("aws s3 cp s3://b/x .", "/root/.aws/credentials"),
    ("curl -n https://example.com", "/root/.netrc"), ("wget https://example.com", "/root/.netrc"), ("helm pull acme/x", "/root/.docker/config.json"), ("twine upload dist/x", "/root/.pypirc"), ("psql -c 'select 1'", "/root/.pgpass"),
    ("xargs -n1 npm install < list", "/app/.npmrc"), ("scp a@example.com:x .", "/root/.ssh/config"), ("ln -s /tmp/rc ~/.npmrc && npm ci", "/tmp/rc"), ("HOME=/h npm ci", "/h/.npmrc"),
    ("npm config set userconfig /tmp/rc && npm ci", "/tmp/rc"), ('git config --global core.sshCommand "ssh -i /key" && git fetch', "/key"), ('echo "IdentityFile /key" >> ~/.ssh/config && git fetch', "/key"),
    ("[ -s /tmp/rc ] && ./x", "/tmp/rc"), ("sh -c 'cat $1' _ /tmp/rc", "/tmp/rc"), ("f() { cat $1; }; f /tmp/rc", "/tmp/rc"), ("su node -c 'cat /tmp/rc'", "/tmp/rc"), ("echo /tmp/rc | xargs cat", "/tmp/rc"), ("for f in a b; do npm ci; done", "/app/.npmrc"), ("grep -r token .", "/app/x.json"),
]  # fmt: skip


@pytest.mark.parametrize(("run", "path"), SURE)
def test_sure_readings(run: str, path: str) -> None:
    assert sure(one(run, path)) == [4]


UNSURE = [
    ("npm run build", "/app/.npmrc"), ("yarn build", "/app/.npmrc"), ("make", "/root/.npmrc"), ("./build.sh", "/app/config.json"), ("frobnicate", "/root/.netrc"), ('["frobnicate"]', "/root/.netrc"),
    ("python app.py", "/app/config.json"), ("if [ x; then npm ci", "/tmp/rc"), ("cd $X && npm ci", "/app/.npmrc"), ("pip install flask", "/opt/venv/pip.conf"), ("mvn package", "/root/.npmrc"),
]  # fmt: skip


@pytest.mark.parametrize(("run", "path"), UNSURE)
def test_unsure_readings(run: str, path: str) -> None:
    found = one(run, path)
    assert (sure(found), unsure(found)) == ([], [4])


NONE = [
    ("echo hello", "/app/.npmrc"), ("npm cache clean --force", "/app/.npmrc"), ("cd /src && npm ci", "/app/.npmrc"), ("npm ci", "/app/config.json"), ("npm i -g pm2", "/app/.npmrc"), ("npm ci", "/home/app/.npmrc"),
    ("apt-get update", "/root/.npmrc"), ("apt-get clean", "/etc/apt/auth.conf"), ("pip install flask", "/root/.ssh/id_rsa"), ("git clone https://github.com/acme/x", "/root/.ssh/id_rsa"), ("git clone git@github.com:a/x", "/root/.netrc"),
    ("curl https://example.com", "/root/.netrc"), ("curl https://example.com/root/.netrc", "/root/.netrcx"), ("echo /tmp/rc", "/tmp/rc"), ("mkdir -p /root/.ssh", "/root/.ssh/id_rsa"), ("chmod 600 /tmp/rc", "/tmp/rc"),
    ("cat /tmp/rc2 /tmp/rc.bak /x/tmp/rc", "/tmp/rc"), ("jq . package.json", "/app/.npmrc"), ("cp a.txt /out", "/app/.npmrc"), ("cp * /out", "/app/.npmrc"), ("tar xzf a.tgz -C /app", "/app/.npmrc"), ("[ -f /tmp/rc ] && rm /tmp/rc", "/tmp/rc"),
    ("cat a > /tmp/rc", "/tmp/rc"), ("sh -c 'echo a > /tmp/rc'", "/tmp/rc"), ("bash -c 'rm /tmp/rc'", "/tmp/rc"), ("apk del git", "/etc/apk/repositories"), ("git config --global a.b c", "/root/.gitconfig"), ("ls /app", "/app/.npmrc"), ("npm ci", "/tmp/id_rsa"), ("chown -R node /app", "/app/.npmrc"),
]  # fmt: skip


@pytest.mark.parametrize(("run", "path"), NONE)
def test_no_readings(run: str, path: str) -> None:
    assert one(run, path).readings == ()


def test_whose_home() -> None:
    text = "FROM x\nUSER app\nRUN echo $T > ~/.npmrc\nUSER root\nRUN npm ci\nUSER app\nRUN npm ci\n"
    assert sure(life(text, "/home/app/.npmrc")) == [6]
    assert unsure(life("FROM x\nUSER 1000\nRUN echo $T > /home/node/.npmrc\nRUN npm ci\n", "/home/node/.npmrc")) == [3]
    assert unsure(life("FROM x\nUSER jenkins\nRUN echo $T > /var/j/.npmrc\nRUN npm ci\n", "/var/j/.npmrc")) == [3]
    assert sure(life("FROM x\nENV HOME=/h\nRUN echo $T > /h/.npmrc\nRUN npm ci\n", "/h/.npmrc")) == [3]


def test_a_variable_of_the_image_names_it() -> None:
    text = "FROM x\nENV PIP_CONFIG_FILE=/p.conf\nRUN echo $T > /p.conf\nRUN pip install a\nRUN npm ci\nRUN cat $PIP_CONFIG_FILE\n"
    assert sure(life(text, "/p.conf")) == [3, 5]


def test_rewritten_addresses_need_the_key() -> None:
    text = 'FROM x\nRUN git config --global url."git@github.com:".insteadOf https://github.com/\nRUN echo $T > ~/.ssh/id_rsa\nRUN git clone https://github.com/a/b\n'
    assert sure(life(text, "/root/.ssh/id_rsa")) == [3]


def test_only_while_it_is_there() -> None:
    text = HEAD + "RUN npm ci\nRUN rm .npmrc\nRUN npm ci\n"
    found = life(text)
    assert sure(found) == [3]
    assert found.removed == (4,)
    assert [(t.run, t.did, t.words, t.only) for t in found.touches] == [(2, Did.WRITE, (), True), (4, Did.REMOVE, (1,), True)]
    assert sure(life(HEAD + "RUN rm .npmrc; npm ci\nRUN npm ci\n")) == []
    assert sure(life(HEAD + "RUN npm ci && rm .npmrc\nRUN npm ci\n")) == [3]
    assert sure(life("FROM x\nWORKDIR /app\nRUN npm ci && echo $T > .npmrc\nRUN npm ci\n")) == [3]
    assert sure(life("FROM x\nWORKDIR /app\nRUN echo $T > .npmrc && npm ci && rm .npmrc\nRUN npm ci\n")) == [2]


@pytest.mark.parametrize(
    "run",
    ["npm ci && rm .npmrc || true", "if [ -f x ]; then rm .npmrc; fi", "rm .npmrc &", "sh -c 'rm .npmrc'", "cd sub && rm .npmrc", "rm .npmrc; echo $T > .npmrc", "rm *", "./clean.sh",
     "[ -n \"$X\" ] && rm .npmrc; true", "rm -r .npmrc.d", "find . -name .npmrc -delete"],
)  # fmt: skip
def test_not_surely_removed(run: str) -> None:
    found = life(HEAD + f"RUN {run}\nRUN npm ci\n")
    assert 4 in sure(found)
    assert found.removed == ()


@pytest.mark.parametrize(
    "run",
    [
        "rm -f .npmrc",
        "rm -rf /app",
        "rm -f ~/x ./.npmrc",
        "rm -f .npm*",
        "unlink .npmrc",
        "shred -u .npmrc",
        "cd / && rm -rf app",
        "mv .npmrc /tmp/x",
        "rm -f .npmrc || true",
    ],
)
def test_surely_removed(run: str) -> None:
    found = life(HEAD + f"RUN {run}\nRUN npm ci\n")
    assert found.removed == (3,)
    assert 4 not in sure(found)


TOUCHES = [
    ("echo a >> .npmrc", Did.APPEND, (), True), ("echo a > .npmrc", Did.WRITE, (), True), ("> .npmrc", Did.WRITE, (), True), ("cat <<E > .npmrc\nx\nE", Did.WRITE, (), True), ("./gen > .npmrc", Did.WRITE, (), False),
    ("{ echo a; echo b; } > .npmrc", Did.WRITE, (), True), ("{ npm ci; echo b; } > .npmrc", Did.WRITE, (), False), ("envsubst < a > .npmrc", Did.WRITE, (), True), ("echo a | tee .npmrc", Did.WRITE, (1,), True),
    ("echo a | tee -a .npmrc b", Did.APPEND, (2,), False), ("cp a .npmrc", Did.WRITE, (2,), True), ("cp x/.npmrc .", Did.WRITE, (2,), True), ("mv a ./.npmrc", Did.WRITE, (2,), False), ("install -m 600 a .npmrc", Did.WRITE, (4,), True),
    ("ln -s /run/x .npmrc", Did.WRITE, (3,), True), ("sed -i s/a/b/ .npmrc", Did.CHANGE, (3,), True), ("sed -i s/a/b/ .npmrc x", Did.CHANGE, (3,), False), ("chmod 600 .npmrc", Did.CHANGE, (2,), True),
    ("chmod 600 .npmrc x", Did.CHANGE, (2,), False), ("chown -R a:b /app", Did.CHANGE, (), False), ("chmod 600 /app/.n*", Did.CHANGE, (), False), ("sudo chown a .npmrc", Did.CHANGE, (3,), True), ("touch .npmrc", Did.APPEND, (1,), True),
    ("truncate -s 0 .npmrc", Did.CHANGE, (3,), True), ("rm -f .npmrc x", Did.REMOVE, (2,), False), ("rm -rf /app", Did.REMOVE, (), False), ("rm -f .npmrc ./.npmrc", Did.REMOVE, (2, 3), True), ("mv .npmrc /tmp", Did.REMOVE, (), False),
    ("curl -o .npmrc https://example.com", Did.WRITE, (2,), False), ("npm config set --location=project a b", Did.APPEND, (), True), ("find . -name .npmrc -exec rm {} +", Did.REMOVE, (), False), ("dd of=.npmrc", Did.WRITE, (1,), False),
]  # fmt: skip


@pytest.mark.parametrize(("run", "did", "words", "only"), TOUCHES)
def test_touches(run: str, did: Did, words: tuple[int, ...], only: bool) -> None:
    found = life(HEAD + f"RUN {run}\n")
    mine = [(t.did, t.words, t.only) for t in found.touches if t.run == 3]
    assert mine == [(did, words, only)]


@pytest.mark.parametrize(
    "run",
    [
        "mkdir -p /app",
        "chmod 700 /app",
        "rm /app/x",
        "rm -f *",
        "rm -rf /ap",
        "cp .npmrc /x",
        "echo a > x/.npmrc",
        "touch .npmrc2",
        "npm config get a",
        "cat .npmrc",
        "sed s/a/b/ .npmrc",
        "chown -R a /srv",
    ],
)
def test_no_touches(run: str) -> None:
    assert [t for t in life(HEAD + f"RUN {run}\n").touches if t.run == 3] == []


def test_settings_are_touches() -> None:
    text = "FROM x\nRUN npm config set //npm.example.com/:_authToken $T\nRUN npm ci\nRUN npm config delete //npm.example.com/:_authToken\n"
    found = life(text, "/root/.npmrc", 1)
    assert [(t.run, t.did, t.only) for t in found.touches] == [(1, Did.APPEND, True), (3, Did.CHANGE, True)]
    assert sure(found) == [2]
    found = life(
        "FROM x\nRUN git config --global a.b $T\nRUN go mod download\nRUN git config --global --unset a.b\n", "/root/.gitconfig", 1
    )
    assert [(t.run, t.did) for t in found.touches] == [(1, Did.APPEND), (3, Did.CHANGE)]
    assert sure(found) == [2]


def test_what_no_edit_reaches_is_told() -> None:
    assert life(HEAD + "RUN sh -c 'rm .npmrc'\n").hidden == (3,)
    assert life(HEAD + 'RUN ["rm", ".npmrc"]\n').hidden == (3,)
    assert life(HEAD + 'SHELL ["pwsh", "-c"]\nRUN rm .npmrc\n').hidden == (4,)
    assert life(HEAD + "RUN ./c.sh\n", files={"c.sh": "#!/bin/sh\nrm .npmrc\n"}).hidden == (3,)
    assert life(HEAD + "RUN rm .npmrc\n").hidden == ()


def test_scripts_at_hand_are_looked_into() -> None:
    assert sure(life(HEAD + "RUN ./b.sh\n", files={"b.sh": "#!/bin/sh\nnpm ci\n"})) == [3]
    assert life(HEAD + "RUN ./b.sh\n", files={"b.sh": "#!/bin/sh\necho a\n"}).readings == ()
    assert unsure(life(HEAD + "RUN ./b.sh\n", files={"b.sh": "#!/bin/sh\n./other\n"})) == [3]
    assert sure(life(HEAD + "RUN sh b.sh\n", files={"b.sh": "#!/bin/sh\n./c.sh\n", "c.sh": "#!/bin/sh\ncat .npmrc\n"})) == [3]
    assert unsure(life(HEAD + "RUN ./b.sh\n", files={"other.sh": ""})) == [3]


def test_copies_are_told() -> None:
    found = life(HEAD + "RUN cp .npmrc /x\nRUN cat .npmrc\nRUN cat .npmrc > /y\nRUN npm ci\n")
    assert {r.run: r.copies for r in found.readings} == {3: True, 4: False, 5: True, 6: False}


STAGES = "FROM x AS a\nWORKDIR /app\nRUN echo $T > .npmrc\nFROM a AS b\nRUN npm ci\nFROM y\nRUN npm ci\nFROM b\nRUN npm ci\n"


def test_through_the_stages_built_on_it() -> None:
    assert sure(life(STAGES)) == [4, 8]
    assert sure(life(STAGES.replace("RUN npm ci\nFROM y", "RUN npm ci && rm .npmrc\nFROM y"))) == [4]
    assert sure(life("FROM x AS a\nWORKDIR /app\nRUN echo $T > .npmrc\nFROM ${V}\nRUN npm ci\n".replace("${V}", "a"))) == [4]


@pytest.mark.parametrize(
    ("line", "carried"),
    [
        ("COPY --from=a /app /app", True), ("COPY --from=0 /app/.npmrc /x", True), ("COPY --from=a / /", True), ("COPY --from=A app/.n* /x", True), ("COPY --from=$X /app /app", True),
        ("COPY --from=a /app/dist /app", False), ("COPY --from=other /app /app", False), ("COPY /app /app", False), ("RUN --mount=type=bind,from=a,source=/app,target=/m true", True),
        ("RUN --mount=type=bind,from=a,target=/m true", True), ("RUN --mount=type=bind,from=a,source=/srv,target=/m true", False), ("COPY --from=a /app/* /x", True), ('COPY --from=a ["/app", "/x"]', True),
    ],
)  # fmt: skip
def test_carried(line: str, carried: bool) -> None:
    text = f"FROM x AS a\nWORKDIR /app\nRUN echo $T > .npmrc\nFROM y\n{line}\n"
    assert life(text).carried == ((4,) if carried else ())


def test_not_carried_once_it_is_gone() -> None:
    assert life("FROM x AS a\nWORKDIR /app\nRUN echo $T > .npmrc\nRUN rm .npmrc\nFROM y\nCOPY --from=a /app /app\n").carried == ()


@pytest.mark.parametrize(
    ("path", "tail", "needed"),
    [
        ("/app/.npmrc", 'CMD ["npm", "start"]', False), ("/app/.npmrc", "CMD npm start", False), ("/root/.netrc", "", False), ("/root/.ssh/id_rsa", 'CMD ["node", "x"]', False), ("/etc/apt/auth.conf", "", False),
        ("/app/.env", "", True), ("/etc/app.conf", "", True), ("/app/config.json", "", True), ("/app/.npmrc", "CMD npm ci && npm start", True), ("/app/.npmrc", "CMD cat /app/.npmrc", True),
        ("/root/.netrc", 'ENTRYPOINT ["git", "pull"]', True), ("/root/.ssh/id_rsa", 'CMD ["ssh", "x.example.com"]', True), ("/tmp/x", "", False), ("/tmp/x", "CMD ./a --key=/tmp/x", True), ("/root/.aws/credentials", "", True),
        ("/root/.netrc", "HEALTHCHECK CMD curl -n https://example.com", True), ("/root/.netrc", "HEALTHCHECK NONE", False), ("/app/.env", "RUN rm /app/.env", False), ("/tmp/x", "ENV KEY_FILE=/tmp/x", True), ("/root/.npmrc", "ONBUILD RUN npm ci", True), ("/root/.npmrc", "ONBUILD COPY . .", False),
    ],
)  # fmt: skip
def test_run_time(path: str, tail: str, needed: bool) -> None:
    assert bool(life(f"FROM x\nWORKDIR /app\nRUN echo $T > {path}\n{tail}\n", path).run_time) is needed


def test_run_time_only_where_somebody_runs_it() -> None:
    text = "FROM x AS a\nWORKDIR /app\nRUN echo $T > .env\nFROM y\nCOPY --from=a /app/dist /dist\n"
    assert life(text, "/app/.env").run_time == ""
    assert life(text.replace("FROM y", "FROM a"), "/app/.env").run_time


@pytest.mark.parametrize(
    ("copy", "files", "may"),
    [
        ("COPY .npmrc ./", None, True), ("COPY .npmrc .npmrc", None, True), ("COPY . .", None, True), ("COPY . /", None, True), ("COPY package*.json ./", None, False), ("COPY package.json .", None, False), ("COPY src ./", None, True),
        ("COPY src src/", None, False), ("COPY x/.npmrc /app/", None, True), ("COPY .n* /app/", None, True), ("COPY . .", {"package.json": ""}, False), ("COPY . .", {".npmrc": ""}, True), ("COPY web /app", {"web/.npmrc": ""}, True),
        ("COPY web /app", {".npmrc": ""}, False), ("COPY <<E .npmrc\nx\nE", None, True), ("ADD a.tar.gz /app", None, True), ("ADD https://example.com/x /app/", None, False), ("COPY --from=y /src /app", None, True),
        ("COPY --from=y /x/bin.tgz /app/", None, False), ('COPY [".npmrc", "/app/"]', None, True), ("COPY a b c /srv/", None, False),
    ],
)  # fmt: skip
def test_brought_and_overwritten(copy: str, files: dict[str, str] | None, may: bool) -> None:
    before = life(f"FROM x\nWORKDIR /app\n{copy}\nRUN echo $T > .npmrc\nRUN npm ci\n", NPMRC, 3, files)
    assert before.brought == (2 if may else None)
    after = life(f"{HEAD}{copy}\nRUN npm ci\n", NPMRC, 2, files)
    assert after.overwritten == ((3,) if may else ())
    assert life(f"{HEAD}RUN npm ci\n{copy}\n", NPMRC, 2, files).overwritten == ()


def test_what_came_before() -> None:
    found = life("FROM x AS a\nWORKDIR /app\nCOPY .npmrc ./\nRUN echo r >> .npmrc\nFROM a\nRUN echo $T >> .npmrc\nRUN npm ci\n", NPMRC, 5)
    assert found.brought == 2
    assert [(t.run, t.did) for t in found.earlier] == [(3, Did.APPEND)]
    assert [t.run for t in found.touches] == [5]
    assert life("FROM x\nRUN true\nRUN sed -i s/a/$T/ /root/.npmrc\n", "/root/.npmrc").brought == -1


def test_a_copied_file() -> None:
    found = life("FROM x\nWORKDIR /app\nCOPY .npmrc ./\nRUN npm ci\nRUN rm .npmrc\nRUN npm ci\n")
    assert sure(found) == [3]
    assert found.removed == (4,)
    assert found.overwritten == ()


def test_places_of_readings() -> None:
    found = life("FROM x\nWORKDIR /app\nRUN echo $T > .npmrc\nRUN true && \\\n  npm ci && \\\n  sh -c 'npm audit'\n")
    assert [(r.run, r.command, r.line) for r in found.readings] == [(3, 1, 5), (3, 2, 6)]


def test_many_runs_and_lives_stay_quick() -> None:
    import time

    from remediate.analysis.life import Lives

    runs = "".join(f"RUN npm ci && echo {n} > /f{n}\n" for n in range(5000))
    lives = Lives(trace(HEAD + runs))
    began = time.process_time()
    assert len(sure(lives.of(NPMRC, 2))) == 5000
    for n in range(20):
        assert sure(lives.of(f"/root/f{n}/.netrc", 2)) == []
    assert time.process_time() - began < 20 * SLOWER


@pytest.mark.parametrize(
    "text",
    [
        "FROM x\nRUN ((((\n",
        "FROM x\nRUN\n",
        "FROM x\nRUN rm ''\n",
        "FROM x\nRUN cp\nRUN mv a\nRUN chmod\nRUN tee\nRUN ln -s\nRUN tar\nRUN find\n",
        'FROM x\nCOPY a\nADD\nCOPY ["a"]\nRUN x\n',
    ],
)
@pytest.mark.parametrize("path", ["/a", "/", "", "/root/.npmrc", "a\udcff"])
def test_odd_texts(text: str, path: str) -> None:
    assert life(text, path, 1).path == path
