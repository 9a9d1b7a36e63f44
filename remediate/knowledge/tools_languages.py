"""Package managers and build tools of Ruby, PHP, Rust, Go, the JVM, .NET, BEAM and the rest."""

from __future__ import annotations

from remediate.knowledge.tools_row import ALL, COMPILER_CACHE, GIT, REGISTRY, ToolRow

_GIT_FILES = (".gitconfig", ".git-credentials", ".netrc", "_netrc", ".ssh/*")
_BUNDLE_DOC = "https://bundler.io/man/bundle-config.1.html"
_COMPOSER_DOC = "https://getcomposer.org/doc/03-cli.md#environment-variables"
_CARGO_DOC = "https://doc.rust-lang.org/cargo/reference/environment-variables.html"
_GO_DOC = "https://go.dev/ref/mod#environment-variables"
_MAVEN_DOC = "https://maven.apache.org/settings.html"
_GRADLE_DOC = "https://docs.gradle.org/current/userguide/build_environment.html"
_NUGET_DOC = "https://learn.microsoft.com/en-us/nuget/reference/nuget-config-file"
_RAILS = ("SECRET_KEY_BASE", "RAILS_MASTER_KEY", "RAILS_*", "DATABASE_URL", "SECRET_TOKEN", "DEVISE_SECRET_KEY")
_CARGO_FILES = (".cargo/config.toml", ".cargo/config", ".cargo/credentials.toml", ".cargo/credentials", *_GIT_FILES)
_GO_NAMES = ("GOPROXY", "GOPRIVATE", "GONOSUMDB", "GONOSUMCHECK", "GONOPROXY", "GOSUMDB", "GOFLAGS", "GOAUTH", "NETRC", "GIT_*")
_GIT_TOKENS = ("GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "CI_JOB_TOKEN", "*GIT*TOKEN*", "*GIT*PAT*")
_GRADLE_STARTS = ("build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts", "gradle.properties", "gradle/*", "buildSrc/*", "init.gradle")

ROWS: tuple[ToolRow, ...] = (
    ToolRow("bundle install|update|package|cache|lock|add|check|outdated|pack|i", _BUNDLE_DOC, "bundle install --jobs 4", "bundle clean", names=("BUNDLE_*",),
            convention=(*_GIT_TOKENS, "GEMFURY*", "*GEM*TOKEN*", "*GEM*KEY*"), expands=("Gemfile",), credentials=(".bundle/config", ".gem/credentials", *_GIT_FILES), kinds=REGISTRY, starts=("Gemfile", "Gemfile.lock", "*.gemspec")),
    ToolRow("bundle exec", "https://bundler.io/man/bundle-exec.1.html", "bundle exec rake assets:precompile", "bundle config list", names=("BUNDLE_*", *_RAILS), opaque=True, kinds=ALL, starts=("Gemfile", "Rakefile", "config/*")),
    ToolRow("bundle", _BUNDLE_DOC, "bundle config set without test", "gem list", names=("BUNDLE_*",), unless=("--version", "-v")),
    ToolRow("gem install|update|fetch|push|specific_install", "https://github.com/rubygems/rubygems/blob/master/lib/rubygems/config_file.rb", "gem install rails", "gem list",
            names=("GEM_HOST_API_KEY", "GEM_HOST_OTP_CODE", "RUBYGEMS_*"), credentials=(".gem/credentials", ".gemrc")),
    ToolRow("gem", "https://github.com/rubygems/rubygems/blob/master/lib/rubygems/config_file.rb", "gem list", "bundle list", credentials=(".gemrc",), unless=("--version", "-v")),
    ToolRow("rake|rails|hanami|ruby|rspec|jekyll|puma|cap|thor|console|middleman|nanoc|irb|spring|unicorn|sidekiq", "https://guides.rubyonrails.org/configuring.html", "rails assets:precompile", "gem list",
            names=_RAILS, opaque=True, kinds=ALL, starts=("Rakefile", "config/*", "lib/tasks/*", "_config.yml"), unless=("--version", "-v")),
    ToolRow("pod|fastlane|xcodebuild|match", "https://docs.fastlane.tools/best-practices/keys/", "fastlane beta", "gem list", names=("FASTLANE_*", "MATCH_*", "COCOAPODS_TRUNK_TOKEN", "SUPPLY_*", "DELIVER_*"),
            opaque=True, kinds=ALL, starts=("fastlane/Fastfile", "Podfile", "Gemfile")),
    ToolRow("composer install|update|require|create-project|global|i|u|r|upgrade|outdated|show|remove|reinstall|archive|audit|self-update|selfupdate|bump", _COMPOSER_DOC, "composer install --no-dev", "composer dump-autoload",
            names=("COMPOSER_AUTH", "COMPOSER_*"), convention=_GIT_TOKENS, credentials=("auth.json", ".composer/auth.json", ".config/composer/auth.json", *_GIT_FILES),
            kinds=REGISTRY, starts=("composer.json",)),
    ToolRow("composer dump-autoload|dumpautoload|dump|config|clear-cache|clearcache|cc|validate|check-platform-reqs|diagnose|init|about|licenses|status|why|depends|search|suggests|fund|home|list|help",
            _COMPOSER_DOC, "composer dump-autoload --optimize", "composer install", names=("COMPOSER_AUTH", "COMPOSER_*")),
    ToolRow("composer *", "https://getcomposer.org/doc/articles/scripts.md", "composer run-script build", "composer config --list", names=("COMPOSER_*",), opaque=True, kinds=ALL, starts=("composer.json",)),
    ToolRow("composer", _COMPOSER_DOC, "composer --ansi", "php -v", names=("COMPOSER_AUTH", "COMPOSER_*"), unless=("--version", "-V")),
    ToolRow("php artisan|bin/console|app/console", "https://laravel.com/docs/configuration", "php artisan config:cache", "php -v", names=("APP_KEY", "APP_SECRET", "DB_*", "DATABASE_URL"),
            opaque=True, kinds=ALL, starts=("artisan", "config/*", ".env")),
    ToolRow("php", "https://www.php.net/manual/en/function.getenv.php", "php build.php", "php -v", opaque=True, kinds=ALL, unless=("-v", "-m", "-i", "--version", "--ini", "-l")),
    ToolRow("phpunit|drush|wp|phpcs|phing|drupal|behat|artisan|magento|n98-magerun|symfony|codecept|deployer", "https://www.drush.org/latest/using-drush-configuration/", "drush cr", "php -v", opaque=True, kinds=ALL,
            starts=("phpunit.xml", "composer.json", "settings.php"), unless=("--version",)),
    ToolRow("cargo build|run|test|bench|check|clippy|rustc|doc|nextest|make|xtask|leptos|tauri|lambda|component|b|r|t|c|d|zigbuild|sqlx", _CARGO_DOC, "cargo build --release", "cargo fmt",
            names=("CARGO_*", *COMPILER_CACHE), convention=_GIT_TOKENS, credentials=_CARGO_FILES, opaque=True, kinds=ALL, starts=("build.rs", "Cargo.toml", ".cargo/config.toml", "*/build.rs")),
    ToolRow("cargo install", "https://doc.rust-lang.org/cargo/commands/cargo-install.html", "cargo install --path .", "cargo fmt", names=("CARGO_*", *COMPILER_CACHE), credentials=_CARGO_FILES,
            opaque=True, kinds=ALL, starts=("build.rs", "Cargo.toml"), need=("--path", "--path=*")),
    ToolRow("cargo install|fetch|update|vendor|generate-lockfile|metadata|publish|chef|search|add|login|owner|yank|package|binstall", _CARGO_DOC, "cargo fetch --locked", "cargo fmt",
            names=("CARGO_*", "BINSTALL_*", *COMPILER_CACHE), convention=_GIT_TOKENS, credentials=_CARGO_FILES, kinds=REGISTRY, opaque_when=("cook", "--path", "--path=*"), starts=("Cargo.toml", ".cargo/config.toml")),
    ToolRow("cargo", _CARGO_DOC, "cargo fmt", "rustc --version", names=("CARGO_*",), unless=("--version", "-V")),
    ToolRow("wasm-pack|trunk|cross|diesel|sqlx|dioxus|dx|maturin", "https://docs.rs/sqlx/latest/sqlx/macro.query.html", "sqlx migrate run", "cargo fmt", names=("DATABASE_URL", "CARGO_*"), opaque=True, kinds=ALL, starts=("Cargo.toml", "build.rs")),
    ToolRow("go build|mod|get|install|vet|list|work|clean|download|env", _GO_DOC, "go mod download", "go fmt ./...", names=_GO_NAMES, convention=_GIT_TOKENS, credentials=_GIT_FILES, kinds=GIT, starts=("go.mod",)),
    ToolRow("go run|test|generate|tool", "https://go.dev/blog/generate", "go generate ./...", "go fmt ./...", names=_GO_NAMES, convention=_GIT_TOKENS, credentials=_GIT_FILES, opaque=True, kinds=ALL, starts=("*.go", "go.mod")),
    ToolRow("go", _GO_DOC, "go fmt ./...", "gofmt -l .", names=("GOFLAGS",), unless=("version",)),
    ToolRow("dep|glide|govendor|godep|gvt|gpm|gox|gometalinter|golangci-lint|gb|xgo", "https://golang.github.io/dep/docs/env-vars.html", "dep ensure -vendor-only", "go version", names=("GOPROXY", "GOFLAGS"), credentials=_GIT_FILES,
            kinds=GIT, convention=_GIT_TOKENS, starts=("Gopkg.toml", "glide.yaml", "vendor/vendor.json")),
    ToolRow("goreleaser|mage|packr|packr2|buffalo|wails|ko|revel|hugo|bee|swag|sqlc", "https://goreleaser.com/customization/env/", "goreleaser release", "go version", names=("GITHUB_TOKEN", "GITLAB_TOKEN", "GITEA_TOKEN", "HUGO_*"),
            opaque=True, kinds=ALL, starts=(".goreleaser.y*ml", "magefile.go", "config.toml", "hugo.toml")),
    ToolRow("mvn", _MAVEN_DOC, "mvn dependency:go-offline", "mvn --version", names=("MAVEN_*",), convention=_GIT_TOKENS, expands=("settings.xml", "pom.xml", ".mvn/*"), credentials=(".m2/settings.xml", "settings.xml", ".m2/settings-security.xml"),
            kinds=REGISTRY, starts=("pom.xml", "settings.xml", ".mvn/*"), need=("dependency:*", "*dependency-plugin*", "archetype:*", "wrapper:*", "*:go-offline")),
    ToolRow("mvn", "https://maven.apache.org/guides/introduction/introduction-to-the-pom.html#available-variables", "mvn -B package", "mvn --version", names=("MAVEN_*", "SONAR_TOKEN"), convention=_GIT_TOKENS,
            expands=("settings.xml", "pom.xml", ".mvn/*"), credentials=(".m2/settings.xml", "settings.xml", ".m2/settings-security.xml"), opaque=True, kinds=ALL, starts=("pom.xml", "settings.xml", ".mvn/*"), unless=("--version", "-v", "-version")),
    ToolRow("gradle", _GRADLE_DOC, "./gradlew build", "gradle --version", names=("ORG_GRADLE_PROJECT_*", "GRADLE_*"), convention=_GIT_TOKENS, expands=_GRADLE_STARTS,
            credentials=("gradle.properties", ".gradle/gradle.properties", ".m2/settings.xml"), opaque=True, kinds=ALL, starts=_GRADLE_STARTS, unless=("--version", "-v", "wrapper")),
    ToolRow("sbt|mill|activator|scala|scala-cli|amm|cs|coursier", "https://www.scala-sbt.org/1.x/docs/Command-Line-Reference.html", "sbt assembly", "java -version", names=("SBT_*", "COURSIER_*", "GITHUB_TOKEN"), expands=("build.sbt",),
            credentials=(".sbt/*", ".ivy2/.credentials", ".config/coursier/credentials.properties"), opaque=True, kinds=ALL, starts=("build.sbt", "project/*", "build.sc")),
    ToolRow("lein|boot|clojure|clj|ant|grails|kotlinc|groovy|groovysh|java|jshell|quarkus|spring|jbang|buildr|jbake|mn", "https://codeberg.org/leiningen/leiningen/src/branch/main/doc/DEPLOY.md", "lein deps", "javac Main.java", names=("LEIN_*", "CLOJARS_*"),
            credentials=(".lein/*", ".m2/settings.xml"), opaque=True, kinds=ALL, starts=("project.clj", "build.xml", "ivy.xml", "deps.edn", "build.boot"), unless=("-version", "--version")),
    ToolRow("dotnet restore|add|tool|workload|list|new|package", _NUGET_DOC, "dotnet restore", "dotnet --info", names=("NUGET_*", "NuGetPackageSourceCredentials_*", "VSS_NUGET_*", "ARTIFACTS_CREDENTIALPROVIDER_*", "DOTNET_*"),
            convention=("*NUGET*", "GITHUB_TOKEN", "GH_TOKEN", "*AZURE*PAT*", "*DEVOPS*", "*FEED*", "*_PAT", "PAT", "SYSTEM_ACCESSTOKEN", *_GIT_TOKENS),
            expands=("nuget.config", "NuGet.Config", "NuGet.config", "nuget.Config"), credentials=("nuget.config", "NuGet.Config", ".nuget/NuGet/NuGet.Config"), kinds=REGISTRY, starts=("*.csproj", "Directory.Build.props", "nuget.config")),
    ToolRow("dotnet build|publish|run|test|pack|msbuild|ef|vstest|watch|fsi|cake|paket|exec|script", "https://learn.microsoft.com/en-us/visualstudio/msbuild/how-to-use-environment-variables-in-a-build", "dotnet publish -c Release", "dotnet --info",
            names=("NUGET_*", "NuGetPackageSourceCredentials_*", "VSS_NUGET_*", "ARTIFACTS_CREDENTIALPROVIDER_*", "DOTNET_*"), convention=("*NUGET*", "*FEED*", *_GIT_TOKENS), expands=("nuget.config", "NuGet.Config"),
            credentials=("nuget.config", "NuGet.Config", ".nuget/NuGet/NuGet.Config"), opaque=True, kinds=ALL, starts=("*.csproj", "*.fsproj", "*.sln", "Directory.Build.props", "nuget.config")),
    ToolRow("dotnet nuget", "https://learn.microsoft.com/en-us/dotnet/core/tools/dotnet-nuget-push", "dotnet nuget push app.nupkg", "dotnet --info", names=("NUGET_*", "VSS_NUGET_*"), expands=("nuget.config",), credentials=("nuget.config", ".nuget/NuGet/NuGet.Config"), kinds=("registry-token",)),
    ToolRow("dotnet *.dll", "https://learn.microsoft.com/en-us/dotnet/core/tools/dotnet", "dotnet *.dll", "dotnet --info", opaque=True, kinds=ALL),
    ToolRow("dotnet sonarscanner|dev-certs|sln|help|clean|format|store", "https://learn.microsoft.com/en-us/dotnet/core/tools/", "dotnet dev-certs https", "dotnet --info", names=("SONAR_TOKEN", "DOTNET_*")),
    ToolRow("nuget restore|install|push|update", "https://learn.microsoft.com/en-us/nuget/reference/cli-reference/cli-ref-environment-variables", "nuget restore app.sln", "nuget help", names=("NUGET_*", "NuGetPackageSourceCredentials_*", "VSS_NUGET_*"),
            expands=("nuget.config", "NuGet.Config"), credentials=("nuget.config", "NuGet.Config", ".nuget/NuGet/NuGet.Config"), kinds=REGISTRY, convention=("*NUGET*", "*FEED*")),
    ToolRow("msbuild|xbuild|paket|csi|fsharpi", "https://learn.microsoft.com/en-us/visualstudio/msbuild/how-to-use-environment-variables-in-a-build", "msbuild app.sln", "nuget help", names=("NUGET_*",), opaque=True, kinds=ALL, starts=("*.csproj", "paket.dependencies")),
    ToolRow("mix local.hex|local.rebar|hex.organization|hex.repo|hex.config|local.phx|archive.install", "https://github.com/hexpm/hex/blob/main/lib/mix/tasks/hex.config.ex", "mix local.hex --force", "mix compile",
            names=("HEX_*",), credentials=(".hex/hex.config",)),
    ToolRow("mix deps.get|deps.update|deps.clean|deps.unlock|hex.publish|hex.info|hex.audit", "https://github.com/hexpm/hex/blob/main/lib/mix/tasks/hex.config.ex", "mix deps.get --only prod", "mix local.hex --force",
            names=("HEX_*",), convention=(*_GIT_TOKENS, "*HEX*KEY*", "OBAN_*", "*OBAN*"), credentials=(".hex/hex.config", *_GIT_FILES), kinds=REGISTRY, starts=("mix.exs",)),
    ToolRow("mix", "https://github.com/elixir-lang/elixir/blob/main/lib/elixir/lib/config.ex", "mix release", "elixir --version", names=("HEX_*", "SECRET_KEY_BASE", "DATABASE_URL"), opaque=True, kinds=ALL, starts=("mix.exs", "config/*"), unless=("--version",)),
    ToolRow("rebar3|rebar|relx|elixir|erl|escript|iex", "https://rebar3.org/docs/configuration/configuration/", "rebar3 compile", "elixir --version", names=("HEX_*", "REBAR_*"), credentials=_GIT_FILES, opaque=True, kinds=ALL, starts=("rebar.config", "rebar.config.script"), unless=("--version",)),
    ToolRow("R|Rscript|install2.r|install.r|installGithub.r|r|littler|cran_install.sh|install_cran.sh", "https://usethis.r-lib.org/articles/git-credentials.html", "Rscript -e 'remotes::install_github(\"acme/lib\")'", "R --version",
            names=("GITHUB_PAT", "GITHUB_TOKEN", "GITLAB_PAT", "BITBUCKET_*", "R_*", "RENV_*"), credentials=(".Renviron", ".Rprofile"), opaque=True, kinds=ALL, starts=(".Rprofile", "renv.lock", "DESCRIPTION"), unless=("--version", "javareconf", "config")),
    ToolRow("swift build|run|test|package", "https://github.com/swiftlang/swift-package-manager/blob/main/Documentation/Usage.md", "swift build -c release", "swift --version", credentials=(".netrc", *_GIT_FILES), opaque=True, kinds=ALL, starts=("Package.swift",)),
    ToolRow("flutter|dart pub", "https://dart.dev/tools/pub/cmd/pub-token", "flutter pub get", "flutter doctor", names=("PUB_TOKEN", "PUB_*"), convention=_GIT_TOKENS, credentials=_GIT_FILES, kinds=REGISTRY, starts=("pubspec.yaml",)),
    ToolRow("pub get|upgrade|global", "https://dart.dev/tools/pub/cmd", "pub get", "dart --version", names=("PUB_*",), credentials=_GIT_FILES, kinds=REGISTRY, starts=("pubspec.yaml",)),
    ToolRow("flutter build|test|run|drive|packages", "https://docs.flutter.dev/deployment/web", "flutter build web", "flutter doctor", names=("PUB_*",), opaque=True, kinds=ALL, starts=("pubspec.yaml", "lib/*")),
    ToolRow("flutter", "https://docs.flutter.dev/reference/flutter-cli", "flutter doctor", "dart --version", unless=("--version",)),
    ToolRow("dart run|compile|test", "https://dart.dev/tools/dart-compile", "dart compile exe bin/server.dart", "dart --version", opaque=True, kinds=ALL, starts=("pubspec.yaml", "bin/*")),
    ToolRow("conan install|create|upload|download|search|export", "https://docs.conan.io/2/reference/environment.html", "conan install . --build=missing", "conan profile detect",
            names=("CONAN_LOGIN_USERNAME*", "CONAN_PASSWORD*", "CONAN_*"), credentials=(".conan/*", ".conan2/*"), opaque=True, kinds=ALL, starts=("conanfile.py", "conanfile.txt")),
    ToolRow("conan remote|user|config|profile", "https://docs.conan.io/2/reference/environment.html", "conan remote list", "cmake .", names=("CONAN_*",), credentials=(".conan/*", ".conan2/*")),
    ToolRow("vcpkg", "https://learn.microsoft.com/en-us/vcpkg/users/config-environment", "vcpkg install fmt", "cmake --version", names=("VCPKG_*", "GITHUB_TOKEN", "X_VCPKG_*"), credentials=_GIT_FILES, kinds=GIT, starts=("vcpkg.json",)),
    ToolRow("stack|cabal|opam|nimble|luarocks|julia|shards|elm|spago|dub|raco|esy|zef|cpanm|cpan|carton|idris2|crystal|nix-env|nix-shell|nix|nix-build|brew|asdf|spack|guix",
            "https://docs.haskellstack.org/en/stable/environment_variables/", "stack build", "ghc --version", names=("STACK_*", "CABAL_*", "OPAM*", "JULIA_*", "LUAROCKS_*", "NIX_*", "HOMEBREW_GITHUB_API_TOKEN", "HOMEBREW_*"),
            credentials=_GIT_FILES, opaque_when=("build", "test", "run", "exec", "install", ".", "./*", "-e", "make", "*.jl", "eval", "runghc"), kinds=GIT, convention=("GITHUB_TOKEN",), starts=("stack.yaml", "*.cabal", "Project.toml", "shard.yml", "*.opam", "cpanfile", "default.nix")),
)  # fmt: skip
