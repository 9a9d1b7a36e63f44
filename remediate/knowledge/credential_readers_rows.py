"""Credential files with their places, and the uses of tools that read them."""

from __future__ import annotations

from remediate.model import NamedTuple


class CredentialFile(NamedTuple):
    """`home` are globs below a user's home, `project` below the folder a tool works in (or one above it), `system` whole paths.

    `maybe` are globs of the base name, for a file in a place that a variable or an option may make the tool's. `use` as in `files`.
    An id that ends in `-settings` is the same file once more, for what reads of it the settings beside the credential (see `file_settings`).
    """

    id: str
    source: str
    example: str
    counter: str
    home: tuple[str, ...] = ()
    project: tuple[str, ...] = ()
    system: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()
    use: str = "build"


class ReaderRow(NamedTuple):
    """`run`, `need` and `unless` as in every table. `files` are ids; `bare`: only when no word follows (`yarn` installs)."""

    run: str
    files: tuple[str, ...]
    source: str
    example: str
    counter: str
    need: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    bare: bool = False


_GIT_DOC = "https://git-scm.com/docs/git-config#FILES"
_NPMRC_DOC = "https://github.com/npm/cli/blob/latest/docs/lib/content/configuring-npm/npmrc.md"
_PIP_DOC = "https://pip.pypa.io/en/stable/topics/configuration/"

