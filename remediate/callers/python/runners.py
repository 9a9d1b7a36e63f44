"""What starts a process, and how its environment is given: rows of data."""

from __future__ import annotations

from typing import Any

import libcst as cst

from remediate.callers.python.names import Frame, argument, class_around, dotted, function_around, one_binding
from remediate.callers.python.scopes import Scopes
from remediate.model import NamedTuple


class Runner(NamedTuple):
    """`form`: argv (a list; with `shell=True` a string), string (a shell line), either (by its type), varargs (each word an argument).

    `at` is the position of the command. `env` is the keyword of its environment ("" for none; `env_at`: a position), which replaces
    the process's own unless `extends`. `remote`: the command runs on another machine. `counter` looks similar and runs nothing.
    Of a helper of the repository: `keyword` is the name of its parameter for the command, `prefix` the words that it puts before it,
    `lacks` the variables that may not reach the process, `homes` the folders in which it runs unless told otherwise.
    """

    name: str
    form: str
    at: int = 0
    env: str = "env"
    env_at: int = -1
    extends: bool = False
    cwd: str = "cwd"
    remote: bool = False
    source: str = ""
    example: str = ""
    counter: str = ""
    keyword: str = ""
    prefix: tuple[str, ...] = ()
    lacks: frozenset[str] = frozenset()
    homes: tuple[str | None, ...] | None = None
    cwd_at: int = -1


def _rows(names: str, form: str, example: str, counter: str, source: str, **more: Any) -> tuple[Runner, ...]:
    return tuple(Runner(n, form, source=source, example=example, counter=counter)._replace(**more) for n in names.split())


_SUBPROCESS = "docs.python.org/3/library/subprocess.html"
_OS = "docs.python.org/3/library/os.html"
_ASYNC = "docs.python.org/3/library/asyncio-subprocess.html"
RUNNERS: tuple[Runner, ...] = (
    *_rows(
        "subprocess.run subprocess.call subprocess.check_call subprocess.check_output subprocess.Popen",
        "argv",
        'subprocess.run(["docker", "build", "."])',
        'subprocess.list2cmdline(["docker", "build", "."])',
        _SUBPROCESS,
    ),
    *_rows(
        "subprocess.getoutput subprocess.getstatusoutput",
        "string",
        'subprocess.getoutput("docker build .")',
        "subprocess.PIPE",
        _SUBPROCESS,
        env="",
        cwd="",
    ),
    *_rows("os.system os.popen", "string", 'os.system("docker build .")', 'os.path.join("docker", "build")', _OS, env="", cwd=""),
    *_rows("os.execv os.execvp", "argv", 'os.execvp("docker", ["docker", "build", "."])', "os.execve", _OS, at=1, env="", cwd=""),
    *_rows(
        "os.execve os.execvpe",
        "argv",
        'os.execvpe("docker", ["docker", "build", "."], env)',
        "os.execv",
        _OS,
        at=1,
        env="env",
        env_at=2,
        cwd="",
    ),
    *_rows("os.execl os.execlp", "varargs", 'os.execlp("docker", "docker", "build", ".")', "os.execle", _OS, at=1, env="", cwd=""),
    *_rows(
        "os.spawnv os.spawnvp",
        "argv",
        'os.spawnvp(os.P_WAIT, "docker", ["docker", "build", "."])',
        "os.posix_spawn",
        _OS,
        at=2,
        env="",
        cwd="",
    ),
    *_rows(
        "os.spawnl os.spawnlp",
        "varargs",
        'os.spawnlp(os.P_WAIT, "docker", "docker", "build", ".")',
        "os.spawnle",
        _OS,
        at=2,
        env="",
        cwd="",
    ),
    *_rows(
        "asyncio.create_subprocess_exec asyncio.subprocess.create_subprocess_exec",
        "varargs",
        'await asyncio.create_subprocess_exec("docker", "build", ".")',
        "asyncio.create_task(build())",
        _ASYNC,
    ),
    *_rows(
        "asyncio.create_subprocess_shell asyncio.subprocess.create_subprocess_shell",
        "string",
        'await asyncio.create_subprocess_shell("docker build .")',
        "asyncio.run(main())",
        _ASYNC,
    ),
    *_rows(
        "trio.run_process anyio.run_process",
        "either",
        'await anyio.run_process(["docker", "build", "."])',
        "anyio.run(main)",
        "anyio.readthedocs.io subprocesses",
    ),
    *_rows(
        "pexpect.run pexpect.spawn pexpect.runu", "string", 'pexpect.run("docker build .")', "pexpect.EOF", "pexpect.readthedocs.io api"
    ),
    *_rows(
        "pty.spawn", "argv", 'pty.spawn(["docker", "build", "."])', "pty.openpty()", "docs.python.org/3/library/pty.html", env="", cwd=""
    ),
    *_rows(
        "invoke.run invoke.context.run",
        "string",
        'invoke.run("docker build .")',
        "invoke.task(build)",
        "docs.pyinvoke.org runners: env extends",
        extends=True,
        cwd="",
    ),
    *_rows("fabric.api.local", "string", 'local("docker build .")', 'lcd("app")', "docs.fabfile.org 1.x", env="", cwd=""),
    *_rows(
        "fabric.api.run fabric.api.sudo",
        "string",
        'run("docker build .")',
        "env.hosts",
        "docs.fabfile.org 1.x",
        env="",
        cwd="",
        remote=True,
    ),
)
# Methods of an object that a decorated function gets.
_INVOKE = Runner(
    "c.run", "string", extends=True, cwd="", source="docs.pyinvoke.org", example='c.run("docker build .")', counter='c.cd("app")'
)
_SUDO = Runner(
    "c.sudo",
    "string",
    extends=True,
    cwd="",
    remote=True,
    source="docs.pyinvoke.org",
    example='c.sudo("docker build .")',
    counter="c.config",
)
_REMOTE = Runner("c.run", "string", cwd="", remote=True, source="docs.fabfile.org", example='c.run("docker build .")', counter='c.put("x")')
_NOX = Runner(
    "session.run",
    "varargs",
    extends=True,
    cwd="",
    source="nox.thea.codes config",
    example='session.run("docker", "build", ".")',
    counter='session.install(".")',
)
# Builtins of a Tiltfile: they run in its folder; `env=` extends.
_TILT_API = "docs.tilt.dev/api"
TILT: tuple[Runner, ...] = (
    *_rows("local", "either", "local('docker build .')", "local_git_repo('.')", _TILT_API, extends=True, cwd="dir"),
    *_rows(
        "custom_build",
        "either",
        "custom_build('app', 'docker build -t $EXPECTED_REF .', ['.'])",
        "docker_build('app', '.')",
        _TILT_API,
        at=1,
        extends=True,
        cwd="dir",
    ),
    *_rows(
        "local_resource",
        "either",
        "local_resource('app', 'docker build .')",
        "k8s_resource('app')",
        _TILT_API,
        at=1,
        extends=True,
        cwd="dir",
    ),
    *_rows(
        "k8s_custom_deploy",
        "either",
        "k8s_custom_deploy('app', 'docker build .', '', deps=[])",
        "k8s_yaml('a')",
        _TILT_API,
        at=1,
        env="apply_env",
        extends=True,
        cwd="apply_dir",
    ),
)
_BY_NAME = {r.name: r for r in RUNNERS}
_TILT_BY_NAME = {r.name: r for r in TILT}


