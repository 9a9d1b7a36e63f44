"""Sinks that once did something else than the file they came from: each text is the smallest that showed it."""

from __future__ import annotations

import pytest

from remediate.pipeline.one import process

HEAD = "FROM node:20\nARG NPM_TOKEN\nWORKDIR /app\nCOPY package.json ./\n"
WRITE = 'RUN echo "//npm.example.com/:_authToken=$NPM_TOKEN" > ~/.npmrc\n'
SET = 'RUN npm config set //npm.example.com/:_authToken "$NPM_TOKEN"'


def fixed(text: str) -> str:
    return process(text.encode()).after.decode()


def reasons(text: str) -> set[str]:
    done = process(text.encode())
    assert done.after == text.encode()
    return {f.reason for f in done.findings}


def test_settings_beside_the_secret_stay() -> None:
    """`npm config set registry` is no secret: later commands of the image find it as before."""
    after = fixed(HEAD + "RUN npm config set registry https://npm.example.com/ && " + SET[4:] + " && npm ci\n")
    assert "npm config delete --location=user //npm.example.com/:_authToken" in after
    assert " registry &&" not in after and not after.rstrip().endswith(" registry")
    apart = fixed(HEAD + SET + "\nRUN npm config set registry https://npm.example.com/\nRUN npm ci\n")
    assert "\nRUN npm config set registry https://npm.example.com/\n" in apart
    assert apart.count("registry") == 1


def test_a_setting_taken_back_needs_no_copy_of_the_file() -> None:
    after = fixed(HEAD + "RUN npm config set registry https://npm.example.com/\n" + SET + "\nRUN npm ci\n")
    assert ".before" not in after
    assert "npm config delete --location=user //npm.example.com/:_authToken" in after


def test_a_later_undoing_command_goes() -> None:
    after = fixed(HEAD + SET + "\nRUN npm ci\nRUN npm config delete //npm.example.com/:_authToken\n")
    assert "\nRUN npm config delete" not in after
    assert "\nRUN npm config delete other" in fixed(HEAD + SET + "\nRUN npm ci\nRUN npm config delete other\n")


@pytest.mark.parametrize(
    "between",
    (
        " && rm host.txt\nRUN npm ci\n",
        "\nRUN rm /app/host.txt\nRUN npm ci\n",
        "\nRUN echo other.example > host.txt\nRUN npm ci\n",
        "\nCOPY other/host.txt ./\nRUN npm ci\n",
        "\nCOPY . .\nRUN npm ci\n",
    ),
)
@pytest.mark.parametrize(
    "write",
    (
        'RUN echo "//$(cat host.txt)/:_authToken=$NPM_TOKEN" > ~/.npmrc',
        'RUN H=$(cat host.txt) && echo "//$H/:_authToken=$NPM_TOKEN" > ~/.npmrc',
        "RUN envsubst < host.txt > ~/.npmrc",
        'RUN cp host.txt ~/.npmrc && sed -i "s/@T@/$NPM_TOKEN/" ~/.npmrc',
    ),
)
def test_what_the_writer_reads_is_still_the_same(write: str, between: str) -> None:
    assert "sink-order" in reasons(HEAD + "COPY host.txt ./\n" + write + between)


def test_what_the_writer_reads_and_nobody_changes() -> None:
    after = fixed(HEAD + "COPY host.txt ./\n" + 'RUN cp host.txt ~/.npmrc && sed -i "s/@T@/$NPM_TOKEN/" ~/.npmrc\nCOPY src ./src\nRUN npm ci\n')
    assert "    cp host.txt ~/.npmrc && \\\n" in after


def test_a_umask_goes_with_what_it_is_for() -> None:
    """Moved without its umask, the file would be there for others to read."""
    assert "sink-order" in reasons(HEAD + "RUN umask 077 && " + WRITE[4:] + "RUN npm ci\n")
    assert "(umask 077; echo" in fixed(HEAD + "RUN (umask 077; " + WRITE[4:-1] + ")\nRUN npm ci\n")


def test_no_run_is_left_that_does_nothing() -> None:
    after = fixed("FROM node:20\nARG NPM_TOKEN\nCOPY . /src\nRUN cd /src && " + WRITE[4:] + "RUN cd /src && npm ci\n")
    assert "RUN cd /src\n" not in after


def test_lines_go_on_as_the_list_does() -> None:
    """What comes in stands under the `&&` of the RUN, not under an argument or the body of a loop."""
    after = fixed(HEAD + WRITE + "RUN npm ci \\\n      --omit=dev \\\n && npm cache clean --force\n")
    assert after.endswith("      --omit=dev \\\n && npm cache clean --force \\\n && rm -f ~/.npmrc\n")
    loop = fixed(HEAD + WRITE + "RUN for d in a b; do \\\n      npm ci --prefix $d; \\\n    done\n")
    assert " && \\\n    for d in a b; do \\\n      npm ci --prefix $d; \\\n    done && \\\n    rm -f ~/.npmrc\n" in loop
    one = fixed(HEAD + 'RUN if [ -n "$NPM_TOKEN" ]; then \\\n      ' + WRITE[4:-1] + "; \\\n    fi\nRUN npm ci\n")
    assert "\n    npm ci && \\\n    rm -f ~/.npmrc\n" in one


@pytest.mark.parametrize(
    "sets",
    (
        "read HOST < /etc/host",
        ". ./settings.sh",
        "source ./settings.sh",
        'eval "HOST=x"',
        "export $(cat settings.env)",
        "mapfile HOST < /etc/host",
        "printf -v HOST %s x",
        "getopts x HOST",
    ),
)
def test_a_variable_that_the_run_sets_is_not_there_in_another(sets: str) -> None:
    text = HEAD + f'RUN {sets} && echo "//$HOST/:_authToken=$NPM_TOKEN" > ~/.npmrc\nRUN npm ci\n'
    assert "sink-order" in reasons(text)


def test_the_working_directory_in_a_text() -> None:
    write = 'RUN echo "//npm.example.com/:_authToken=$NPM_TOKEN#$PWD" > ~/.npmrc\n'
    assert "sink-order" in reasons(HEAD + write + "WORKDIR /app/web\nRUN npm ci\n")
    assert "#$PWD" in fixed(HEAD + write + "COPY src ./src\nRUN npm ci\n")


@pytest.mark.parametrize("link", ("RUN ln -s /conf/npmrc ~/.npmrc\n" + WRITE, "RUN ln -s /conf/npmrc ~/.npmrc && " + WRITE[4:]))
def test_what_is_written_through_a_link_stays_behind_it(link: str) -> None:
    """`rm -f ~/.npmrc` would take the link away, not the file that holds the secret."""
    assert "sink-order" in reasons(HEAD + link + "RUN npm ci\n")


def test_what_stood_there_is_kept_under_the_name_that_the_file_gives_it() -> None:
    """The home of the image's own user may be another one than root's."""
    text = "FROM registry.example.com/agent\nARG NPM_TOKEN\nRUN echo fund=false > ~/.npmrc\n" + WRITE.replace(">", ">>") + "RUN npm ci\n"
    after = fixed(text)
    assert "    cp -p ~/.npmrc ~/.npmrc.before && \\\n" in after
    assert after.endswith("    mv -f ~/.npmrc.before ~/.npmrc\n")
