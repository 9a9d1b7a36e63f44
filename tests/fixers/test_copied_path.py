"""Where a copied file comes to lie when it gets another name, and what is said of a mount by suspicion."""

from __future__ import annotations

import pytest

from remediate.model import Applicability
from tests.fixers.test_copied import HEAD, M, beside, fixed, proposed

ACCOUNT = b'{"type": "service_account", "private_key": "k3Vq9xW2mT7z"}\n'
TAIL = "FROM debian:12\nCOPY --from=data /data /data\n"


def test_another_name_with_the_same_ending() -> None:
    text = "FROM debian:12 AS data\nCOPY service-account.json /tmp/sa.json\nRUN GOOGLE_APPLICATION_CREDENTIALS=/tmp/sa.json gsutil cp gs://a/b /data\n" + TAIL
    after, _ = fixed(text, beside({"service-account.json": ACCOUNT}))
    assert "COPY service" not in after and "id=service-account.json,target=/tmp/sa.json,required=true GOOGLE" in after


@pytest.mark.parametrize("target", ["/tmp/account", "/tmp/sa.d"])
def test_a_name_that_may_be_a_folder(target: str) -> None:
    _, (one,) = proposed(f"FROM debian:12 AS data\nCOPY service-account.json {target}\nRUN gsutil cp gs://a/b /data\n" + TAIL, beside({"service-account.json": ACCOUNT}))
    assert one.fix is Applicability.REFUSED and one.reason is not None and one.reason.code == "copied-path"
    assert "name" in one.reason.advice


def test_a_mere_suspicion_is_told_as_one() -> None:
    _, (one,) = proposed("FROM debian:12 AS data\nWORKDIR /app\nCOPY .netrc x.sh ./\nRUN ./x.sh\n" + TAIL, beside({".netrc": b"machine a.example password k3Vq9xW2mT7z\n"}))
    assert one.remedy is not None
    assert one.remedy.how.startswith("no command is known to read it, so every one that may gets it; ")


def test_a_pattern_that_would_match_nothing_goes() -> None:
    after, _ = fixed(HEAD + "COPY package.json .npmrc* ./\nRUN npm ci\n")
    assert after == HEAD + f"COPY package.json ./\nRUN {M} npm ci\n"


@pytest.mark.parametrize("sources", [".n*", ".n* package.json .e*", "*.json .*", "package.json ."])
def test_what_brings_other_files_or_is_alone_stays(sources: str) -> None:
    text = HEAD + f"COPY {sources} ./\nRUN npm ci\n"
    _, found = proposed(text)
    one = next(p for p in found if p.file.name == ".npmrc")
    assert one.remedy is not None and one.remedy.sources == {} and one.remedy.gone == frozenset()
