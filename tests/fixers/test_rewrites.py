"""What fix makes of a Dockerfile, spelling by spelling. Refusals stand in test_refusals."""

from __future__ import annotations

import pytest

from .rewriting import check_transformed, outcome

SYNTAX = "# syntax=docker/dockerfile:1\n"
MOUNT = "--mount=type=secret,id=npm_token,env=NPM_TOKEN,required=true"

ROWS = {
    "arg": ("FROM node\nARG NPM_TOKEN\nRUN npm ci\n", f"{SYNTAX}FROM node\nRUN {MOUNT} npm ci\n"),
    "lower case keywords": ("from node\narg NPM_TOKEN\nrun npm ci\n", f"{SYNTAX}from node\nrun {MOUNT} npm ci\n"),
    "no final newline": ("FROM node\nARG NPM_TOKEN\nRUN npm ci", f"{SYNTAX}FROM node\nRUN {MOUNT} npm ci"),
    "crlf": ("FROM node\r\nARG NPM_TOKEN\r\nRUN npm ci\r\n", "# syntax=docker/dockerfile:1\r\nFROM node\r\nRUN " + MOUNT + " npm ci\r\n"),
    "syntax line is there": (
        "# syntax=docker/dockerfile:1.10\nFROM node\nARG NPM_TOKEN\nRUN npm ci\n",
        f"# syntax=docker/dockerfile:1.10\nFROM node\nRUN {MOUNT} npm ci\n",
    ),
    "old frontend takes the file form": (
        "# syntax=docker/dockerfile:1.4\nFROM node\nARG NPM_TOKEN\nRUN npm ci\n",
        "# syntax=docker/dockerfile:1.4\nFROM node\nRUN --mount=type=secret,id=npm_token,required=true \\\n"
        '    NPM_TOKEN="$(cat /run/secrets/npm_token)" && export NPM_TOKEN && \\\n    npm ci\n',
    ),
    "escape directive": (
        "# escape=`\nFROM node\nARG NPM_TOKEN\nRUN npm ci && `\n  npm test\n",
        f"{SYNTAX}# escape=`\nFROM node\nRUN {MOUNT} `\n  npm ci && `\n  npm test\n",
    ),
    "several names on one ARG": (
        "FROM node\nARG A B=2 NPM_TOKEN C\nRUN npm ci\n",
        f"{SYNTAX}FROM node\nARG A B=2 C\nRUN {MOUNT} npm ci\n",
    ),
    "pair in a continued ENV, comments stay": (
        "FROM node\nARG NPM_TOKEN\nENV A=1 \\\n    # about the token\n    NPM_TOKEN=$NPM_TOKEN \\\n    B=2\nRUN npm ci\n",
        f"{SYNTAX}FROM node\nENV A=1 \\\n    # about the token\n    B=2\nRUN {MOUNT} npm ci\n",
    ),
    "last pair of a continued ENV": (
        "FROM node\nARG NPM_TOKEN\nENV A=1 \\\n    NPM_TOKEN=$NPM_TOKEN\nRUN npm ci\n",
        f"{SYNTAX}FROM node\nENV A=1\nRUN {MOUNT} npm ci\n",
    ),
    "first pair of a continued ENV": (
        "FROM node\nARG NPM_TOKEN\nENV NPM_TOKEN=$NPM_TOKEN \\\n    A=1\nRUN npm ci\n",
        f"{SYNTAX}FROM node\nENV A=1\nRUN {MOUNT} npm ci\n",
    ),
    "the old form of ENV": (
        "FROM node\nARG NPM_TOKEN\nENV NPM_TOKEN $NPM_TOKEN\nRUN npm ci\n",
        f"{SYNTAX}FROM node\nRUN {MOUNT} npm ci\n",
    ),
    "global ARG and its declaration again": (
        "ARG NPM_TOKEN\nFROM node\nARG NPM_TOKEN\nRUN npm ci\n",
        f"{SYNTAX}FROM node\nRUN {MOUNT} npm ci\n",
    ),
    "a stage that does not declare it again has none": (
        "ARG NPM_TOKEN\nFROM node AS a\nRUN npm ci\nFROM node\nARG NPM_TOKEN\nRUN npm ci\n",
        f"{SYNTAX}FROM node AS a\nRUN npm ci\nFROM node\nRUN {MOUNT} npm ci\n",
    ),
    "a stage built FROM another has its ARG": (
        "FROM node AS a\nARG NPM_TOKEN\nFROM a\nRUN npm ci\n",
        f"{SYNTAX}FROM node AS a\nFROM a\nRUN {MOUNT} npm ci\n",
    ),
    "two names by ENV, both may be read": (
        "FROM node AS build\nARG DATABASE_URL\nENV DATABASE_URL=$DATABASE_URL DIRECT_URL=$DATABASE_URL\nRUN npm run build\nFROM node\nCOPY --from=build /a /a\n",
        f"{SYNTAX}FROM node AS build\nRUN --mount=type=secret,id=database_url,env=DATABASE_URL,required=true \\\n"
        "    --mount=type=secret,id=database_url,env=DIRECT_URL,required=true \\\n    npm run build\nFROM node\nCOPY --from=build /a /a\n",
    ),
    "another name by ENV": (
        "FROM node\nARG TOK\nENV NODE_AUTH_TOKEN=$TOK\nRUN npm ci\n",
        f"{SYNTAX}FROM node\nRUN --mount=type=secret,id=tok,env=NODE_AUTH_TOKEN,required=true npm ci\n",
    ),
    "a value made of the secret": (
        "FROM python\nARG PYPI_TOKEN\nARG HOST=pip.example\nENV PIP_INDEX_URL=https://user:${PYPI_TOKEN}@${HOST}/simple\nRUN pip install flask==3.0\n",
        f"{SYNTAX}FROM python\nARG HOST=pip.example\nRUN --mount=type=secret,id=pypi_token,env=PYPI_TOKEN,required=true \\\n"
        '    export PIP_INDEX_URL="https://user:${PYPI_TOKEN}@${HOST}/simple" && \\\n    pip install flask==3.0\n',
    ),
    "an ARG made of the secret": (
        'FROM python\nARG PYPI_TOKEN\nARG INDEX="https://user:${PYPI_TOKEN}@pip.example/simple"\nRUN pip install -i "$INDEX" flask==3.0\n',
        f"{SYNTAX}FROM python\nRUN --mount=type=secret,id=pypi_token,env=PYPI_TOKEN,required=true \\\n"
        '    export INDEX="https://user:${PYPI_TOKEN}@pip.example/simple" && \\\n    pip install -i "$INDEX" flask==3.0\n',
    ),
    "a base image by an ARG is no stage": (
        "ARG BASE=node:20\nFROM ${BASE} AS a\nARG NPM_TOKEN\nRUN npm ci\nFROM ${BASE}\nRUN npm ci\n",
        f"{SYNTAX}ARG BASE=node:20\nFROM ${{BASE}} AS a\nRUN {MOUNT} npm ci\nFROM ${{BASE}}\nRUN npm ci\n",
    ),
    "bases that vary, but have the secret from the same stage": (
        "FROM node AS base\nARG NPM_TOKEN\nFROM base AS b-amd64\nFROM base AS b-arm64\nFROM b-$TARGETARCH\nRUN npm ci\n",
        f"{SYNTAX}FROM node AS base\nFROM base AS b-amd64\nFROM base AS b-arm64\nFROM b-$TARGETARCH\nRUN {MOUNT} npm ci\n",
    ),
    "only where it is used": (
        "FROM node\nARG NPM_TOKEN\nRUN apt-get update\nRUN npm ci\nRUN mkdir /x && chmod 755 /x\n",
        f"{SYNTAX}FROM node\nRUN apt-get update\nRUN {MOUNT} npm ci\nRUN mkdir /x && chmod 755 /x\n",
    ),
    "nobody uses it": ("FROM alpine\nARG NPM_TOKEN\nRUN apk add git\n", "FROM alpine\nRUN apk add git\n"),
    "an ENV reset goes with the ENV": (
        "FROM node\nARG NPM_TOKEN\nENV NPM_TOKEN=$NPM_TOKEN\nRUN npm ci\nENV NPM_TOKEN=\nRUN chmod 755 /x\n",
        f"{SYNTAX}FROM node\nRUN {MOUNT} npm ci\nRUN chmod 755 /x\n",
    ),
    "an ENV reset stays where it may be missed": (
        "FROM node\nARG NPM_TOKEN\nENV NPM_TOKEN=$NPM_TOKEN\nRUN npm ci\nENV NPM_TOKEN=\nRUN npm prune\n",
        f"{SYNTAX}FROM node\nRUN {MOUNT} npm ci\nENV NPM_TOKEN=\nRUN npm prune\n",
    ),
    "each stage asks for its own readers": (
        "FROM a AS x\nARG API_TOKEN\nRUN curl $API_TOKEN\nFROM corp/b\nARG API_TOKEN\nRUN corp-build\n",
        f"{SYNTAX}FROM a AS x\nRUN --mount=type=secret,id=api_token,env=API_TOKEN,required=true curl $API_TOKEN\nFROM corp/b\n"
        "RUN --mount=type=secret,id=api_token,env=API_TOKEN,required=true corp-build\n",
    ),
    "what is only printed is no use": (
        'FROM acme\nARG ACME_TOKEN\nRUN export ACME_TOKEN=$ACME_TOKEN\nRUN acme sync\n',
        f"{SYNTAX}FROM acme\nRUN --mount=type=secret,id=acme_token,env=ACME_TOKEN,required=true export ACME_TOKEN=$ACME_TOKEN\n"
        "RUN --mount=type=secret,id=acme_token,env=ACME_TOKEN,required=true acme sync\n",
    ),
    "a test alone is no use": (
        'FROM acme\nARG ACME_TOKEN\nRUN : "${ACME_TOKEN:?}"\nRUN acme sync\n',
        f'{SYNTAX}FROM acme\nRUN --mount=type=secret,id=acme_token,env=ACME_TOKEN,required=true : "${{ACME_TOKEN:?}}"\n'
        "RUN --mount=type=secret,id=acme_token,env=ACME_TOKEN,required=true acme sync\n",
    ),
    "an id that stands for a whole file is left alone": (
        "# syntax=docker/dockerfile:1\nFROM node\nARG NPM_TOKEN\nRUN --mount=type=secret,id=npm_token,target=/root/.npmrc ls\nRUN npm ci\n",
        f"{SYNTAX}FROM node\nRUN --mount=type=secret,id=npm_token,target=/root/.npmrc ls\n"
        "RUN --mount=type=secret,id=npm_token_2,env=NPM_TOKEN,required=true npm ci\n",
    ),
    "each stage keeps its own default": (
        'FROM a AS x\nARG T_TOKEN=none\nRUN curl "$T_TOKEN"\nFROM a\nARG T_TOKEN\nRUN curl "$T_TOKEN"\n',
        f'{SYNTAX}FROM a AS x\nRUN --mount=type=secret,id=t_token,env=T_TOKEN \\\n    export T_TOKEN="${{T_TOKEN:-none}}" && \\\n'
        '    curl "$T_TOKEN"\nFROM a\nRUN --mount=type=secret,id=t_token,env=T_TOKEN curl "$T_TOKEN"\n',
    ),
    "a bare ARG keeps the default before it": (
        "ARG NPM_TOKEN=none\nARG NPM_TOKEN\nFROM node\nARG NPM_TOKEN\nRUN npm ci\n",
        f"{SYNTAX}FROM node\nRUN --mount=type=secret,id=npm_token,env=NPM_TOKEN \\\n"
        '    export NPM_TOKEN="${NPM_TOKEN:-none}" && \\\n    npm ci\n',
    ),
    "an ENV that copies nothing says nothing of the ARG elsewhere": (
        "ARG NPM_TOKEN\nFROM node AS a\nENV NPM_TOKEN=$NPM_TOKEN\nFROM node\nARG NPM_TOKEN\nRUN npm ci\n",
        f"{SYNTAX}FROM node AS a\nENV NPM_TOKEN=$NPM_TOKEN\nFROM node\nRUN {MOUNT} npm ci\n",
    ),
    "a default with braces": (
        'FROM php\nARG COMPOSER_AUTH="{}"\nRUN composer install\n',
        f"{SYNTAX}FROM php\nRUN --mount=type=secret,id=composer_auth,env=COMPOSER_AUTH \\\n"
        '    export COMPOSER_AUTH="${COMPOSER_AUTH:-{\\}}" && \\\n    composer install\n',
    ),
    "one of two exported names is surely read, the other may be": (
        "FROM node AS b\nARG NPM_TOKEN\nENV NPM_TOKEN=$NPM_TOKEN\nENV MY_TOKEN=$NPM_TOKEN\nRUN yarn build\nFROM a\nCOPY --from=b /a /a\n",
        f"{SYNTAX}FROM node AS b\nRUN {MOUNT} \\\n    --mount=type=secret,id=npm_token,env=MY_TOKEN,required=true \\\n"
        "    yarn build\nFROM a\nCOPY --from=b /a /a\n",
    ),
    "a default that refers to itself": (
        "FROM node\nARG NPM_TOKEN=${NPM_TOKEN:-none}\nRUN npm ci\n",
        f"{SYNTAX}FROM node\nRUN --mount=type=secret,id=npm_token,env=NPM_TOKEN \\\n"
        '    export NPM_TOKEN="${NPM_TOKEN:-none}" && \\\n    npm ci\n',
    ),
    "optional by an empty default": (
        "FROM node\nARG NPM_TOKEN=\nRUN npm ci\n",
        f"{SYNTAX}FROM node\nRUN --mount=type=secret,id=npm_token,env=NPM_TOKEN npm ci\n",
    ),
    "optional by a test": (
        'FROM node\nARG NPM_TOKEN\nRUN if [ -n "$NPM_TOKEN" ]; then npm ci; fi\n',
        f'{SYNTAX}FROM node\nRUN --mount=type=secret,id=npm_token,env=NPM_TOKEN if [ -n "$NPM_TOKEN" ]; then npm ci; fi\n',
    ),
    "a placeholder keeps its meaning": (
        "FROM node\nARG NPM_TOKEN=dummy\nRUN npm ci\n",
        f"{SYNTAX}FROM node\nRUN --mount=type=secret,id=npm_token,env=NPM_TOKEN \\\n"
        '    export NPM_TOKEN="${NPM_TOKEN:-dummy}" && \\\n    npm ci\n',
    ),
    "a list with ; gets no &&": (
        "FROM node\nARG NPM_TOKEN=dummy\nRUN npm ci; npm test\n",
        f"{SYNTAX}FROM node\nRUN --mount=type=secret,id=npm_token,env=NPM_TOKEN \\\n"
        '    export NPM_TOKEN="${NPM_TOKEN:-dummy}"; \\\n    npm ci; npm test\n',
    ),
    "exec form": ('FROM node\nARG NPM_TOKEN\nRUN ["npm", "ci"]\n', f'{SYNTAX}FROM node\nRUN {MOUNT} ["npm", "ci"]\n'),
    "heredoc": ("FROM node\nARG NPM_TOKEN\nRUN <<EOF\nnpm ci\nEOF\n", f"{SYNTAX}FROM node\nRUN {MOUNT} <<EOF\nnpm ci\nEOF\n"),
    "other mounts stay": (
        "FROM node\nARG NPM_TOKEN\nRUN --mount=type=cache,target=/root/.npm npm ci\n",
        f"{SYNTAX}FROM node\nRUN --mount=type=cache,target=/root/.npm {MOUNT} npm ci\n",
    ),
    "other mounts on lines of their own": (
        "FROM node\nARG NPM_TOKEN\nRUN --mount=type=cache,target=/root/.npm \\\n    npm ci\n",
        f"{SYNTAX}FROM node\nRUN --mount=type=cache,target=/root/.npm \\\n    {MOUNT} \\\n    npm ci\n",
    ),
    "a mount for the variable is there already": (
        f"# syntax=docker/dockerfile:1\nFROM node\nARG NPM_TOKEN\nRUN {MOUNT} npm ci\n",
        f"{SYNTAX}FROM node\nRUN {MOUNT} npm ci\n",
    ),
    "the id that the file uses is used again": (
        "# syntax=docker/dockerfile:1\nFROM node\nARG NPM_TOKEN\nRUN --mount=type=secret,id=npmtok,env=NPM_TOKEN npm ci\nRUN npm run build\n",
        f"{SYNTAX}FROM node\nRUN --mount=type=secret,id=npmtok,env=NPM_TOKEN npm ci\n"
        "RUN --mount=type=secret,id=npmtok,env=NPM_TOKEN,required=true npm run build\n",
    ),
    "RUN that starts on the next line": (
        "FROM node\nARG NPM_TOKEN\nRUN \\\n  npm ci\n",
        f"{SYNTAX}FROM node\nRUN {MOUNT} \\\n  npm ci\n",
    ),
    "comment and blank lines inside a RUN": (
        "FROM node\nARG NPM_TOKEN\nRUN apt-get update && \\\n    # the packages\n\n    npm ci\n",
        f"{SYNTAX}FROM node\nRUN {MOUNT} \\\n    apt-get update && \\\n    # the packages\n\n    npm ci\n",
    ),
    "a value set by the RUN itself needs no mount": (
        "FROM node\nARG NPM_TOKEN\nRUN NPM_TOKEN=$(./token) && export NPM_TOKEN && npm ci\n",
        "FROM node\nRUN NPM_TOKEN=$(./token) && export NPM_TOKEN && npm ci\n",
    ),
    "single quotes are not expanded, the reader of the file needs it": (
        "FROM node\nARG FOO_TOKEN\nRUN echo '//npm.example.com/:_authToken=${FOO_TOKEN}' > .npmrc\nRUN npm ci\n",
        f"{SYNTAX}FROM node\nRUN echo '//npm.example.com/:_authToken=${{FOO_TOKEN}}' > .npmrc\n"
        "RUN --mount=type=secret,id=foo_token,env=FOO_TOKEN,required=true npm ci\n",
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_fix(name: str) -> None:
    before, after = ROWS[name]
    check_transformed(before, after)


def test_bom_and_bytes_that_are_no_utf8() -> None:
    before = b"\xef\xbb\xbfFROM node\nLABEL a=\"\xff\"\nARG NPM_TOKEN\nRUN npm ci\n"
    after = b"\xef\xbb\xbf" + SYNTAX.encode() + b"FROM node\nLABEL a=\"\xff\"\nRUN " + MOUNT.encode() + b" npm ci\n"
    check_transformed(before, after)


def test_different_secrets_of_different_stages() -> None:
    before = (
        "FROM python AS data\nARG DB_PASSWORD\nRUN ./dump.sh \"$DB_PASSWORD\"\nFROM node\nARG API_KEY\n"
        "RUN curl -H \"X-Api-Key: $API_KEY\" https://api.example/x\nCOPY --from=data /dump /dump\n"
    )
    after = (
        f"{SYNTAX}FROM python AS data\nRUN --mount=type=secret,id=db_password,env=DB_PASSWORD,required=true ./dump.sh \"$DB_PASSWORD\"\nFROM node\n"
        "RUN --mount=type=secret,id=api_key,env=API_KEY,required=true curl -H \"X-Api-Key: $API_KEY\" https://api.example/x\n"
        "COPY --from=data /dump /dump\n"
    )
    done = check_transformed(before, after)
    assert [(s.id, s.consumers) for s in done.secrets] == [("db_password", (3,)), ("api_key", (5,))]


class TestFileDelivery:
    def test_heredoc(self) -> None:
        check_transformed(
            "FROM node\nARG NPM_TOKEN\nRUN <<EOF\nnpm ci\nEOF\n",
            "FROM node\nRUN --mount=type=secret,id=npm_token,required=true <<EOF\n"
            'NPM_TOKEN="$(cat /run/secrets/npm_token)" || exit 1\nexport NPM_TOKEN\nnpm ci\nEOF\n',
            delivery="file",
        )

    @pytest.mark.parametrize(("user", "option"), [("1000", ",uid=1000"), ("1000:1000", ",uid=1000"), ("node", ",mode=0444"), ("root", ""), ("0", "")])
    def test_the_user_can_read_it(self, user: str, option: str) -> None:
        check_transformed(
            f"FROM node\nARG NPM_TOKEN\nUSER {user}\nRUN npm ci\n",
            f"FROM node\nUSER {user}\nRUN --mount=type=secret,id=npm_token{option},required=true \\\n"
            '    NPM_TOKEN="$(cat /run/secrets/npm_token)" && export NPM_TOKEN && \\\n    npm ci\n',
            delivery="file",
        )

    def test_a_list_that_is_no_chain_stops_when_the_secret_cannot_be_read(self) -> None:
        check_transformed(
            "FROM node\nARG NPM_TOKEN\nRUN npm ci || npm install\n",
            "FROM node\nRUN --mount=type=secret,id=npm_token,required=true \\\n"
            '    NPM_TOKEN="$(cat /run/secrets/npm_token)" || exit 1; export NPM_TOKEN; \\\n    npm ci || npm install\n',
            delivery="file",
        )

    def test_a_shebang_stays_first(self) -> None:
        check_transformed(
            "FROM node\nARG NPM_TOKEN\nRUN <<EOF\n#!/bin/bash -e\nnpm ci\nEOF\n",
            "FROM node\nRUN --mount=type=secret,id=npm_token,required=true <<EOF\n"
            '#!/bin/bash -e\nNPM_TOKEN="$(cat /run/secrets/npm_token)" || exit 1\nexport NPM_TOKEN\nnpm ci\nEOF\n',
            delivery="file",
        )

    def test_a_base_whose_user_is_not_root(self) -> None:
        done = outcome("FROM jenkins/jenkins:lts\nARG NPM_TOKEN\nRUN npm ci\n", delivery="file")
        assert b"mode=0444" in done.after

    def test_optional_with_a_default(self) -> None:
        check_transformed(
            "FROM node\nARG NPM_TOKEN=dummy\nRUN npm ci\n",
            "FROM node\nRUN --mount=type=secret,id=npm_token \\\n"
            '    NPM_TOKEN="$(cat /run/secrets/npm_token 2>/dev/null || true)" && export NPM_TOKEN="${NPM_TOKEN:-dummy}" && \\\n    npm ci\n',
            delivery="file",
        )

    @pytest.mark.parametrize("engine", ["podman", "buildah"])
    def test_engines_that_may_not_know_env(self, engine: str) -> None:
        done = outcome("FROM node\nARG NPM_TOKEN\nRUN npm ci\n", engine=engine)
        assert done.secrets[0].delivery.value == "file"
        assert b"syntax" not in done.after


class TestTransition:
    BEFORE = "FROM node\nARG NPM_TOKEN\nRUN npm ci\n"
    BOTH = (
        "FROM node\n# remediate: transition NPM_TOKEN: the secret mount npm_token, or the build arg while callers still pass it\n"
        "ARG NPM_TOKEN\nRUN --mount=type=secret,id=npm_token \\\n"
        '    [ ! -s /run/secrets/npm_token ] || export NPM_TOKEN="$(cat /run/secrets/npm_token)"; \\\n    npm ci\n'
    )

    def test_both_ways(self) -> None:
        done = check_transformed(self.BEFORE, self.BOTH, transition=True)
        assert done.secrets[0].required is False

    def test_a_plain_fix_takes_the_old_way_out(self) -> None:
        check_transformed(self.BOTH, f"{SYNTAX}FROM node\nRUN {MOUNT} npm ci\n".replace(f"{MOUNT} ", f"{MOUNT} "))

    def test_a_comment_between_mount_and_statement_stays(self) -> None:
        both = self.BOTH.replace("npm_token \\\n", "npm_token \\\n    # a remark\n")
        check_transformed(both, f"{SYNTAX}FROM node\nRUN {MOUNT} \\\n    # a remark\n    npm ci\n")

    def test_findings_after_it_name_the_lines_of_the_file_as_it_is(self) -> None:
        assert [f.line for f in outcome(self.BOTH).findings] == [3]


class TestRunTime:
    BEFORE = "FROM node\nARG DB_PASSWORD\nENV DB_PASSWORD=$DB_PASSWORD\nRUN ./migrate.sh\n"

    def test_an_env_that_the_container_may_need_is_unsafe(self) -> None:
        done = outcome(self.BEFORE)
        assert done.after == done.before
        assert {f.reason for f in done.findings} == {"runtime-env"}
        assert "docker run -e DB_PASSWORD" in done.findings[0].advice

    def test_unsafe_fixes(self) -> None:
        check_transformed(
            self.BEFORE,
            f"{SYNTAX}FROM node\nRUN --mount=type=secret,id=db_password,env=DB_PASSWORD,required=true ./migrate.sh\n",
            unsafe=True,
        )

    def test_an_env_of_a_stage_that_nobody_runs_is_safe(self) -> None:
        check_transformed(
            "FROM node AS build\nARG DB_PASSWORD\nENV DB_PASSWORD=$DB_PASSWORD\nRUN ./migrate.sh\nFROM node\nCOPY --from=build /x /x\n",
            f"{SYNTAX}FROM node AS build\nRUN --mount=type=secret,id=db_password,env=DB_PASSWORD,required=true ./migrate.sh\n"
            "FROM node\nCOPY --from=build /x /x\n",
        )

    def test_a_literal_leaves_the_file_only_when_asked(self) -> None:
        before = "FROM node\nENV API_TOKEN=8f14e45fceea167a\nRUN curl -H \"Authorization: $API_TOKEN\" https://api.example/\n"
        done = outcome(before)
        assert done.after == before.encode()
        assert {f.reason for f in done.findings} == {"literal"}
        done = outcome(before, unsafe=True)
        assert b"8f14e45fceea167a" not in done.after
        assert any("rotate" in f.advice for f in done.findings)


class TestContext:
    @pytest.mark.parametrize("names_it", ['curl -H "X: $MY_TOKEN" https://api.example/', "sh -c 'echo $MY_TOKEN' | cat", "./sub/c.sh"])
    def test_a_script_that_names_it(self, names_it: str) -> None:
        done = outcome(
            "FROM node\nCOPY . .\nARG MY_TOKEN\nRUN ./a.sh\nRUN ./b.sh\n",
            {"MY_TOKEN": [("x.sh", "script")]},
            {"a.sh": "#!/bin/sh\napt-get update\n", "b.sh": f"#!/bin/sh\n{names_it}\n", "sub/c.sh": "test $MY_TOKEN\n"},
        )
        mount = "--mount=type=secret,id=my_token,env=MY_TOKEN,required=true"
        assert done.after.decode() == f"{SYNTAX}FROM node\nCOPY . .\nRUN ./a.sh\nRUN {mount} ./b.sh\n"

    def test_a_script_that_starts_a_tool(self) -> None:
        done = outcome("FROM node\nCOPY . .\nARG NPM_TOKEN\nRUN ./a.sh\n", {}, {"a.sh": "npm ci\n"})
        assert done.after.decode() == f"{SYNTAX}FROM node\nCOPY . .\nRUN {MOUNT} ./a.sh\n"

    @pytest.mark.parametrize("run", ["sh a.sh $MY_TOKEN", "curl $MY_TOKEN && sh a.sh", "FOO=$MY_TOKEN sh a.sh"])
    def test_a_script_that_writes_it_down(self, run: str) -> None:
        done = outcome(f"FROM node\nCOPY . .\nARG MY_TOKEN\nRUN {run}\n", {}, {"a.sh": "echo $1$FOO$MY_TOKEN > /etc/x\n"})
        assert {f.reason for f in done.findings} == {"persisted"}

    def test_code_that_an_earlier_step_brought_in(self) -> None:
        check_transformed(
            "FROM node\nCOPY . .\nARG MY_TOKEN\nRUN git clone https://github.com/a/b /b\nRUN make\n",
            f"{SYNTAX}FROM node\nCOPY . .\nRUN git clone https://github.com/a/b /b\n"
            "RUN --mount=type=secret,id=my_token,env=MY_TOKEN,required=true make\n",
            context={},
        )

    def test_named_nowhere_and_known_to_no_tool(self) -> None:
        check_transformed(
            "FROM node\nCOPY . .\nARG MY_TOKEN\nRUN ./a.sh\nRUN make\n",
            "FROM node\nCOPY . .\nRUN ./a.sh\nRUN make\n",
            context={},
            files={"a.sh": "apt-get update\n"},
        )

    def test_a_file_that_is_not_in_the_image_yet_tells_nothing(self) -> None:
        check_transformed(
            "FROM node\nARG API_TOKEN\nRUN npm run setup\nCOPY . .\nRUN npm run build\n",
            f"{SYNTAX}FROM node\nRUN npm run setup\nCOPY . .\nRUN --mount=type=secret,id=api_token,env=API_TOKEN,required=true npm run build\n",
            context={"API_TOKEN": [("src/x.js", "code")]},
        )

    def test_a_program_that_nobody_knows_counts_when_nothing_else_uses_the_secret(self) -> None:
        mount = "--mount=type=secret,id=acme_token,env=ACME_TOKEN,required=true"
        check_transformed(
            "FROM acme\nCOPY . .\nARG ACME_TOKEN\nRUN acme sync\n", f"{SYNTAX}FROM acme\nCOPY . .\nRUN {mount} acme sync\n", context={}
        )
        check_transformed(
            "FROM acme\nCOPY . .\nARG ACME_TOKEN\nRUN acme sync\nRUN login $ACME_TOKEN\n",
            f"{SYNTAX}FROM acme\nCOPY . .\nRUN acme sync\nRUN {mount} login $ACME_TOKEN\n",
            context={},
        )

    def test_without_a_context_what_is_opaque_counts(self) -> None:
        done = outcome("FROM node\nCOPY . .\nARG MY_TOKEN\nRUN ./a.sh\n")
        assert b"env=MY_TOKEN" in done.after
        assert "not at hand" in done.findings[0].advice
