"""Programs whose builds go through functions, dicts and other modules: run before and after, or held back with a reason."""

from __future__ import annotations

import sys
from pathlib import Path
from time import process_time

import pytest

from tests.callers.test_found_programs import DOCKERFILE, SECRET, fixed, held, runs_the_same
from tests.callers.working import read
from tests.clock import SLOWER
from tests.pipeline.test_halves import changed, lay

HEAD = "import os, subprocess, sys\nTOKEN = os.environ['NPM_TOKEN']\n\ndef other():\n    return ''.join([TOKEN])\n\nvalue = other()\n"
BUILD = '["docker", "build", "--build-arg", f"NPM_TOKEN={TOKEN}", "-t", "app", "."]'
OWN = '["docker", "build", "--build-arg", f"NPM_TOKEN={value}", "-t", "app", "."]'
RUN = "import subprocess\n\ndef run(cmd, check=True, **options):\n    print('+', cmd[0])\n    return subprocess.run(cmd, check=check, **options)\n"
LOOP = """
def build(where, build_args=None):
    cmd = ["docker", "build", "-t", "app"]
    for name, text in (build_args or {}).items():
        cmd += ["--build-arg", f"{name}={text}"]
    cmd.append(where)
    subprocess.run(cmd, check=True)
"""


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "repo"
    lay(root, {"Dockerfile": DOCKERFILE, ".git/HEAD": ""})
    monkeypatch.chdir(root)
    return root


