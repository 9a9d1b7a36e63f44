"""What a RUN leaves behind of a secret: found, or shown to be gone again."""

from __future__ import annotations

import pytest

from remediate.model import FileOutcome, Options
from remediate.pipeline.one import process

HEAD = "FROM node\nWORKDIR /app\nARG NPM_TOKEN\n"


def outcome(run: str) -> FileOutcome:
    return process((HEAD + run + "\n").encode(), "Dockerfile", Options(engine="docker"))


LEFT = [
    'RUN echo "//npm.example.com/:_authToken=$NPM_TOKEN" > .npmrc && npm ci',
    'RUN printf "%s" "$NPM_TOKEN" | tee /etc/token',
    'RUN printf "%s" "$NPM_TOKEN" | base64 > /etc/token',
    "RUN cat <<END > .npmrc\n_authToken=${NPM_TOKEN}\nEND",
    'RUN sed -i "s/TOKEN/$NPM_TOKEN/" config.json',
    "RUN envsubst < config.tmpl > config.json; npm ci --token $NPM_TOKEN",
    'RUN T=$NPM_TOKEN; U="x$T"; echo "$U" >> /etc/profile',
    "RUN npm config set //npm.example.com/:_authToken $NPM_TOKEN",
    "RUN git config --global url.https://$NPM_TOKEN@github.com/.insteadOf https://github.com/",
    "RUN git clone https://$NPM_TOKEN@github.com/o/r",
    'RUN echo "$NPM_TOKEN" > .npmrc && npm ci && cd sub && rm .npmrc',
    'RUN rm -f .npmrc && echo "$NPM_TOKEN" > .npmrc',
    'RUN echo "$NPM_TOKEN" > .npmrc && npm ci || rm .npmrc',
    'RUN echo "$NPM_TOKEN" > .npmrc; if [ -f x ]; then rm .npmrc; fi',
    'RUN (cd sub && echo "$NPM_TOKEN" > .npmrc) && rm .npmrc',
    'RUN T=$(printf "%s" "$NPM_TOKEN" | base64) && echo "$T" > /etc/token',
    'RUN sh -c "echo $NPM_TOKEN > /etc/token"',
    'RUN { echo "$NPM_TOKEN"; echo b; } > .npmrc',
    'RUN (echo $NPM_TOKEN) > /f',
    'RUN if true; then echo $NPM_TOKEN; fi > /f',
    'RUN for x in a; do echo $NPM_TOKEN; done > /f',
    'RUN for x in $NPM_TOKEN; do echo $x > /f; done',
    'RUN echo $NPM_TOKEN | while read x; do echo $x > /f; done',
    'RUN printf -v x "%s" $NPM_TOKEN; echo $x > /f',
    'RUN read -r x <<< "$NPM_TOKEN"; echo $x > /f',
    'RUN f() { echo "$1" > /f; }; f $NPM_TOKEN',
    'RUN set -- $NPM_TOKEN; echo $1 > /f',
    "RUN sh -c 'echo $1 > /f' _ $NPM_TOKEN",
    "RUN T2=$NPM_TOKEN sh -c 'echo $T2 > /f'",
    "RUN env T2=$NPM_TOKEN sh -c 'echo $T2 > /f'",
    "RUN env > /f; npm ci",
    "RUN npm ci && export -p >> /f",
    "RUN npm ci; cat /proc/self/environ > /f",
    "RUN npm ci; cp /proc/self/environ /f",
    "RUN jq -n env.NPM_TOKEN > /f",
    "RUN python3 -c \"import os; open('/f','w').write(os.environ['NPM_TOKEN'])\"",
    "RUN awk 'BEGIN{print ENVIRON[\"NPM_TOKEN\"]}' > /f",
    "RUN exec > /f; echo $NPM_TOKEN",
    "RUN exec 3>/f; echo $NPM_TOKEN >&3",
    "RUN echo $NPM_TOKEN > /f && cp /f /g && rm /f",
    "RUN echo $NPM_TOKEN > /f && cat /f > /g && rm /f",
    "RUN echo $NPM_TOKEN | gzip > /f.gz",
    "RUN ./unknown $NPM_TOKEN > /f",
    "RUN cat <<< $NPM_TOKEN > /f",
    'RUN echo "echo $NPM_TOKEN > /f" | sh',
    'RUN sh -c "$(printf %s $NPM_TOKEN)"',
    "RUN echo $NPM_TOKEN >& /f",
    "RUN echo $NPM_TOKEN > .npmrc && npm ci && rm .npmrc || true",
    "RUN echo $NPM_TOKEN > .npmrc; npm ci && rm .npmrc; echo ok",
    'RUN echo $NPM_TOKEN > .npmrc; npm ci; [ -n "$CLEAN" ] && rm .npmrc; echo ok',
    "RUN echo $NPM_TOKEN > .npmrc; npm ci; rm .npmrc &",
    "RUN echo $NPM_TOKEN > .npmrc; npm ci || { exit 0; }; rm .npmrc",
    "RUN echo $NPM_TOKEN > .npmrc; cp .npmrc* /app/; rm .npmrc",
    "RUN echo $NPM_TOKEN > .npmrc; head -1 .npmrc > /g; rm .npmrc",
    "RUN echo $NPM_TOKEN > /f; docker login --password-stdin registry.example.com < /f; rm /f",
    "RUN npm config set //npm.example.com/:_authToken $NPM_TOKEN && npm ci && npm config delete registry",
    "RUN git config --global url.https://$NPM_TOKEN@github.com/.insteadOf https://github.com/ && git config --global --unset http.other",
    "RUN f() { cat > /f; }; echo $NPM_TOKEN | f",
    "RUN echo $NPM_TOKEN > .npmrc; exec npm ci; rm .npmrc",
    "RUN yq -i .a=$NPM_TOKEN /f",
    'RUN sqlite3 /f "insert into t values (\'$NPM_TOKEN\')"',
    'RUN sed "s/x/$NPM_TOKEN/w /f" a',
    'RUN find . -exec sh -c "echo $NPM_TOKEN > {}" \\;',
    "RUN yarn add https://$NPM_TOKEN@github.com/o/r",
    "RUN cargo install --git https://$NPM_TOKEN@github.com/o/r",
    "RUN pip install -e git+https://$NPM_TOKEN@github.com/o/r#egg=r",
    'RUN go build -ldflags "-X main.token=$NPM_TOKEN" .',
    "RUN cmake -DTOKEN=$NPM_TOKEN .",
    "RUN dd of=/f <<< $NPM_TOKEN",
    "RUN cat <(echo $NPM_TOKEN) > /f",
    "RUN echo $NPM_TOKEN | openssl base64 -out /f",
]
GONE = [
    'RUN echo "//npm.example.com/:_authToken=$NPM_TOKEN" > .npmrc && npm ci && rm -f .npmrc',
    'RUN echo "$NPM_TOKEN" > ~/.npmrc && npm ci && rm /root/.npmrc',
    'RUN cd sub && echo "$NPM_TOKEN" > .npmrc && npm ci && rm -f /app/sub/.npmrc',
    'RUN cd $X && echo "$NPM_TOKEN" > .npmrc && npm ci && rm -f .npmrc',
    'RUN curl -H "Authorization: Bearer $NPM_TOKEN" https://api.example/x > out.json',
    'RUN echo "$NPM_TOKEN" > /dev/null',
    "RUN npm config set //npm.example.com/:_authToken $NPM_TOKEN && npm ci && npm config delete //npm.example.com/:_authToken && rm -rf ~/.npm/_logs",
    "RUN echo '_authToken=${NPM_TOKEN}' > .npmrc && npm ci",
    'RUN [ -n "$NPM_TOKEN" ] && npm ci',
    "RUN echo $NPM_TOKEN > .npmrc; npm ci; rm .npmrc; echo ok",
    "RUN set -e; echo $NPM_TOKEN > .npmrc && npm ci && rm -f .npmrc",
    "RUN pip install -i https://u:$NPM_TOKEN@pip.example.com/simple flask",
    "RUN pip install --index-url https://u:$NPM_TOKEN@pip.example.com/simple flask",
    'RUN echo "${#NPM_TOKEN}" > length',
    'RUN VERSION=$(curl -H "PRIVATE-TOKEN: $NPM_TOKEN" https://gitlab.example.com/version) && echo "$VERSION" > /etc/version',
    'RUN echo "$(echo "$NPM_TOKEN" | wc -c)" > length',
    'RUN echo "${NPM_TOKEN:+given}" > given',
]


