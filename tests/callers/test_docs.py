"""Build commands in READMEs: code blocks and transcripts change, prose and output do not."""

from __future__ import annotations

import pytest

from tests.callers.working import moved, read, refused

IDS = {"NPM_TOKEN": "npm_token"}
FLAG, SECRET = "--build-arg NPM_TOKEN=$NPM_TOKEN", "--secret id=npm_token,env=NPM_TOKEN"

TEXTS = {
    "fenced": ("README.md", "# App\n\n```bash\ndocker build {} -t app .\n```\n"),
    "fenced without a language": ("README.md", "# App\n\n```\ndocker build {} -t app .\n```\n"),
    "tildes": ("README.md", "~~~sh\ndocker build {} .\n~~~\n"),
    "in a list": ("README.md", "1. Build\n\n   ```sh\n   docker build \\\n     {} \\\n     .\n   ```\n\n2. Run\n"),
    "in a quote": ("README.md", "> ```sh\n> docker build {} .\n> ```\n"),
    "transcript": ("README.md", "```console\n$ docker build \\\n    {} .\nStep 1/3 : FROM it's fine\n$ docker run app\n```\n"),
    "transcript of a user": ("README.md", "```\nme@box:~/app$ docker build {} .\nok `\n```\n"),
    "continued transcript": ("README.md", "```console\n$ docker build \\\n> {} .\n```\n"),
    "indented": ("README.md", "Build:\n\n    docker build {} .\n\nand it's done.\n"),
    "indented prompt": ("README.md", "Build:\n\n    $ docker build \\\n        {} .\n    it's done\n"),
    "CRLF": ("README.md", "```sh\r\ndocker build \\\r\n  {} .\r\n```\r\n"),
    "placeholders": ("README.md", "```sh\ndocker build {} -t <your name>/app:<tag> .\n```\n"),
    "block that is half prose": ("README.md", "```\nThis isn't a script\ndocker build {} .\n```\n"),
    "rst": ("README.rst", "App\n===\n\nBuild::\n\n   $ docker build {} .\n"),
    "rst code block": ("docs/build.rst", ".. code-block:: bash\n\n   docker build \\\n      {} .\n"),
    "adoc": ("README.adoc", "= App\n\n[source,bash]\n----\ndocker build {} .\n----\n"),
    "not closed": ("README.md", "```sh\ndocker build {} .\n"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_blocks(name: str) -> None:
    path, text = TEXTS[name]
    assert moved(path, text.format(FLAG), "docs", IDS) == text.format(SECRET)


@pytest.mark.parametrize(
    "text",
    [
        "Pass `--build-arg NPM_TOKEN=x` to `docker build`.\n",
        "docker build --build-arg NPM_TOKEN=x is what you run.\n",
        "| a | `docker build --build-arg NPM_TOKEN=x .` |\n",
        "```console\n$ ls\n# docker build --build-arg NPM_TOKEN=x .\n```\n".replace("# ", "output: "),
        "```js\nconst docker = build()\n```\n",
    ],
)
def test_prose_and_output_are_left_alone(text: str) -> None:
    reading = read("README.md", text, "docs")
    assert not reading.builds and not reading.unread


def test_placeholders_go_before_the_command() -> None:
    text = "```sh\ndocker build --build-arg NPM_TOKEN=<your token> -t app .\n```\n"
    after = "```sh\nNPM_TOKEN=<your token> docker build --secret id=npm_token,env=NPM_TOKEN -t app .\n```\n"
    assert moved("README.md", text, "docs", IDS) == after


def test_each_block_is_a_script_of_its_own() -> None:
    text = "```sh\nNPM_TOKEN=x\n```\n\n```sh\ncd app\ndocker build {} .\n```\n\n```sh\ndocker build {} .\n```\n"
    reading = read("README.md", text.format(FLAG, FLAG), "docs", {"app/Dockerfile": "", "Dockerfile": ""})
    assert [b.place.paths for b in reading.builds] == [("app/Dockerfile",), ("Dockerfile",)]
    assert [b.line for b in reading.builds] == [7, 11]
    assert moved("README.md", text.format(FLAG, FLAG), "docs", IDS) == text.format(SECRET, SECRET)


def test_a_fresh_clone_is_the_repository() -> None:
    text = "```sh\ngit clone https://github.com/a/project\ncd project\ndocker build .\n```\n"
    assert read("README.md", text, "docs", {"Dockerfile": ""}).builds[0].place.paths == ("Dockerfile",)
    assert read("app/README.md", "```\ndocker build .\n```\n", "docs", {"app/Dockerfile": ""}).builds[0].place.paths == ("app/Dockerfile",)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("```powershell\ndocker build --build-arg NPM_TOKEN=$env:T .\n```\n", "caller-shell"),
        ("```bat\ndocker build ^\n  --build-arg NPM_TOKEN=%T% .\n```\n", "caller-shell"),
        ("```python\nrun('docker build --build-arg NPM_TOKEN=x .')\n```\n", "caller-shell"),
        ("```sh\ndocker build 'oops --build-arg NPM_TOKEN=$T .\n```\n", "caller-shell"),
        ("```dockerfile\n# docker build --build-arg NPM_TOKEN=x .\nARG NPM_TOKEN\n```\n", "caller-format"),
        ("```yaml\n- run: docker build --build-arg NPM_TOKEN=x .\n```\n", "caller-format"),
        ("```yaml\nservices:\n  a:\n    build:\n      args:\n        - NPM_TOKEN=x\n```\n", "caller-format"),
        ("```yaml\nservices:\n  a:\n    build:\n      args:\n        NPM_TOKEN: x\n    ports: [1]\n```\n", "caller-format"),
        ("```sh\ndocker-compose build --build-arg NPM_TOKEN=$T\n```\n", "caller-builder"),
        ("```sh\nssh box docker build --build-arg NPM_TOKEN=$T .\n```\n", "caller-remote"),
    ],
)
def test_refused(text: str, code: str) -> None:
    path = "README.md"
    reading = read(path, text, "docs")
    assert {u.name for u in reading.unread} <= {"NPM_TOKEN"}
    assert refused(path, text, "docs", IDS) == [code]


@pytest.mark.parametrize(
    "data", [b"", b"```" * 10_000, b"```\n" * 5_000 + b"docker build .\n", b"    docker build \\\n" * 5_000, b"\xff\xfe```sh\ndocker build"]
)
def test_any_bytes(data: bytes) -> None:
    read("README.md", data, "docs")
