"""No value in what is shown, and what is no value stays readable."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.report.mask import MASK, Masker, is_reference
from tests.clock import SLOWER

FAKE = "s3cr3t-Planted.Value"


@pytest.mark.parametrize(
    "text",
    [
        f"ARG NPM_TOKEN={FAKE}",
        f'ARG NPM_TOKEN="{FAKE}"',
        f"ARG NPM_TOKEN='{FAKE} with words {FAKE}'",
        f"ARG NPM_TOKEN=${{X:-{FAKE}}}",
        f'ARG NPM_TOKEN=$X"{FAKE}"',
        f'RUN x --password $X"{FAKE}"',
        f"ENV NPM_TOKEN {FAKE}",
        f"ENV NPM_TOKEN {FAKE} and {FAKE}",
        f"env NPM_TOKEN {FAKE}",
        f"ENV A=1 NPM_TOKEN={FAKE} B=2",
        f"ENV A=1 \\\n    NPM_TOKEN={FAKE} \\\n    B=2",
        f'ENV NPM_TOKEN="{FAKE}\\\n{FAKE}"',
        f"ENV NPM_TOKEN='{FAKE}\n{FAKE}",
        f"RUN NPM_TOKEN={FAKE} npm ci",
        f"ARG NPM_TOKEN={FAKE}\nRUN login {FAKE}",
        f"ENV NPM_TOKEN={FAKE}\nRUN x --y={FAKE};z",
        f"RUN git clone https://{FAKE}@github.com/a/b",
        f"RUN git clone https://user:{FAKE}@github.com/a/b",
        f"RUN git clone https://$USER:{FAKE}@github.com/a/b",
        f"RUN curl -u admin:{FAKE} https://files.example.com",
        f"RUN curl -sS --user admin:{FAKE} https://files.example.com",
        f"RUN curl -H 'Authorization: Bearer {FAKE}' https://api.example.com",
        f'RUN curl -H "PRIVATE-TOKEN: {FAKE}" https://api.example.com',
        f"RUN mysql -uroot -p{FAKE} -e 'select 1'",
        f"RUN login --password {FAKE}",
        f"RUN login --password={FAKE}",
        f"RUN npm config set //npm.example.com/:_authToken={FAKE}",
        f"RUN npm config set _auth={FAKE}",
        f"RUN echo 'root:{FAKE}' | chpasswd",
        f"RUN echo \"{FAKE}\" | passwd --stdin root",
        f"RUN echo {FAKE} | docker login --password-stdin",
        f"LABEL db.password={FAKE}",
        f"RUN sed -i 's/x/DB_PASSWORD={FAKE}/' .env",
        "RUN x ghp_" + "a1B2" * 9,
        "RUN x glpat-" + "a1B2c3D4e5F6g7H8i9J0",
        "RUN x AKIA" + "ABCDEFGH12345678",
        "RUN x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
        "RUN x xoxb-1234567890-abcdef",
        "RUN x dGhpcyBpcyBhIGtleSAxMjM0NTY3ODkw4RtQ",
        "RUN x 0123456789abcdef0123456789abcdef",
        "RUN echo '-----BEGIN RSA PRIVATE KEY-----MIIEfoobar' > k",
    ],
)
def test_values_are_hidden(text: str) -> None:
    shown = Masker(["NPM_TOKEN"], text).mask(text)
    assert MASK in shown
    for value in (FAKE, "ghp_a", "glpat-", "AKIA", "eyJ", "xoxb", "dGhp", "0123456789abcdef", "MIIE"):
        assert value not in shown
    assert shown.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "text",
    [
        "ARG NPM_TOKEN",
        "ARG NPM_TOKEN=",
        "ENV NPM_TOKEN=$NPM_TOKEN",
        'ENV NPM_TOKEN="${NPM_TOKEN}"',
        "RUN npm ci",
        'RUN NPM_TOKEN="$(cat /run/secrets/npm_token)" npm ci',
        "RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN,required=true npm ci",
        "RUN --mount=type=secret,id=aws,target=/root/.aws/credentials aws s3 cp s3://bucket/file .",
        "RUN git clone https://git@github.com/acme/app.git",
        "RUN git clone https://$TOKEN@github.com/acme/app.git",
        "RUN git clone https://x-access-token:${TOKEN}@github.com/acme/app.git",
        'RUN curl -H "Authorization: Bearer $TOKEN" https://api.example.com',
        "RUN npm token list",
        "docker build --secret id=npm_token,env=NPM_TOKEN .",
        "RUN pip install --no-cache-dir -r requirements.txt",
        "COPY --from=build /app/node_modules/some-package/dist/index.js /usr/local/lib/",
        "FROM mcr.example.com/dotnet/aspnet:8.0 AS final",
        "RUN apt-get install -y --no-install-recommends libgstreamer-plugins-base1.0-0",
        "RUN test -n \"$NPM_TOKEN\" || echo no token",
    ],
)
def test_what_is_no_value_stays(text: str) -> None:
    assert Masker(["NPM_TOKEN"], text).mask(text) == text


def test_a_value_is_hidden_in_sentences_too() -> None:
    masker = Masker(["T"], f"ARG T={FAKE}\n")
    assert FAKE not in masker.mask_values(f"the default {FAKE} stays in the history")
    assert masker.mask_values("secret NPM_TOKEN: stays in the history") == "secret NPM_TOKEN: stays in the history"


def test_values_given_by_their_place_are_hidden() -> None:
    assert Masker(values=["hunter2"]).mask("RUN login hunter2 now") == f"RUN login {MASK} now"


def test_a_short_value_does_not_blot_out_the_report() -> None:
    assert Masker(["T"], "ARG T=a\n").mask("RUN cat a b") == "RUN cat a b"
    assert Masker(["T"], "ARG T=a\n").mask("ARG T=a") == f"ARG T={MASK}"


@pytest.mark.parametrize(("value", "is_one"), [("$X", True), ('"${X}"', True), ("", True), ("$(cat /run/secrets/x)", True), ("a$X", False), ("${X:-a}", False)])
def test_is_reference(value: str, is_one: bool) -> None:
    assert is_reference(value) is is_one


WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126, blacklist_characters="\"'\\$&|;<>()`{}"), min_size=6, max_size=30)


@given(value=WORDS, before=WORDS, after=WORDS)
def test_any_value_of_a_named_secret_is_hidden(value: str, before: str, after: str) -> None:
    text = f"FROM a\nENV A=1 TOKEN={value} B=2\nRUN {before} {value} {after}\n"
    shown = Masker(["TOKEN"], text).mask(text.replace(before, "x").replace(after, "y") if value not in before + after else text)
    assert value not in shown.replace(before, "").replace(after, "") or value in MASK


@pytest.mark.parametrize(
    "text",
    [
        "TOKEN=" * 200_000,
        "ENV TOKEN " * 100_000,
        "TOKEN='" * 150_000,
        "password=" * 100_000,
        "://" * 300_000,
        "a" * 1_000_000,
        "mysql " * 150_000,
        "echo " * 150_000 + "passw",
        "-" * 500_000,
        "gh" * 500_000,
    ],
)
def test_hostile_text_takes_bounded_time(text: str) -> None:
    started = time.process_time()
    Masker(["TOKEN"], text).mask(text[:20_000])
    assert time.process_time() - started < 2 * SLOWER


def test_of_an_address_what_is_a_variable_stays_readable() -> None:
    text = "RUN git clone https://ci:${GIT_TOKEN}@github.com/acme/lib.git"
    assert Masker((), text).mask(text) == text.replace("ci:", f"{MASK}:")


def test_a_mounted_file_that_is_read_in_place_stays_readable() -> None:
    text = 'RUN echo "//npm.example.com/:_authToken=$(cat /run/secrets/npm_token)" > ~/.npmrc'
    assert Masker((), text).mask(text) == text
    assert FAKE not in Masker((), text).mask(f'RUN echo "_authToken={FAKE}$(cat /run/secrets/npm_token)"')
