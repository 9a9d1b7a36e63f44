"""What kind of file a path is, by its name alone: a mention in a workflow or a README does not say what a RUN reads."""

from __future__ import annotations

from fnmatch import fnmatchcase

from remediate.repo.discover import is_dockerfile_name

# First match wins; patterns are held against the lower-case path, those without a slash against its last name.
KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ci", (
        ".github/*", ".gitlab/*", ".circleci/*", ".buildkite/*", ".woodpecker/*", ".gitlab-ci*.yml", "*.gitlab-ci.yml",
        "jenkinsfile*", "*.jenkinsfile", "azure-pipelines*.y*ml", "bitbucket-pipelines.yml", ".drone.y*ml",
        ".drone.jsonnet", ".woodpecker.y*ml", ".travis.yml", "appveyor.yml", ".appveyor.yml", "buildspec*.y*ml",
        "cloudbuild*.y*ml", "cloudbuild*.json", "skaffold*.y*ml", ".semaphore/*", "codefresh*.y*ml", "heroku.y*ml", "render.y*ml",
        "fly.toml",
    )),
    ("compose", (
        "docker-compose*.y*ml", "compose*.y*ml", "podman-compose*.y*ml", "docker-bake*.hcl", "docker-bake*.json",
    )),
    ("env-file", (
        ".env", ".env.*", "*.env", ".envrc",
    )),
    ("docs", (
        "*.md", "*.markdown", "*.mdx", "*.rst", "*.adoc", "*.asciidoc", "readme*", "changelog*", "license*",
        "contributing*", "docs/*.txt",
    )),
    ("script", (
        "*.sh", "*.bash", "*.zsh", "*.ksh", "*.fish", "*.ps1", "*.bat", "*.cmd", "makefile*", "gnumakefile", "*.mk",
        "*.mak", "justfile", "taskfile*.y*ml", "rakefile", "cmakelists.txt", "*.cmake", "package.json", "gradlew",
        "mvnw",
    )),
    ("config", (
        "*.json", "*.json5", "*.y*ml", "*.toml", "*.ini", "*.cfg", "*.conf", "*.config", "*.xml", "*.properties",
        "*.txt", "*.lock", ".npmrc", "*npmrc", ".yarnrc", ".pypirc", ".netrc", ".gitconfig", ".gemrc", ".curlrc",
        ".wgetrc", "*.env.*", "*.tpl", "*.tmpl", "*.hcl",
    )),
)  # fmt: skip

_HASH = frozenset({
    "sh", "bash", "zsh", "ksh", "fish", "ps1", "py", "rb", "pl", "r", "ex", "exs", "nix", "mk", "mak", "cmake", "y", "yml", "yaml",
    "toml", "conf", "cfg", "properties", "npmrc", "env", "envrc", "txt", "tf", "hcl", "makefile", "justfile", "rakefile", "gemfile",
    "gemrc", "dockerfile",
})  # fmt: skip
_SLASHES = frozenset({
    "js", "mjs", "cjs", "ts", "mts", "tsx", "jsx", "go", "java", "kt", "kts", "c", "h", "cc", "cpp", "hpp", "cs", "rs", "swift",
    "scala", "gradle", "groovy", "php", "dart", "vue", "svelte", "jenkinsfile",
})  # fmt: skip


def kind_of(path: str, data: bytes = b"") -> str:
    """`ci`, `compose`, `env-file`, `dockerfile`, `docs`, `script`, `config` or `code`; `data` is looked at for a `#!` line only."""
    lower = path.lower()
    name = lower.rpartition("/")[2]
    if is_dockerfile_name(path.rpartition("/")[2]):
        return "dockerfile"
    for kind, patterns in KINDS:
        for pattern in patterns:
            if fnmatchcase(lower if "/" in pattern else name, pattern):
                return kind
    return "script" if "." not in name and data.startswith(b"#!") else "code"


def comment_marks(path: str) -> tuple[bytes, ...]:
    """What begins a comment line in a file of that name; none when the name does not say it for sure."""
    name = path.lower().rpartition("/")[2]
    ending = name.rpartition(".")[2]
    if ending in _HASH or name.startswith(("makefile", ".env")):
        # `;` too, but never `//`: `//host/:_authToken=${T}` is how .npmrc names a registry.
        return (b"#", b";") if ending == "npmrc" else (b"#",)
    return (b"//",) if ending in _SLASHES else ()
