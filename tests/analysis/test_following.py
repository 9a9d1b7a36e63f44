"""A value is followed through one RUN: where it ends up, through which tool; and what only uses it."""

from __future__ import annotations

import pytest

from remediate.analysis.residue import Residue, find_residue
from remediate.analysis.runs import view_runs
from remediate.dockerfile.parser import parse

LOG = "<log>"
UNKNOWN = ""


def followed(run: str) -> list[Residue]:
    tree = parse(("FROM node\nWORKDIR /app\nARG T\nRUN " + run + "\n").encode())
    (view,) = view_runs(tree).views.values()
    return find_residue(tree.source, view, "T")


# (text, where it ends up, through what)
ENDS_UP: list[tuple[str, str, str]] = [
    # redirects
    ('echo "$T" > f', "/app/f", "echo"),
    ('echo "$T" >> /etc/profile', "/etc/profile", "echo"),
    ('echo "$T" >| f', "/app/f", "echo"),
    ('echo "$T" 1> f', "/app/f", "echo"),
    ('echo "$T" &> f', "/app/f", "echo"),
    ("printf '%s' \"$T\" > ~/.token", "/root/.token", "printf"),
    ('echo "$T" > "$HOME/.token"', "/root/.token", "echo"),
    ('cd /srv && echo "$T" > f', "/srv/f", "echo"),
    ('(cd /srv; echo "$T" > f)', "/srv/f", "echo"),
    ("exec > f; echo $T", UNKNOWN, "exec"),
    ("{ echo a; echo $T; } > f", "/app/f", ""),
    ("if true; then echo $T; fi > f", "/app/f", ""),
    ("echo $T > >(cat > f)", "/app/f", "cat"),
    # assignments
    ("x=$T; echo $x > f", "/app/f", "echo"),
    ('x="a:$T"; y=$x; echo "$y" > f', "/app/f", "echo"),
    ('export x="$T" && echo $x > f', "/app/f", "echo"),
    ("declare x=$T; echo $x > f", "/app/f", "echo"),
    ("readonly x=$T; echo $x > f", "/app/f", "echo"),
    ('x=a; x+="$T"; echo $x > f', "/app/f", "echo"),
    (': "${x:=$T}"; echo $x > f', "/app/f", "echo"),
    (': ${x=$T}; echo $x > f', "/app/f", "echo"),
    ('echo "${x:-$T}" > f', "/app/f", "echo"),
    ('eval "x=$T"; echo $x > f', "/app/f", "echo"),
    ('eval export x=$T; echo "$x" > f', "/app/f", "echo"),
    ('eval "echo $T > f"', "/app/f", "echo"),
    ("printf -v x '%s' \"$T\"; echo $x > f", "/app/f", "echo"),
    ('a=("$T" b); echo "${a[0]}" > f', "/app/f", "echo"),
    ("x=${T%%:*}; echo $x > f", "/app/f", "echo"),
    ("echo ${T:0:4} > f", "/app/f", "echo"),
    ("echo ${T/a/b} > f", "/app/f", "echo"),
    ("set -- $T; echo $1 > f", "/app/f", "echo"),
    # reading
    ('read x <<< "$T"; echo $x > f', "/app/f", "echo"),
    ('read -r a b <<< "$T"; echo $b > f', "/app/f", "echo"),
    ("IFS=: read -ra a <<< $T; echo ${a[1]} > f", "/app/f", "echo"),
    ("echo $T | while read x; do echo $x > f; done", "/app/f", "echo"),
    ("while read x; do echo $x >> f; done <<< $T", "/app/f", "echo"),
    ("mapfile -t a <<< $T; printf '%s' \"${a[@]}\" > f", "/app/f", "printf"),
    ("<<R\nread x <<E\n$T\nE\necho $x > f\nR", "/app/f", "echo"),
    ("cat <<< $T > f", "/app/f", "cat"),
    # loops, functions, cases
    ("for x in $T; do echo $x > f; done", "/app/f", "echo"),
    ("for x in a b; do echo $x$T >> f; done", "/app/f", "echo"),
    ('f() { echo "$1" > f; }; f $T', "/app/f", "echo"),
    ("f() { echo $T > f; }; f", "/app/f", "echo"),
    ("f() { cat > f; }; echo $T | f", "/app/f", "cat"),
    ("f() { echo $T; }; f > f", "/app/f", "f"),
    ("function f { local x=$1; echo $x > f; }; f $T", "/app/f", "echo"),
    ("case $T in a*) echo $T > f;; esac", "/app/f", "echo"),
    ("[ -n \"$T\" ] && echo $T > f || true", "/app/f", "echo"),
    ("until false; do echo $T > f; break; done", "/app/f", "echo"),
    # pipes
    ("echo $T | cat > f", "/app/f", "cat"),
    ("echo $T | tr -d '\\n' > f", "/app/f", "tr"),
    ("echo $T | base64 > f", "/app/f", "base64"),
    ("echo $T | base64 -d > f", "/app/f", "base64"),
    ("base64 -d <<< $T > f", "/app/f", "base64"),
    ("echo $T | sed 's/a/b/' > f", "/app/f", "sed"),
    ("echo $T | cut -d: -f2 > f", "/app/f", "cut"),
    ("echo $T | gzip > f", "/app/f", "gzip"),
    ("echo $T | tee f", "/app/f", "tee"),
    ("echo $T | tee -a f > /dev/null", "/app/f", "tee"),
    ("echo $T | sudo tee f", "/app/f", "tee"),
    ("tee f <<< $T", "/app/f", "tee"),
    ("echo $T | tee >(cat > f) > /dev/null", "/app/f", "cat"),
    ("echo $T | tee >(base64 > f) > /dev/null", "/app/f", "base64"),
    ("echo $T | dd of=f", "/app/f", "dd"),
    ("echo $T | install -m 600 /dev/stdin f", "/app/f", "install"),
    ("echo $T | cp /dev/stdin f", "/app/f", "cp"),
    ("echo $T | sponge f", "/app/f", "sponge"),
    ("echo $T | openssl enc -base64 -out f", "/app/f", "openssl"),
    ("echo $T | openssl enc -aes-256-cbc -pass pass:x > f", "/app/f", "openssl"),
    ("echo $T | xargs -I{} echo {} > f", "/app/f", "xargs"),
    ("echo $T | awk '{print $1}' > f", "/app/f", "awk"),
    ("echo $T | python3 -c 'import sys; print(sys.stdin.read())' > f", "/app/f", "python3"),
    ("cp <(echo $T) f", "f", "cp"),
    ("cat <(echo $T) > f", "/app/f", "cat"),
    # substitutions
    ("x=$(echo $T); echo $x > f", "/app/f", "echo"),
    ("x=`echo $T | base64`; echo $x > f", "/app/f", "echo"),
    ('echo "a $(echo "b $(echo $T)")" > f', "/app/f", "echo"),
    ("x=$(printenv T); echo $x > f", "/app/f", "echo"),
    ("x=$(python3 -c \"import os; print(os.environ['T'])\"); echo $x > f", "/app/f", "echo"),
    # heredocs
    ("cat <<EOF > f\n$T\nEOF", "/app/f", "cat"),
    ("cat > f <<EOF\ntoken = ${T}\nEOF", "/app/f", "cat"),
    ("cat > f <<-EOF\n\t$T\n\tEOF", "/app/f", "cat"),
    ("cat > f <<EOF\n$(echo $T | base64)\nEOF", "/app/f", "cat"),
    ("tee f <<EOF\n$T\nEOF", "/app/f", "tee"),
    ("tee -a f <<EOF > /dev/null\n$T\nEOF", "/app/f", "tee"),
    ("python3 - <<EOF\nopen('f', 'w').write('$T')\nEOF", UNKNOWN, "python3"),
    ("python3 - <<'EOF'\nimport os\nopen('f', 'w').write(os.environ['T'])\nEOF", "/app/f", "python3"),
    ("node - <<'EOF'\nrequire('fs').writeFileSync('f', process.env.T)\nEOF", "/app/f", "node"),
    ("sh <<EOF\necho $T > f\nEOF", "/app/f", "echo"),
    ("bash <<'EOF'\necho $T > f\nEOF", "/app/f", "echo"),
    ("<<EOF\necho $T > f\nEOF", "/app/f", "echo"),
    # programs in other languages
    ("python3 -c \"import os; open('f', 'w').write(os.environ['T'])\"", "/app/f", "python3"),
    ("python3 -c \"open('f', 'w').write('$T')\"", "/app/f", "python3"),
    ("node -e \"fs.writeFileSync('f', process.env.T)\"", "/app/f", "node"),
    ("php -r \"file_put_contents('f', getenv('T'));\"", "/app/f", "php"),
    ("php -r 'echo getenv(\"T\");' > f", "/app/f", "php"),
    ("perl -e 'print $ENV{T}' > f", "/app/f", "perl"),
    ("ruby -e 'File.write(\"f\", ENV[\"T\"])'", "/app/f", "ruby"),
    ("awk -v t=$T 'BEGIN { print t }' > f", "/app/f", "awk"),
    ("awk 'BEGIN { print ENVIRON[\"T\"] }' > f", "/app/f", "awk"),
    ("jq -n --arg t $T '{t: $t}' > f", "/app/f", "jq"),
    ("jq --arg t \"$T\" '.a = $t' a.json > f", "/app/f", "jq"),
    ("jq -n env.T > f", "/app/f", "jq"),
    ("yq -i \".a = \\\"$T\\\"\" f", UNKNOWN, "yq"),
    # edits, templates
    ('sed -i "s/x/$T/" f', "/app/f", "sed"),
    ("sed -i -e \"s|x|${T}|g\" /etc/a.conf", "/etc/a.conf", "sed"),
    ('sed "s/x/$T/" a > f', "/app/f", "sed"),
    ("sed -e s/x/$T/ < a > f", "/app/f", "sed"),
    ('perl -pi -e "s/x/$T/" f', "/app/f", "perl"),
    ("envsubst < a > f", "/app/f", "envsubst"),
    ("envsubst '$T' < a > f", "/app/f", "envsubst"),
    ("envsubst '$A $T' < a | tee f", "/app/f", "tee"),
    ("x=$T envsubst < a > f", "/app/f", "envsubst"),
    ("crudini --set f a b $T", "/app/f", "crudini"),
    # the whole environment
    ("env > f", "/app/f", "env"),
    ("printenv > f", "/app/f", "printenv"),
    ("printenv T > f", "/app/f", "printenv"),
    ("export -p > f", "/app/f", "export"),
    ("set > f", "/app/f", "set"),
    ("env | grep T > f", "/app/f", "grep"),
    ("cat /proc/self/environ > f", "/app/f", "cat"),
    # shells inside
    ("sh -c 'echo $T > f'", "/app/f", "echo"),
    ("bash -ec \"echo $T > f\"", "/app/f", "echo"),
    ("sh -c 'echo $1 > f' _ $T", "/app/f", "echo"),
    ("x=$T sh -c 'echo $x > f'", "/app/f", "echo"),
    ("env x=$T sh -c 'echo $x > f'", "/app/f", "echo"),
    ("su app -c \"echo $T > f\"", "/app/f", "echo"),
    ("x=$T sudo -E sh -c 'echo $x > f'", "/app/f", "echo"),
    ("x=$T python3 -c \"import os; open('f', 'w').write(os.environ['x'])\"", "/app/f", "python3"),
    # what tools show
    ('curl -v -H "Authorization: Bearer $T" https://api.example/x -o out', LOG, "curl"),
    ('curl -sSLv -u "u:$T" https://api.example/x -o out', LOG, "curl"),
    ('curl -v -H "X-Token: $T" https://api.example/x 2> f', "/app/f", "curl"),
    ('curl -v -H "X-Token: $T" https://api.example/x > f 2>&1', "/app/f", "curl"),
    ('curl --trace f -H "X-Token: $T" https://api.example/x', "/app/f", "curl"),
    ('curl --trace-ascii f -H "X-Token: $T" https://api.example/x', "/app/f", "curl"),
    ('curl --trace-ascii=f -H "X-Token: $T" https://api.example/x', "/app/f", "curl"),
    ('curl --trace - -H "X-Token: $T" https://api.example/x', LOG, "curl"),
    ('wget "https://api.example/x?token=$T"', LOG, "wget"),
    ('wget -o f "https://api.example/x?token=$T"', "/app/f", "wget"),
    ('wget --output-file=f "https://api.example/x?token=$T"', "/app/f", "wget"),
    ("wget -a f https://$T@api.example/x", "/app/f", "wget"),
    ("echo $T", LOG, "echo"),
    ("printf '%s\\n' $T", LOG, "printf"),
    ("echo $T >&2", LOG, "echo"),
    ("echo $T | tee /dev/stderr", LOG, "tee"),
    ("echo $T | cat", LOG, "cat"),
    ("cat <<< $T", LOG, "cat"),
    ("env", LOG, "env"),
    ("env | sort", LOG, "sort"),
    ("printenv T", LOG, "printenv"),
    ("set -x; npm ci --token $T", LOG, "npm"),
    ("set -ex && x=$T && npm ci", LOG, "set -x"),
    # what is installed
    ("pip install -e git+https://$T@github.com/o/r#egg=r", UNKNOWN, "pip"),
    ("go build -ldflags \"-X main.t=$T\" .", UNKNOWN, "go"),
    ("yarn add https://$T@github.com/o/r", UNKNOWN, "yarn"),
]  # fmt: skip