@pytest.mark.parametrize("run", LEFT)
def test_residue_is_found_and_mended_or_refused(run: str) -> None:
    """Nothing is fixed but what leaves nothing behind any more."""
    done = outcome(run)
    assert any(f.rule == "secret-persisted" and f.instruction == "RUN" for f in done.findings)
    applied = {f.applied for f in done.findings if f.rule != "secret-in-log"}
    if applied == {True}:
        again = process(done.after)
        assert not [f for f in again.findings if f.rule == "secret-persisted"]
    else:
        assert applied == {False}
        assert done.after == done.before


@pytest.mark.parametrize("run", GONE)
def test_what_is_gone_again_is_no_residue(run: str) -> None:
    done = outcome(run)
    assert not [f for f in done.findings if f.rule == "secret-persisted"]
    assert done.after != done.before


@pytest.mark.parametrize(
    "run",
    ['RUN echo "$NPM_TOKEN"', "RUN set -x && npm ci --token $NPM_TOKEN", "RUN env", "RUN printenv NPM_TOKEN", 'RUN echo "$NPM_TOKEN" | tee /dev/stderr'],
)
def test_what_is_printed_is_found(run: str) -> None:
    assert [f.name for f in outcome(run).findings if f.rule == "secret-in-log"] == ["NPM_TOKEN"]


@pytest.mark.parametrize("run", ['RUN echo "$NPM_TOKEN" | wc -c', 'RUN test -n "$(echo $NPM_TOKEN)"', 'RUN echo "$NPM_TOKEN" > .npmrc && rm .npmrc', "RUN echo ready"])
def test_what_is_not_printed(run: str) -> None:
    assert not [f for f in outcome(run).findings if f.rule == "secret-in-log"]
