"""Commands known to read no secret from the environment and to start no project code.

Each row names programs, and the arguments that take the promise back (`find -exec`, `tar --to-command`). Configuration that holds ready
credentials (`/etc/apt/auth.conf`) is another matter: `tools.reads` names those files.
"""

from __future__ import annotations

from remediate.model import NamedTuple


class InertRow(NamedTuple):
    """`run`, `need` and `unless` as in every table. `network`: it talks to the network, so it obeys `http_proxy` and its like."""

    run: str
    source: str
    example: str
    counter: str
    need: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    network: bool = False


_POSIX = "https://pubs.opengroup.org/onlinepubs/9699919799/idx/utilities.html"
_COREUTILS = "https://www.gnu.org/software/coreutils/manual/coreutils.html"

ROWS: tuple[InertRow, ...] = (
    InertRow(
        "mkdir|rmdir|chmod|chown|chgrp|cp|mv|rm|ln|touch|unlink|truncate|mktemp|mkfifo|mknod|link|readlink|realpath|basename|dirname|stat|file|du|df|ls|dir|tree|"
        "sync|shred|rename|install|setfacl|getfacl|chattr|setcap|getcap|dos2unix|unix2dos|fallocate|rsync_|pathchk|mount|umount|mountpoint|losetup|restorecon|chcon|semanage|setsebool",
        _COREUTILS, "mkdir -p /app", "find . -exec sh x.sh {} +",
    ),
    InertRow(
        "echo|printf|cat|tac|head|tail|cut|tr|sort|uniq|wc|tee|nl|fold|fmt|paste|join|comm|diff|cmp|patch|grep|egrep|fgrep|rg|strings|rev|column|od|xxd|hexdump|base64|base32|"
        "md5sum|sha1sum|sha224sum|sha256sum|sha384sum|sha512sum|b2sum|shasum|cksum|md5|iconv|yes|seq|expr|bc|dc|date|figlet|less|more|ed_|sponge|split|csplit|xmlstarlet|xmllint|augtool|crudini|numfmt|shuf|uuidgen|pwgen|makepasswd|cowsay|tput",
        _COREUTILS, "echo hello", "envsubst",
    ),
    InertRow(
        "cd|pushd|popd|pwd|dirs|set|unset|export|readonly|declare|typeset|local|alias|unalias|true|false|:|[|[[|test|exit|return|shift|break|continue|read|trap|wait|umask|ulimit|"
        "hash|type|which|whereis|command|getopts|let|shopt|times|jobs|bg|fg|kill|pkill|killall|sleep|id|whoami|groups|uname|arch|nproc|hostname|hostnamectl|tty|stty|reset|clear|"
        "free|uptime|ps|lsof|getconf|getent|locale|localectl|logname|users|who|lsb_release|dpkg-architecture|nohup|exec|env_|time|rehash|newgrp|sysctl|dmesg|chdir|logger|mesg",
        _POSIX, "cd /app", ". ./env.sh",
    ),
    InertRow("find", "https://www.gnu.org/software/findutils/manual/html_mono/find.html", "find . -name x -delete", "find . -name x -exec ./y {} ;", unless=("-exec", "-execdir", "-ok", "-okdir")),
    # What find and xargs start is looked at when it is a harmless file command.
    InertRow("find", "https://www.gnu.org/software/findutils/manual/html_mono/find.html", "find . -type d -exec chmod 755 {} +", "find . -exec sh {} ;", need=("rm", "chmod", "chown", "chgrp", "mv", "cp", "strip", "touch", "ls", "grep", "sed", "ln", "mkdir", "rmdir", "gzip", "cat", "echo"),
             unless=("sh", "bash", "*/sh", "*/bash", "python*", "perl", "make", "./*")),
    InertRow("xargs", "https://www.gnu.org/software/findutils/manual/html_node/find_html/xargs-options.html", "xargs rm -rf", "xargs sh -c x", need=("rm", "chmod", "chown", "chgrp", "mv", "cp", "strip", "touch", "ls", "grep", "sed", "ln", "mkdir", "apt-get", "apt-mark", "dpkg", "sha256sum", "cat", "echo", "tar", "kill", "basename", "dirname", "file", "apk", "yum", "unlink", "dpkg-query", "dos2unix", "wget", "curl", "rpm", "dirname", "head", "md5sum", "useradd", "dnf"),
             unless=("sh", "bash", "*/sh", "*/bash", "python*", "perl", "make", "npm", "./*")),
    InertRow("xargs", "https://www.gnu.org/software/findutils/manual/html_node/find_html/xargs-options.html", "xargs", "xargs ./x", unless=("?*",)),
    InertRow("tar|bsdtar", "https://www.gnu.org/software/tar/manual/tar.html", "tar -x -I xz -f a", "tar -x -I ./x -f a", need=("xz", "zstd", "pigz", "lbzip2", "pbzip2", "gzip", "bzip2", "lz4", "pixz"), unless=("--to-command*", "--checkpoint-action*", "-F", "--info-script*")),
    InertRow("tar|bsdtar", "https://www.gnu.org/software/tar/manual/tar.html", "tar -xzf x.tgz -C /opt", "tar -x --to-command=./y -f x", unless=("--to-command*", "--checkpoint-action*", "-I", "-[a-zA-Z]*I", "--use-compress-program*", "-F", "--info-script*")),
    InertRow("unzip|zip|gzip|gunzip|zcat|bzip2|bunzip2|xz|unxz|lzma|zstd|unzstd|7z|7za|7zr|p7zip|unrar|ar|cpio|jar|lz4|brotli|unsquashfs|mksquashfs|rpm2cpio|upx|pax|cabextract|uncompress|pigz|pbzip2|xzcat|bzcat|lzip|alien|isoinfo|genisoimage|mkisofs|innoextract",
             "https://www.gnu.org/software/gzip/manual/gzip.html", "unzip x.zip", "tar -xf x.tar --to-command=sh"),
    InertRow("sed", "https://www.gnu.org/software/sed/manual/sed.html#index-e-command", "sed -i s/a/b/ x", "sed 1e./x y", unless=("-f", "--file*", "*/e", "*/ge", "*/eg", "*/gie", "[0-9]e*", "e *", "*;e *", "*}e")),
    InertRow("awk|gawk|mawk|nawk", "https://www.gnu.org/software/gawk/manual/html_node/Auto_002dset.html", "awk '{print $1}' x", "awk 'BEGIN{print ENVIRON[\"T\"]}'", unless=("*ENVIRON*", "*system(*", "-f", "-f*", "--file*", "*getline*")),
    # The idiom with which image builds list the libraries that a binary needs: only asks whether a file is there.
    InertRow("awk|gawk|mawk|nawk", "https://pubs.opengroup.org/onlinepubs/9699919799/utilities/test.html", "awk 'system(\"[ -e /lib/\" $1 \" ]\") == 0 { next }'", "awk '{system(\"./x\")}'", need=('*system("[[] -[efd] *',), unless=("*ENVIRON*", "*getline*", "-f", "-f*", "--file*", "*system(*system(*")),
    InertRow("perl", "https://perldoc.perl.org/perlrun", "perl -pi -e 's/a/b/' x", "perl build.pl", need=("-e", "-*e", "-*E"), unless=("*ENV*", "*system*", "*exec*", "*require*", "*`*", "*qx*", "* do *", "-M*")),
    InertRow("jq|yq", "https://jqlang.org/manual/#env-env", "jq -r .version package.json", "jq -n env.T", unless=("*env*", "*$ENV*", "-f", "--from-file")),
    InertRow("ed|ex", _POSIX, "ed -s x", "vim -c :q", unless=("*!*",)),
    InertRow("useradd|adduser|usermod|userdel|deluser|groupadd|addgroup|groupmod|groupdel|delgroup|passwd|chpasswd|gpasswd|chsh|chfn|newusers|chage|vipw|visudo|login|mkpasswd|htpasswd|vncpasswd|saslpasswd2|smbpasswd|pdbedit|fix-permissions|crontab|at",
             "https://man7.org/linux/man-pages/man8/useradd.8.html", "useradd -m app", "su app -c ./x"),
    InertRow("apt-get|apt|aptitude|apt-key|apt-cache|apt-mark|apt-config|apt-file|apt-clean|apt-install|apt-fast|add-apt-repository|apt-add-repository|dpkg|dpkg-reconfigure|dpkg-divert|dpkg-query|dpkg-deb|dpkg-statoverride|dpkg-trigger|"
             "debconf-set-selections|gdebi|install_packages|install_clean|clean-install|docker-apt-install|mk-build-deps|update-alternatives|alternatives|update-java-alternatives|debconf|deborphan|apt-wrap|aptly_|ucf|apt-transport|apt-get-current|apt-cleanup|extrepo|apt-utils|bitnami-pkg|component_unpack|eatmydata|netselect-apt",
             "https://manpages.debian.org/bookworm/apt/apt-get.8.en.html", "apt-get install -y curl", "make install", network=True),
    InertRow("apk|apk-install|apk-cleanup|add-pkg|del-pkg|yum|dnf|microdnf|tdnf|yum-config-manager|dnf-3|yumdownloader|yum-builddep|rpm|rpmkeys|rpmdb|zypper|pacman|pacman-key|pacman-db-upgrade|paccache|reflector|emerge|emerge-webrsync|cave|xbps-install|opkg|opkg-install|opkg-cl|swupd|tazpkg|pkg|pkgin|pkg_add|prt-get|snap|flatpak|eopkg|urpmi|choco|"
             "scoop|winget|package-cleanup|needs-restarting|update-crypto-policies|rpmbuild_|createrepo|eselect|env-update|etc-update|trizen|sysupgrade|slackpkg|installpkg|dism|nala|pip-licenses_|rosdep_|sdkmanager|android|android-accept-licenses.sh|tlmgr|fmtutil|updmap|texhash|mktexlsr|install-tl",
             "https://wiki.alpinelinux.org/wiki/Alpine_Package_Keeper", "apk add --no-cache git", "makepkg -si", network=True),
    InertRow("xx-apk|xx-apt|xx-apt-get|xx-info|xx-verify|xx-windres", "https://github.com/tonistiigi/xx#readme", "xx-apk add musl-dev gcc", "xx-go build .", network=True),
    InertRow("curl", "https://curl.se/docs/manpage.html", "curl -fsSL https://example.com/x", "curl -n https://example.com/x", network=True,
             unless=("-n", "--netrc", "--netrc-optional", "--netrc-file*", "-[a-zA-Z]n*", "-K", "--config*", "--variable*", "--expand-*")),
    InertRow("wget|aria2c|axel|wget2|fetch|httpie_|pget", "https://www.gnu.org/software/wget/manual/wget.html", "wget -q https://example.com/x", "curl -n https://example.com/x", network=True, unless=("--use-askpass*", "--config*", "-e*")),
    InertRow("nc|netcat|ncat|telnet|ping|dig|nslookup|host|ip|ifconfig|ss|netstat|route|iptables|ssh-keyscan|ssh-keygen|ssh-add|ssh-agent|ntpdate|traceroute|socat_|tcpdump|ethtool|dhclient|sshd-keygen|ufw|firewall-cmd|xdg-open|create-munge-key|sshd|00_regen_ssh_host_keys.sh",
             "https://man.openbsd.org/ssh-keyscan", "ssh-keyscan github.com", "ssh deploy@example.com ./x"),
    InertRow("gpg|gpg2|gpgv|gpgconf|gpg-agent|apt-key|pacman-key|certtool|trust|update-ca-certificates|update-ca-trust|c_rehash|dbus-uuidgen|certutil|signify|minisign|mozroots|cert-sync|certmgr|systemd-machine-id-setup",
             "https://gnupg.org/documentation/manuals/gnupg/", "gpg --batch --verify x.asc x", "openssl rsa -passin env:T", network=True),
    InertRow("openssl|keytool", "https://docs.openssl.org/master/man1/openssl-passphrase-options/", "openssl genrsa -out key.pem 2048", "openssl rsa -in key.pem -passin env:T", unless=("env:*", "*:env", "-engine", "-provider")),
    InertRow("locale-gen|localedef|update-locale|dpkg-reconfigure|ldconfig|fc-cache|mandb|updatedb|depmod|modprobe|lsmod|update-rc.d|rc-update|chkconfig|systemctl|service|rc-service|initctl|invoke-rc.d|update-mime-database|update-desktop-database|gtk-update-icon-cache|glib-compile-schemas|"
             "tzdata|timedatectl|hwclock|systemd-tmpfiles|loginctl|journalctl|cron|crond|rsyslogd|syslogd|newaliases|postconf|postmap|postfix|postalias|dovecot_|ldd|strip|ar|ranlib|nm|objdump|objcopy|readelf|patchelf|execstack|paxctl|scanelf|ctr_|pkg-config|freshclam|update-ms-fonts|download-mibs|sa-update|maildirmake.dovecot|supervisorctl|echo_supervisord_conf|razor-admin|arduino_install_board|lspci|lsblk|mkswap|swapon|swapoff|mkfs|mkfs.ext4|e2fsck|parted|fdisk|blkid|phpenmod|tzselect|update-grub|mkinitramfs|update-initramfs",
             "https://man7.org/linux/man-pages/man8/service.8.html", "locale-gen en_US.UTF-8", "supervisord -n"),
    InertRow("docker-php-ext-install|docker-php-ext-configure|docker-php-ext-enable|docker-php-source|docker-php-pecl-install|pecl|pear|phpize|php-config|phpenmod|phpdismod|php5enmod|php5dismod|install-php-extensions|php-fpm|phpenv_|phpcs_|pickle|docker-image-cleanup|docker-java-home|docker-maven-download|ca-certificates-java.postinst|xdebug",
             "https://github.com/docker-library/docs/blob/master/php/README.md", "docker-php-ext-install pdo_mysql", "php build.php", network=True),
    InertRow("php", "https://www.php.net/manual/en/features.commandline.options.php", "php -r \"copy('https://example.com/installer', 'x.php');\"", "php -r \"echo getenv('T');\"", need=("-r", "-m", "-i", "-v", "--ini", "-l"), network=True,
             unless=("*getenv*", "*_ENV*", "*_SERVER*", "*require*", "*include*", "*exec*", "*system*", "*passthru*", "*popen*", "*`*")),
    # The composer installer, in the three ways in which it is started.
    InertRow("php", "https://getcomposer.org/doc/00-intro.md#installation-linux-unix-macos", "php composer-setup.php --install-dir=/usr/local/bin", "php build.php", need=("composer-setup.php", "*/composer-setup.php", "installer", "/tmp/installer", "--install-dir=*", "--filename=*"), network=True),
    InertRow("a2enmod|a2dismod|a2ensite|a2dissite|a2enconf|a2disconf|apachectl|apache2ctl|apache2|httpd|nginx|lighttpd|lighty-enable-mod|lighttpd-enable-mod|rabbitmq-plugins|caddy_|haproxy|varnishd|squid|rabbitmqctl|memcached|named-checkconf|sshd|vsftpd|proftpd|dovecot|dbus-daemon|Xvfb|x11vnc|vncserver|pulseaudio|tor",
             "https://httpd.apache.org/docs/2.4/programs/apachectl.html", "a2enmod rewrite", "php-fpm_ x"),
    InertRow("gcc|g++|cc|c++|clang|clang++|ld|as|gfortran|javac|rustc|nasm|yasm|tcc|m4|bison|flex|automake|aclocal|autoconf|autoheader|libtool|libtoolize|gettextize|intltoolize|msgfmt|gofmt|protoc|javadoc|jlink|jdeps|xelatex|pdflatex|latex|tex|convert|ffmpeg|rsvg-convert|inkscape|dot|pandoc|gs|asciidoctor|sass|sassc|lessc|purifycss|luac|valac|swig|moc|cython|dpkg-architecture|flex|gperf|ctags|ccache|distcc|shfmt|shellcheck|hadolint|xmrig_|tidy|optipng|jpegoptim|pngquant|fontforge",
             "https://gcc.gnu.org/onlinedocs/gcc/Environment-Variables.html", "gcc -o x x.c", "make x"),
    InertRow("rustup|rustup-init|nvm|n|pyenv|rbenv|nodenv|goenv|jenv|phpenv|phpbrew|rvm|gvm|fnm|volta|sdk|kerl|kiex|ruby-install|ruby-build|ruby-switch|perlbrew|python-build|anyenv|corepack|nodebrew|tfenv|rustfmt|ghcup|swiftenv|emsdk|evm|luaenv|plenv|crenv|chruby|asdf_|nodesource|python-config|update-rc|ndenv",
             "https://rust-lang.github.io/rustup/", "rustup target add wasm32-unknown-unknown", "cargo run", network=True, unless=("run", "exec")),
    InertRow("corepack", "https://github.com/nodejs/corepack#readme", "corepack enable", "corepack x", need=("enable", "disable", "prepare", "install", "use")),
    InertRow("logstash-plugin|elasticsearch-plugin|kibana-plugin|plugin|install-plugins.sh|jenkins-plugin-cli|grafana-cli|kibana|plugins.sh|confluent-hub|neo4j-admin|gradle-plugin|jupyter-labextension|jupyter-kernelspec|jupyter-nbextension|jupyter-serverextension|dotnet-install.sh|winetricks|webdriver-manager|nltk.downloader|npm-check|modclean|node-prune|yarn-deduplicate",
             "https://www.elastic.co/docs/reference/elasticsearch/plugins/", "elasticsearch-plugin install analysis-icu", "jenkins_ x", network=True),
    InertRow("gcloud components|config|version|info|topic", "https://cloud.google.com/sdk/gcloud/reference/components", "gcloud components install beta", "gcloud storage ls", network=True),
    InertRow("kubectl|oc version|completion", "https://kubernetes.io/docs/reference/kubectl/generated/kubectl_version/", "kubectl version --client", "kubectl get pods"),
    InertRow("R CMD", "https://cran.r-project.org/doc/manuals/r-release/R-admin.html", "R CMD javareconf", "R CMD INSTALL .", need=("javareconf", "config")),
    InertRow("git lfs install", "https://github.com/git-lfs/git-lfs/blob/main/docs/man/git-lfs-install.adoc", "git lfs install", "git lfs pull"),
    InertRow("jupyter", "https://docs.jupyter.org/en/latest/use/config.html", "jupyter notebook --generate-config", "jupyter nbconvert --execute x.ipynb", need=("--generate-config", "install", "enable", "disable", "list", "nbextension", "labextension", "serverextension", "kernelspec", "contrib", "lab")),
    InertRow("npm", "https://github.com/npm/cli/blob/latest/docs/lib/content/commands/npm.md", "npm --version", "npm ci", need=("--version", "-v")),
)  # fmt: skip

# One of these as the only argument: the program says who it is, and does nothing.
ASKS = frozenset({"--version", "-version", "version", "-V", "-v", "--help", "-h", "help", "-VV"})
