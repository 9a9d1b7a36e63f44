"""What a developer's settings for the local machine say is no find in `COPY . .`; what was chosen is."""

from __future__ import annotations

import time

import pytest

from remediate.knowledge.files_carried import judge_carried
from remediate.knowledge.weak import weak
from tests.clock import SLOWER

WEAK = (
    "postgres", "POSTGRES", "root", "admin", "guest", "secret", "mysecret", "my-secret-key", "password", "password123", "123456", "test123", "dev",
    "TEST_CHANGE9s", "supersecret", "minioadmin", "insecure-dev-key", "some-long-secret-for-local-development", "keyboard cat", "secret_key_base",
    "postgres://postgres:postgres@db:5432/app", "postgresql://app:k3Vq9xW2mT7z@localhost:5432/app", "mongodb://root:example@mongo:27017", "redis://redis:6379",
    "amqp://guest:guest@rabbitmq:5672/", "xx", "a1b2",
)  # fmt: skip
CHOSEN = (
    "k3Vq9xW2mT7z", "hunter2", "Tr0ub4dor&3", "correct-horse-battery", "postgres://app:k3Vq9xW2mT7z@db.example:5432/app", "839201774512", "passwordk3Vq9",
    "postgresql://app:k3Vq9xW2mT7z@localhost.example.com/app", "secret" * 20 + "x", "sk_live_k3Vq9xW2mT7zP1aB",
)  # fmt: skip


@pytest.mark.parametrize("value", WEAK)
def test_weak(value: str) -> None:
    assert weak(value)
    assert not judge_carried(".env", f"DB_PASSWORD={value}\nJWT_SECRET='{value}'\nDATABASE_URL={value}\n".encode()).secret


@pytest.mark.parametrize("value", CHOSEN)
def test_chosen(value: str) -> None:
    assert not weak(value)
    name = "DATABASE_URL" if "://" in value else "DB_PASSWORD"
    assert judge_carried(".env", f"{name}={value}\n".encode()).secret


def test_one_chosen_value_is_enough() -> None:
    assert judge_carried(".env", b"POSTGRES_PASSWORD=postgres\nJWT_SECRET=dev\nSMTP_PASSWORD=k3Vq9xW2mT7z\n").secret


@pytest.mark.parametrize("text", ["//npm.example.com/:_authToken=${NPM_TOKEN}\n", "registry=https://npm.example.com/\n", "_auth=\n"])
def test_settings_without_a_credential(text: str) -> None:
    assert not judge_carried(".npmrc", text.encode()).secret


def test_long_values_are_soon_judged() -> None:
    start = time.process_time()
    for _ in range(100):
        weak("passpassword" * 5)
        weak("a://" + "pass" * 10_000 + "@x")
    assert time.process_time() - start < 2 * SLOWER


def test_keys_for_browsers_are_public() -> None:
    key = "AI" + "zaSyk3Vq9xW2mT7zP1aBk3Vq9xW2mT7zP1aBk"
    assert not judge_carried(".env", f"NEXT_PUBLIC_FIREBASE={key}\nVITE_MAPS='{key}'\n".encode()).secret
    assert judge_carried(".env", f"VITE_MAPS={key}\nMAPS={key}\n".encode()).secret
