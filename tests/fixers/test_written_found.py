"""Ways of writing a credential down that people use: optional settings, or-lists, files that may stand there, XML by echo."""

from __future__ import annotations

from .rewriting import check_transformed, outcome
from .test_copied import proposed

HEAD = "# syntax=docker/dockerfile:1\nFROM node:22\n"
NPM = "RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN"
SET = "npm config set //npm.example.com/:_authToken=$NPM_TOKEN"
TAKEN = (
    "    npm config delete --location=project //npm.example.com/:_authToken && \\\n"
    "    npm config delete --location=user //npm.example.com/:_authToken && \\\n"
    "    rm -rf ~/.npm/_logs\n"
)
GIT = 'git config --global url."https://x:$GH_TOKEN@github.com/".insteadOf https://github.com/'


def test_optional_setting_of_npm_is_taken_back_by_npm() -> None:
    """Where it was written is npm's affair: the folder is another one in the RUN that reads it."""
    before = f'{HEAD}ARG NPM_TOKEN\nRUN if [ -n "$NPM_TOKEN" ]; then {SET}; fi\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\n'
    after = f'{HEAD}WORKDIR /app\nCOPY package*.json ./\n{NPM} \\\n    if [ -n "$NPM_TOKEN" ]; then {SET}; fi && \\\n    npm ci && \\\n{TAKEN}'
    check_transformed(before, after)


def test_no_file_of_the_project_is_removed_for_an_optional_setting() -> None:
    text = (
        f"{HEAD}WORKDIR /app\nCOPY . .\nRUN --mount=type=secret,id=npm \\\n"
        '    ( [ ! -s /run/secrets/npm ] || npm config set //npm.example.com/:_authToken="$(cat /run/secrets/npm)" ) && \\\n    npm ci'
    )
    check_transformed(f"{text}\n", f"{text} && \\\n{TAKEN}")


def test_list_of_alternatives_moves_as_a_whole() -> None:
    end = "WORKDIR /src\nCOPY . .\n"
    for written in (f'[ -z "$GH_TOKEN" ] || {GIT}', f'test -n "$GH_TOKEN" && {GIT} || true'):
        before = f"{HEAD}ARG GH_TOKEN\nRUN {written}\n{end}RUN npm ci\n"
        mount = "RUN --mount=type=secret,id=gh_token,env=GH_TOKEN"
        check_transformed(before, f"{HEAD}{end}{mount} \\\n    {{ {written}; }} && \\\n    npm ci && \\\n    rm -f ~/.gitconfig\n")


def test_what_may_have_stood_there_is_kept_only_if_it_did() -> None:
    """`COPY . .` from a context that is not at hand may bring an .npmrc or none."""
    line = 'echo "//npm.example.com/:_authToken=$NPM_TOKEN" >> .npmrc'
    start = f"{HEAD}WORKDIR /app\nCOPY . .\n"
    keep, back = "{ [ ! -e .npmrc ] || cp -p .npmrc .npmrc.before; }", "{ [ ! -e .npmrc.before ] || mv -f .npmrc.before .npmrc; }"
    after = f"{start}{NPM},required=true \\\n    {keep} && \\\n    {line} && \\\n    npm ci && \\\n    rm -f .npmrc && \\\n    {back}\n"
    check_transformed(f"{start}ARG NPM_TOKEN\nRUN {line}\nRUN npm ci\n", after)


def test_what_surely_stood_there_is_kept() -> None:
    line = 'echo "//npm.example.com/:_authToken=$NPM_TOKEN" >> .npmrc'
    start = f"{HEAD}WORKDIR /app\nCOPY .npmrc package.json ./\n"
    keep, back = "cp -p .npmrc .npmrc.before", "mv -f .npmrc.before .npmrc"
    after = f"{start}{NPM},required=true \\\n    {keep} && \\\n    {line} && \\\n    npm ci && \\\n    {back}\n"
    check_transformed(f"{start}ARG NPM_TOKEN\nRUN {line}\nRUN npm ci\n", after)


def test_password_between_tags_is_a_password() -> None:
    """The `>` of a tag is no redirect to a path."""
    for quote in "'\"":
        text = f"{quote}<server><password>${{REPO_TOKEN}}</password></server>{quote}"
        done = outcome(f"{HEAD}ARG REPO_TOKEN\nRUN mkdir -p ~/.m2 && echo {text} > ~/.m2/settings.xml\nRUN mvn -B package\n")
        assert "REPO_TOKEN" in {f.name for f in done.findings}
    done = outcome(f'{HEAD}ARG TOKEN_STORE\nRUN cat key.txt > "$TOKEN_STORE"\n')
    assert not done.findings


def test_source_of_nuget_is_removed_by_its_name() -> None:
    add = "dotnet nuget add source https://nuget.example.com/v3/index.json --name acme --username ci --password $NUGET_TOKEN --store-password-in-clear-text"
    mount = "RUN --mount=type=secret,id=nuget_token,env=NUGET_TOKEN,required=true"
    before = f"{HEAD}ARG NUGET_TOKEN\nRUN {add}\nCOPY Acme.csproj .\nRUN dotnet restore Acme.csproj\n"
    after = f"{HEAD}COPY Acme.csproj .\n{mount} \\\n    {add} && \\\n    dotnet restore Acme.csproj && \\\n    dotnet nuget remove source acme\n"
    check_transformed(before, after)
    assert any(f.rule == "secret-persisted" for f in outcome(f"{HEAD}ARG NUGET_TOKEN\nRUN {add} && dotnet restore && dotnet nuget remove source other\n").findings)


def test_clone_with_the_mounted_file_in_its_address() -> None:
    flag = "RUN --mount=type=secret,id=gh git"
    address = "https://x-access-token:$(cat /run/secrets/gh)@github.com/"
    before = f"{HEAD}{flag} clone {address}acme/lib.git /lib\n"
    check_transformed(before, f'{HEAD}{flag} -c "url.{address}.insteadOf=https://github.com/" clone https://github.com/acme/lib.git /lib\n')


def test_composer_says_itself_where_its_settings_lie() -> None:
    """The image of Composer has its home elsewhere than in ~."""
    write = 'if [ -n "$GH_TOKEN" ]; then composer config -g github-oauth.github.com $GH_TOKEN; fi'
    done = outcome(f"{HEAD}ARG GH_TOKEN\nRUN {write}\nCOPY composer.json .\nRUN composer install\n")
    assert b"composer config -g --unset github-oauth.github.com" in done.after
    assert b"rm -f" not in done.after


def test_copied_file_that_npm_may_write_into_is_no_mount() -> None:
    """A mount is read-only, and npm 9 and later keep a setting in the project's file."""
    for line, refused in (("npm config set fund false", True), ("npm config get fund", False)):
        _, found = proposed(f"{HEAD}WORKDIR /app\nCOPY package.json .npmrc ./\nRUN {line}\nRUN npm ci\n")
        assert [p.reason.code for p in found if p.reason is not None] == (["copied-and-changed"] if refused else [])


def test_the_helper_that_is_told_of_the_file_moves_with_it() -> None:
    body = 'if [ -n "${GH_TOKEN}" ]; then echo "https://${GH_TOKEN}:@github.com" > ${HOME}/.git-credentials && git config --global credential.helper store; fi'
    done = outcome(f"FROM node:20\nARG GH_TOKEN\nRUN {body}\nCOPY package.json ./\nRUN npm ci\n")
    text = done.after.decode()
    assert text.count("RUN ") == 1
    assert text.index(body) < text.index("npm ci") < text.index("rm -f ${HOME}/.git-credentials")
