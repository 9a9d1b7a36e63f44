"""A build in miniature with a file system: what each RUN leaves in its layer, and what credentials the tools found when they were called.

As in `simulated`, BuildKit's own parser gives the instructions. Every stage is a folder that stands for its root; absolute paths below the
known top folders are turned into paths below it, and the real shells run the text. npm, pip, go and the like only note how they were called
and what stood in the files that they read; what they keep (`npm config set`) they write as the real ones do. git is the real one for
`git config`.
"""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import dockerfile as buildkit

from .simulated import expand

SECRET = "q7Vd2Lx9Zt4Rk8Wm3Hb6"
_TOPS = re.compile(r"(?<![\w./~}$:-])/(?=(?:root|app|srv|home|etc|opt|tmp|run/secrets|work|src|data|backup|out|usr/local/etc)(?![\w-]))")
_NOTING = ("npm", "yarn", "pnpm", "pip", "go", "make", "curl", "apt-get", "bundle", "composer", "mvn", "twine", "node", "gosu", "wget")
_STUB = r"""#!/bin/dash
tool=${0##*/}
case "$tool $1 $2" in
"npm config set")
  shift 2; [ "$1" != -g ] || shift; key=${1%%=*}; if [ $# -gt 1 ]; then value=$2; else value=${1#*=}; fi
  touch "$HOME/.npmrc" && { grep -vF -- "$key=" "$HOME/.npmrc" > "$HOME/.npmrc-new"; printf '%s=%s\n' "$key" "$value" >> "$HOME/.npmrc-new"; mv "$HOME/.npmrc-new" "$HOME/.npmrc"; }
  exit ;;
"npm config delete")
  for a; do key=$a; done
  case "$*" in *--location=project*) exit 0 ;; esac
  [ ! -f "$HOME/.npmrc" ] || { grep -vF -- "$key=" "$HOME/.npmrc" > "$HOME/.npmrc-new"; mv "$HOME/.npmrc-new" "$HOME/.npmrc"; [ -s "$HOME/.npmrc" ] || rm "$HOME/.npmrc"; }
  exit 0 ;;
"pip config set")
  mkdir -p "$HOME/.config/pip" && printf '[global]\n%s = %s\n' "${3#global.}" "$4" > "$HOME/.config/pip/pip.conf"; exit ;;
"pip config unset")
  rm "$HOME/.config/pip/pip.conf"; exit ;;
esac
[ "$tool" != gosu ] || { shift; exec "$@"; }
line=$tool
for a; do line="$line <$a>"; done
saw() { for f; do [ ! -f "$f" ] || line="$line | ${f##*/}: $(tr '\n' '~' < "$f")"; done; }
case $tool in
npm|yarn|pnpm) [ "$1" = run ] || saw .npmrc "$HOME/.npmrc" ${NPM_CONFIG_USERCONFIG:+"$NPM_CONFIG_USERCONFIG"} ;;
pip) index=${PIP_INDEX_URL:-$(sed -n 's/^index-url = //p' "$HOME/.config/pip/pip.conf" 2>&-)}; line="$line | index $index"; saw "$HOME/.netrc" "$HOME/.pypirc" ;;
twine) saw "$HOME/.pypirc" ;;
go) saw "$HOME/.netrc" "$HOME/.gitconfig" "$HOME/.git-credentials" ;;
bundle) line="$line | ${BUNDLE_GEMS__EXAMPLE__COM-}"; saw "$HOME/.bundle/config" ;;
composer) saw "$HOME/.composer/auth.json" ;;
mvn) saw "$HOME/.m2/settings.xml" ;;
curl) saw "$HOME/.netrc" ;;
esac
printf '%s' "$line" | sed "s|[$]{NPM_TOKEN}|${NPM_TOKEN-}|g" >> "$NOTES"
printf '\n' >> "$NOTES"
case "|$FAIL|" in *"|$tool $1|"*) exit 1 ;; esac
exit 0
"""
_GIT = r"""#!/bin/dash
case $1 in config) exec /usr/bin/git "$@" ;; esac
line=git
for a; do line="$line <$a>"; done
for f in .netrc .gitconfig .git-credentials; do [ ! -f "$HOME/$f" ] || line="$line | $f: $(tr '\n' '~' < "$HOME/$f")"; done
printf '%s\n' "$line" >> "$NOTES"
case "|$FAIL|" in *"|git $1|"*) exit 1 ;; esac
exit 0
"""


@dataclass(slots=True)
class _Stage:
    root: Path
    workdir: str = "/"
    user: str = ""
    args: dict[str, str] = field(default_factory=dict)
    envs: dict[str, str] = field(default_factory=dict)
    shell: tuple[str, ...] = ("/bin/dash", "-c")


Entry = tuple[int, bytes]