FILES: tuple[CredentialFile, ...] = (
    CredentialFile("npmrc", _NPMRC_DOC, "/app/.npmrc", "/app/npmrc.js", project=(".npmrc",)),
    CredentialFile("user-npmrc", _NPMRC_DOC, "/root/.npmrc", "/root/npmrc.js", home=(".npmrc", ".config/pnpm/rc", ".config/pnpm/auth.ini"), system=("/usr/local/etc/npmrc", "/usr/etc/npmrc", "/etc/npmrc", "*/etc/npmrc"), maybe=("npmrc", "*.npmrc", ".npmrc-*", ".npmrc_*")),
    CredentialFile("yarnrc", "https://yarnpkg.com/configuration/yarnrc", "/app/.yarnrc.yml", "/app/yarn.lock", home=(".yarnrc.yml", ".yarnrc"), project=(".yarnrc.yml", ".yarnrc")),
    CredentialFile("npmrc-settings", _NPMRC_DOC, "/app/.npmrc", "/app/npmrc.js", home=(".npmrc",), project=(".npmrc",)),
    CredentialFile("yarnrc-settings", "https://yarnpkg.com/configuration/yarnrc", "/app/.yarnrc.yml", "/app/yarn.lock", home=(".yarnrc.yml", ".yarnrc"), project=(".yarnrc.yml", ".yarnrc")),
    CredentialFile("bundle-settings", "https://bundler.io/man/bundle-config.1.html", "/app/.bundle/config", "/app/Gemfile", home=(".bundle/config",), project=(".bundle/config",), system=("/usr/local/bundle/config", "/bundle/config")),
    CredentialFile("bunfig", "https://bun.sh/docs/runtime/bunfig", "/app/bunfig.toml", "/app/bun.lock", home=(".bunfig.toml",), project=("bunfig.toml",)),
    CredentialFile("bower", "https://bower.io/docs/config/", "/app/.bowerrc", "/app/bower.json", home=(".bowerrc",), project=(".bowerrc",)),
    CredentialFile("pip-conf", _PIP_DOC, "/root/.pip/pip.conf", "/app/pip.txt", home=(".pip/pip.conf", ".config/pip/pip.conf"), system=("/etc/pip.conf", "/etc/xdg/pip/pip.conf", "/usr/pip.conf", "/usr/local/pip.conf"), maybe=("pip.conf", "pip.ini")),
    CredentialFile("uv-toml", "https://docs.astral.sh/uv/concepts/configuration-files/", "/app/uv.toml", "/app/uv.lock", home=(".config/uv/uv.toml", ".local/share/uv/credentials/*"), project=("uv.toml",), system=("/etc/uv/uv.toml",)),
    CredentialFile("poetry", "https://python-poetry.org/docs/configuration/", "/root/.config/pypoetry/auth.toml", "/app/auth.toml", home=(".config/pypoetry/*",), project=("poetry.toml",)),
    CredentialFile("pdm", "https://pdm-project.org/latest/usage/config/", "/app/pdm.toml", "/app/pdm.lock", home=(".config/pdm/*",), project=("pdm.toml",)),
    CredentialFile("pypirc", "https://packaging.python.org/en/latest/specifications/pypirc/", "/root/.pypirc", "/root/pypi", home=(".pypirc",), maybe=(".pypirc",)),
    CredentialFile("condarc", "https://docs.conda.io/projects/conda/en/stable/user-guide/configuration/use-condarc.html", "/root/.condarc", "/root/conda.yml", home=(".condarc", ".mambarc", ".config/conda/*", ".config/binstar*", ".continuum/*"), system=("/opt/conda/.condarc", "/etc/conda/.condarc", "*/conda/.condarc"), maybe=(".condarc", "condarc")),
    CredentialFile("composer", "https://getcomposer.org/doc/articles/authentication-for-private-packages.md", "/root/.composer/auth.json", "/app/composer.lock", home=(".composer/auth.json", ".config/composer/auth.json", ".composer/config.json", ".config/composer/config.json"), project=("auth.json",), system=("/composer/auth.json", "/tmp/auth.json", "/usr/local/composer/auth.json"), maybe=("auth.json",)),
    CredentialFile("bundle", "https://bundler.io/man/bundle-config.1.html", "/app/.bundle/config", "/app/Gemfile", home=(".bundle/config",), project=(".bundle/config",), system=("/usr/local/bundle/config", "/bundle/config"), maybe=()),
    CredentialFile("gem", "https://github.com/rubygems/rubygems/blob/master/lib/rubygems/config_file.rb", "/root/.gem/credentials", "/app/credentials", home=(".gem/credentials", ".gemrc", ".local/share/gem/credentials", ".config/gem/gemrc"), system=("/etc/gemrc", "/usr/local/etc/gemrc")),
    CredentialFile("cargo", "https://doc.rust-lang.org/cargo/reference/config.html", "/root/.cargo/credentials.toml", "/app/Cargo.toml", home=(".cargo/credentials*", ".cargo/config", ".cargo/config.toml"), project=(".cargo/config", ".cargo/config.toml"), system=("/usr/local/cargo/credentials*", "/usr/local/cargo/config*")),
    CredentialFile("maven", "https://maven.apache.org/settings.html", "/root/.m2/settings.xml", "/app/pom.xml", home=(".m2/settings.xml", ".m2/settings-security.xml"), system=("/usr/share/maven/*settings.xml", "/opt/maven/conf/settings.xml", "/etc/maven/settings.xml", "*/maven/conf/settings.xml"), project=(".mvn/*",), maybe=("settings.xml",)),
    CredentialFile("gradle", "https://docs.gradle.org/current/userguide/build_environment.html", "/root/.gradle/gradle.properties", "/app/build.gradle", home=(".gradle/gradle.properties", ".gradle/init.gradle*", ".gradle/init.d/*"), project=("gradle.properties", "local.properties"), system=("/home/gradle/.gradle/*", "*/gradle/init.d/*", "/gradle/gradle.properties"), maybe=("init.gradle*",)),
    CredentialFile("sbt", "https://www.scala-sbt.org/1.x/docs/Publishing.html#Credentials", "/root/.sbt/.credentials", "/app/build.sbt", home=(".sbt/*", ".ivy2/*credentials*", ".config/coursier/*"), maybe=(".credentials",)),
    CredentialFile("lein", "https://codeberg.org/leiningen/leiningen/src/branch/main/doc/DEPLOY.md", "/root/.lein/profiles.clj", "/app/project.clj", home=(".lein/*",)),
    CredentialFile("nuget", "https://learn.microsoft.com/en-us/nuget/consume-packages/configuring-nuget-behavior", "/src/nuget.config", "/src/app.csproj", home=(".nuget/NuGet/NuGet.Config", ".nuget/config/*", ".config/NuGet/NuGet.Config"), project=("nuget.config", "NuGet.Config", "NuGet.config", "Nuget.Config", "Nuget.config", "nuget.Config")),
    CredentialFile("hex", "https://github.com/hexpm/hex/blob/main/lib/mix/tasks/hex.config.ex", "/root/.hex/hex.config", "/app/mix.exs", home=(".hex/*", ".config/hex/*"), system=("/opt/hex/*",)),
    CredentialFile("r", "https://stat.ethz.ch/R-manual/R-devel/library/base/html/Startup.html", "/root/.Renviron", "/app/x.R", home=(".Renviron", ".Rprofile"), project=(".Renviron", ".Rprofile"), system=("*/lib/R/etc/Renviron*", "*/lib/R/etc/Rprofile*", "/usr/lib/R/etc/*", "/etc/R/*"), use="either"),
    CredentialFile("conan", "https://docs.conan.io/2/reference/config_files.html", "/root/.conan2/remotes.json", "/app/conanfile.txt", home=(".conan/*", ".conan2/*")),
    CredentialFile("ansible", "https://docs.ansible.com/ansible/latest/reference_appendices/config.html", "/root/.ansible/galaxy_token", "/app/site.yml", home=(".ansible.cfg", ".ansible/galaxy_token"), project=("ansible.cfg",), system=("/etc/ansible/ansible.cfg",)),
    CredentialFile("netrc", "https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html", "/root/.netrc", "/app/netrc.go", home=(".netrc", "_netrc"), maybe=(".netrc", "netrc", "_netrc", "*.netrc")),
    CredentialFile("gitconfig", _GIT_DOC, "/root/.gitconfig", "/app/.gitignore", home=(".gitconfig", ".config/git/config", ".config/git/attributes"), system=("/etc/gitconfig", "/usr/local/etc/gitconfig"), maybe=(".gitconfig", "gitconfig")),
    CredentialFile("git-local", _GIT_DOC, "/app/.git/config", "/app/.git/HEAD", project=(".git/config", ".gitmodules")),
    CredentialFile("git-credentials", "https://git-scm.com/docs/git-credential-store", "/root/.git-credentials", "/app/credentials", home=(".git-credentials", ".config/git/credentials"), maybe=(".git-credentials", "git-credentials")),
    CredentialFile("ssh", "https://man.openbsd.org/ssh_config#FILES", "/root/.ssh/id_rsa", "/app/id.txt", home=(".ssh/*",), system=("/etc/ssh/ssh_config", "/etc/ssh/ssh_config.d/*", "/etc/ssh/ssh_known_hosts"), maybe=("id_rsa", "id_ed25519", "id_ecdsa", "id_dsa", "*_rsa", "*_ed25519", "*deploy_key*", "*deploy-key*", "*ssh_key*")),
    CredentialFile("svn", "https://svnbook.red-bean.com/en/1.7/svn.advanced.confarea.html", "/root/.subversion/servers", "/app/.svn/entries", home=(".subversion/*",)),
    CredentialFile("hg", "https://www.mercurial-scm.org/doc/hgrc.5.html", "/root/.hgrc", "/app/hg.txt", home=(".hgrc",), project=(".hg/hgrc",)),
    CredentialFile("curlrc", "https://curl.se/docs/manpage.html#-K", "/root/.curlrc", "/app/curl.sh", home=(".curlrc", "_curlrc", ".config/curlrc")),
    CredentialFile("wgetrc", "https://www.gnu.org/software/wget/manual/html_node/Wgetrc-Location.html", "/root/.wgetrc", "/app/wget.sh", home=(".wgetrc",), system=("/etc/wgetrc", "/usr/local/etc/wgetrc")),
    CredentialFile("apt", "https://manpages.debian.org/bookworm/apt/apt_auth.conf.5.en.html", "/etc/apt/auth.conf.d/acme.conf", "/etc/apt/keyrings/acme.gpg", system=("/etc/apt/auth.conf", "/etc/apt/auth.conf.d/*", "/etc/apt/sources.list", "/etc/apt/sources.list.d/*", "/etc/apt/apt.conf", "/etc/apt/apt.conf.d/*")),
    CredentialFile("apk", "https://wiki.alpinelinux.org/wiki/Repositories", "/etc/apk/repositories", "/etc/apk/world", system=("/etc/apk/repositories", "/etc/apk/repositories.d/*")),
    CredentialFile("yum", "https://man7.org/linux/man-pages/man5/yum.conf.5.html", "/etc/yum.repos.d/acme.repo", "/etc/yum/x", system=("/etc/yum.repos.d/*", "/etc/yum.conf", "/etc/dnf/*", "/etc/yum/vars/*", "/etc/zypp/*", "/etc/rhsm/*", "/etc/pki/entitlement*")),
    CredentialFile("aws", "https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html", "/root/.aws/credentials", "/app/aws.json", home=(".aws/*", ".s3cfg"), maybe=("aws_credentials", "aws-credentials"), use="either"),
    CredentialFile("gcloud", "https://cloud.google.com/sdk/docs/configurations", "/root/.config/gcloud/credentials.db", "/app/key.json", home=(".config/gcloud/*", ".boto"), use="either"),
    CredentialFile("azure", "https://learn.microsoft.com/en-us/cli/azure/azure-cli-configuration", "/root/.azure/config", "/app/azure.json", home=(".azure/*",), use="either"),
    CredentialFile("kube", "https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/", "/root/.kube/config", "/app/config", home=(".kube/config",), maybe=("kubeconfig", "*.kubeconfig"), use="either"),
    CredentialFile("docker", "https://docs.docker.com/reference/cli/docker/#configuration-files", "/root/.docker/config.json", "/app/config.json", home=(".docker/config.json", ".dockercfg", ".config/containers/auth.json", ".config/helm/registry/config.json"), system=("/kaniko/.docker/config.json",), use="either"),
    CredentialFile("helm", "https://helm.sh/docs/helm/helm/", "/root/.config/helm/repositories.yaml", "/app/Chart.yaml", home=(".config/helm/*",)),
    CredentialFile("terraform", "https://developer.hashicorp.com/terraform/cli/config/config-file", "/root/.terraformrc", "/app/main.tf", home=(".terraformrc", ".tofurc", ".terraform.d/*"), project=(".terraform/*", "*.auto.tfvars", "terraform.tfvars")),
)  # fmt: skip

