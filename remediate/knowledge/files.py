"""Credential files: what `COPY .npmrc ./` brings into the image, judged by source name, destination and, when at hand, content.

An `.npmrc` that only says `${NPM_TOKEN}` or names a registry holds no secret; a `settings.xml` may be a list of mirrors. Where the
content is not at hand, a file that is mostly settings counts only when it goes to a home directory, as a user's own configuration does.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from remediate.knowledge import values
from remediate.knowledge.globs import matches
from remediate.model import NamedTuple
from remediate.text import late


class FileRow(NamedTuple):
    """`names` are globs over the lower-case base name (or the path's end, with a slash); `certain`: a secret whatever it says.

    One of the patterns `stems` occurs in every path that the row can match. `content` finds a credential in the file's text, when it is at hand.
    """

    id: str
    names: str
    stems: tuple[bytes, ...]
    kind: str
    use: str
    certain: bool
    content: bytes
    source: str
    example: str
    counter_example: str


class FileUses(NamedTuple):
    """What the rest of the Dockerfile says of a copied file; the analysis fills it, it only matters without the content.

    `credential_beside`: an ARG or ENV holds a build credential, to which a file of settings then refers. `removed_later`: a later RUN
    removes the file, as one does with a secret. `key_beside`: a private key is copied too, so that a `.pem` is the certificate to it.
    """

    credential_beside: bool = False
    removed_later: bool = False
    key_beside: bool = False


NO_USES = FileUses()


class FileVerdict(NamedTuple):
    """`certain` is false where the content was not at hand and the file may hold mere settings."""

    secret: bool
    kind: str
    why: str
    use: str
    certain: bool = True


_ASSIGNED = rb"(?im)(?:password|passwd|token|secret|auth|key)[a-z_\"']{0,20}\s{0,4}[=:>]\s{0,4}[\"']?(?![$%{<\"'\s])[^\s\"'<]{3,}"

ROWS: tuple[FileRow, ...] = (
    FileRow("npmrc", ".npmrc npmrc npmrc.* .npmrc.* .npmrc-* *.npmrc", (b"npmrc",), "registry-token", "build", False,
            rb"(?m)^[^#;\n]{0,300}(?:_authToken|_auth|_password)\s{0,4}=\s{0,4}\"?(?!\$\{|\$[A-Z_]|\s|\")[^\s\"]{4,}", "npm documentation: .npmrc", ".npmrc", "npmrc-parser.js"),
    FileRow("yarnrc", ".yarnrc.yml", (b"yarnrc",), "registry-token", "build", False,
            rb"(?m)^\s{0,20}\"?npmAuth(?:Token|Ident)\"?\s{0,4}:\s{0,4}[\"']?(?!\$\{|[\"'\s])[^\s\"']{4,}", "yarnpkg.com: .yarnrc.yml", ".yarnrc.yml", ".yarnrc.js"),
    FileRow("pypirc", ".pypirc pypirc", (b"pypirc",), "registry-token", "build", True, rb"(?im)^\s{0,8}password\s{0,4}[=:]\s{0,4}\S", "packaging.python.org: .pypirc", ".pypirc", "pypirc.py"),
    FileRow("pip-conf", "pip.conf .pip.conf pip.ini .pip/ .pip", (rb"pip\.conf", rb"pip\.ini", rb"\.pip(?![a-z])"), "registry-token", "build", False, rb"://[^\s/@:]{1,200}(?::[^\s/@$]{1,300})?@", "pip.pypa.io: configuration",
            "pip.conf", "pip.txt"),
    FileRow("uv-toml", "uv.toml", (rb"uv\.toml",), "registry-token", "build", False, rb"://[^\s/@:]{1,200}(?::[^\s/@$]{1,300})?@", "docs.astral.sh/uv: configuration files", "uv.toml", "uv.lock"),
    FileRow("poetry-auth", "auth.toml", (rb"auth\.toml",), "registry-token", "build", False, rb"(?im)^\s{0,8}password\s{0,4}=\s{0,4}[\"'][^\"']{2,}", "python-poetry.org: repositories, credentials", "auth.toml", "auth.tml"),
    FileRow("netrc", ".netrc netrc _netrc *.netrc", (b"netrc",), "git-token", "build", True, rb"(?i)\bpassword\s{1,8}(?!\$)\S", "curl: .netrc", ".netrc", "netrc.go"),
    FileRow("git-credentials", ".git-credentials git-credentials .git-credentials/", (b"git-credentials",), "git-token", "build", True, rb"://[^\s/@]{1,300}@", "git-credential-store", ".git-credentials", "git-credential-helper"),
    FileRow("ssh-key", "id_rsa id_dsa id_ecdsa id_ed25519 *_rsa *_ed25519 id_rsa_* id_rsa.* id_ed25519_* identity deploy_key deploy-key *.ppk ssh_key *_deploy_key *_ssh_key insecure_key adbkey *_adbkey",
            (rb"(?<![a-z])id_[a-z0-9]{2,10}", b"_rsa", b"_ed25519", b"identity", b"deploy[_-]key", rb"\.ppk", b"ssh_key", b"insecure_key", b"adbkey"), "ssh-key", "build", True, rb"PRIVATE KEY|PuTTY-User-Key-File", "ssh-keygen: default file names", "id_rsa", "id_rsa.pub"),
    FileRow("ssh-host-key", "ssh_host_*_key ssh_host_key", (b"ssh_host",), "file", "runtime", True, rb"PRIVATE KEY", "sshd: host keys", "ssh_host_rsa_key", "ssh_host_rsa_key.pub"),
    FileRow("ssh-folder", ".ssh .ssh/", (rb"\.ssh(?![a-z])",), "ssh-key", "build", True, rb"PRIVATE KEY", "OpenSSH: ~/.ssh", ".ssh/", ".ssh/known_hosts"),
    FileRow("maven-settings", "settings.xml settings-security.xml maven-settings*.xml maven.settings.xml mvn-settings.xml", (b"settings.xml", b"settings-security", b"maven.settings", b"mvn-settings"), "registry-token", "build", False,
            rb"(?i)<(?:password|passphrase|privateKey)>\s{0,20}(?!\s|\$\{)[^<\s]{2,}", "maven.apache.org: settings.xml", "settings.xml", "settings.gradle"),
    FileRow("nuget-config", "nuget.config nuget.*.config", (b"nuget",), "registry-token", "build", False, rb"(?i)key\s{0,4}=\s{0,4}\"(?:ClearText)?Password\"\s{1,20}value\s{0,4}=\s{0,4}\"(?!%)[^\"]{2,}", "learn.microsoft.com: nuget.config",
            "nuget.config", "nuget.exe"),
    FileRow("composer-auth", "auth.json", (rb"auth\.json",), "registry-token", "build", True, _ASSIGNED, "getcomposer.org: auth.json; containers-auth.json", "auth.json", "oauth.json"),
    FileRow("gradle-properties", "*/.gradle/gradle.properties", (b"gradle.properties",), "registry-token", "build", False, _ASSIGNED, "docs.gradle.org: credentials in the user home", "/root/.gradle/gradle.properties", "gradle.properties"),
    FileRow("cargo-credentials", "*.cargo/credentials *.cargo/credentials.toml", (b"credentials",), "registry-token", "build", True, rb"token\s{0,4}=\s{0,4}\"", "Cargo book: credentials.toml", ".cargo/credentials.toml", ".cargo/config.toml"),
    FileRow("gem-credentials", "*.gem/credentials", (b"credentials",), "registry-token", "build", True, rb"rubygems_|:\s{0,4}\S", "RubyGems guides", ".gem/credentials", ".gem/specs"),
    FileRow("bundle-config", "*.bundle/config", (rb"\.bundle",), "registry-token", "build", False, rb"(?m)^BUNDLE_[A-Z0-9_]{1,80}__[A-Z0-9_]{1,80}:\s{1,4}\S", "bundler.io: config", ".bundle/config", ".bundle/plugin"),
    FileRow("aws-credentials", "*.aws/credentials *.aws .aws/ .aws aws_credentials aws-credentials aws.credentials credentials.csv", (rb"\.aws", b"aws[_.-]cred", rb"(?:^|[/\s])credentials(?:\.csv)?(?![a-z.])"), "cloud", "either", True, rb"(?i)aws_secret_access_key\s{0,4}=\s{0,4}(?!\$)\S",
            "docs.aws.amazon.com: credentials file", ".aws/credentials", "aws.config.js"),
    FileRow("docker-config", "*.docker/config.json .dockercfg .dockerconfigjson /root/.docker /home/*/.docker ~/.docker $home/.docker ${home}/.docker", (rb"\.docker/config", rb"/\.docker(?![a-z0-9_.-])", b"dockercfg", b"dockerconfigjson"), "registry-token", "either", True, rb"\"auth\"\s{0,4}:\s{0,4}\"[^\"]{4,}", "docs.docker.com: config.json", ".docker/config.json", "config.json"),
    FileRow("kubeconfig", "kubeconfig *.kubeconfig kubeconfig.* *.kube/config .kube .kube/ kubeconfig-*", (b"kubeconfig", b".kube"), "cloud", "either", True, rb"(?:client-key-data|token|password)\s{0,4}:\s{0,4}\S", "kubernetes.io: kubeconfig", "kubeconfig", "kubeconfig.go"),
    FileRow("service-account", "service-account*.json service_account*.json serviceaccount*.json *-service-account.json *_service_account.json gcloud*key*.json gcp*key*.json gcs*key*.json *credentials*.json client_secret*.json "
            "firebase-adminsdk*.json *-adminsdk-*.json keyfile.json key.json application_default_credentials.json", (rb"(?:service|key|credential|client_secret|adminsdk)[^\s/]{0,100}\.json",), "cloud", "runtime", True, rb"\"(?:private_key|client_secret|refresh_token)\"\s{0,4}:\s{0,4}\"", "cloud.google.com: service account keys",
            "service-account.json", "service.json"),
    FileRow("dotenv", ".env .env.local .env.prod .env.production .env.prod.* .env.dev .env.development .env.staging .env.stage .env.qa .env.secret* prod.env production.env secrets.env *.secret.env .envrc",
            (rb"\.env",), "app-runtime", "runtime", True, _ASSIGNED, "12-factor apps: dotenv", ".env", ".env.example"),
    FileRow("password-file", ".htpasswd htpasswd *.htpasswd htpasswd.* .htpasswd.* *.passwd passwords.txt password.txt *_password.txt *password*.txt .pgpass pgpass .my.cnf .mylogin.cnf .vncpasswd vnc_passwd .vnc/passwd passwdfile pwdfile */.x11vnc/passwd tomcat-users.xml *-users.properties",
            (b"passw(?!ords?_gen)", b"pgpass", rb"\.my\.cnf", b"mylogin", b"pwdfile", b"tomcat-users", b"-users\\.properties"), "file", "runtime", True, rb"(?i)^[^\s:]{1,100}:\S{2,}|password|\S{6,}", "Apache htpasswd; libpq; MySQL", ".htpasswd", "passwd.sh"),
    FileRow("token-file", "*_token.txt *-token.txt token.txt *.token .token git_token github_token gh_token npm_token gitlab_token api_key.txt *apikey*.txt *api_key*.txt secret.txt secrets.txt *_secret.txt .vault-token vault-token .vault_pass* vault_pass* vault-password* vault.key .npm-token .github-token",
            (b"token", b"secret", b"api_?key", rb"vault[._-]?(?:token|pass|key)"), "file", "build", True, rb"\S{6,}", "seen in public Dockerfiles", "git_token.txt", "tokenizer.txt"),
    FileRow("secrets-file", "secrets.yml secrets.yaml secret.yml secret.yaml secrets.json secret.json secrets.properties secrets.py credentials.yml credentials.yaml credentials.xml credentials.properties credentials.ini .credentials credentials.json credentials.php "
            "master.key credentials.yml.key secret_key secret_key.txt secret.key .secrets",
            (b"secret", b"credential", b"master.key"), "app-runtime", "runtime", True, _ASSIGNED, "Rails, Jenkins, Ansible", "credentials.xml", "credentials.go"),
    FileRow("keystore", "$*keystore* *.jks *.keystore *.p12 *.pfx *.bks *.pkcs12 *.kdb *.jceks", (rb"\.(?:jks|keystore|p12|pfx|bks|pkcs12|kdb|jceks)", rb"\$\{?\w*keystore",), "file", "runtime", True, rb"", "Java keytool, PKCS #12", "server.jks", "server.jksx"),
    FileRow("private-key", "*.key *.key.pem *-key.pem *_key.pem key.pem *privkey*.pem *private*.pem *.pk8 privkey* private.key private_key*", (rb"\.key", rb"key\.pem", b"priv", rb"\.pk8"), "file", "runtime", True, rb"PRIVATE KEY|\x30\x82", "RFC 7468", "server.key",
            "server.crt"),
    FileRow("pem", "*.pem", (rb"\.pem",), "file", "runtime", True, rb"PRIVATE KEY", "RFC 7468: certificate or key", "tls.pem", "ca.pem"),
)

# Look-alikes: names that say what they are.
LOOK_ALIKES: tuple[FileRow, ...] = (
    FileRow("sample", "*.example *.sample *.dist *.template *.tmpl *.tpl *.erb *.j2 *.jinja *.jinja2 *.in *.default *.defaults *.toml.tmpl *example* *sample* *template* *.test .env.test .env.ci *.mustache *.encrypted *.enc *.gpg *.vault *.age",
            (), "", "", True, b"", "a file to fill in, or one that is encrypted", ".env.example", ".env"),
    FileRow("public-key", "*.pub *.crt *.cer *.cert *.csr known_hosts authorized_keys *.asc *.gpg *pubkey* *public* *-pub.pem *_pub.pem *.rsa.pub", (), "", "", True, b"", "public halves", "id_rsa.pub", "id_rsa"),
    FileRow("certificate", "ca.pem *ca.pem ca-*.pem *ca-bundle*.pem *cacert*.pem cert.pem *cert.pem *certs.pem *chain*.pem *bundle*.pem root*.pem *-ca.pem *_ca.pem *root-ca* *root*.pem cacerts *cacerts* *truststore*", (), "", "", True, b"", "certificates", "ca.pem", "key.pem"),
    FileRow("dh-parameters", "dh*.pem ffdhe*.pem *dhparam* dhparams.pem *-dh.pem", (), "", "", True, b"", "openssl dhparam", "dhparam.pem", "server.pem"),
    FileRow("repository-key", "*apt*.key *repo*.key *archive*.key *release*.key *gpg*.key *signing*.key gpg*.key rpm-gpg-key* *.gpg.key nginx_signing.key *pubkey*.key *.repo.key */unbound/root.key *-keyring* nodesource*.key", (), "", "", True, b"",
            "apt-key add: public signing keys", "nginx_signing.key", "nginx.key"),
    FileRow("code", "*.sh *.go *.py *.js *.ts *.rb *.java *.php *.c *.h *.rs *.cs *.patch *.diff *.md *.html *.so *.jar *.lock *.toml.tmpl *.gradle *.service *.sql", (), "", "", True, b"", "programs", "token.sh", "token.txt"),
)

# Folders of certificates: a `.pem` there, by source or destination, is one, unless its name says key.
_CERTIFICATES = late(r"(?:^|/)(?:certs?|certificates|ca|ca-trust[^/]*|ca-certificates|trust[^/]*|anchors)/|/jre/lib/")
_HOME = late(r"^(?:/root|/home/[^/]+|~|\$\{?HOME\}?|/var/(?:lib/)?jenkins(?:_home)?|/usr/src/\.|/var/www)/")


@cache
def _row_patterns(row: FileRow) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Globs without a slash look at the base name, those with one at the path's end."""
    names = row.names.split()
    ends = [n if n.startswith(("*", "/", "~", "$")) else "*" + n for n in names if "/" in n.rstrip("/")]
    bases = [n for n in names if "/" not in n.rstrip("/")]
    return tuple(bases), tuple(ends)


@cache
def stem_pattern() -> re.Pattern[bytes]:
    """Over lower-case bytes: some path here may be one of a row's."""
    return re.compile(b"|".join(sorted({s for row in ROWS for s in row.stems})))


def _match(table: tuple[FileRow, ...], path: str) -> FileRow | None:
    clean = path.strip().lower().replace("\\", "/")
    base = clean.rstrip("/").rpartition("/")[2]
    for row in table:
        by_base, by_end = _row_patterns(row)
        folder = base + "/" if clean.endswith("/") else base
        if any(matches(base, g) or matches(folder, g) for g in by_base) or any(matches(clean.rstrip("/"), g) for g in by_end):
            return row
    return None


@lru_cache(8192)
def row_of(path: str) -> FileRow | None:
    """The row of credential files that a path belongs to by its name; None for a look-alike or any other file."""
    if stem_pattern().search(path.lower().encode("utf-8", "surrogateescape")) is None or _match(LOOK_ALIKES, path):
        return None
    return _match(ROWS, path)


def judge_copy(source: str, dest: str, content: bytes | None = None, uses: FileUses = NO_USES) -> FileVerdict:
    """Whether `COPY source dest` (or ADD) brings a credential file into the image; `content` is the file's, when at hand."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://", source):
        return _judge_download(source)
    if stem_pattern().search(f"{source}\n{dest}".lower().encode("utf-8", "surrogateescape")) is None:
        return FileVerdict(False, "", "no name of a credential file", "")
    target = _target(source, dest)
    alike = _match(LOOK_ALIKES, source)
    if alike is None and (by_target := _match(LOOK_ALIKES, target)) and by_target.id == "public-key":
        alike = by_target
    if alike:
        return FileVerdict(False, "", f"{alike.id}: {alike.source}", "")
    row = _match(ROWS, source) or _match(ROWS, target)
    if row is None:
        return FileVerdict(False, "", "no name of a credential file", "")
    if content is not None:
        return _judge_content(row, content)
    if _holds(row, source.lower(), target.lower(), uses):
        return FileVerdict(True, row.kind, f"{row.id}: {row.source}", row.use, row.certain)
    return FileVerdict(False, row.kind, f"{row.id}: mostly settings, its content is not at hand", row.use, False)


def _holds(row: FileRow, source: str, target: str, uses: FileUses) -> bool:
    """Without the content: does a file of this kind, at this place, usually hold a credential?"""
    if row.id == "pem":
        return not (uses.key_beside or _CERTIFICATES.search(source) or _CERTIFICATES.search(target))
    if row.certain or uses.removed_later:
        return True
    return row.id in ("npmrc", "yarnrc", "gradle-properties") and bool(_HOME.match(target)) and not uses.credential_beside


def _judge_download(source: str) -> FileVerdict:
    info = values.userinfo(source)
    if info and not values.placeholder(info):
        return FileVerdict(True, "url-with-credentials", "a URL with credentials", "build")
    return FileVerdict(False, "", "downloaded from a URL without credentials", "")


def _target(source: str, dest: str) -> str:
    """Where the file comes to lie: a destination that is a folder takes the source's base name."""
    if not dest.endswith("/") and not dest.endswith("."):
        return dest
    return dest.rstrip("/") + "/" + source.rstrip("/").rpartition("/")[2]


@cache
def _content_pattern(row: FileRow) -> re.Pattern[bytes]:
    return re.compile(row.content)


_PUBLIC_PEM = late(rb"-----BEGIN (?:TRUSTED )?(?:X509 )?(?:CERTIFICATE|PUBLIC KEY|DH PARAMETERS|RSA PUBLIC KEY|PGP PUBLIC)")


def _judge_content(row: FileRow, content: bytes) -> FileVerdict:
    head = content[:262_144]
    if not row.content:
        return FileVerdict(bool(head), row.kind, f"{row.id}: {row.source}", row.use)
    if values.find_literals(head) or _content_pattern(row).search(head):
        return FileVerdict(True, row.kind, f"{row.id}: the file holds a credential", row.use)
    if _PUBLIC_PEM.search(head):
        return FileVerdict(False, "", "a certificate or public key", "")
    return FileVerdict(False, "", f"{row.id}: the file holds no credential", "")
