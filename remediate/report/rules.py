"""The rules, one row each, for `remediate explain`: what is found, why it matters, bad, good, how to get there."""

from __future__ import annotations

from remediate.model import NamedTuple


class Rule(NamedTuple):
    id: str
    what: str
    why: str
    bad: str
    good: str
    how: str


RULES: tuple[Rule, ...] = (
    Rule(
        "secret-in-arg",
        "A secret comes in as a build arg.",
        "Its value is in `docker history` as soon as a RUN follows, in the provenance attestation (mode=max) and in the build cache "
        "key; every later RUN of the stage sees it, and so do the stages built FROM it.",
        "ARG NPM_TOKEN\nRUN npm ci",
        "RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN,required=true npm ci",
        "`remediate fix` mounts it on the RUNs that use it. Build with `--secret id=npm_token,env=NPM_TOKEN` in place of "
        "`--build-arg NPM_TOKEN`.",
    ),
    Rule(
        "secret-in-env",
        "A secret is set by ENV.",
        "It is in the configuration of the image (`docker inspect`), and every container started from it has it.",
        "ARG GITHUB_TOKEN\nENV GITHUB_TOKEN=$GITHUB_TOKEN\nRUN go mod download",
        "RUN --mount=type=secret,id=github_token,env=GITHUB_TOKEN,required=true go mod download",
        "A build credential moves to a mount. What the running container needs is given at its start: `docker run -e NAME`; such a fix is "
        "unsafe and waits for --unsafe-fixes.",
    ),
    Rule(
        "secret-in-copy",
        "A file with credentials is copied into a layer.",
        "A later `rm` does not take it out: the layer that holds it is pushed with the image. `COPY . .` brings it along as well.",
        "WORKDIR /app\nCOPY .npmrc package.json ./\nRUN npm ci\nRUN rm .npmrc",
        "WORKDIR /app\nCOPY package.json ./\nRUN --mount=type=secret,id=npmrc,target=/app/.npmrc,required=true npm ci",
        "`remediate fix` mounts the file at the same path on the RUNs that read it, takes out its COPY and its `rm`, and adds it to the "
        ".dockerignore. Build with `--secret id=npmrc,src=.npmrc`. An SSH key that only reaches a Git host comes from the agent instead: "
        "`RUN --mount=type=ssh`, built with `--ssh default` or `--ssh default=id_rsa`. A file that the running container may need is not "
        "touched without --unsafe-fixes.",
    ),
    Rule(
        "secret-in-add",
        "ADD fetches from an address that holds a credential.",
        "The address is in the history of the image, with the credential; ADD cannot have a secret mount.",
        "ARG TOKEN\nADD https://ci:${TOKEN}@files.example.com/app.tgz /tmp/",
        "RUN --mount=type=secret,id=netrc,target=/root/.netrc,required=true \\\n    curl -fsSLO --netrc https://files.example.com/app.tgz",
        "Fetch it in a RUN that has the secret mounted.",
    ),
    Rule(
        "secret-in-run",
        "The value of a secret is written out in a RUN.",
        "It is in the Dockerfile, in the Git history and in the history of every image built from it.",
        "RUN curl -H 'Authorization: Bearer eyJ...' https://api.example.com/setup",
        "RUN --mount=type=secret,id=api_token,env=API_TOKEN,required=true \\\n"
        '    curl -H "Authorization: Bearer $API_TOKEN" https://api.example.com/setup',
        "Rotate it first: the old value is burnt. Then pass the new one by a secret mount.",
    ),
    Rule(
        "secret-in-label",
        "A LABEL holds a secret.",
        "Labels are in the configuration of the image, for everybody who can pull it.",
        "ARG DEPLOY_KEY\nLABEL deploy.key=$DEPLOY_KEY",
        "LABEL deploy.key-id=build-7",
        "Take it out. No image needs it there; a label may name a secret, but not hold it.",
    ),
    Rule(
        "secret-persisted",
        "A RUN writes a secret into the file system of the image.",
        "A mount goes away after its RUN, what the RUN wrote stays in the layer: a configuration file, `.git/config`, a key. A later `rm` "
        "does not take it out.",
        'ARG NPM_TOKEN\nRUN echo "//npm.example.com/:_authToken=$NPM_TOKEN" > ~/.npmrc\nCOPY package.json ./\nRUN npm ci\nRUN rm ~/.npmrc',
        "COPY package.json ./\n"
        "RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN,required=true \\\n"
        '    echo "//npm.example.com/:_authToken=$NPM_TOKEN" > ~/.npmrc && \\\n'
        "    npm ci && \\\n"
        "    rm -f ~/.npmrc",
        "`remediate fix` takes the first way that it can prove: the tool gets the secret from its environment (`PIP_INDEX_URL`, "
        "`COMPOSER_AUTH`...); git gets the credential of a clone's address for that one command; the builder's SSH agent offers a key; or "
        "the file is written, used and removed within the RUN that reads it. Build with `--secret id=npm_token,env=NPM_TOKEN`, for a key "
        "with `--ssh default`.",
    ),
    Rule(
        "secret-in-log",
        "A command prints a secret into the build log.",
        "No builder masks secrets: whoever reads the log, or the logs that CI keeps, has the value.",
        "RUN --mount=type=secret,id=token,env=TOKEN set -x && ./deploy --token $TOKEN",
        "RUN --mount=type=secret,id=token,env=TOKEN ./deploy",
        "Take out the `echo`, `env`, `set -x` or `curl -v` that prints it, and rotate what was printed.",
    ),
)  # fmt: skip
