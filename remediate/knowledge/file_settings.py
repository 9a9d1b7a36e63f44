"""What stands in a credential file beside the credential: settings that other commands of the tool read, also when they ask no registry.

An `.npmrc` with a token alone is needed by `npm ci` only; one that says `node-options=...` changes `npm run build`, too, and a
`.yarnrc.yml` with `nodeLinker` even `yarn start` in the container.
"""

from __future__ import annotations

import re

from remediate.model import NamedTuple


class SettingsRow(NamedTuple):
    """`harmless` matches a line that says only where a registry is, who asks it, or how. `unknown`: to be supposed without the content."""

    names: tuple[str, ...]
    harmless: str
    unknown: bool
    source: str
    example: str
    counter: str


ROWS: tuple[SettingsRow, ...] = (
    SettingsRow(
        (".npmrc",),
        r"[;#]|//|(?:@[^:=]*:)?registry\b|_auth|_password|(?:always-auth|email|username|strict-ssl|ssl-|ca|cafile|cert|certfile|key|keyfile|proxy"
        r"|http-proxy|https-proxy|noproxy|fetch-[a-z-]*|maxsockets|network-[a-z-]*|audit[a-z-]*|fund|progress|loglevel|color|unicode|update-notifier"
        r"|save|save-[a-z]*|package-lock|engine-strict|prefer-offline|prefer-online|cache|unsafe-perm)(?:\[\])?\s*=",
        False, "https://docs.npmjs.com/cli/v10/using-npm/config", "//npm.example.com/:_authToken=x", "node-options=--inspect",
    ),
    SettingsRow(
        (".yarnrc.yml",), r"#|[\"']?(?:npm|http|https|network|enableStrictSsl|enableTelemetry|caFilePath)\w*[\"']?\s*:|\s", True,
        "https://yarnpkg.com/configuration/yarnrc", "npmAuthToken: x", "nodeLinker: node-modules",
    ),
    SettingsRow(
        (".yarnrc",), r"#|[\"']?(?:@[^:\s]*:)?registry\b|[\"']?//|(?:always-auth|strict-ssl|email|username|network-\S*)\b", True,
        "https://classic.yarnpkg.com/en/docs/yarnrc", "registry https://npm.example.com", "yarn-path .yarn/yarn.js",
    ),
    SettingsRow(
        ("config",), r"---|#|BUNDLE_(?:\w*__\w*|MIRROR\w*|RETRY|TIMEOUT|JOBS)\s*:", True,
        "https://bundler.io/man/bundle-config.1.html", "BUNDLE_GEMS__EXAMPLE__COM: x", "BUNDLE_PATH: vendor",
    ),
)  # fmt: skip


def holds_settings(path: str, content: bytes | None) -> bool:
    """Whether more than a registry's address and credentials stands in the file; for a kind that no row speaks of, False."""
    row = next((r for r in ROWS if path.rpartition("/")[2] in r.names), None)
    if row is None:
        return False
    if content is None:
        return row.unknown
    harmless = re.compile(row.harmless)
    return any(line.strip() and not harmless.match(line) for line in content.decode("utf-8", "replace").splitlines())
