"""What single commands do: the inert rows by their examples, and the other questions by the spellings seen in real files."""

from __future__ import annotations

import shlex
import time

import pytest

from remediate.knowledge import commands, persist, tools
from remediate.knowledge.commands_inert import ROWS, InertRow
from remediate.knowledge.commands_shape import call, fits, program_name, unwrap
from tests.clock import SLOWER


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.example}"[:60])
def test_row_speaks_of_its_example_only(row: InertRow) -> None:
    example, counter = call(shlex.split(row.example)), call(shlex.split(row.counter))
    assert example is not None and counter is not None
    assert fits(row, example) and commands.inert(shlex.split(row.example))
    assert not fits(row, counter)


@pytest.mark.parametrize(
    "line",
    ["apt-get install -y --no-install-recommends curl", "sudo apt-get update", "apk add --no-cache git", "yum install -y gcc", "mkdir -p /a", "chmod +x a.sh", "rm -rf /var/lib/apt/lists/*", "echo hi", "export A=b",
     "set -eux", "[ -f x ]", "true", "cd /app", "tar -xzf a.tgz", "curl -fsSL https://example.com/a -o a", "wget -qO- https://example.com/a", "find / -name x -delete", "find . -exec chmod 644 {} +", "xargs rm",
     "sed -i s/a/b/g x", "awk '{print $2}' x", "jq -r .version a.json", "useradd -m app", "docker-php-ext-install gd", "a2enmod rewrite", "gpg --batch --recv-keys x", "/bin/mkdir a", "node --version",
     "php -r \"copy('https://example.com/i','i.php');\"", "perl -pi -e s/a/b/ x", "/opt/sdk/bin/sdkmanager --update", "npm -v", "R CMD javareconf", "git lfs install", "xargs", "xargs -r dpkg-query -S", "tools/android update sdk -u"],
)  # fmt: skip
def test_inert(line: str) -> None:
    assert commands.inert(shlex.split(line))


@pytest.mark.parametrize(
    "line",
    ["find . -exec sh {} ;", "find . -exec ./x {} ;", "xargs sh -c x", "xargs ./x", "tar -xI ./x -f a", "tar --to-command=./x -xf a", "sed -f x y", "sed 's/a/b/e' x", "awk 'BEGIN{print ENVIRON[\"T\"]}'", "awk '{system(\"x\")}'", "curl -n https://example.com",
     "curl -sn https://example.com", "curl --netrc-file x https://example.com", "jq -n env.T", "perl -e 'print $ENV{T}'", "perl -e 'system(\"x\")'", "php -r \"echo getenv('T');\"", "openssl rsa -passin env:T", "./install", "/app/update.sh",
     "sh x.sh", "bash", ". ./env.sh", "npm ci", "make", "python app.py", "env", "printenv", "printenv T", "frobnicate", "./node --version", "envsubst", "keytool -list -storepass:env T", "R CMD INSTALL ."],
)  # fmt: skip
def test_not_inert(line: str) -> None:
    assert not commands.inert(shlex.split(line))


def test_what_is_not_static() -> None:
    assert not commands.inert([None])
    assert commands.inert(["rm", "-rf", None])
    assert commands.inert([])
    assert commands.runs_file(["sh", None]) == ()
    assert commands.runs_file([None]) == ()
    assert commands.removes(["rm", None, "a"]) == ("a",)


@pytest.mark.parametrize(
    ("line", "inner"),
    [("sudo -u app -E npm ci", "npm ci"), ("env A=b C=d make x", "make x"), ("timeout -k 5 60 npm ci", "npm ci"), ("nice -n 5 time make", "make"), ("gosu app ./x", "./x"), ("env", "env"), ("exec", "exec"),
     ("env -i sh x", "sh x"), ("npm ci", "npm ci"), ("sudo " * 20 + "x", "sudo " * 12 + "x")],
)  # fmt: skip
def test_wrappers(line: str, inner: str) -> None:
    assert list(unwrap(shlex.split(line))) == shlex.split(inner)


