"""A copied file that holds settings beside its credential: what else reads those loses them without the file."""

from __future__ import annotations

import pytest

from remediate.model import Applicability
from tests.fixers.test_copied import HEAD, NONE, beside, fixed, proposed

TOKEN = b"//npm.example.com/:_authToken=k3Vq9xW2mT7z\n"
YARN = b"npmScopes:\n  acme:\n    npmRegistryServer: https://npm.example.com\n    npmAuthToken: k3Vq9xW2mT7z\n"
BUNDLE = b'---\nBUNDLE_GEMS__EXAMPLE__COM: "ci:k3Vq9xW2mT7z"\n'


def mount(path: str) -> str:
    name = path.lstrip(".").replace("/", "_") if path.endswith("/config") else path.rpartition("/")[2].lstrip(".")
    return f"--mount=type=secret,id={name},target=/app/{path},required=true"


# file, its content, the reader in any case, what reads settings only, does it need the file?
USES = {
    "yarn: only a token": (".yarnrc.yml", YARN, "yarn install", "yarn build", False),
    "yarn: the linker": (".yarnrc.yml", b"nodeLinker: node-modules\n" + YARN, "yarn install", "yarn build", True),
    "yarn: its own program": (".yarnrc.yml", YARN + b"yarnPath: .yarn/releases/yarn-4.1.0.cjs\n", "yarn install", "yarn test", True),
    "yarn: only asks for the version": (".yarnrc.yml", b"nodeLinker: pnp\n" + YARN, "yarn install", "yarn --version", False),
    "npm: only a token": (".npmrc", b"; the house\n@acme:registry=https://npm.example.com/\nalways-auth = true\n" + TOKEN, "npm ci", "npm run build", False),
    "npm: options of node": (".npmrc", TOKEN + b"node-options=--max-old-space-size=4096\n", "npm ci", "npm run build", True),
    "pnpm: the linker": (".npmrc", TOKEN + b"shamefully-hoist=true\n", "pnpm install", "pnpm prune --prod", True),
    "bundler: only a token": (".bundle/config", BUNDLE, "bundle install", "bundle exec rake", False),
    "bundler: the path": (".bundle/config", BUNDLE + b'BUNDLE_PATH: "vendor/bundle"\n', "bundle install", "bundle exec rake", True),
    "maven without network": (".mvn/settings.xml", b"<password>k3Vq9xW2mT7z</password>", "mvn -B verify", "mvn -o package", True),
}


@pytest.mark.parametrize("name", USES)
def test_what_reads_the_settings_gets_the_file(name: str) -> None:
    file, content, reader, other, needs = USES[name]
    text = HEAD + f"COPY package.json {file} /app/{file.rpartition('/')[0]}/\nRUN {reader}\nRUN {other}\n"
    text = text.replace("/app//", "/app/")
    after, _ = fixed(text, beside({file: content, "package.json": b"{}"}))
    second = f"RUN {mount(file)} {other}\n" if needs else f"RUN {other}\n"
    assert after.endswith(f"RUN {mount(file)} {reader}\n{second}")


def test_settings_that_the_container_reads() -> None:
    text = HEAD + 'COPY package.json .yarnrc.yml ./\nRUN yarn install\nCMD ["yarn", "start"]\n'
    _, (one,) = proposed(text, beside({".yarnrc.yml": b"nodeLinker: node-modules\n" + YARN}))
    assert one.fix is Applicability.REFUSED
    assert one.reason is not None and one.reason.code == "copied-for-run-time" and "CMD" in one.reason.message
    after, _ = fixed(text, beside({".yarnrc.yml": YARN}))
    assert after.endswith(f'RUN {mount(".yarnrc.yml")} yarn install\nCMD ["yarn", "start"]\n')


def test_without_the_content_the_settings_of_yarn_may_be_there() -> None:
    after, _ = fixed(HEAD + "COPY .yarnrc.yml ./\nRUN yarn install\nRUN yarn build\nRUN rm .yarnrc.yml\n", NONE)
    assert after.count(mount(".yarnrc.yml")) == 2
    after, _ = fixed(HEAD + "COPY .npmrc ./\nRUN npm ci\nRUN npm run build\nRUN rm .npmrc\n", NONE)
    assert after.count(mount(".npmrc")) == 1


def test_one_sentence_for_two_files_of_one_copy() -> None:
    _, found = fixed(HEAD + "COPY .npmrc .yarnrc.yml ./\nRUN yarn install\nRUN rm .npmrc .yarnrc.yml\n", beside({".npmrc": TOKEN, ".yarnrc.yml": YARN}))
    assert found[0].remedy is found[1].remedy and found[0].remedy is not None
    assert found[0].remedy.how.count("the file is mounted") == 1


@pytest.mark.parametrize(("file", "place", "name"), [(".aws/credentials", "/root/.aws/credentials", "aws_credentials"), ("credentials", "/root/.aws/credentials", "credentials")])
def test_an_id_says_what_it_is(file: str, place: str, name: str) -> None:
    content = b"[default]\naws_secret_access_key = k3Vq9xW2mT7z\n"
    after, _ = fixed(f"FROM debian AS a\nCOPY {file} {place}\nRUN aws s3 ls\nFROM debian\nCOPY --from=a /x /x\n", beside({file: content}))
    assert f"id={name},target={place}" in after
