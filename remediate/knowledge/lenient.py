"""Tools that go on when a variable named in their configuration is not set, as long as they need no registry.

npm from 7 on leaves `${NPM_TOKEN}` in .npmrc as it is; npm 6 and Yarn stop ("Failed to replace env in config", "Environment variable not
found"), whatever the command. So `npm run build` needs the token of .npmrc only with an old npm.
"""

from __future__ import annotations

from remediate.knowledge.tools import ToolReads
from remediate.text import late

# Programs, and since which major version of Node's image they are lenient. Source: npm/cli v7 `@npmcli/config` env-replace; pnpm warns.
LENIENT = {"npm": 15, "npx": 15, "pnpm": 0, "pnpx": 0, "bun": 0, "bunx": 0, "lerna": 15, "nx": 15, "turbo": 0}
_NODE = late(r"(?:^|/)node:(\d{1,3})(?=[.-]|$)")


def needs_its_config(reads: ToolReads, base: str) -> bool:
    """Whether this command fails, or may fail, when a variable that its configuration names is missing. `base` is the image below it."""
    since = LENIENT.get(reads.tool)
    if since is None or reads.credential_files:
        return True
    node = _NODE.search(base)
    return node is not None and int(node[1]) < since
