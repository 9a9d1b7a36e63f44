"""Files that the Dockerfile itself writes with a variable left unexpanded in them, for a tool or a shell to expand later.

RUN echo '//npm.example.com/:_authToken=${NPM_TOKEN}' > .npmrc      writes no secret, but `npm ci` after it needs the variable
"""

from __future__ import annotations

from remediate.analysis.runs import Runs
from remediate.dockerfile.tree import Dockerfile
from remediate.text import late

_UNEXPANDED = late(r"(?<!\w)([A-Za-z_]\w{2,200})(?!\w)")  # `$T`, `process.env.T`, `os.environ["T"]`, `$(T)`, `${env.T}`


def planted_files(tree: Dockerfile, runs: Runs) -> dict[str, list[tuple[str, int]]]:
    """Configuration files that the Dockerfile writes with a variable left unexpanded, for a tool to expand when it reads them."""
    out: dict[str, list[tuple[str, int]]] = {}
    for index, run in runs.views.items():
        for _script, command in run.commands():
            for redirect in command.redirects:
                target = redirect.target.value if redirect.target is not None and redirect.op in (">", ">>", ">|") else None
                if not target:
                    continue
                texts = [s for w in command.argv for s in w.single]
                texts += [r.body.text for r in command.redirects if r.body is not None and not r.expand]
                texts += [w.raw.replace("\\$", "$") for w in command.argv if "\\$" in w.raw]
                for text in texts:
                    out.setdefault(target.rsplit("/", 1)[-1], []).extend((m[1], index) for m in _UNEXPANDED.finditer(text))
    for index, instruction in enumerate(tree.instructions):
        if instruction.keyword not in ("COPY", "ADD") or not instruction.words:
            continue
        target = instruction.words[-1].text.text.rsplit("/", 1)[-1]
        for doc in instruction.heredocs:
            if not doc.expand:
                found = [(m[1], index) for m in _UNEXPANDED.finditer(doc.body.text)]
                out.setdefault(target or doc.name, []).extend(found)
    return out