_GIT = ("gitconfig", "git-credentials", "netrc", "ssh")
_JS = ("npmrc", "user-npmrc")
_PIP = ("pip-conf", "netrc")
_UV_DOC = "https://docs.astral.sh/uv/concepts/authentication/"
_PYTHON_GIT = (
    "*git+*",
    "*@ git*",
    "-r",
    "-r*",
    "-qr",
    "-Ur",
    "--requirement*",
    "-c",
    "--constraint*",
    ".",
    "./*",
    "-e",
    "--editable*",
    "--group*",
    "*[[]*",
    "*.txt",
)
_CARGO_DOC = "https://doc.rust-lang.org/cargo/appendix/git-authentication.html"

READERS: tuple[ReaderRow, ...] = (
    # JavaScript. In global mode no project file is read, and what is named by version comes from a registry.
    ReaderRow("npm install|i|in|ins|add|update|up|upgrade|view|show|info|pack|outdated", ("user-npmrc",), _NPMRC_DOC, "npm install -g pm2", "npm cache clean --force"),
    ReaderRow("npm install|i|in|ins|add|update|up|upgrade", (*_JS, *_GIT), _NPMRC_DOC, "npm install", "npm install -g pm2", unless=("-g", "--global", "--location=global")),
    ReaderRow("npm ci|isntall|install-test|it|cit|clean-install|install-ci-test|install-clean|ic|exec|x|init|create|innit", (*_JS, *_GIT), _NPMRC_DOC, "npm ci", "npm run build"),
    ReaderRow("npm audit|outdated|view|show|info|pack|publish|unpublish|whoami|ping|search|owner|dist-tag|access|token|deprecate|profile|team|hook|org|star|stars", _JS, _NPMRC_DOC, "npm publish", "npm prune --production"),
    ReaderRow("npx", _JS, "https://github.com/npm/cli/blob/latest/docs/lib/content/commands/npx.md", "npx cowsay", "npm --version", unless=("--no-install", "--version")),
    ReaderRow("yarn", (*_JS, "yarnrc", *_GIT), "https://yarnpkg.com/cli/install", "yarn --frozen-lockfile", "yarn build", unless=("--version", "-v", "--help"), bare=True),
    ReaderRow("yarn install|add|upgrade|up|import|outdated|audit|info|npm|dedupe|publish|dlx|create|upgrade-interactive|global|plugin|set|workspaces", (*_JS, "yarnrc", *_GIT), "https://yarnpkg.com/configuration/yarnrc", "yarn install", "yarn cache clean", unless=("bin", "list", "run", "foreach")),
    ReaderRow("pnpm install|i|add|update|up|upgrade|fetch|import|outdated|audit|publish|deploy|install-test|it|dlx|create|view|info|whoami", (*_JS, *_GIT), "https://pnpm.io/npmrc", "pnpm i", "pnpm store prune"),
    ReaderRow("npm|npx|pnpm|pnpx", ("npmrc-settings",), _NPMRC_DOC, "npm run build", "npm --version", unless=("--version", "-v", "--help")),
    ReaderRow("yarn", ("npmrc-settings", "yarnrc-settings"), "https://yarnpkg.com/configuration/yarnrc", "yarn build", "yarn --version", unless=("--version", "-v", "--help")),
    ReaderRow("bundle", ("bundle-settings",), "https://bundler.io/man/bundle-config.1.html", "bundle exec rake", "bundle --version", unless=("--version", "-v")),
    ReaderRow("bun install|i|add|a|update|outdated|publish|audit|x|create", (*_JS, "bunfig", *_GIT), "https://bun.sh/docs/install/npmrc", "bun install", "bun run build"),
    ReaderRow("lerna bootstrap|publish", (*_JS, "yarnrc", *_GIT), "https://lerna.js.org/docs/api-reference/commands", "lerna bootstrap", "lerna ls"),
    ReaderRow("rush install|update|publish", (*_JS, *_GIT), "https://rushjs.io/pages/commands/rush_install/", "rush install", "rush build"),
    ReaderRow("bower install|update|i", ("bower", *_GIT), "https://bower.io/docs/config/", "bower install", "bower cache clean"),
    # Python
    ReaderRow("pip install|download|wheel|index|search", _PIP, _PIP_DOC, "pip install flask", "pip list"),
    ReaderRow("pip install|download|wheel", _GIT, "https://pip.pypa.io/en/stable/topics/vcs-support/", "pip install -r requirements.txt", "pip install flask", need=_PYTHON_GIT),
    ReaderRow("easy_install", _PIP, "https://setuptools.pypa.io/en/latest/deprecated/easy_install.html", "easy_install six", "pip list"),
    ReaderRow("python", _PIP, "https://pip.pypa.io/en/stable/installation/#get-pip-py", "python get-pip.py", "python app.py", need=("get-pip.py", "*/get-pip.py")),
    ReaderRow("pipx install|run|upgrade|inject", (*_PIP, *_GIT), "https://pipx.pypa.io/stable/", "pipx install black", "pipx list"),
    ReaderRow("pipenv install|sync|update|lock|upgrade", (*_PIP, *_GIT), "https://pipenv.pypa.io/en/latest/credentials.html", "pipenv install", "pipenv --venv"),
    ReaderRow("uv sync|lock|build|add|remove|export|run|tree", ("uv-toml", *_GIT), _UV_DOC, "uv sync --frozen", "uv cache clean"),
    ReaderRow("uv pip|tool install|sync|compile|run|upgrade|download", ("uv-toml", *_GIT), _UV_DOC, "uv pip install flask", "uv pip list"),
    ReaderRow("uvx", ("uv-toml", *_GIT), _UV_DOC, "uvx ruff", "uv venv"),
    ReaderRow("uv publish", ("uv-toml", "netrc", "pypirc"), _UV_DOC, "uv publish", "uv venv"),
    ReaderRow("poetry install|update|lock|add|sync|publish|self", ("poetry", "netrc", *_GIT), "https://python-poetry.org/docs/repositories/", "poetry install", "poetry run pytest"),
    ReaderRow("pdm install|sync|update|lock|add|publish|build", ("pdm", "pypirc", *_GIT), "https://pdm-project.org/latest/usage/config/", "pdm install", "pdm list"),
    ReaderRow("twine upload|register", ("pypirc", "netrc"), "https://twine.readthedocs.io/en/stable/", "twine upload dist/a", "twine check dist/a"),
    ReaderRow("python setup.py|*/setup.py", ("pypirc",), "https://packaging.python.org/en/latest/specifications/pypirc/", "python setup.py upload", "python setup.py build", need=("upload", "register")),
    ReaderRow("conda install|create|update|upgrade|search|env|build", ("condarc", *_PIP), "https://docs.conda.io/projects/conda/en/stable/user-guide/configuration/use-condarc.html", "conda install numpy", "conda clean --all"),
    ReaderRow("conda env|create", _GIT, "https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html", "conda env create -f environment.yml", "conda install numpy"),
    # PHP, Ruby, Rust, Go
    ReaderRow("composer install|update|require|create-project|global|i|u|r|upgrade|outdated|reinstall|audit|archive", ("composer", *_GIT), "https://getcomposer.org/doc/articles/authentication-for-private-packages.md", "composer install", "composer dump-autoload"),
    ReaderRow("bundle install|update|add|lock|outdated|i|cache|package|pack", ("bundle", "gem", *_GIT), "https://bundler.io/man/bundle-config.1.html", "bundle install", "bundle exec rake"),
    ReaderRow("bundle", ("bundle", "gem", *_GIT), "https://bundler.io/man/bundle-install.1.html", "bundle --jobs=4", "bundle exec rake", bare=True, unless=("--version", "-v")),
    ReaderRow("gem install|update|fetch|push|specific_install|outdated|yank", ("gem", "netrc"), "https://github.com/rubygems/rubygems/blob/master/lib/rubygems/config_file.rb", "gem install rails", "gem list"),
    ReaderRow("gem specific_install", _GIT, "https://github.com/rdp/specific_install", "gem specific_install -l https://github.com/acme/x", "gem install rails"),
    ReaderRow("cargo build|run|test|bench|check|clippy|rustc|doc|nextest|b|r|t|c|d|install|fetch|update|vendor|generate-lockfile|metadata|publish|chef|search|add|owner|yank|package|binstall|leptos|zigbuild|xtask|tree|lambda|component",
              ("cargo", *_GIT), _CARGO_DOC, "cargo build --release", "cargo fmt", unless=("--offline", "prepare")),
    ReaderRow("go build|mod|get|install|list|run|test|generate|vet|tool|download", _GIT, "https://go.dev/doc/faq#git_https", "go mod download", "go fmt ./...", unless=("init", "edit", "-mod=vendor")),
    ReaderRow("dep|glide|govendor|godep|gvt|gpm|gox|xgo|golangci-lint|goreleaser", _GIT, "https://golang.github.io/dep/docs/introduction.html", "dep ensure", "go version", unless=("version",)),
    # The JVM and .NET
    ReaderRow("mvn", ("maven",), "https://maven.apache.org/settings.html", "mvn package", "mvn --version", unless=("--version", "-v", "-version", "--encrypt-*")),
    ReaderRow("gradle", ("gradle", "maven"), "https://docs.gradle.org/current/userguide/build_environment.html", "gradle build", "gradle --version", unless=("--version", "-v", "--stop")),
    ReaderRow("sbt|mill|activator|scala-cli|cs|coursier", ("sbt", "maven"), "https://www.scala-sbt.org/1.x/docs/Publishing.html#Credentials", "sbt assembly", "java -version"),
    ReaderRow("lein|boot|clojure|clj", ("lein", "maven", *_GIT), "https://codeberg.org/leiningen/leiningen/src/branch/main/doc/DEPLOY.md", "lein deps", "java -version"),
    ReaderRow("ant", ("maven", "sbt"), "https://maven.apache.org/resolver-ant-tasks/", "ant dist", "ant -version", unless=("-version",)),
    ReaderRow("dotnet restore|add|tool|workload|build|publish|run|test|pack|msbuild|watch|nuget|ef|package|new", ("nuget",), "https://learn.microsoft.com/en-us/nuget/consume-packages/configuring-nuget-behavior", "dotnet restore", "dotnet --info", unless=("--no-restore", "--no-build", "locals", "list", "disable")),
    ReaderRow("dotnet nuget", ("nuget",), "https://learn.microsoft.com/en-us/dotnet/core/tools/dotnet-nuget-push", "dotnet nuget push app.nupkg", "dotnet restore", need=("push", "delete", "verify")),
    ReaderRow("nuget restore|install|push|update", ("nuget",), "https://learn.microsoft.com/en-us/nuget/reference/nuget-exe-cli-reference", "nuget restore app.sln", "nuget help"),
    ReaderRow("msbuild|xbuild|paket", ("nuget",), "https://learn.microsoft.com/en-us/nuget/reference/msbuild-targets#restore-target", "msbuild app.sln", "nuget help"),
    # Others
    ReaderRow("mix deps.get|deps.update|hex.publish|hex.info|hex.audit|hex.organization|archive.install|local.hex|do", ("hex", *_GIT), "https://github.com/hexpm/hex/blob/main/lib/mix/tasks/hex.config.ex", "mix deps.get", "mix compile"),
    ReaderRow("rebar3|rebar", ("hex", *_GIT), "https://rebar3.org/docs/configuration/configuration/", "rebar3 compile", "mix compile"),
    ReaderRow("R|Rscript|install2.r|install.r|installGithub.r|r|littler", ("r", *_GIT), "https://stat.ethz.ch/R-manual/R-devel/library/base/html/Startup.html", "Rscript install.R", "R --version", unless=("--version", "javareconf", "--vanilla")),
    ReaderRow("swift build|run|test|package", _GIT, "https://github.com/swiftlang/swift-package-manager/blob/main/Documentation/Usage.md", "swift build", "swift --version"),
    ReaderRow("pod install|update|repo|trunk", _GIT, "https://guides.cocoapods.org/using/pod-install-vs-update.html", "pod install", "pod --version"),
    ReaderRow("flutter|dart pub|build|test|run", _GIT, "https://dart.dev/tools/pub/cmd/pub-get", "flutter pub get", "flutter doctor"),
    ReaderRow("stack|cabal|opam|nimble|shards|julia|luarocks|dub|nix|nix-build|nix-env|nix-shell|spack|vcpkg|elm|raco|zef|carton|west|gclient|repo|wstool|vcs|pixi", _GIT, "https://docs.haskellstack.org/en/stable/", "stack build", "ghc --version", unless=("--version",)),
    ReaderRow("conan install|create|upload|download|search|export|lock|build|remote|test", ("conan", *_GIT), "https://docs.conan.io/2/reference/config_files.html", "conan install .", "conan profile detect"),
    ReaderRow("ansible-galaxy", ("ansible", *_GIT), "https://docs.ansible.com/ansible/latest/reference_appendices/config.html", "ansible-galaxy install -r r.yml", "ansible --version", unless=("init", "list", "--version")),
    ReaderRow("ansible-playbook|ansible|ansible-pull", ("ansible", "ssh"), "https://docs.ansible.com/ansible/latest/reference_appendices/config.html", "ansible-playbook site.yml", "ansible --version", unless=("--version", "--syntax-check")),
    # Versions and transfers
    ReaderRow("git clone|fetch|pull|push|submodule|ls-remote|subtree|archive|credential|remote-https", (*_GIT, "git-local"), "https://git-scm.com/docs/gitcredentials", "git clone https://github.com/acme/x", "git init", unless=("init",)),
    ReaderRow("git lfs pull|fetch|clone|push", (*_GIT, "git-local"), "https://github.com/git-lfs/git-lfs/blob/main/docs/man/git-lfs-pull.adoc", "git lfs pull", "git lfs install"),
    ReaderRow("git remote", (*_GIT, "git-local"), "https://git-scm.com/docs/git-remote", "git remote update", "git remote -v", need=("update", "show", "prune", "-f")),
    ReaderRow("git commit|am|merge|rebase|cherry-pick|tag|stash|revert|notes|add|checkout|switch|restore|reset|describe|status|log|show|diff|rev-parse|init|worktree|apply|clean|branch|rm|mv|gc|filter-branch|remote", ("gitconfig", "git-local"), _GIT_DOC, "git commit -m x", "git --version"),
    ReaderRow("gh|hub", ("gitconfig", "git-credentials", "ssh"), "https://cli.github.com/manual/gh_repo_clone", "gh repo clone acme/x", "git --version", need=("clone", "sync", "fork", "checkout")),
    ReaderRow("hg clone|pull|update|push|incoming", ("hg", "netrc", "ssh"), "https://www.mercurial-scm.org/doc/hgrc.5.html", "hg clone https://hg.example.com/a", "hg version"),
    ReaderRow("svn checkout|co|export|update|up|ls|list|cat|info|switch|log|commit|ci", ("svn", "ssh"), "https://svnbook.red-bean.com/en/1.7/svn.advanced.confarea.html", "svn co https://svn.example.com/a", "svn --version"),
    ReaderRow("ssh|scp|sftp|rsync|mosh|ssh-copy-id|sshfs|autossh|sshpass", ("ssh",), "https://man.openbsd.org/ssh_config#FILES", "ssh deploy@example.com uptime", "ssh -V", unless=("-V", "--version")),
    ReaderRow("ssh-keyscan|ssh-add", ("ssh",), "https://man.openbsd.org/ssh-add#FILES", "ssh-add", "ssh-add -l", bare=True, unless=("-l", "-L", "-D", "-H", "-t")),
    ReaderRow("curl", ("netrc",), "https://curl.se/docs/manpage.html#-n", "curl -n https://example.com/x", "curl -fsSL https://example.com/x", need=("-n", "--netrc", "--netrc-optional", "-[a-zA-Z]n*", "-[a-zA-Z][a-zA-Z]*n*")),
    ReaderRow("curl", ("curlrc",), "https://curl.se/docs/manpage.html#-K", "curl https://example.com/x", "curl -q https://example.com/x", unless=("-q", "--disable")),
    ReaderRow("wget", ("netrc", "wgetrc"), "https://www.gnu.org/software/wget/manual/html_node/Wgetrc-Commands.html", "wget https://example.com/x", "wget --version", unless=("--version",)),
    ReaderRow("http|https|lftp|ftp|ncftpget|aria2c|dvc|wandb|heroku", ("netrc",), "https://httpie.io/docs/cli/netrc", "lftp ftp.example.com", "curl https://example.com/x", unless=("--version",)),
    # Systems
    ReaderRow("apt-get|apt|aptitude|apt-fast update|install|upgrade|dist-upgrade|full-upgrade|source|build-dep|download|reinstall|safe-upgrade|satisfy", ("apt", "netrc"), "https://manpages.debian.org/bookworm/apt/apt_auth.conf.5.en.html", "apt-get update", "apt-get clean"),
    ReaderRow("add-apt-repository|apt-add-repository|apt-cache|debootstrap|rosdep|mk-build-deps", ("apt",), "https://manpages.debian.org/bookworm/software-properties-common/add-apt-repository.1.en.html", "add-apt-repository ppa:acme/x", "apt-get clean"),
    ReaderRow("apk add|update|upgrade|fetch|search", ("apk", "netrc"), "https://wiki.alpinelinux.org/wiki/Repositories", "apk add curl", "apk del curl"),
    ReaderRow("apk", ("apk",), "https://wiki.alpinelinux.org/wiki/Repositories", "apk --no-cache add curl", "apk del curl", need=("add", "update", "upgrade")),
    ReaderRow("yum|dnf|microdnf|tdnf|zypper|yumdownloader|reposync|repoquery|dnf5", ("yum",), "https://man7.org/linux/man-pages/man5/yum.conf.5.html", "yum install -y curl", "yum clean all", unless=("clean", "remove", "erase", "autoremove", "--version")),
    ReaderRow("aws|sam|cdk|eb|copilot|chalice|s3cmd|s5cmd|ecs-cli|terraform|tofu|terragrunt|packer|pulumi|serverless|sls|dvc|sccache|rclone|eksctl", ("aws",), "https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html", "aws s3 cp s3://bucket/x /x", "aws --version", unless=("--version", "version", "fmt", "configure")),
    ReaderRow("gcloud|gsutil|bq", ("gcloud",), "https://cloud.google.com/sdk/docs/configurations", "gcloud storage cp gs://bucket/x /x", "gcloud --version", unless=("--version", "components", "version", "config")),
    ReaderRow("az|azd|func|azcopy|bicep|terraform|tofu", ("azure",), "https://learn.microsoft.com/en-us/cli/azure/azure-cli-configuration", "az storage blob list", "az --version", unless=("--version", "version", "fmt", "extension", "logout")),
    ReaderRow("kubectl|oc|helm|k9s|eksctl|kops|helmfile|kustomize|skaffold", ("kube",), "https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/", "kubectl apply -f x.yaml", "kubectl version", unless=("version", "--version", "completion", "config", "plugin")),
    ReaderRow("docker|podman|buildah|nerdctl|crane|skopeo|oras|regctl|cosign|trivy|kaniko|docker-compose|img|helm|dive|grype|syft", ("docker",), "https://docs.docker.com/reference/cli/docker/#configuration-files", "docker pull registry.example.com/app", "docker --version", unless=("--version", "version", "logout")),
    ReaderRow("helm|helmfile", ("helm",), "https://helm.sh/docs/helm/helm/", "helm pull acme/x", "helm version", unless=("version", "--version", "completion", "plugin", "list")),
    ReaderRow("terraform|tofu|terragrunt|cdktf", ("terraform", *_GIT), "https://developer.hashicorp.com/terraform/cli/config/config-file", "terraform init", "terraform fmt", unless=("fmt", "version", "--version", "-version")),
    ReaderRow("helm|west|nix", ("netrc",), "https://nix.dev/manual/nix/latest/command-ref/conf-file.html#conf-netrc-file", "nix build", "helm version", unless=("version", "--version")),
)  # fmt: skip
