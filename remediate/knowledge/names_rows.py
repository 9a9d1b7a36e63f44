"""What makes a variable's name that of a secret: rows of words, each with its source and an example for and against.

A name reads like an English noun phrase: `NPM_TOKEN` is a token, `TOKEN_URL` is a URL. So a row of NOUNS makes a name suspect,
a row of TAILS behind the noun clears it, a row of QUALIFIERS before the noun `key` strengthens or clears it, and a row of OWNERS
says whose credential it is and who reads it: the build, or the running container. WHOLE rows are names that need no noun.
"""

from __future__ import annotations

from remediate.model import NamedTuple


class NameRow(NamedTuple):
    """`words` are words of a name (see names_words), or for WHOLE rows name globs; `bare`: an ARG without a value counts."""

    id: str
    words: str
    kind: str
    use: str
    source: str
    example: str
    counter_example: str
    strength: str = "yes"
    bare: bool = True


_BUILDKIT = "moby/buildkit SecretsUsedInArgOrEnv"
_SEEN = "frequent in public Dockerfiles"

# Nouns. `yes`: suspect whatever stands around. `maybe`: the value or its use must agree.
NOUNS: tuple[NameRow, ...] = (
    NameRow("password", "password passwd passwort passphrase passcode pword passwords passwrd", "app-runtime", "runtime", _BUILDKIT,
            "REDIS_PASSWORD", "PASSWORD_FILE"),
    NameRow("pass", "pass pwd psw pw passw", "app-runtime", "runtime", "Jenkins credentials binding: NAME_PSW; " + _SEEN,
            "SMTP_PASS", "PROFTPD_PASSIVE_MIN"),
    NameRow("token", "token tokens", "generic", "either", _BUILDKIT, "FOO_TOKEN", "TOKENIZERS_PARALLELISM"),
    NameRow("pat", "pat", "git-token", "build", "GitHub, Azure DevOps: personal access token", "GITHUB_PAT", "PATH"),
    NameRow("secret", "secret secrets", "app-runtime", "runtime", _BUILDKIT, "JWT_SECRET", "SECRET_NAME"),
    NameRow("credential", "credential credentials creds cred", "generic", "either", _BUILDKIT, "DEPLOY_CREDENTIALS",
            "GOOGLE_APPLICATION_CREDENTIALS", "maybe"),
    NameRow("salt", "salt pepper", "app-runtime", "runtime", "WordPress wp-config.php: AUTH_SALT, NONCE_SALT", "AUTH_SALT",
            "SALT_VERSION", "maybe"),
    NameRow("auth", "auth basicauth", "generic", "either", _BUILDKIT + "; npm `_auth`", "REGISTRY_AUTH", "AUTH_URL", "maybe", False),
    NameRow("key", "key keys", "generic", "either", _BUILDKIT, "AWS_KEY", "KEY_NAME", "maybe"),
    NameRow("ssh-identity", "privkey prvkey", "ssh-key", "build", "OpenSSH", "DEPLOY_PRIVKEY", "SSH_PUBKEY"),
)

# Words before the noun `key`, and what they say of it.
QUALIFIERS: tuple[NameRow, ...] = (
    NameRow("ssh-key", "ssh deploy", "ssh-key", "build", "OpenSSH; GitHub deploy keys", "SSH_KEY", "SSH_PUBLIC_KEY"),
    NameRow("private-key", "private priv prv privatekey", "ssh-key", "either", "PKCS #8 and OpenSSH private keys", "SSH_PRIVATE_KEY", "PRIVATE_KEY_FOLDER"),
    NameRow("api-key", "api apis", "generic", "either", "common API practice", "MAILGUN_API_KEY", "API_KEY_HEADER"),
    NameRow("secret-key", "secret secure", "app-runtime", "runtime", "Django SECRET_KEY, Rails secret_key_base", "DJANGO_SECRET_KEY", "SECRET_KEY_LENGTH"),
    NameRow("access-key", "access", "cloud", "either", "AWS access keys come in pairs", "S3_ACCESS_KEY", "KMS_KEY_ALIAS"),
    NameRow("app-key", "app application master encryption encrypt crypt cipher jwt signing signature session cookie fernet hmac auth authentication admin write "
            "webhook rails laravel token aes des crypto", "app-runtime", "runtime", "Rails RAILS_MASTER_KEY, Laravel APP_KEY, Airflow FERNET_KEY",
            "RAILS_MASTER_KEY", "ENCRYPTION_KEY_SIZE"),
    NameRow("license-key", "license licence activation registration subscription product install serial enrollment", "registry-token", "either",
            "subscription-manager --activationkey", "ACTIVATION_KEY", "LICENSE_CONSENT"),
    NameRow("account-key", "account storage service consumer user functions", "cloud", "either", "Azure storage account keys", "AZURE_STORAGE_KEY", "STORAGE_KEY_PATH"),
)