@dataclass(slots=True)
class Built:
    """`failed`: line of the RUN at which the build ended, 0 when it went through. `leaks`: "line: path" of every file that held the secret
    at the end of a RUN. `files`: the last stage's files and folders.
    """

    calls: list[str] = field(default_factory=list)
    failed: int = 0
    message: str = ""
    leaks: list[str] = field(default_factory=list)
    files: dict[str, Entry] = field(default_factory=dict)


class Layered:
    """One build in `folder`. `given` are build args, `secrets` id -> value; `fail` names calls that fail: `npm ci|git clone`."""

    def __init__(self, folder: Path, given: dict[str, str], secrets: dict[str, str], fail: str = "") -> None:
        self.folder, self.given, self.secrets, self.fail = folder, given, secrets, fail
        self.notes = folder / "notes"
        (folder / "bin").mkdir(parents=True)
        for name in (*_NOTING, "git"):
            path = folder / "bin" / name
            path.write_text(_GIT if name == "git" else _STUB)
            path.chmod(0o755)
        self.stages: list[_Stage] = []
        self.named: dict[str, int] = {}
        self.built = Built()

    def build(self, text: str) -> Built:
        outer: dict[str, str] = {}
        for command in buildkit.parse_string(text):
            keyword = command.cmd.upper()
            if keyword == "FROM":
                self._from(command)
            elif not self.stages:
                self._arg(command, outer, outer)
            else:
                self._step(keyword, command, self.stages[-1], outer)
            if self.built.failed:
                break
        if not self.built.failed:
            self.built.files = _files(self.stages[-1].root)
        if self.notes.exists():
            self.built.calls = [re.sub(rf"{re.escape(str(self.folder))}/stage\d+", "", line) for line in self.notes.read_text().splitlines()]
        return self.built

    def _from(self, command: buildkit.Command) -> None:
        base = self.named.get(command.value[0].lower())
        root = self.folder / f"stage{len(self.stages)}"
        if base is None:
            stage = _Stage(root)
            for name in ("root", "tmp", "home/app", "etc", "opt", "srv"):
                (root / name).mkdir(parents=True)
        else:
            old = self.stages[base]
            shutil.copytree(old.root, root, symlinks=True)
            stage = _Stage(root, old.workdir, old.user, {}, dict(old.envs), old.shell)
        self.stages.append(stage)
        if len(command.value) == 3:
            self.named[command.value[2].lower()] = len(self.stages) - 1

    def _arg(self, command: buildkit.Command, into: dict[str, str], scope: dict[str, str]) -> None:
        for word in command.value:
            name, equals, default = word.partition("=")
            if name in self.given:
                into[name] = self.given[name]
            elif equals:
                into[name] = expand(default, scope, "\\")

    def _step(self, keyword: str, command: buildkit.Command, stage: _Stage, outer: dict[str, str]) -> None:
        scope = {**stage.args, **stage.envs}
        match keyword:
            case "ARG":
                self._arg(command, stage.args, {**outer, **scope})
            case "ENV":
                size = 3 if len(command.value) % 3 == 0 else 2
                stage.envs |= {command.value[i]: expand(command.value[i + 1], scope, "\\") for i in range(0, len(command.value), size)}
            case "SHELL":
                stage.shell = tuple(command.value)
            case "USER":
                stage.user = command.value[0]
            case "WORKDIR":
                stage.workdir = str(Path(stage.workdir) / expand(command.value[0], scope, "\\"))
                (stage.root / stage.workdir.lstrip("/")).mkdir(parents=True, exist_ok=True)
            case "COPY" | "ADD":
                self._copy(command, stage)
            case "RUN":
                self._run(command, stage)

    def _copy(self, command: buildkit.Command, stage: _Stage) -> None:
        *sources, target = command.value
        origin = next((f.partition("=")[2] for f in command.flags if f.startswith("--from=")), None)
        folder = target.endswith("/") or target in (".", "./") or len(sources) > 1
        place = stage.root / str(Path(stage.workdir) / target).lstrip("/")
        for source in sources:
            inside = place / Path(source).name if folder or place.is_dir() else place
            if command.heredocs:
                inside.parent.mkdir(parents=True, exist_ok=True)
                body = command.heredocs[0].content
                inside.write_text(expand(body.replace('"', "\0").replace("'", "\1"), {**stage.args, **stage.envs}, "\\").replace("\0", '"').replace("\1", "'"))
            elif origin is None:
                self._from_context(source, place, inside)
            else:
                held = self.stages[self.named[origin.lower()] if origin.lower() in self.named else int(origin)].root / source.lstrip("/")
                if held.is_dir():
                    shutil.copytree(held, place, dirs_exist_ok=True, symlinks=True)
                elif held.exists():
                    inside.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(held, inside)

    def _from_context(self, source: str, place: Path, inside: Path) -> None:
        if source in (".", "./"):
            place.mkdir(parents=True, exist_ok=True)
            (place / "main.go").write_text("package main\n")
        else:
            inside.parent.mkdir(parents=True, exist_ok=True)
            inside.write_text(f"{source} of the context\n")

    def _run(self, command: buildkit.Command, stage: _Stage) -> None:
        home = "/root" if stage.user in ("", "root", "0") else f"/home/{stage.user}"
        env = {"PATH": f"{self.folder}/bin:/usr/bin:/bin", "HOME": str(stage.root) + home, "NOTES": str(self.notes), "FAIL": self.fail, "LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1"}
        own = {k: _TOPS.sub(f"{stage.root}/", v) for k, v in {**stage.args, **stage.envs}.items()}
        undo: list[tuple[Path, Path | None]] = []
        for flag in command.flags:
            options = dict(part.partition("=")[::2] for part in flag.removeprefix("--mount=").split(","))
            self._mount(options, stage, own, undo)
        text = command.value[0]
        if command.heredocs and re.fullmatch(r"<<-?\S+", text.strip()):
            text = command.heredocs[0].content
        elif command.heredocs:
            text += "\n" + "".join(f"{h.content}{h.name}\n" for h in command.heredocs)
        argv = list(command.value) if command.json else [*stage.shell, text]
        argv = [argv[0], *(_TOPS.sub(f"{stage.root}/", a) for a in argv[1:])]
        cwd = stage.root / stage.workdir.lstrip("/")
        done = subprocess.run(argv, env={**env, **own}, cwd=cwd, capture_output=True, timeout=20, check=False, stdin=subprocess.DEVNULL)
        for place, kept in reversed(undo):
            shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
            if kept is not None:
                kept.rename(place)
        if done.returncode:
            self.built.failed, self.built.message = command.start_line, done.stderr.decode("utf-8", "replace")
            return
        held = (p for p, (_, data) in _files(stage.root).items() if SECRET.encode() in data)
        self.built.leaks += [f"{command.start_line}: {path}" for path in held]

    def _mount(self, options: dict[str, str], stage: _Stage, env: dict[str, str], undo: list[tuple[Path, Path | None]]) -> None:
        kind = options.get("type")
        name = options.get("id", "")
        if kind == "secret" and "env" in options:
            env[options["env"]] = self.secrets.get(name, "")
        if kind not in ("secret", "cache", "tmpfs") or (kind == "secret" and "env" in options and "target" not in options):
            return
        target = options.get("target") or options.get("dst") or f"/run/secrets/{name}"
        place = stage.root / target.lstrip("/")
        kept = place.with_name(place.name + ".under") if place.exists() else None
        if kept is not None:
            place.rename(kept)
        undo.append((place, kept))
        place.parent.mkdir(parents=True, exist_ok=True)
        if kind == "secret" and name in self.secrets:
            place.write_text(self.secrets[name])
        elif kind != "secret":
            place.mkdir()


