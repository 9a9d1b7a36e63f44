"""Version control, downloads, containers, databases, cloud command lines and the builders of last resort (make, shell scripts)."""

from __future__ import annotations

from remediate.knowledge.tools_row import ALL, CLOUD, COMPILER_CACHE, DATABASE, GIT, ToolRow

_GIT_DOC = "https://git-scm.com/docs/git#_environment_variables"
_GIT_FILES = (".gitconfig", ".git-credentials", ".netrc", ".ssh/*", ".git/config", "/etc/gitconfig", ".config/git/*")
_AWS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_*")
_AWS_FILES = (".aws/credentials", ".aws/config")
_GIT_NAMES = ("GIT_*", "SSH_ASKPASS", "SSH_AUTH_SOCK")
_GH = ("GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
_GOOGLE = ("GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_*", "GOOGLE_CREDENTIALS", "GOOGLE_OAUTH_ACCESS_TOKEN")
_AZURE = ("AZURE_*", "ARM_*", "AZURE_DEVOPS_EXT_PAT")
_DOCKER_FILES = (".docker/config.json",)

ROWS: tuple[ToolRow, ...] = (
    ToolRow("git clone|fetch|pull|push|submodule|ls-remote|lfs|remote|subtree|archive", _GIT_DOC, "git clone https://github.com/acme/lib.git", "git config --global user.name ci",
            names=_GIT_NAMES, credentials=_GIT_FILES, convention=("GIT_PASSWORD",)),
    ToolRow("git config", _GIT_DOC, "git config --global user.name ci", "git clone https://github.com/acme/lib.git", names=("GIT_CONFIG_*",)),
    ToolRow("git init|add|commit|checkout|reset|log|rev-parse|describe|tag|branch|status|show|apply|am|merge|cherry-pick|clean|diff|rebase|symbolic-ref|stash|mv|rm|gc|switch|restore|ls-files|version|rev-list|sparse-checkout|read-tree|filter-branch|hash-object|name-rev",
            _GIT_DOC, "git checkout v4", "git clone https://github.com/acme/lib.git", names=("GIT_*",)),
    ToolRow("gclient|repo|wstool|rosdep|vcs|west", _GIT_DOC, "wstool update", "git status", names=_GIT_NAMES, credentials=_GIT_FILES, kinds=GIT, starts=(".gclient", "*.repos", ".rosinstall")),
    ToolRow("svn checkout|co|export|update|up|ls|cat", "https://svnbook.red-bean.com/en/1.7/svn.serverconfig.netmodel.html", "svn checkout https://svn.example.com/app", "svn --version", credentials=(".subversion/*",)),
    ToolRow("hg clone|pull|update", "https://www.mercurial-scm.org/doc/hg.1.html#environment-variables", "hg clone https://hg.example.com/app", "hg version", names=("HG*",), credentials=(".hgrc", ".netrc")),
    ToolRow("curl", "https://curl.se/docs/manpage.html#-n", "curl -n https://example.com/x", "curl -fsSL https://example.com/x", credentials=(".netrc", "_netrc"), names=("NETRC",),
            need=("-n", "--netrc", "--netrc-optional", "--netrc-file*", "-[a-zA-Z]n*", "-[a-zA-Z][a-zA-Z]*n")),
    ToolRow("curl", "https://curl.se/docs/manpage.html#-K", "curl -K auth.conf https://example.com/x", "curl -n https://example.com/x", credentials=(".curlrc", "_curlrc"), unless=("-q", "--disable")),
    ToolRow("wget", "https://www.gnu.org/software/wget/manual/html_node/Wgetrc-Commands.html", "wget https://example.com/x", "curl https://example.com/x", credentials=(".netrc", ".wgetrc"), unless=("--no-netrc",)),
    ToolRow("apt-get|apt|aptitude|apt-fast", "https://manpages.debian.org/bookworm/apt/apt_auth.conf.5.en.html", "apt-get update", "dpkg -i x.deb", credentials=("/etc/apt/auth.conf", "/etc/apt/auth.conf.d/*", "/etc/apt/sources.list", "/etc/apt/sources.list.d/*")),
    ToolRow("apk", "https://wiki.alpinelinux.org/wiki/Repositories", "apk add curl", "dpkg -i x.deb", credentials=("/etc/apk/repositories",)),
    ToolRow("yum|dnf|microdnf|tdnf", "https://man7.org/linux/man-pages/man5/yum.conf.5.html", "yum install -y curl", "rpm -q curl", credentials=("/etc/yum.repos.d/*", "/etc/dnf/vars/*", "/etc/yum/vars/*", "/etc/pki/*", "/etc/rhsm/*")),
    ToolRow("zypper", "https://en.opensuse.org/SDB:Zypper_manual", "zypper install curl", "rpm -q curl", credentials=("/etc/zypp/repos.d/*", "/etc/zypp/credentials.d/*")),
    ToolRow("ssh|scp|sftp|rsync|mosh", "https://man.openbsd.org/ssh#ENVIRONMENT", "ssh deploy@example.com uptime", "ssh-keyscan github.com", names=("SSH_AUTH_SOCK", "SSH_ASKPASS", "RSYNC_PASSWORD"), credentials=(".ssh/*",)),
    ToolRow("sshpass", "https://manpages.debian.org/bookworm/sshpass/sshpass.1.en.html", "sshpass -e ssh deploy@example.com", "ssh deploy@example.com", names=("SSHPASS",), need=("-e", "-e*")),
    ToolRow("aws configure", "https://docs.aws.amazon.com/cli/latest/reference/configure/set.html", "aws configure set region eu-west-1", "aws s3 cp s3://bucket/x /x",
            need=("set", "add-model", "import"), unless=("get", "list", "export-credentials", "sso")),
    ToolRow("aws|sam|cdk|eb|copilot|chalice|s3cmd|s5cmd|awslocal|ecs-cli|aws-vault|saml2aws", "https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html", "aws s3 cp s3://bucket/x /x", "aws --version", names=_AWS, convention=("S3_*", "*AWS*"), credentials=(*_AWS_FILES, ".s3cfg"),
            unless=("--version",), kinds=("cloud",)),
    ToolRow("gcloud|gsutil|bq", "https://cloud.google.com/sdk/docs/properties#setting_properties_using_environment_variables", "gcloud storage cp gs://bucket/x /x", "gcloud --version", names=_GOOGLE, credentials=(".config/gcloud/*", ".boto"), kinds=("cloud",), unless=("--version", "components")),
    ToolRow("az|azd|func|azcopy|bicep", "https://learn.microsoft.com/en-us/cli/azure/azure-cli-configuration#cli-configuration-values-and-environment-variables", "az storage blob list", "az --version", names=("AZCOPY_*", *_AZURE), credentials=(".azure/*",), kinds=("cloud",), unless=("--version",)),
    ToolRow("rclone|restic|borg|duplicity|mc|swift|openstack|b2|linode-cli|hcloud|scw|ibmcloud|bx|oci|cf|heroku|flyctl|fly|railway|surge|firebase|sfdx|sf|render|wsk|nova|lbuild|gsutil2",
            "https://rclone.org/docs/#environment-variables", "rclone copy remote:x /x", "curl https://example.com/x",
            names=("RCLONE_*", "RESTIC_PASSWORD*", "BORG_PASS*", "MC_HOST_*", "OS_*", "B2_*", "LINODE_CLI_TOKEN", "HCLOUD_TOKEN", "SCW_*", "IBMCLOUD_API_KEY", "OCI_CLI_*", "CF_*", "HEROKU_API_KEY", "FLY_API_TOKEN",
                   "FLY_ACCESS_TOKEN", "RAILWAY_TOKEN", "SURGE_*", "FIREBASE_TOKEN", "GOOGLE_APPLICATION_CREDENTIALS", "SFDX_*", "AWS_*"),
            credentials=(".config/rclone/rclone.conf", ".mc/config.json", ".netrc", *_AWS_FILES), kinds=("cloud",)),
    ToolRow("gh|hub", "https://cli.github.com/manual/gh_help_environment", "gh release download v1", "git status", names=(*_GH, "GITHUB_USER", "GITHUB_PASSWORD"), credentials=(".config/gh/hosts.yml", ".config/hub"), kinds=("git-token",)),
    ToolRow("glab", "https://docs.gitlab.com/cli/", "glab release download v1", "git status", names=("GITLAB_TOKEN", "GITLAB_ACCESS_TOKEN", "OAUTH_TOKEN", "GITLAB_*"), credentials=(".config/glab-cli/config.yml",), kinds=("git-token",)),
    ToolRow("doctl", "https://docs.digitalocean.com/reference/doctl/", "doctl registry login", "git status", names=("DIGITALOCEAN_ACCESS_TOKEN", "DIGITALOCEAN_TOKEN"), credentials=(".config/doctl/config.yaml",)),
    ToolRow("sccache", "https://github.com/mozilla/sccache/blob/main/docs/GHA.md", "sccache --show-stats", "ccache -s", names=(*COMPILER_CACHE, *_AWS), credentials=_AWS_FILES, unless=("--version",)),
    ToolRow("sentry-cli", "https://docs.sentry.io/cli/configuration/", "sentry-cli sourcemaps upload dist", "sentry-cli --version", names=("SENTRY_AUTH_TOKEN", "SENTRY_API_KEY", "SENTRY_*"), credentials=(".sentryclirc", "sentry.properties"), unless=("--version",)),
    ToolRow("terraform|tofu|terragrunt", "https://developer.hashicorp.com/terraform/cli/config/environment-variables", "terraform init", "terraform fmt", names=("TF_*", "VAULT_TOKEN", *_AWS, *_GOOGLE, *_AZURE, "CLOUDFLARE_API_TOKEN", "GITHUB_TOKEN"),
            credentials=(".terraformrc", ".terraform.d/credentials.tfrc.json", *_AWS_FILES, *_GIT_FILES), kinds=("cloud", "git-token"), starts=("*.tf", "*.tfvars"), unless=("fmt", "version", "--version", "-version")),
    ToolRow("pulumi|packer|vagrant|kitchen|chef|chef-client|knife|puppet|salt-call|nomad|consul|waypoint|skaffold|helmfile|kustomize|crossplane|cdktf", "https://www.pulumi.com/docs/iac/cli/environment-variables/", "pulumi up --yes", "terraform fmt",
            names=("PULUMI_*", "PKR_VAR_*", "VAGRANT_*", "CONSUL_HTTP_TOKEN", "NOMAD_TOKEN", *_AWS), opaque=True, kinds=ALL, starts=("Pulumi.yaml", "Vagrantfile", "*.pkr.hcl", "Berksfile"), unless=("--version", "version")),
    ToolRow("helm", "https://helm.sh/docs/helm/helm/", "helm dependency build", "helm version", names=("HELM_*", "KUBECONFIG"), credentials=(".config/helm/*", ".kube/config", *_DOCKER_FILES), kinds=("registry-token",), starts=("Chart.yaml",), unless=("version",)),
    ToolRow("kubectl|oc|k9s|eksctl|kops", "https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/", "kubectl apply -f x.yaml", "kubectl version", names=("KUBECONFIG", *_AWS), credentials=(".kube/config",), unless=("version",)),
    ToolRow("docker|podman|buildah|nerdctl|crane|skopeo|oras|regctl|cosign|trivy|kaniko|docker-compose|img", "https://docs.docker.com/reference/cli/docker/#environment-variables", "docker pull registry.example.com/app", "docker --version",
            names=("DOCKER_*", "REGISTRY_AUTH_FILE", "COMPOSE_*", "COSIGN_*", "TRIVY_*"), credentials=(*_DOCKER_FILES, ".config/containers/auth.json"), opaque_when=("build", "buildx", "up"), kinds=("registry-token",), unless=("--version", "version")),
    ToolRow("vault|bao", "https://developer.hashicorp.com/vault/docs/commands#configure-environment-variables", "vault kv get -field=x secret/app", "vault version", names=("VAULT_*", "BAO_*"), credentials=(".vault-token",), unless=("version", "--version")),
    ToolRow("op", "https://developer.1password.com/docs/cli/environment-variables/", "op read op://vault/item/field", "op --version", names=("OP_*",), unless=("--version", "run")),
    ToolRow("op run", "https://developer.1password.com/docs/cli/reference/commands/run/", "op run -- make build", "op read op://a/b/c", names=("OP_*",), opaque=True, kinds=ALL),
    ToolRow("doppler|infisical|chamber|envconsul|teller|dotenvx|aws-env|berglas|sops|bw|lpass|akeyless|gopass", "https://docs.doppler.com/docs/cli", "doppler run -- npm start", "op --version",
            names=("DOPPLER_TOKEN", "DOPPLER_*", "INFISICAL_*", "CONSUL_*", "VAULT_*", "DOTENV_KEY", "DOTENV_PRIVATE_KEY*", "SOPS_*", "BW_*", "AKEYLESS_*", "LPASS_*", *_AWS), opaque=True, kinds=ALL, starts=("doppler.yaml", ".env*")),
    ToolRow("psql|pg_dump|pg_restore|createdb|createuser|dropdb|pg_isready|pg_basebackup|pg_dumpall|pgloader", "https://www.postgresql.org/docs/current/libpq-envars.html", "psql -h db -c 'select 1'", "psql --version",
            names=("PGPASSWORD", "PGPASSFILE", "PG*"), credentials=(".pgpass",), kinds=(), unless=("--version", "-V")),
    ToolRow("mysql|mysqldump|mysqladmin|mysqlimport|mariadb|mysqlsh|mysql_upgrade|mariadb-admin", "https://dev.mysql.com/doc/refman/8.0/en/environment-variables.html", "mysqladmin ping", "mysql --version", names=("MYSQL_PWD", "MYSQL_*"),
            credentials=(".my.cnf", ".mylogin.cnf", "/etc/mysql/*", "/etc/my.cnf"), unless=("--version", "-V")),
    ToolRow("redis-cli|valkey-cli", "https://redis.io/docs/latest/develop/tools/cli/", "redis-cli ping", "redis-server --version", names=("REDISCLI_AUTH", "VALKEYCLI_AUTH")),
    ToolRow("sqlcmd|bcp", "https://learn.microsoft.com/en-us/sql/tools/sqlcmd/sqlcmd-use-utility", "sqlcmd -S db -i x.sql", "psql --version", names=("SQLCMDPASSWORD", "SQLCMD*")),
    ToolRow("flyway|liquibase|dbmate|goose|migrate|atlas|mongosh|mongo|mongodump|cqlsh|influx|clickhouse-client|snowsql", "https://documentation.red-gate.com/flyway/reference/configuration/environment-variables", "flyway migrate", "psql --version",
            names=("FLYWAY_*", "LIQUIBASE_*", "DATABASE_URL", "GOOSE_*", "INFLUX_*", "SNOWSQL_*", "CLICKHOUSE_*"), credentials=(".mongorc.js", ".cqlshrc"), opaque_when=("migrate", "update", "up", "*.js"), kinds=DATABASE, starts=("flyway.conf", "liquibase.properties", "migrations/*")),
    ToolRow("mysqld|mysqld_safe|mysql_install_db|postgres|pg_ctl|initdb|pg_ctlcluster|mongod|redis-server|pg_createcluster|mariadbd|mariadb-install-db", "https://dev.mysql.com/doc/refman/8.0/en/mysqld.html", "mysqld --initialize-insecure", "psql --version", unless=("--version",)),
    ToolRow("jf|jfrog", "https://docs.jfrog-applications.jfrog.io/jfrog-applications/jfrog-cli/cli-environment-variables", "jf npm-config", "curl -V", names=("JFROG_CLI_*", "JF_*", "CI"), credentials=(".jfrog/*",), opaque_when=("npm", "mvn", "gradle", "go", "pip"), kinds=("registry-token", "generic")),
    ToolRow("sonar-scanner|microscanner|codecov|snyk|coveralls|codeclimate|cc-test-reporter|bugsnag-cli|datadog-ci|newrelic|honeybadger|codacy|fossa|whitesource|veracode|launchdarkly|rollbar-cli",
            "https://docs.snyk.io/developer-tools/snyk-cli/configure-the-snyk-cli/environment-variables-for-snyk-cli", "snyk test", "curl -V", names=("SONAR_*", "CODECOV_TOKEN", "SNYK_*", "COVERALLS_*", "CC_TEST_REPORTER_ID", "BUGSNAG_*", "DATADOG_*", "DD_*", "NEW_RELIC_*", "CODACY_*", "FOSSA_API_KEY"), unless=("--version",)),
    ToolRow("gpg|gpg2|gpgv|gpgconf", "https://gnupg.org/documentation/manuals/gnupg/", "gpg --verify x.asc", "openssl version", credentials=(".gnupg/*",)),
    ToolRow("envsubst|confd|gomplate|dockerize|j2|jinja2|consul-template|envtpl|mustache|esh|frep", "https://www.gnu.org/software/gettext/manual/html_node/envsubst-Invocation.html", "envsubst -i x", "sed s/a/b/ x", opaque=True, kinds=ALL, starts=("*.tmpl", "*.tpl", "*.template", "*.j2")),
    ToolRow("make|ninja|just|task|bazel|bazelisk|buck|pants|earthly|dagger|cmake|meson|configure|autogen.sh|autoreconf|bootstrap|ctest|catkin_make|colcon|qmake|tup|redo|xmake|premake5|please|act|mage|scons|waf|b2|bjam|catkin|otp_build|emcmake|emmake|doit|paver|aap|rosmake|buildozer|pio|platformio|steamcmd",
            "https://www.gnu.org/software/make/manual/html_node/Environment.html", "make build", "gcc -o x x.c", names=COMPILER_CACHE, opaque=True, kinds=ALL, starts=("Makefile", "makefile", "GNUmakefile", "*.mk", "CMakeLists.txt", "justfile", "Taskfile.y*ml", "WORKSPACE", "MODULE.bazel", "configure", "Earthfile"), unless=("--version", "--help")),
    ToolRow("sh|bash|zsh|dash|ash|ksh|fish|pwsh|powershell|source|.|perl|lua|tclsh|expect|osascript|cmd|eval|xargs|parallel|watch|su|runuser|script|xvfb-run|chroot|proot|setarch|unbuffer|stdbuf|strace|ltrace|gdb|valgrind|emacs|vim|nvim|vi|sbcl|guile|racket|julia|octave|matlab|gap|sage|ghc|runghc|ocaml|swipl|wine|qemu-arm-static|systemd-run|supervisord|tini|dumb-init|gosu|su-exec|setuser|setpriv|linux32|scl|retry|flock|waitfor|wait-for-it.sh|awk|gawk|mawk|nawk|jq|yq|entrykit|s6-svscan|with-contenv|printenv|runsv|env",
            "https://pubs.opengroup.org/onlinepubs/9699919799/utilities/sh.html", "sh build.sh", "echo hello", opaque=True, kinds=ALL, starts=("*.sh",), unless=("--version",)),
    ToolRow("mail|sendmail|msmtp|mutt|lftp|ftp|ncftp|ncftpget|smbclient|cadaver", "https://lftp.yar.ru/lftp-man.html", "lftp -f x", "curl -V", credentials=(".netrc", ".msmtprc", ".lftprc"), kinds=CLOUD),
)  # fmt: skip
