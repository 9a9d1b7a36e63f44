"""Settings that a tool takes from its environment as well: the settings command goes, an export comes before what reads it."""

from __future__ import annotations

import pytest

from tests.fixers.rewriting import check_refused, check_transformed, outcome

HEAD = "# syntax=docker/dockerfile:1\nFROM python AS build\nWORKDIR /app\nARG GITLAB_TOKEN\n"
BARE = "# syntax=docker/dockerfile:1\nFROM python AS build\nWORKDIR /app\n"
TAIL = "\nFROM scratch\nCOPY --from=build /app /app\n"
MOUNT = "--mount=type=secret,id=gitlab_token,env=GITLAB_TOKEN,required=true"
URL = '"https://u:${GITLAB_TOKEN}@pypi.example.com/simple"'
SET = f"pip config set global.extra-index-url {URL}"
EXPORT = f"export PIP_EXTRA_INDEX_URL={URL}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"RUN {SET} && pip install -r r.txt", f"RUN {MOUNT} {EXPORT} && pip install -r r.txt"),
        (f"RUN {SET}; pip install -r r.txt", f"RUN {MOUNT} {EXPORT}; pip install -r r.txt"),
        (f"RUN {SET}\nCOPY r.txt .\nRUN pip install -r r.txt", f"COPY r.txt .\nRUN {MOUNT} \\\n    {EXPORT} && \\\n    pip install -r r.txt"),
        (f"RUN {SET}\nRUN pip install -r r.txt\nRUN pip config unset global.extra-index-url", f"RUN {MOUNT} \\\n    {EXPORT} && \\\n    pip install -r r.txt"),
        (f"RUN {SET}\nRUN pip install -r r.txt\nRUN rm -f ~/.config/pip/pip.conf", f"RUN {MOUNT} \\\n    {EXPORT} && \\\n    pip install -r r.txt"),
        (f"RUN {SET}\nRUN pip install -r r.txt\nRUN rm -f ~/.config/pip/pip.conf /var/x", f"RUN {MOUNT} \\\n    {EXPORT} && \\\n    pip install -r r.txt\nRUN rm -f /var/x"),
        (f"RUN pip config set global.timeout 60 && {SET}\nRUN pip install -r r.txt", f"RUN pip config set global.timeout 60\nRUN {MOUNT} \\\n    {EXPORT} && \\\n    pip install -r r.txt"),
        ("RUN poetry config http-basic.acme ci $GITLAB_TOKEN\nCOPY . .\nRUN poetry install", f'COPY . .\nRUN {MOUNT} \\\n    export POETRY_HTTP_BASIC_ACME_USERNAME=ci POETRY_HTTP_BASIC_ACME_PASSWORD="$GITLAB_TOKEN" && \\\n    poetry install'),
        ("RUN composer config gitlab-token.gitlab.example.com $GITLAB_TOKEN && composer config bearer.repo.example.com $GITLAB_TOKEN && composer install",
         f'RUN {MOUNT} export COMPOSER_AUTH="{{\\"gitlab-token\\":{{\\"gitlab.example.com\\":\\"$GITLAB_TOKEN\\"}},\\"bearer\\":{{\\"repo.example.com\\":\\"$GITLAB_TOKEN\\"}}}}" && composer install'),
        ("RUN bundle config set --local gems.example.com u:$GITLAB_TOKEN\nCOPY Gemfile* ./\nRUN bundle install", f'COPY Gemfile* ./\nRUN {MOUNT} export BUNDLE_GEMS__EXAMPLE__COM="u:$GITLAB_TOKEN" && bundle install'),
        ("RUN go env -w GOPROXY=https://u:$GITLAB_TOKEN@proxy.example.com\nCOPY . .\nRUN go mod download", f'COPY . .\nRUN {MOUNT} export GOPROXY="https://u:$GITLAB_TOKEN@proxy.example.com" && go mod download'),
        ("RUN aws configure set aws_access_key_id AKIAEXAMPLE && aws configure set aws_secret_access_key $GITLAB_TOKEN && aws configure set region eu-west-1\nRUN aws s3 cp s3://acme/x .",
         f'RUN aws configure set region eu-west-1\nRUN {MOUNT} \\\n    export AWS_ACCESS_KEY_ID=AKIAEXAMPLE AWS_SECRET_ACCESS_KEY="$GITLAB_TOKEN" && \\\n    aws s3 cp s3://acme/x .'),
        ('RUN echo "$GITLAB_TOKEN" | gh auth login --with-token && gh release download -R acme/lib v1', f'RUN {MOUNT} export GH_TOKEN="$GITLAB_TOKEN" && gh release download -R acme/lib v1'),
        ("RUN gh auth login --with-token <<< $GITLAB_TOKEN && gh release download -R acme/lib v1", f'RUN {MOUNT} export GH_TOKEN="$GITLAB_TOKEN" && gh release download -R acme/lib v1'),
        ("RUN vault login $GITLAB_TOKEN > /dev/null && vault kv get secret/x", f'RUN {MOUNT} export VAULT_TOKEN="$GITLAB_TOKEN" && vault kv get secret/x'),
    ],
)  # fmt: skip
def test_the_environment_takes_the_place_of_the_setting(before: str, after: str) -> None:
    check_transformed(HEAD + before + TAIL, BARE + after + TAIL)