GOES_NOWHERE = [
    # uses
    "npm ci",
    "npm ci --token $T",
    "npm ci > log",
    "T=$T npm ci > log 2>&1",
    'curl -H "Authorization: Bearer $T" https://api.example/x > f',
    'curl -s -H "Authorization: Bearer $T" -o f https://api.example/x',
    'curl -fsSL -u u:$T https://api.example/x | tar xz',
    'curl -fsSL -H "X-Token: $T" https://api.example/x | sh',
    'curl -H "X-Token: $T" https://api.example/x -o f 2> errors',
    'curl -v -H "X-Token: $T" https://api.example/x -o f 2> /dev/null',
    'curl -v -d "token=$T" https://api.example/x -o f',
    "curl -v https://api.example/x -o f && npm ci --token $T",
    'wget --header "X-Token: $T" -O f https://api.example/x',
    'wget -q "https://api.example/x?token=$T"',
    'wget "https://u:$T@api.example/x"',
    'wget -o log --header "X-Token: $T" https://api.example/x',
    "pip install --log f -i https://u:$T@pip.example.com/simple flask",
    "pip install git+https://$T@github.com/o/r",
    "pip install --log f git+https://$T@github.com/o/r@v1",
    "python3 -c \"import os, app; app.fetch(os.environ['T'])\"",
    "python3 - <<'EOF'\nimport os, app\napp.fetch(os.environ['T'], open('list').read())\nEOF",
    "aws s3 cp s3://bucket/f . --profile $T",
    "x=$(curl -H \"X-Token: $T\" https://api.example/v); echo $x > f",
    # asked, measured, hashed
    '[ -n "$T" ] && npm ci',
    'test -z "$T" || npm ci',
    'if [ "$T" = x ]; then npm ci; fi',
    ': "${T:?missing}"',
    "echo ${#T} > f",
    "echo ${T:+given} > f",
    "echo \"$(echo $T | wc -c)\" > f",
    "echo $T | sha256sum > f",
    "echo $T | md5sum",
    "echo $T | wc -c",
    # not the value
    "echo '$T' > f",
    "echo \\$T > f",
    'echo "\\${T}" > f',
    "cat > f <<'EOF'\n$T\nEOF",
    "cat > f <<EOF\n\\$T\nEOF",
    "echo $TT > f",
    "echo T > f",
    "envsubst '$A $B' < a > f",
    "envsubst '${HOST}' < a | tee f",
    "echo ok > f && npm ci --token $T",
    "x=$T npm ci --token $x > f",
    "x=$T; echo $y > f",
    # nowhere
    "echo $T > /dev/null",
    "echo $T > /dev/null 2>&1",
    "cat <<< $T > /dev/null",
    # gone again
    "echo $T > f && npm ci && rm f",
    "echo $T > f && npm ci && rm -f /app/f",
    "echo $T > ~/.netrc && npm ci && rm ~/.netrc",
    "cat <<EOF > f && npm ci && rm f\n$T\nEOF",
    "echo $T | tee f > /dev/null && npm ci && rm f",
    "echo $T > f && npm ci && echo gone > f",
    "echo $T > f; npm ci; : > /app/f",
    "mkdir -p d && echo $T > d/f && npm ci && rm -rf d",
    # handed to what forgets
    "eval \"$(ssh-agent)\" && echo \"$T\" | ssh-add - && npm ci",
    "export x=$T && npm ci",
    "x=\"$T\" && export x && npm ci",
    "for x in a b; do npm ci --token $T; done",
    "f() { npm ci --token $1; }; f $T",
    "read x <<< $T; npm ci --token $x",
    "set -x; npm ci",
]  # fmt: skip


@pytest.mark.parametrize(("run", "path", "tool"), ENDS_UP)
def test_where_the_value_ends_up(run: str, path: str, tool: str) -> None:
    found = followed(run)
    if path == LOG:
        assert any(r.printed and r.tool == tool for r in found), found
        assert not [r for r in found if not r.printed]
        return
    written = [r for r in found if not r.printed]
    assert any(r.tool == tool and path in (r.path, r.target) for r in written), found


@pytest.mark.parametrize("run", GOES_NOWHERE)
def test_what_leaves_nothing(run: str) -> None:
    assert followed(run) == []