# Owners: whose credential, and who reads it. The first row with a word of the name decides; order matters.
OWNERS: tuple[NameRow, ...] = (
    NameRow("npm", "npm npmrc yarn pnpm node bun verdaccio fontawesome greensock", "registry-token", "build", "npm documentation: private packages in CI", "NPM_TOKEN", "NPM_REGISTRY"),
    NameRow("python-index", "pip pypi poetry uv twine pipenv pdm conda anaconda gemfury", "registry-token", "build", "pip, Poetry, uv: index credentials", "POETRY_HTTP_BASIC_FOO_PASSWORD", "PIP_VERSION"),
    NameRow("ruby-gems", "bundle bundler gem gems rubygems contribsys sidekiq", "registry-token", "build", "bundler.io: credentials for gem sources", "BUNDLE_GEMS__EXAMPLE__COM", "BUNDLE_PATH"),
    NameRow("composer", "composer packagist", "registry-token", "build", "getcomposer.org: COMPOSER_AUTH", "COMPOSER_AUTH", "COMPOSER_HOME"),
    NameRow("cargo", "cargo crates", "registry-token", "build", "Cargo book: CARGO_REGISTRIES_<name>_TOKEN", "CARGO_REGISTRIES_ACME_TOKEN", "CARGO_HOME"),
    NameRow("dotnet", "nuget vsts devexpress telerik", "registry-token", "build", "NuGet, Azure Artifacts credential provider", "NUGET_API_KEY", "NUGET_XMLDOC_MODE"),
    NameRow("java-repo", "maven mvn gradle artifactory jfrog nexus sonatype ossrh codeartifact cloudsmith feed registry artifact artifacts packages repo repository",
            "registry-token", "build", "Artifactory, Nexus: repository credentials", "ARTIFACTORY_PASSWORD", "MAVEN_OPTS"),
    NameRow("rhsm", "rhsm rhn redhat subscription activation", "registry-token", "build", "subscription-manager register", "RHSM_PASSWORD", "RHEL_VERSION"),
    NameRow("git-host", "github gh gitlab git bitbucket bb azure devops gitea scm ghcr", "git-token", "either", "GitHub, GitLab, Bitbucket: tokens for clone and API", "GITHUB_TOKEN", "GITHUB_REF"),
    NameRow("hex", "hex oban", "registry-token", "build", "Hex documentation: HEX_API_KEY", "HEX_API_KEY", "HEX_VERSION"),
    NameRow("ci-service", "sentry sonar sonarqube sonarcloud codecov coveralls snyk turbo nx chromatic expo vercel netlify fossa veracode codacy travis circleci "
            "buildkite percy rollbar bugsnag datadog", "cloud", "build", "upload tokens of build services", "SENTRY_AUTH_TOKEN", "SENTRY_DSN"),
    NameRow("cloud", "aws s3 gcp google gcs gcloud az arm azurerm digitalocean do linode heroku cloudflare cf terraform tf openstack os alicloud oss minio r2 b2",
            "cloud", "either", "AWS, Google Cloud, Azure command-line tools", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"),
    NameRow("huggingface", "hf huggingface hugging wandb kaggle ngc", "registry-token", "either", "huggingface_hub: HF_TOKEN", "HF_TOKEN", "HF_HOME"),
    NameRow("database", "db bd database sql mysql mariadb mssql sa postgres postgresql psql pg pgsql pgpass mongo mongodb oracle couchdb couchbase redis neo4j cassandra "
            "influxdb influx elasticsearch elastic orientdb rethinkdb clickhouse", "db-password", "runtime", "official database images", "MYSQL_ROOT_PASSWORD", "DB_HOST"),
    NameRow("ssh", "ssh", "app-runtime", "runtime", "sshd in a container", "SSH_PASSWORD", "SSH_AUTH_SOCK"),
)

# Words that, behind the noun (or as the last word), say that the variable is about the secret, not the secret.
TAILS: tuple[NameRow, ...] = (
    NameRow("place", "file files filename path paths dir dirs directory folder home root location mount volume keyfile keystore keyring keychain "
            "socket sock pem_file jks conf cfg config configs settings ini", "", "", "a path to the secret; Docker `_FILE` convention", "TOKEN_PATH", "TOKEN"),
    NameRow("name", "name names alias label title id ids identifier uid gid username user login email author owner kid arn ref reference", "", "", "the secret's name or its owner's",
            "SECRET_NAME", "SECRET"),
    NameRow("address", "url urls uri uris endpoint host hostname port server servers address addr domain realm issuer audience scope scopes service region "
            "namespace provider providers backend backends engine driver adapter plugin module vault proxy download link issuer", "", "", "where the secret is checked or kept", "AUTH_URL", "AUTH"),
    NameRow("measure", "version ver versions size length len bits numbits count limit max min timeout ttl expiry expires expiration expire lifetime age days hours "
            "minutes seconds interval duration delay retries attempts rounds cost strength level", "", "", "a number about the secret", "KEY_VERSION", "KEY"),
    NameRow("switch", "enable enabled disable disabled required require optional check checking checks validation verify verification allow allowed "
            "mode method mech mechanism mechanisms type types kind format encoded encoding encrypted hashed policy rotation strategy warning warnings usage consent "
            "options opts option flag flags parallelism debug dummy manager handler filter group groups role roles", "", "", "a switch or a mode", "AUTH_MODE", "AUTH"),
    NameRow("checksum", "sha sha1 sha256 sha512 md5 checksum fingerprint sum digest algorithm algo alg cipher curve asc sig", "", "", "a checksum or an algorithm",
            "KEY_SHA256", "KEY"),
    NameRow("text", "prefix suffix header headers field param params parameter pattern regex template tmpl separator delimiter marker subject message class column table "
            "bucket index map layout sequence replacer replacement replacment replace lib library package script", "", "", "text or a place that names the secret", "KEY_PREFIX", "KEY"),
    NameRow("public-half", "public pub cert certs certificate certificates crt", "", "", "the half that anyone may know", "JWT_KEY_PUBLIC", "JWT_KEY"),
)

# Words that clear a name wherever they stand.
CLEARED: tuple[NameRow, ...] = (
    NameRow("public", "public pub pubkey publishable", "", "", "public halves of key pairs", "SSH_PUBLIC_KEY", "SSH_PRIVATE_KEY"),
    NameRow("switch-word", "allow enable disable no dont skip ignore generate random require use is has should force empty bypass unsafe strict without", "", "", "MYSQL_ALLOW_EMPTY_PASSWORD, MYSQL_RANDOM_ROOT_PASSWORD", "MYSQL_ALLOW_EMPTY_PASSWORD", "MYSQL_PASSWORD"),
    NameRow("fingerprint", "fingerprint keyserver keyid authorized known sha sha1 sha256 sha512 md5 checksum sha256sum", "", "", "gpg, sshd", "AGENT_KEY_FINGERPRINT", "AGENT_KEY"),
)

# Words that clear the noun `key` alone.
KEY_CLEARED: tuple[NameRow, ...] = (
    NameRow("signing-key-id", "gpg pgp apt rpm yum repo repos repository release keyserver trusted signed archive dnf zypper", "", "",
            "gpg --recv-keys: a fingerprint", "GPG_KEY", "GPG_PRIVATE_KEY"),
    NameRow("other-key", "host hostname ide idekey xdebug sort partition primary foreign idempotency cache routing row object site project issue jira feature translation "
            "lookup hash hot bind anon kms dkim rsa zone crl xkb keyboard dict tag trans confd prefix default etcd consul kv registry winreg hkey cert", "", "",
            "keys that open nothing", "ANSIBLE_HOST_KEY_CHECKING", "HOSTING_KEY"),
)

# Words that may stand behind the noun `key` without changing what it is.
KEY_TRAILERS: tuple[NameRow, ...] = (
    NameRow("key-trailer", "base base64 b64 pem value val string data content contents text prod production dev development test testing staging stage ci live main "
            "default arg env backup new old primary secondary read write", "", "", _SEEN, "SSH_KEY_BASE64", "APP_KEY_OBJECTS"),
)

# Names that need no noun, or that the words would judge wrongly: globs over the upper-case name, first match wins.
WHOLE: tuple[NameRow, ...] = (
    NameRow("path-variables", "GOOGLE_APPLICATION_CREDENTIALS *_GOOGLE_APPLICATION_CREDENTIALS SSH_AUTH_SOCK PWD OLDPWD INIT_CWD", "", "", "Google Cloud SDK; OpenSSH; POSIX",
            "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CREDENTIALS", "no"),
    NameRow("shell-switches", "APT_KEY_DONT_WARN_ON_DANGEROUS_USAGE ANSIBLE_HOST_KEY_CHECKING NODE_TLS_REJECT_UNAUTHORIZED GOPRIVATE GONOSUMDB GIT_TERMINAL_PROMPT", "", "",
            "apt-key, Ansible, Node, Go", "GOPRIVATE", "GO_TOKEN", "no"),
    NameRow("swarm-secret-name", "*USER_SECRET *USERNAME_SECRET *USER_NAME_SECRET *PASSWORD_SECRET *PASSWD_SECRET *KUBERNETES_SECRET *K8S_SECRET", "", "", "Docker Swarm, Kubernetes: the name of a secret",
            "DB_PASSWORD_SECRET", "DB_SECRET", "no"),
    NameRow("bundler-switches", "BUNDLE_MIRROR__* BUNDLE_BUILD__* BUNDLE_LOCAL__* BUNDLE_GEM__* BUNDLE_DISABLE_*__*", "", "", "bundler.io: settings with __ that hold no credentials",
            "BUNDLE_BUILD__NOKOGIRI", "BUNDLE_GEMS__EXAMPLE__COM", "no"),
    NameRow("bundler-host", "BUNDLE_*__*", "registry-token", "build", "bundler.io: BUNDLE_<HOST> holds user:password", "BUNDLE_GEMS__EXAMPLE__COM", "BUNDLE_APP_CONFIG"),
    NameRow("composer-auth", "COMPOSER_AUTH COMPOSER_AUTH_JSON", "registry-token", "build", "getcomposer.org: COMPOSER_AUTH", "COMPOSER_AUTH", "COMPOSER_HOME"),
    NameRow("nuget-endpoints", "VSS_NUGET_EXTERNAL_FEED_ENDPOINTS ARTIFACTS_CREDENTIALPROVIDER_EXTERNAL_FEED_ENDPOINTS", "registry-token", "build",
            "Azure Artifacts credential provider: JSON with passwords", "VSS_NUGET_EXTERNAL_FEED_ENDPOINTS", "NUGET_FEED_NAME"),
    NameRow("docker-auth", "DOCKER_AUTH_CONFIG DOCKER_AUTH", "registry-token", "either", "GitLab CI: DOCKER_AUTH_CONFIG", "DOCKER_AUTH_CONFIG", "DOCKER_CONFIG"),
    NameRow("npm-auth", "NPM_AUTH NPM_CONFIG__AUTH NPM__AUTH *NPM*_AUTH *YARN*_AUTH_IDENT", "registry-token", "build", "npm config: _auth", "NPM_AUTH", "NPM_CONFIG_LOGLEVEL"),
    NameRow("netrc", "NETRC *_NETRC NETRC_CONTENT NETRC_DATA", "git-token", "build", "curl, git: .netrc", "NETRC", "NETRC_PATH"),
    NameRow("npmrc-content", "NPMRC *_NPMRC NPMRC_CONTENT NPM_RC", "registry-token", "build", "npm: the whole .npmrc passed by value", "NPMRC", "NPM_CONFIG_USERCONFIG"),
    NameRow("ssh-identity-name", "ID_RSA ID_ED25519 ID_ECDSA ID_DSA *_ID_RSA *_ID_ED25519 SSH_ID_*", "ssh-key", "build", "ssh-keygen: default file names", "ID_RSA", "RSA_KEY_SIZE"),
    NameRow("database-password", "PGPASSWORD MYSQL_PWD", "db-password", "runtime", "libpq, MySQL client: environment variables", "PGPASSWORD", "PGPASSFILE"),
    NameRow("kubeconfig-content", "KUBE_CONFIG_DATA KUBECONFIG_DATA KUBECONFIG_BASE64 KUBE_CONFIG_BASE64", "cloud", "either", "kubectl in CI", "KUBECONFIG_BASE64", "KUBECONFIG"),
    NameRow("access-key-id", "*ACCESS_KEY_ID *ACCESSKEYID *ACCESS_KEYID AWS_ID *_AWS_ID", "cloud", "either", "AWS access keys come in pairs", "AWS_ACCESS_KEY_ID", "KMS_KEY_ID"),
    NameRow("vault-approle", "VAULT_SECRET_ID *ROLE_SECRET_ID", "cloud", "either", "HashiCorp Vault AppRole", "VAULT_SECRET_ID", "VAULT_ROLE_ID"),
    NameRow("neo4j-auth", "NEO4J_AUTH", "db-password", "runtime", "official neo4j image: user/password", "NEO4J_AUTH", "NEO4J_HOME"),
    NameRow("rails-key-base", "*SECRET_KEY_BASE", "app-runtime", "runtime", "Rails", "SECRET_KEY_BASE", "SECRET_KEY_BASE_DUMMY"),
    NameRow("maps-key", "*MAPS_KEY *MAP_KEY *MAPBOX_TOKEN", "generic", "runtime", "Google Maps, Mapbox: keys that every visitor of a page sees", "GOOGLE_MAPS_KEY", "MAPS_URL", "maybe", False),
    NameRow("sentry-dsn", "*SENTRY_DSN *RAVEN_DSN SENTRY_*_DSN", "url-with-credentials", "runtime", "docs.sentry.io: a DSN is safe to keep public", "OLD_SENTRY_DSN", "SENTRY_RELEASE", "url", False),
    NameRow("database-url", "DATABASE DATABASE_URL *DATABASE_URL *DATABASE_URI *DATABASE_DSN DATABASE_*URL DB_URL DB_URI DB_DSN *_DB_URL *_DB_URI *_DB_DSN *MONGO_URL "
            "*MONGO_URI *MONGODB_URL *MONGODB_URI *POSTGRES_URL *POSTGRES_URI *POSTGRESQL_URL *MYSQL_URL *MYSQL_DSN *POSTGRES_DSN *PG_URL PG_DSN *CLOUDAMQP_URL *AMQP_URL "
            "*CONNECTION_STRING *CONNECTIONSTRING CONNECTIONSTRINGS__* *CONN_STR *DATABASE_CONNECTION *DB_UR?_TEST *DB_UR?_DEV *DB_UR?_PROD *DB_UR?_STAGING *DATABASE_UR?_TEST *DATABASE_UR?_DEV *DATABASE_UR?_PROD *DATABASE_UR?_STAGING", "url-with-credentials", "runtime",
            "12-factor apps, Prisma, Rails: DATABASE_URL", "DATABASE_URL", "DATABASE_HOST", "url"),
    NameRow("authed-url", "*AUTHED*URL *AUTHENTICATED*URL *URL_WITH_AUTH *URL_WITH_CREDENTIALS *URL_WITH_TOKEN *CREDENTIAL*_URL", "url-with-credentials", "build",
            "Artifact Registry: index URL with a token", "AUTHED_INDEX_URL", "AUTH_URL", "url"),
    NameRow("vendor-feed-url", "DX_NUGET* DEVEXPRESS_NUGET* *GEMFURY_URL", "url-with-credentials", "build", "docs.devexpress.com: the feed URL holds the authorization key",
            "DX_NUGET_URL", "NUGET_URL", "url"),
    NameRow("webhook-url", "*SLACK_WEBHOOK *SLACK_WEBHOOK_URL *SLACK_HOOK *DISCORD_WEBHOOK *DISCORD_WEBHOOK_URL *TEAMS_WEBHOOK_URL WEBHOOK_URL *_WEBHOOK_URL", "url-with-credentials", "either",
            "api.slack.com: the URL is the secret", "SLACK_WEBHOOK_URL", "WEBHOOK_VERSION", "url"),
    NameRow("extra-index", "*EXTRA_INDEX_URL UV_EXTRA_INDEX_URL UV_INDEX", "url-with-credentials", "build", "pip, uv: a second, private index; its URL carries the credentials",
            "PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL", "url"),
    NameRow("any-url", "*URL *URI *DSN *_REGISTRY *_REPOSITORY *_REPO *_MIRROR *_PROXY *PROXY *_SOURCE *_FEED *_INDEX *INDEX_URL", "url-with-credentials", "either",
            "RFC 3986: userinfo in a URL", "PIP_EXTRA_INDEX_URL", "DATABASE_HOST", "url", False),
)

# Variables whose value ends in a public bundle by design.
BUNDLED: tuple[NameRow, ...] = (
    NameRow("bundle-prefix", "NEXT_PUBLIC_ VITE_ REACT_APP_ VUE_APP_ GATSBY_ EXPO_PUBLIC_ NUXT_PUBLIC_ STORYBOOK_ PUBLIC_ NG_APP_ PREACT_APP_ SNOWPACK_PUBLIC_ PARCEL_PUBLIC_",
            "public-bundle", "build", "Next.js, Vite, Create React App: inlined at build time", "VITE_API_KEY", "VITAL_API_KEY"),
)

# Words of a name that only says who logs in.
USERNAMES: tuple[NameRow, ...] = (
    NameRow("user-name", "user username usr login uname account pat_name email", "", "", "the name half of a pair", "JENKINS_USERNAME", "USER_PASSWORD"),
)