@pytest.mark.parametrize(
    ("word", "name"),
    [("/usr/bin/python3.11", "python"), ("./gradlew", "gradle"), ("pip3", "pip"), ("composer.phar", "composer"), ("npm.cmd", "npm"), ("python-config", "python-config"), ("gcc-12", "gcc"), ("bundler", "bundle")],
)
def test_program_names(word: str, name: str) -> None:
    assert program_name(word) == name


@pytest.mark.parametrize(
    ("line", "dumps"),
    [("env", True), ("env -0", True), ("sudo env", True), ("env A=b", True), ("env A=b npm ci", False), ("printenv", True), ("printenv T", False), ("export -p", True), ("export", True), ("export A=b", False),
     ("set", True), ("set -x", False), ("declare -p", True), ("declare -x A=b", False), ("echo", False)],
)  # fmt: skip
def test_dumps_environment(line: str, dumps: bool) -> None:
    assert commands.dumps_environment(shlex.split(line)) is dumps


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("printenv T", ("T",)), ("python -c \"import os; os.environ['A']; os.environ.get('B'); os.getenv('C')\"", ("A", "B", "C")), ("node -e \"process.env.T\"", ("T",)), ("node -p \"process.env['T']\"", ("T",)),
        ("perl -e 'print $ENV{T}'", ("T",)), ("ruby -e \"ENV['A']; ENV.fetch('B')\"", ("A", "B")), ("envsubst '$A ${B}'", ("A", "B")), ("awk 'BEGIN{print ENVIRON[\"T\"]}'", ("T",)), ("jq -n env.T", ("T",)),
        ("jq -n '$ENV.T'", ("T",)), ("yq '.a = strenv(T)' x", ("T",)), ("php -r \"getenv('T');\"", ("T",)), ("Rscript -e 'Sys.getenv(\"T\")'", ("T",)), ("openssl rsa -passin env:T -in a", ("T",)), ("keytool -list -storepass:env T", ("T",)),
        ("mvn -Dx='${env.T}' package", ("T",)), ("docker build --build-arg T .", ("T",)), ("docker run -e A --env=B x", ("A", "B")), ("docker build --secret id=a,env=T .", ("T",)), ("su app -c 'x $T'", ("T",)),
        ("git config credential.helper '!f() { echo password=$T; }; f'", ("T",)), ("echo '$T'", ()), ("python app.py T", ()), ("docker build --build-arg T=1 .", ()), ("sh -c 'echo \\$T'", ()), ("curl --variable %T x", ("T",)),
    ],
)  # fmt: skip
def test_names_in_arguments(line: str, names: tuple[str, ...]) -> None:
    assert commands.names_variable(shlex.split(line)) == names


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("./build.sh", "./build.sh"), ("sh x.sh", "x.sh"), ("bash -x scripts/y.sh a", "scripts/y.sh"), ("bash -eo pipefail x.sh", "x.sh"), ("python app.py", "app.py"), ("python3 -u /app/x.py", "/app/x.py"), ("python -m app.cli", "app/cli.py"),
        ("node x.js", "x.js"), ("make -f a.mk all", "a.mk"), ("make -C sub", "sub/GNUmakefile"), ("make", "GNUmakefile"), (". ./env.sh", "./env.sh"), ("source env.sh", "env.sh"), ("npm run build", "package.json"), ("npm --prefix web run build", "web/package.json"),
        ("yarn build", "package.json"), ("composer run x", "composer.json"), ("rake a", "Rakefile"), ("./gradlew build", "./gradlew"), ("gradle build", "build.gradle"), ("mvn package", "pom.xml"), ("pip install -r dev.txt", "dev.txt"),
        ("deno run x.ts", "x.ts"), ("ansible-playbook site.yml", "site.yml"), ("scripts/install", "scripts/install"), ("install.sh", "install.sh"), ("sudo ./x", "./x"), ("ruby x.rb", "x.rb"), ("Rscript a.R", "a.R"),
    ],
)  # fmt: skip
def test_files_started(line: str, first: str) -> None:
    found = commands.runs_file(shlex.split(line))
    assert found
    assert found[0] == first


@pytest.mark.parametrize("line", ["echo a", "python -c 'x'", "sh -c 'x'", "node -e x", "apt-get install a", "bash", "bash -s -- a", "/usr/bin/git status", "bash -ec 'x'"])
def test_nothing_started(line: str) -> None:
    assert commands.runs_file(shlex.split(line)) is None


