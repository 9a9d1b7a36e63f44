"""Dockerfiles that the tests share."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

PLANTED = "pl4nted-Value.77"
LEAKY = "FROM node:20\nARG NPM_TOKEN\nCOPY package.json ./\nRUN npm ci\n"
FIXED = "# syntax=docker/dockerfile:1\nFROM node:20\nCOPY package.json ./\nRUN --mount=type=secret,id=npm_token,env=NPM_TOKEN,required=true npm ci\n"
BROKEN = "FROM node:20\nRUN <<EOF\nnpm ci\n"
CLEAN = "FROM node:20\nRUN npm --version\n"

Run = Callable[..., "subprocess.CompletedProcess[str]"]
