"""A file that the prefilter lets go holds nothing that names, values, files or uses could judge a secret."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.knowledge import files, names, names_prefilter, names_rows, values

EXAMPLES = sorted(
    {w for table in (names_rows.NOUNS,) for r in table for w in r.words.split()}
    | {r.example for table in (names_rows.NOUNS, names_rows.QUALIFIERS, names_rows.OWNERS, names_rows.WHOLE) for r in table}
    | {g.replace("*", "A_").replace("?", "L") for r in names_rows.WHOLE for g in r.words.split()}
)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_name_that_may_be_a_secret_passes(name: str) -> None:
    if names.judge(name, None, "ARG").secret:
        assert names_prefilter.may_hold(f"FROM a\nARG x \\\n  # why\n\n  {name}\n".encode())
        assert names.prefilter().search(name.lower().encode())


PARTS = st.sampled_from(["api", "db", "my", "x", "key", "token", "pass", "pw", "url", "auth", "secret", "salt", "host", "app", "git", "npm", "id", "rsa", "mongo", "conn", "str", "2", "pat", "private", "license"])


@given(st.lists(PARTS, min_size=1, max_size=5), st.sampled_from(["_", "", "-", "."]), st.booleans())
def test_any_combination_passes(parts: list[str], joint: str, camel: bool) -> None:
    name = joint.join(p.title() if camel else p.upper() for p in parts)
    if names.judge(name, None, "ARG").secret:
        assert names_prefilter.may_hold(f"FROM a\nARG {name}\n".encode())


@pytest.mark.parametrize("row", files.ROWS, ids=lambda r: r.id)
def test_every_file_row_passes(row: files.FileRow) -> None:
    for glob in row.names.split():
        path = glob.replace("*", "x")
        if files.judge_copy(path, "/a/").secret or files.judge_copy(path, "/a/", b"").kind:
            assert names_prefilter.may_hold(f"FROM a\nCOPY b \\\n {path} /a/\n".encode()), path
            assert names_prefilter.may_hold(f"FROM a\nCOPY b {path}\n".encode()), path


@pytest.mark.parametrize("row", values.ROWS, ids=lambda r: r.id)
def test_every_value_row_passes(row: values.ValueRow) -> None:
    assert names_prefilter.may_hold(b"FROM a\nRUN x " + "".join(row.example).encode())


@pytest.mark.parametrize(
    "text",
    ["RUN git clone https://$X@github.com/a/b", "RUN git clone https://u:${X}@github.com/a/b", 'RUN curl -H "Authorization: Bearer $X" a', "RUN tool --password=$X", "RUN tool --password $X",
     'RUN echo "root:$X" | chpasswd', "RUN --mount=type=secret,id=a cat /run/secrets/a", "onbuild arg NPM_TOKEN", "env A=1 `\n  DB_PASS=2", "ENV A=1 \\\n# c\n\n  DB_PASS=2"],
)
def test_uses_and_spellings_pass(text: str) -> None:
    assert names_prefilter.may_hold(f"FROM a\n{text}\n".encode())


@pytest.mark.parametrize("text", ["RUN apt-key adv --recv-keys 123", "RUN useradd -p pass x", "COPY package.json /app/", "ENV PATH=/a:$PATH KEYBOARD=us", "RUN echo token key secret", "ARG VERSION=1"])
def test_ordinary_lines_do_not(text: str) -> None:
    assert not names_prefilter.may_hold(f"FROM a\n{text}\n".encode())