@pytest.mark.parametrize(
    ("line", "scripts"),
    [("npm run build -- --x", ("build",)), ("yarn lint", ("lint",)), ("npm ci", ("preinstall", "install", "postinstall", "prepare")), ("yarn", ("preinstall", "install", "postinstall", "prepare")), ("npm test", ("test",)),
     ("make a b V=1", ("a", "b")), ("composer run-script x", ("x",)), ("npm cache clean", ()), ("gulp dist", ("dist",)), ("echo a", ())],
)  # fmt: skip
def test_script_names(line: str, scripts: tuple[str, ...]) -> None:
    assert commands.runs_script(shlex.split(line)) == scripts


@pytest.mark.parametrize(("line", "reads"), [("bash", True), ("sh -", True), ("bash -s -- a", True), ("python3 -", True), ("bash x.sh", False), ("sh -c x", False), ("cat", False), ("sudo -E bash -", True)])
def test_program_from_standard_input(line: str, reads: bool) -> None:
    assert commands.runs_input(shlex.split(line)) is reads


@pytest.mark.parametrize(
    ("line", "paths"),
    [("tee /a /b", ("/a", "/b")), ("tee -a x", ("x",)), ("sudo tee x", ("x",)), ("dd of=x", ("x",)), ("dd if=/dev/zero of=x", ()), ("install -m 600 /dev/stdin x", ("x",)), ("cp /dev/stdin x", ("x",)), ("cp a b", ()), ("sponge x", ("x",))],
)
def test_standard_input_written_to(line: str, paths: tuple[str, ...]) -> None:
    assert commands.writes_stdin_to(shlex.split(line)) == paths


@pytest.mark.parametrize(
    ("line", "paths"),
    [("sed -i s/a/b/ x y", ("x", "y")), ("sed -i -e s/a/b/ x", ("x",)), ("sed -i.bak s/a/b/ x", ("x",)), ("sed -ri s/a/b/ x", ("x",)), ("sed --in-place s/a/b/ x", ("x",)), ("sed s/a/b/ x", ()), ("perl -pi -e s/a/b/ x", ("x",)),
     ("perl -pie s/a/b/ x", ("x",)), ("sed -e s/a/b/ x", ()), ("crudini --set x a b c", ("x",)), ("perl x.pl", ())],
)  # fmt: skip
def test_edited_in_place(line: str, paths: tuple[str, ...]) -> None:
    assert commands.edits_file(shlex.split(line)) == paths


@pytest.mark.parametrize(("line", "paths"), [("rm -rf a b", ("a", "b")), ("rm -- -x", ()), ("unlink a", ("a",)), ("shred -u a", ("a",)), ("shred a", ()), ("mv a b", ())])
def test_removed(line: str, paths: tuple[str, ...]) -> None:
    assert commands.removes(shlex.split(line)) == paths


def test_printing() -> None:
    assert commands.prints(["echo", None]) and commands.prints(["printenv", "T"]) and commands.prints(["env"])
    assert commands.prints(["openssl", "passwd", "-1", None]) and commands.prints(["htpasswd", "-nb", "u", None]) and not commands.prints(["htpasswd", "-b", "f", "u", "x"])
    assert not commands.prints(["cat", "x"]) and commands.passes_input(["cat", "x"])
    assert commands.uses_network(["apt-get", "update"]) and not commands.uses_network(["mkdir", "a"])


def test_hostile_arguments_stay_linear() -> None:
    for word in ("a" * 200_000, "$" * 200_000, "environ[" * 30_000, "://@" * 60_000, "-" * 200_000, "${" * 100_000):
        for program in ("python", "sh", "git", "sed", "pip", "mvn", "xargs", "npm"):
            argv = [program, "config", word, word]
            started = time.process_time()
            commands.inert(argv)
            commands.names_variable(argv)
            commands.runs_file(argv)
            commands.edits_file(argv)
            persist.persists(argv, argv)
            tools.reads(argv)
            assert time.process_time() - started < 1.0 * SLOWER