def _files(root: Path) -> dict[str, Entry]:
    """Path -> mode and content (a link's target, "" for a folder) of all that is below the root."""
    out: dict[str, Entry] = {}
    for path in sorted(root.rglob("*")):
        name = "/" + str(path.relative_to(root))
        mode = stat.S_IMODE(path.lstat().st_mode)
        if path.is_symlink():
            out[name] = (mode, str(path.readlink()).encode())
        else:
            out[name] = (mode, b"" if path.is_dir() else path.read_bytes())
    return out


def differences(before: Built, after: Built) -> list[str]:
    """What the second build does otherwise than the first, and what it leaks."""
    out = [f"leaks at line {leak}" for leak in after.leaks]
    if bool(before.failed) != bool(after.failed):
        out.append(f"failed at line {before.failed} before, at line {after.failed} after: {after.message.strip()[-200:]}")
    if before.calls != after.calls:
        lost = [c for c in before.calls if c not in after.calls]
        more = [c for c in after.calls if c not in before.calls]
        out.append(f"calls lost {lost} new {more}" if lost or more else "calls in another order")
    for path in sorted(before.files.keys() | after.files.keys()):
        old, new = before.files.get(path), after.files.get(path)
        if "/.config" in path and (old or new or (0, b"x"))[1] == b"":
            continue  # the folder that a tool made for its settings
        if path.endswith("/.gitconfig") and old is None and new is not None and not new[1]:
            continue  # git leaves the file when it takes the last setting out
        if old != new and not (old is not None and SECRET.encode() in old[1]) and not (after.failed or before.failed):
            out.append(f"{path} was {_shown(old)}, is {_shown(new)}")
    return out


def _shown(entry: Entry | None) -> str:
    return "not there" if entry is None else f"{entry[0]:o} {entry[1][:80]!r}"