def test_the_variable_of_the_tool_may_hold_the_secret_already() -> None:
    before = "ARG PIP_EXTRA_INDEX_URL\nRUN pip config set global.extra-index-url $PIP_EXTRA_INDEX_URL\nRUN pip install flask"
    mount = "--mount=type=secret,id=pip_extra_index_url,env=PIP_EXTRA_INDEX_URL,required=true"
    after = f'RUN {mount} export PIP_EXTRA_INDEX_URL="$PIP_EXTRA_INDEX_URL" && pip install flask'
    check_transformed(BARE + before + TAIL, BARE + after + TAIL)


# What the environment does not do alike is left to the remedies that come after: the setting is still made.
@pytest.mark.parametrize(
    "before",
    [
        f"ENV PIP_EXTRA_INDEX_URL=https://pypi.example.com/simple\nRUN {SET}\nRUN pip install -r r.txt",
        f"ENV PIP_CONFIG_FILE=/etc/pip.conf\nRUN {SET}\nRUN pip install -r r.txt",
        f"RUN {SET}\nRUN sudo pip install -r r.txt",
        f'RUN {SET}\nRUN su app -c "pip install -r r.txt"',
        f"RUN {SET}\nRUN env -i pip install -r r.txt",
        f"RUN sudo {SET}\nRUN sudo pip install -r r.txt",
        f"RUN if true; then {SET}; fi\nRUN pip install -r r.txt",
        f"RUN {SET} || true; pip install -r r.txt",
        f"RUN {SET} && echo 'timeout = 1' >> ~/.config/pip/pip.conf\nRUN pip install -r r.txt",
        f"RUN {SET}\nRUN cp ~/.config/pip/pip.conf /etc/pip.conf && pip install -r r.txt",
        "RUN aws configure set aws_secret_access_key $GITLAB_TOKEN && aws s3 cp s3://acme/x . --profile default",
        "RUN composer config -g http-basic.repo.example.com u $GITLAB_TOKEN\nRUN composer install",
        "ENV COMPOSER_AUTH={}\nRUN composer config -g gitlab-token.gitlab.example.com $GITLAB_TOKEN\nRUN composer install",
        "RUN composer config -g gitlab-token.gitlab.example.com $GITLAB_TOKEN && composer config bearer.repo.example.com $GITLAB_TOKEN\nRUN composer install",
        "RUN npm config set //npm.example.com/:_authToken $GITLAB_TOKEN\nRUN npm ci",
        "ARG GITHUB_TOKEN\nRUN echo $GITLAB_TOKEN | gh auth login --with-token && gh release download -R acme/lib v1",
    ],
)  # fmt: skip
def test_no_export_where_it_may_not_be_the_same(before: str) -> None:
    text = outcome(HEAD + before + TAIL).after.decode()
    assert "export " not in text


def test_nothing_reads_it() -> None:
    check_refused(HEAD + f"RUN {SET}" + TAIL, "kept-unread")


def test_the_container_may_need_it() -> None:
    text = "FROM alpine\nARG GITLAB_TOKEN\nRUN echo $GITLAB_TOKEN | gh auth login --with-token\nCMD [\"gh\", \"api\", \"user\"]\n"
    check_refused(text, "kept-for-run-time")


def test_another_value_at_the_reader() -> None:
    before = HEAD + f"RUN {SET}\nFROM build AS next\nARG GITLAB_TOKEN=other\nRUN pip install -r r.txt" + TAIL
    assert outcome(before).after == before.encode()
