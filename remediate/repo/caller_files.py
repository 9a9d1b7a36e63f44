"""The files of a repository that may build images: found by name, read once, kept when a word in them speaks of a build."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import lru_cache

from remediate.model import NamedTuple, RemediateError
from remediate.repo.discover import is_dockerfile_name
from remediate.repo.gitignore import GitIgnore, repository_rules
from remediate.repo.mentions import MAX_FILES, MAX_TOTAL, SECONDS, is_searched
from remediate.repo.reading import read_bytes, read_start, repo_root
from remediate.repo.walk import Limits, walk
from remediate.text import late

MAX_FILE = 1024 * 1024  # bytes; a larger caller is named, not read
MARKS = (b"build-arg", b"build_arg", b"buildarg", b"buildArg", b"BuildArg", b"BUILD_ARG", b"args")
# What a file that builds images holds, of whatever kind: ocker, DOCKER, odman, uildah, erdctl, aniko, kaffold, uildctl, or a flag.
# Every file of the repository is asked, so the expressions begin with one letter, which is looked for by far the fastest.
_K = late(rb"k(?:er(?<=ocker)|o(?<=aniko)|affold)")
_R = late(rb"R(?:(?<=DOCKER)|G(?<=BUILD_ARG))")
_D = late(rb"d(?:man(?<=odman)|ctl(?<=erdctl)|(?<=uild))")
_RARE = late(rb"odman|erdctl|uildah|uildctl|build[-_]?arg|[bB]uildArg")
# Kinds whose files need no builder's name: the format itself says that something is built.
_OWN_WORDS: dict[str, tuple[bytes, ...]] = {
    "compose": (b"build", b"extends", b"include"), "bake": (b"target",), "tilt": (b"build",), "github-actions": (b"uses",), "make": (b"",),
    "just": (b"",), "shell": (b"",), "gitlab": (b"include",), "azure-pipelines": (b"template:",),
    "codefresh": (b"build",), "fly": (b"",), "concourse": (b"oci-build-task", b"BUILD_ARG_"), "openshift": (b"dockerStrategy",),
}  # fmt: skip

_ANY = frozenset({"other", "docs", "json"})  # kinds of files most of which are something else

# First match wins; patterns with a slash are held against the whole lower-case path.
KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("github-actions", (".github/*.yml", ".github/*.yaml", ".forgejo/*.y*ml", ".gitea/*.y*ml", "action.yml", "action.yaml")),
    ("gitlab", ("*.gitlab-ci.yml", "*.gitlab-ci.yaml", ".gitlab-ci*.y*ml", ".gitlab/*.yml", ".gitlab/*.yaml")),
    ("circleci", (".circleci/*.y*ml",)),
    ("jenkins", ("jenkinsfile*", "*.jenkinsfile", "*.jenkins", "*.groovy")),
    ("azure-pipelines", ("*azure-pipeline*.y*ml", ".azure-pipelines/*", ".azuredevops/*", "*/.azure-pipelines/*")),
    ("bitbucket", ("bitbucket-pipelines.y*ml",)),
    ("cloud-build", ("cloudbuild*.y*ml", "cloudbuild*.json", "*.cloudbuild.y*ml")),
    ("codebuild", ("buildspec*.y*ml", "*.buildspec.y*ml", "*buildspec.y*ml")),
    ("drone", (".drone*.y*ml", ".drone.star", ".drone.jsonnet", ".woodpecker*.y*ml", ".woodpecker/*")),
    ("travis", (".travis.y*ml",)),
    ("taskfile", ("taskfile*.y*ml", "*.taskfile.y*ml", "taskfile")),
    ("just", ("justfile", ".justfile", "*.just")),
    ("skaffold", ("skaffold*.y*ml",)),
    ("terraform", ("*.tf", "*.tofu")),
    ("bake", ("docker-bake*.hcl", "docker-bake*.json", "*bake*.hcl", "*bake*.json")),
    ("heroku", ("heroku.y*ml",)),
    ("render", ("render.y*ml",)),
    ("fly", ("fly.toml", "fly[-._]*.toml", "*[-._]fly.toml")),
    ("compose", ("docker-compose*.y*ml", "compose*.y*ml", "podman-compose*.y*ml", "*.compose.y*ml", "*docker-compose*.y*ml")),
    ("buildkite", (".buildkite/*.y*ml", "*/.buildkite/*.y*ml", "buildkite*.y*ml", "*.buildkite.y*ml")),
    ("semaphore", (".semaphore/*.y*ml",)),
    ("codefresh", ("codefresh*.y*ml", "*codefresh.y*ml", ".codefresh/*.y*ml", "*/.codefresh/*.y*ml")),
    ("make", ("makefile*", "gnumakefile*", "*.mk", "*.mak", "makefile.*")),
    ("tilt", ("tiltfile*", "*.tiltfile")),
    ("shell", ("*.sh", "*.bash", "*.zsh", "*.ksh", "*.fish", "*.ps1", "*.bat", "*.cmd")),
    ("python", ("*.py",)),
    ("package-json", ("package.json",)),
    ("devcontainer", ("devcontainer.json", ".devcontainer.json")),
    ("docs", ("*.md", "*.markdown", "*.mdx", "*.rst", "*.adoc", "*.asciidoc", "*.txt", "readme*", "contributing*")),
    ("json", ("*.json", "*.jsonc", "*.json5")),
)  # fmt: skip
_UNNAMED_YAML: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("tekton", late(rb"^(?:\xef\xbb\xbf)?apiVersion:[ \t]*[\"']?tekton\.dev/", re.M)),
    ("skaffold", late(rb"^(?:\xef\xbb\xbf)?apiVersion:[ \t]*[\"']?skaffold/", re.M)),
    ("compose", late(rb"^(?:\xef\xbb\xbf)?services[ \t]*:", re.M)),
    ("codefresh", late(rb"type:[ \t]*[\"']?build[\"']?[ \t]*\r?\n(?=(?s:.{0,400}?)[ \t\n]image[-_]name[ \t]*:)")),
    ("codefresh", late(rb"image[-_]name[ \t]*:(?=(?s:.{0,400}?)[ \t\n]type:[ \t]*[\"']?build[\"']?[ \t]*\r?\n)")),
    ("codebuild", late(rb"^phases[ \t]*:", re.M)),
    ("cloud-build", late(rb"^[ \t]*(?:-[ \t]+)?name:[ \t]*[\"']?gcr\.io/cloud-builders/", re.M)),
    ("azure-pipelines", late(rb"^(?:[ \t]*- )?[ \t]*(?:task:[ \t]*[\"']?\w+@\d|vmImage:)", re.M)),
    ("azure-pipelines", late(rb"^[ \t]*-[ \t]+(?:script|bash|pwsh|powershell):", re.M)),
    ("gitlab", late(rb"^[ \t]+(?:before_|after_)?script:(?=\s|$)", re.M)),
    ("openshift", late(rb"kind:[ \t]*[\"']?BuildConfig\b")),
    ("concourse", late(rb"oci-build-task")),
    ("concourse", late(rb"BUILD_ARG_\w+[\"']?[ \t]*:")),
    ("concourse", late(rb"^[ \t]*-[ \t]+put:[ \t]+\S", re.M)),
    ("azure-pipelines", late(rb"^extends:[ \t]*(?:#[^\n]*)?\r?\n[ \t]+template:", re.M)),
    ("azure-pipelines", late(rb"^[ \t]*-[ \t]+template:[ \t]*[\"']?[\w./-]{1,200}\.ya?ml(?:@\w+)?[\"']?[ \t]*\r?$", re.M)),
)


# By far the most files of a repository; none of these names a kind.
_CODE = (
    ".ts", ".tsx", ".js", ".jsx", ".mjs", ".go", ".rs", ".java", ".kt", ".rb", ".php", ".c", ".h", ".cc", ".cpp", ".cs", ".css", ".scss",
    ".html", ".vue", ".svelte", ".swift", ".scala", ".sql", ".snap", ".proto", ".xml", ".csv", ".lock",
)  # fmt: skip


LARGE = "it is larger than 1 MiB"
MAX_NAMED = 50_000  # files whose names speak of a kind
MANY = f"it is one of more than {MAX_NAMED:,} files that may build images"
UNSEARCHED = "."  # the path of what stands for files that were not searched
_HEAD = 8192


class CallerSource(NamedTuple):
    """A file that speaks of builds: its path relative to the root, its kind, its bytes (None: it is not read, for the reason `why`)."""

    path: str
    kind: str
    data: bytes | None
    why: str = ""


Sources = dict[str, tuple[CallerSource, ...]]


def caller_sources(root: str | os.PathLike[str], cache: Sources | None = None) -> tuple[CallerSource, ...]:
    """All of them below `root`, in order of path; `cache` keeps them for the next call. Git-ignored files and links are left out.

    When not every file was searched, one of them has the path `UNSEARCHED`. Only files whose names speak of no kind are ever left out so.
    """
    top = os.path.realpath(root)
    if cache is not None and top in cache:
        return cache[top]
    found = tuple(sorted(_sources(top)))
    if cache is not None:
        cache[top] = found
    return found


def _sources(top: str) -> Iterator[CallerSource]:
    """Files whose names speak of a kind come first: a budget that is spent on them has been spent well."""
    walked = Limits(1_000_000, SECONDS * 4)
    named: list[tuple[str, str]] = []
    rest: list[tuple[str, str]] = []
    code: list[tuple[str, str]] = []
    for path in _files(top, walked):
        kind = caller_kind(path)
        (named if kind not in _ANY else code if path.lower().endswith(_CODE) else rest).append((path, kind))
    head = os.path.join(top, "")
    budget = Limits(entries=MAX_NAMED, seconds=SECONDS * 2, size=4 * MAX_TOTAL)
    for path, kind in named:
        found = _one(head + path, path, kind, budget) if not budget.reached else CallerSource(path, kind, None, MANY)
        if found is not None:
            yield found
    budget = Limits(entries=MAX_FILES, seconds=SECONDS, size=MAX_TOTAL)
    for path, kind in (*rest, *code):
        found = _one(head + path, path, kind, budget)
        if found is not None:
            yield found
        if budget.reached:
            break
    if budget.reached or walked.reached:
        yield CallerSource(UNSEARCHED, "other", None, f"more than {MAX_FILES:,} files, or {MAX_TOTAL >> 20} MiB")


def _one(full: str, path: str, kind: str, budget: Limits) -> CallerSource | None:
    try:
        data = read_bytes(full, MAX_FILE)
    except RemediateError:
        if _is_large(full):
            kind = kind if kind not in _ANY else caller_kind(path, read_start(full, _HEAD))
            if kind not in _ANY or path.lower().endswith((".yml", ".yaml")):
                return CallerSource(path, kind, None, LARGE)
        return None
    # UTF-16 has a NUL beside every letter; such a file is not read, but said to be a caller.
    text = data if data.find(b"\0", 0, _HEAD) < 0 else data.replace(b"\0", b"")
    if text is not data and kind in _ANY and (not path.endswith((".yml", ".yaml")) or caller_kind(path, text) in _ANY):
        return None
    if not budget.spend(1, len(data)):
        return CallerSource(path, kind, None, MANY) if kind not in _ANY else None
    found = kind if kind != "other" else caller_kind(path, text)
    own = any(word in text for word in _OWN_WORDS.get(found, ()))
    if own or _speaks(text) or (found == "other" and _builds_with_args(path, text)):
        return CallerSource(path, found, data)
    return None


def _speaks(text: bytes) -> bool:
    """Whether a file says anything that one which builds images would say."""
    if (b"k" in text and _K.search(text) is not None) or (b"R" in text and _R.search(text) is not None):
        return True
    return _D.search(text) is not None and _RARE.search(text) is not None


def _builds_with_args(path: str, text: bytes) -> bool:
    """A YAML file of a deployment tool that describes builds in words of its own."""
    return is_yaml(path) and b"args:" in text and (b"build:" in text or b"builder:" in text)


_TEMPLATES = (".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ".gotmpl", ".tftpl", ".erb", ".mustache", ".hbs", ".template")


def is_yaml(path: str) -> bool:
    """Whether the name says YAML, or a template that makes YAML (`compose.yml.j2`)."""
    lower = path.lower()
    if lower.endswith(_TEMPLATES):
        lower = lower.rpartition(".")[0]
    return lower.endswith((".yml", ".yaml"))


def _is_large(path: str) -> bool:
    try:
        info = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(info.st_mode) and info.st_size > MAX_FILE


def caller_kind(path: str, data: bytes = b"") -> str:
    """Which ecosystem a file belongs to, by its name, for YAML files with other names by what they hold; `other` for the rest."""
    lower = path.lower()
    name = lower.rpartition("/")[2]
    if name.endswith(_CODE):
        return "other"
    for kind, patterns, whole in _by_name():
        if patterns(name) or (whole is not None and whole(lower)):
            return kind
    if name.endswith((".yml", ".yaml")):
        return next((kind for kind, pattern in _UNNAMED_YAML if pattern.search(data)), "other")
    return "shell" if data.startswith(b"#!") and b"python" not in data[:80] else "python" if data.startswith(b"#!") else "other"


@lru_cache(1)
def _by_name() -> tuple[tuple[str, Callable[[str], bool], Callable[[str], bool] | None], ...]:
    """KINDS as tests on the last name and, for some, on the whole path."""
    out = []
    for kind, patterns in KINDS:
        whole = tuple(p for p in patterns if "/" in p)
        out.append((kind, _test(tuple(p for p in patterns if "/" not in p)), _test(whole) if whole else None))
    return tuple(out)


_PLAIN = late(r"[^*?\[]*")


def _test(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether one of the patterns matches: the text before the first wildcard, or behind the last one, says at once that most do not."""
    starts = tuple(_PLAIN.match(p)[0] for p in patterns if not p.startswith("*"))  # type: ignore[index]  # it matches nothing, too
    ends = tuple(re.split(r"[*?\]]", p)[-1] for p in patterns if p.startswith("*"))

    def test(text: str) -> bool:
        return (text.startswith(starts) or text.endswith(ends)) and any(fnmatchcase(text, p) for p in patterns)

    return test


def _files(top: str, limits: Limits) -> Iterator[str]:
    def enter(rules: GitIgnore, relative: str, path: str) -> GitIgnore | None:
        return None if rules.ignored(relative, folder=True) else rules.below(relative, path)

    for folder, rules, entries in walk(top, repository_rules(os.fspath(repo_root(top)), top), enter, limits):
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if is_searched(entry) and not is_dockerfile_name(entry.name) and not rules.ignored(path, folder=False):
                yield path