class Started(NamedTuple):
    """A call that starts a process. `more`: the call of `partial` that gives further keywords."""

    runner: Runner
    call: cst.Call
    more: cst.Call | None = None

    def given(self, keyword: str, position: int = -1) -> cst.BaseExpression | None:
        found = argument(self.call, keyword, position if position >= 0 else None) if keyword else None
        if found is None and self.more is not None and keyword:
            found = argument(self.more, keyword)
        return found.value if found is not None else None

    def command(self) -> cst.BaseExpression | None:
        """What says which command is run."""
        first = self.given(self.runner.keyword or "args", self.runner.at)
        return first or self.given("cmd") or self.given("command") or self.given("apply_cmd")

    def shell(self) -> bool:
        given = self.given("shell")
        return isinstance(given, cst.Name) and given.value == "True"


def forwarded(start: Started, frame: Frame | None, keyword: str) -> tuple[cst.BaseExpression | None, Frame | None]:
    """A keyword of the process, also one that `**kwargs` of the function around hands on; with the frame in which it is read."""
    node = start.given(keyword, start.runner.cwd_at if keyword == start.runner.cwd else -1) if keyword else None
    if node is not None or frame is None or not keyword:
        return node, frame
    hands_on = any(a.star == "**" and isinstance(a.value, cst.Name) and a.value.value == frame.kwargs_name for a in start.call.args)
    return (frame.given.get(keyword), frame.outer) if hands_on else (None, frame)


def started(scopes: Scopes, call: cst.Call, tilt: bool = False) -> Started | None:
    """The process that a call starts, if it starts one."""
    where = scopes.where[call]
    name = dotted(scopes, call.func, where)
    if tilt:
        return Started(_TILT_BY_NAME[name], call) if name in _TILT_BY_NAME else None
    if name in _BY_NAME:
        return Started(_BY_NAME[name], call)
    if isinstance(call.func, cst.Name):
        found = one_binding(scopes, call.func.value, where)
        value = found[1].value if found is not None else None
        if isinstance(value, cst.Call) and value.args and dotted(scopes, value.func, scopes.where[value]) == "functools.partial":
            inner = _BY_NAME.get(dotted(scopes, value.args[0].value, scopes.where[value]))
            if inner is not None and all(a.keyword is not None for a in value.args[1:]):
                return Started(inner, call, value)
    elif isinstance(call.func, cst.Attribute) and isinstance(call.func.value, cst.Name):
        row = _method(scopes, call, call.func.value.value, call.func.attr.value)
        return Started(row, call) if row is not None else None
    return None


def _method(scopes: Scopes, call: cst.Call, owner: str, method: str) -> Runner | None:
    """`c.run` in a task of invoke or fabric, `session.run` in a session of nox."""
    if method not in ("run", "local", "sudo", "run_always", "run_install"):
        return None
    scope = scopes.find(owner, scopes.where[call].scope)
    if scope is None:
        return None
    if any(e.kind == "import" for e in scope.events[owner]):
        return None
    bound = dotted(scopes, cst.ensure_type(call.func, cst.Attribute).value, scopes.where[call])
    if bound.startswith("fabric."):
        return _INVOKE._replace(name="c.local") if method == "local" else _REMOTE
    if bound.startswith("invoke."):
        return _SUDO if method == "sudo" else _INVOKE
    function = function_around(scopes, call)
    if function is None or class_around(scopes, call) is not None or not any(e.kind == "param" for e in scope.events[owner]):
        return None
    imported = {e.dotted.split(".")[0] for es in scopes.module.events.values() for e in es if e.kind == "import"}
    if "nox" in imported and method.startswith("run"):
        return _NOX
    if "fabric" in imported:
        return _INVOKE._replace(name="c.local") if method == "local" else _REMOTE
    if "invoke" in imported:
        return _SUDO if method == "sudo" else _INVOKE
    return None