# name -> (main.py behind HEAD, other files)
PROGRAMS: dict[str, tuple[str, dict[str, str]]] = {
    "a function of a module": (f"from tools.shell import run\nrun({BUILD})\n", {"tools/__init__.py": "", "tools/shell.py": RUN}),
    "a value of its own for a module's keywords": (f"from tools import shell\nshell.run({OWN}, timeout=60)\n", {"tools/shell.py": RUN}),
    "a module beside it": (
        "import images.build\n",
        {
            "images/__init__.py": "",
            "images/build.py": f"{HEAD}from .shell import run\nfrom . import shell\nrun({BUILD})\nshell.run({OWN})\n",
            "images/shell.py": RUN,
        },
    ),
    "a name that the package hands on": (f"from tools import run\nrun({BUILD})\n", {"tools/__init__.py": "from .shell import run\n", "tools/shell.py": RUN}),
    "two helpers deep": (
        f"from tools import build\nbuild({OWN})\n",
        {"tools.py": "from shell import run\n\ndef build(words, env=None):\n    return run(words, env=env)\n", "shell.py": RUN},
    ),
    "a shell line": (
        'from shell import sh\nsh(f"docker build --build-arg NPM_TOKEN={TOKEN} -t app .")\nsh(f"docker build --build-arg NPM_TOKEN={value} .")\n',
        {"shell.py": "import subprocess\n\ndef sh(line, env=None):\n    subprocess.check_call(line, shell=True, env=env)\n"},
    ),
    "words one by one": (
        'import tools\ntools.docker("build", "--build-arg", f"NPM_TOKEN={TOKEN}", ".")\n',
        {"tools.py": "import subprocess\n\ndef docker(*words, check=True):\n    subprocess.run(['docker', *words], check=check)\n"},
    ),
    "an object of a class of a module": (
        f"from tools import Shell\nshell = Shell()\nshell.run({BUILD})\n",
        {"tools.py": "import subprocess\n\nclass Shell:\n    def run(self, words, check=True):\n        return subprocess.run(words, check=check)\n"},
    ),
    "an object of a class": (f"class Shell:\n    def run(self, words):\n        return subprocess.run(words)\n\nshell = Shell()\nshell.run({BUILD})\n", {}),
    "a module that says where": (
        f"import tools.shell\ntools.shell.run({BUILD})\n",
        {"tools/shell.py": "import os, subprocess\nROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))\n\ndef run(cmd, cwd=ROOT):\n    subprocess.run(cmd, cwd=cwd)\n"},
    ),
    "texts are split, lists are not": (
        f"def run(cmd):\n    if isinstance(cmd, str):\n        cmd = cmd.split()\n    subprocess.run(cmd, check=True)\n\nrun({BUILD})\n",
        {},
    ),
    "a function that hands nothing on": (
        "def run(cmd, what):\n    print(what)\n    return subprocess.run(cmd).returncode == 0\n\n"
        f"for attempt in range(3):\n    if run({OWN}, 'image'):\n        break\n",
        {},
    ),
    "a method that hands nothing on": (
        "class Image:\n    def __init__(self, token):\n        self.token = token\n\n    def _run(self, words):\n        return subprocess.run(words)\n\n"
        "    def build(self):\n        words = ['docker', 'build']\n        if self.token:\n            words += ['--build-arg', f'NPM_TOKEN={self.token}']\n"
        "        return self._run([*words, '.'])\n\nImage(value).build()\n",
        {},
    ),
    "an environment by position": (
        f"def run(cmd, env=None):\n    subprocess.run(cmd, env=env)\n\nrun({OWN}, dict(os.environ, A='b'))\n",
        {},
    ),
    "the folder is a parameter": (
        "def build(image, where):\n    cmd = ['docker', 'build', '-t', image]\n    if TOKEN:\n        cmd.extend(['--build-arg', f'NPM_TOKEN={value}'])\n"
        "    cmd.append(where)\n    subprocess.run(cmd)\n\nbuild('app', '.')\n",
        {},
    ),
    "a dict in a loop": (
        'args = {"NPM_TOKEN": TOKEN, "V": "1"}\ncmd = ["docker", "buildx", "build"]\nfor k, v in args.items():\n    cmd += ["--build-arg", f"{k}={v}"]\n'
        "subprocess.run([*cmd, '.'])\n",
        {},
    ),
    "a dict in a loop, word by word": (
        'cmd = ["docker", "build"]\nfor k, v in sorted({"V": "1", "NPM_TOKEN": value}.items()):\n    cmd.append("--build-arg")\n    cmd.append(f"{k}={v}")\n'
        "cmd.append('.')\nsubprocess.run(cmd)\n",
        {},
    ),
    "a dict in brackets": (
        'args = dict(NPM_TOKEN=TOKEN, V="1")\nsubprocess.run(["docker", "build", *[f"--build-arg={k}={v}" for k, v in args.items()], "."])\n',
        {},
    ),
    "pairs of words": (
        'args = {"NPM_TOKEN": value}\nflags = [w for k, v in args.items() for w in ("--build-arg", f"{k}={v}")]\nsubprocess.run(["docker", "build", *flags, "."])\n',
        {},
    ),
    "chains": (
        "from itertools import chain\n\ndef build(tag, args={}, options=[]):\n    flags = [['--build-arg', '{}={}'.format(k, v)] for k, v in args.items()] + [options]\n"
        "    subprocess.run(['docker', 'build', '-t', tag, '.'] + list(chain.from_iterable(flags)))\n\nbuild('app', {'NPM_TOKEN': TOKEN})\n",
        {},
    ),
    "a dict that is given": (f'{LOOP}\nbuild(".", build_args={{"NPM_TOKEN": TOKEN, "V": "1"}})\n', {}),
    "a dict of values that is given": (f'{LOOP}\nbuild(".", {{"V": "1", "NPM_TOKEN": value}})\n', {}),
    "a dict that is given twice": (f'{LOOP}\nbuild(".", {{"NPM_TOKEN": TOKEN}})\nbuild("./", {{"V": "1", "NPM_TOKEN": TOKEN}})\n', {}),
    "a dict of two values": (f'{LOOP}\nbuild(".", {{"NPM_TOKEN": TOKEN}})\nbuild("./", {{"NPM_TOKEN": value}})\n', {}),
    "names in a loop": (
        'cmd = ["docker", "build"]\nfor name in ["HOME", "NPM_TOKEN"]:\n    cmd.extend(["--build-arg", f"{name}={os.environ[name]}"])\nsubprocess.run([*cmd, "."])\n',
        {},
    ),
    "names alone": ('cmd = ["docker", "build"]\nfor name in ["HOME", "NPM_TOKEN"]:\n    cmd += ["--build-arg", name]\nsubprocess.run([*cmd, "."])\n', {}),
    "a function that gives the words": (f"def words(TOKEN):\n    return {BUILD}\n\nsubprocess.run(words(os.environ['NPM_TOKEN']))\n", {}),
    "a function that gives the flags": (
        "def flags(args):\n    out = []\n    for k, v in args.items():\n        out += ['--build-arg', f'{k}={v}']\n    return out\n\n"
        "subprocess.run(['docker', 'build', *flags({'NPM_TOKEN': TOKEN, 'V': '1'}), '.'])\n",
        {},
    ),
    "a list that is filled in a branch": (
        "args = []\nif TOKEN:\n    args = ['--build-arg', f'NPM_TOKEN={TOKEN}']\nsubprocess.run(['docker', 'build'] + args + ['.'])\n",
        {},
    ),
    "nothing filtered out": (f"subprocess.run(list(filter(None, {BUILD[:-1]}, None])))\n", {}),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_same_is_built(repo: Path, tmp_path: Path, name: str) -> None:
    text, others = PROGRAMS[name]
    lay(repo, {"main.py": HEAD + text, **others})
    runs_the_same(repo, tmp_path / "tools", sys.executable, "main.py")


# name -> (main.py behind HEAD, other files): nothing of it may be changed.
HELD: dict[str, tuple[str, dict[str, str]]] = {
    "an environment of its own": (
        f"from shell import run\nrun({BUILD})\n",
        {"shell.py": "import os, subprocess\n\ndef run(cmd):\n    subprocess.run(cmd, env={'PATH': os.environ['PATH']})\n"},
    ),
    "a variable that is taken away": (
        f"from shell import run\nrun({BUILD})\n",
        {"shell.py": "import os, subprocess\n\ndef run(cmd):\n    env = dict(os.environ)\n    env.pop('NPM_TOKEN')\n    subprocess.run(cmd, env=env)\n"},
    ),
    "a variable that is set": (
        f"from shell import run\nrun({BUILD})\n",
        {"shell.py": "import os, subprocess\n\ndef run(cmd):\n    subprocess.run(cmd, env={**os.environ, 'NPM_TOKEN': 'x'})\n"},
    ),
    "a variable that may be set": (
        f"def run(cmd, env=None):\n    subprocess.run(cmd, env={{**os.environ, **(env or {{}})}})\n\nrun({BUILD}, env={{'NPM_TOKEN': 'x'}})\n",
        {},
    ),
    "words that are added": (
        f"from shell import run\nrun({BUILD[:-6]}])\n",
        {"shell.py": "import subprocess\n\ndef run(cmd):\n    cmd.append('.')\n    subprocess.run(cmd)\n"},
    ),
    "another machine": (
        f"from shell import run\nrun({BUILD})\n",
        {"shell.py": "import shlex, subprocess\n\ndef run(cmd, host=''):\n    if host:\n        return subprocess.run(['ssh', host, shlex.join(cmd)])\n    subprocess.run(cmd)\n"},
    ),
    "sudo": (f"from shell import run\nrun({BUILD})\n", {"shell.py": "import subprocess\n\ndef run(cmd):\n    subprocess.run(['sudo', *cmd])\n"}),
    "two of one name": (
        "import images.build\n",
        {"images/build.py": f"{HEAD}from shell import run\nrun({BUILD})\n", "images/shell.py": RUN, "shell.py": RUN},
    ),
    "defined twice": (
        f"from shell import run\nrun({BUILD})\n",
        {"shell.py": f"{RUN}\nif __name__ != 'x':\n    def run(cmd):\n        subprocess.run(cmd, env={{}})\n"},
    ),
    "a module that cannot be given the value": (
        f"from shell import run\nrun({OWN})\n", {"shell.py": "import subprocess\n\ndef run(cmd):\n    subprocess.run(cmd)\n"},
    ),
    "a function that tries again": (
        f"def run(cmd, more=2):\n    if subprocess.run(cmd).returncode and more:\n        run(cmd, more - 1)\n\nrun({OWN})\n",
        {},
    ),
    "a function in a table": (
        "def build(token='x', where='.'):\n    subprocess.run(['docker', 'build', '--build-arg', f'NPM_TOKEN={token}', where])\n\n"
        "TABLE = {'build': build}\nbuild(TOKEN)\n",
        {},
    ),
    "a dict with other readers": (
        'args = {"NPM_TOKEN": TOKEN, "V": "1"}\ncmd = ["docker", "build"]\nfor k, v in args.items():\n    cmd += ["--build-arg", f"{k}={v}"]\n'
        "subprocess.run([*cmd, '.'])\nprint(len(args['NPM_TOKEN']))\n",
        {},
    ),
    "a dict of another module's": (
        "import build\nprint(len(build.ARGS['NPM_TOKEN']))\n",
        {"build.py": f'{HEAD}ARGS = {{"NPM_TOKEN": TOKEN, "V": "1"}}\ncmd = ["docker", "build"]\nfor k, v in ARGS.items():\n    cmd += ["--build-arg", f"{{k}}={{v}}"]\nsubprocess.run([*cmd, "."])\n'},
    ),
    "a dict that changes": (
        'args = {"NPM_TOKEN": TOKEN, "V": "1"}\nif sys.argv[1:]:\n    args.pop("NPM_TOKEN")\ncmd = ["docker", "build"]\n'
        'for k, v in args.items():\n    cmd += ["--build-arg", f"{k}={v}"]\nsubprocess.run([*cmd, "."])\n',
        {},
    ),
    "a loop that does more": (
        'cmd = ["docker", "build"]\nfor k, v in {"NPM_TOKEN": TOKEN}.items():\n    subprocess.run(["docker", "info", k])\n    cmd += ["--build-arg", f"{k}={v}"]\n'
        "subprocess.run([*cmd, '.'])\n",
        {},
    ),
    "a loop that fills two lists": (
        'cmd, names = ["docker", "build"], []\nfor k, v in {"NPM_TOKEN": TOKEN}.items():\n    names.append(k)\n    cmd += ["--build-arg", f"{k}={v}"]\n'
        "subprocess.run([*cmd, '.'])\nprint(names)\n",
        {},
    ),
    "a turn that gives more words": (
        'cmd = ["docker", "build"]\nfor k, v in {"NPM_TOKEN": TOKEN}.items():\n    cmd += ["--build-arg", f"{k}={v}", "--label", k]\nsubprocess.run([*cmd, "."])\n',
        {},
    ),
    "one of two calls": (f'{LOOP}\nbuild(".", {{"NPM_TOKEN": TOKEN}})\nbuild("./")\n', {}),
    "two variables": (f'{LOOP}\nbuild(".", {{"NPM_TOKEN": TOKEN}})\nbuild("./", {{"NPM_TOKEN": os.environ["HOME"]}})\n', {}),
    "names in a tuple of two": ('cmd = ["docker", "build"]\nfor name in ("HOME", "NPM_TOKEN"):\n    cmd += ["--build-arg", name]\nsubprocess.run([*cmd, "."])\n', {}),
    "a value that the loop changes": (
        'cmd = ["docker", "build"]\nfor k, v in {"NPM_TOKEN": TOKEN}.items():\n    v = v + "!"\n    cmd += ["--build-arg", f"{k}={v}"]\nsubprocess.run([*cmd, "."])\n',
        {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HELD)
def test_what_is_not_sure_waits(repo: Path, name: str) -> None:
    text, others = HELD[name]
    lay(repo, {"main.py": HEAD + text, **others})
    assert held(fixed())


# A build arg that somebody passes must not go unnoticed: the Dockerfile would wait for a secret that nobody hands over.
NAMED: dict[str, dict[str, str]] = {
    "a helper of a file that speaks of no builder": {
        "main.py": "import os\nfrom lib import image\nimage({'NPM_TOKEN': os.environ['NPM_TOKEN']})\n",
        "lib.py": f"import subprocess\n{LOOP}\ndef image(args):\n    build('.', args)\n",
    },
    "a user of a user": {
        "main.py": "import os, middle\nmiddle.go({'NPM_TOKEN': os.environ['NPM_TOKEN']})\n",
        "middle.py": "from lib import build\n\ndef go(values):\n    build('.', values)\n",
        "lib.py": f"import subprocess\n{LOOP}",
    },
    "names that stand in a third file": {
        "main.py": "import os\nfrom names import NAMES\nfrom lib import build\nbuild('.', {n: os.environ[n] for n in NAMES})\n",
        "names.py": "NAMES = ['NPM_TOKEN']\n",
        "lib.py": f"import subprocess\n{LOOP}",
    },
    "keywords": {
        "main.py": "import os\nfrom lib import image\nimage(NPM_TOKEN=os.environ['NPM_TOKEN'])\n",
        "lib.py": "import subprocess\n\ndef image(**kw):\n    subprocess.run(['docker', 'build', *[f'--build-arg={k}={v}' for k, v in kw.items()], '.'])\n",
    },
    "keywords in small letters": {
        "main.py": "import os\nfrom lib import image\nimage(npm_token=os.environ['NPM' + '_TOKEN'])\n",
        "lib.py": "import subprocess\n\ndef image(**kw):\n    subprocess.run(['docker', 'build', *[f'--build-arg={k.upper()}={v}' for k, v in kw.items()], '.'])\n",
    },
    "all of the environment": {
        "main.py": f"{HEAD[:27]}cmd = ['docker', 'build']\nfor k in os.environ:\n    cmd += ['--build-arg', k]\nsubprocess.run([*cmd, '.'])\n",
    },
    "half a name": {
        "main.py": f"{HEAD[:27]}cmd = ['docker', 'build']\nfor k in sys.argv:\n    cmd += ['--build-arg', f'{{k}}_TOKEN={{os.environ[k]}}']\nsubprocess.run([*cmd, '.'])\n",
    },
    "half a name in a text": {
        "main.py": f"{HEAD[:27]}for k in sys.argv:\n    os.system(f'docker build --build-arg {{k}}_TOKEN={{os.environ[k]}} .')\n",
    },
    "a flag that is put together": {
        "main.py": f"{HEAD[:27]}def opt(name, text):\n    return [f'--{{name}}', text]\n\nsubprocess.run(['docker', 'build', *opt('build-arg', 'NPM_TOKEN=x'), '.'])\n",
    },
    "a script that is written": {
        "main.py": f"{HEAD[:27]}with open('go.sh', 'w') as out:\n    out.write('docker build --build-arg NPM_TOKEN=$NPM_TOKEN .')\n",
    },
    "a text with a mark in it": {
        "main.py": f"{HEAD[:27]}LINE = 'docker build --build-arg NPM_TOKEN=@T@ .'\nsubprocess.run(LINE.replace('@T@', sys.argv[1]), shell=True)\n",
    },
    "a list whose end is lost": {
        "main.py": f"{HEAD[:27]}from lib import more\nwords = ['docker', 'build', '--build-arg', 'NPM_TOKEN=x']\nmore(words)\nsubprocess.run(words)\n",
        "lib.py": "def more(words):\n    words.append('.')\n",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_no_build_arg_is_missed(repo: Path, name: str) -> None:
    lay(repo, NAMED[name])
    assert {reason for _, _, reason in held(fixed())} <= {"caller-arguments", "caller-value", "caller-shell", "caller-waits"}
    assert held(fixed())


@pytest.mark.parametrize("text", ["sys.stdout.write('docker build --build-arg NPM_TOKEN=x .')", "sys.stderr.write('--build-arg NPM_TOKEN')"])
def test_what_is_only_shown_is_no_build(text: str) -> None:
    reading = read("main.py", f"import sys\n{text}\n", "python")
    assert not reading.builds and not reading.unread


def test_the_edits_of_a_function_are_small(repo: Path, tmp_path: Path) -> None:
    lay(repo, {"main.py": f"{HEAD}\ndef run(cmd, *, quiet=False):\n    subprocess.run(cmd, check=True)\n\nrun({OWN}, quiet=True)\n"})
    after = changed(runs_the_same(repo, tmp_path / "tools", sys.executable, "main.py"))["main.py"]
    assert "def run(cmd, *, quiet=False, env=None):\n    subprocess.run(cmd, check=True, env=env)\n" in after
    assert 'quiet=True, env={**os.environ, "NPM_TOKEN": f"{value}"})' in after


FIRST = ["class A:\n    pass\n", "@str\nclass A:\n    pass\n", "@print\ndef a():\n    pass\n", "@str\n@str\nclass A:\n    pass\n"]
LATE = f"""
def value():
    return __import__("os").environ["NPM_TOKEN"]

def go():
    import subprocess
    subprocess.run({OWN.replace("{value}", "{value()}")})

go()
"""


@pytest.mark.parametrize("first", FIRST)
def test_an_import_comes_before_whatever_is_first(repo: Path, tmp_path: Path, first: str) -> None:
    lay(repo, {"main.py": f"# a\n{first}{LATE}"})
    after = changed(runs_the_same(repo, tmp_path / "tools", sys.executable, "main.py"))["main.py"]
    assert after.startswith(f"# a\nimport os\n{first}")


def test_modules_are_read_within_bounds(tmp_path: Path) -> None:
    """A module that imports itself through others, and many large ones: each is read once, and only so many."""
    lines = "".join(f"from m{n} import run as run{n}\n" for n in range(60))
    files = {f"m{n}.py": f"import subprocess\nfrom m{(n + 1) % 60} import run\n" + "# x\n" * 20_000 for n in range(60)}
    lay(tmp_path, files)
    text = lines + "".join(f'run{n}(["docker", "build", "--build-arg", "NPM_TOKEN", "."])\n' for n in range(60))
    begin = process_time()
    reading = read("main.py", text, "python", files)
    assert process_time() - begin < 6 * SLOWER
    assert len(reading.builds) == 60 and all(b.refused is not None for b in reading.builds)
    assert SECRET not in repr(reading)
