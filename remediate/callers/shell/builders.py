"""What starts a build from a shell, and how its command line is read: rows of data."""

from __future__ import annotations

from remediate.model import NamedTuple


class Builder(NamedTuple):
    """`words` start the build (`docker build`); options may stand between them (`globals` are those with a value).

    `valued` are the options with a value in a word of its own, `flags` those that never take one. `style` says how a Dockerfile is
    named: "cli" (`-f FILE CONTEXT`), or "none" where no Dockerfile can be told. `secrets` is False for what cannot mount secrets;
    `why` is then the refusal's detail, `instead` the lines to write by hand. `counter` is a command that looks similar and is no build.
    `over`: the tool that reads what it builds from a file of its own, where that is followed. `needs`: without this word it builds nothing.
    """

    words: tuple[str, ...]
    engine: str
    valued: frozenset[str]
    globals: frozenset[str] = frozenset()
    style: str = "cli"
    secrets: bool = True
    code: str = "caller-builder"
    why: str = ""
    instead: tuple[str, ...] = ()
    source: str = ""
    example: str = ""
    counter: str = ""
    over: str = ""
    needs: str = ""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DOCKER = _set(
    "--add-host --build-arg --cache-from --cgroup-parent --cpu-period --cpu-quota --cpu-shares -c --cpuset-cpus --cpuset-mems --file -f"
    " --iidfile --isolation --label --memory -m --memory-swap --network --platform --security-opt --shm-size --tag -t --target --ulimit"
    " --secret --ssh --output -o --progress --allow --annotation --attest --build-context --builder --cache-to --call --metadata-file"
    " --no-cache-filter --provenance --sbom --policy"
)
_DOCKER_GLOBALS = _set("--config --context -c --host -H --log-level -l --tlscacert --tlscert --tlskey --builder")
_BUILDAH = _DOCKER | _set(
    "--annotation --arch --authfile --cap-add --cap-drop --cert-dir --creds --cw --decryption-key --device --dns --dns-option --dns-search"
    " --env --format --from --group-add --hooks-dir --ignorefile --ipc --jobs --layer-label --logfile --manifest --os --os-feature"
    " --os-version --pid --retry --retry-delay --runtime --runtime-flag --sign-by --signature-policy --source-date-epoch --timestamp"
    " --unsetenv --unsetlabel --userns --userns-uid-map --userns-gid-map --userns-uid-map-user --userns-gid-map-group --uts --variant"
    " --volume -v --add-host --cache-ttl --cgroupns --compat-volumes --sbom-output --sbom-scanner-image --build-context --cpp-flag"
)
_PODMAN_GLOBALS = _set(
    "--cgroup-manager --config --conmon --connection -c --events-backend --hooks-dir --identity --imagestore --log-level --module"
    " --namespace --network-cmd-path --network-config-dir --out --root --runroot --runtime --runtime-flag --ssh --storage-driver"
    " --storage-opt --tmpdir --url --volumepath --registries-conf --registries-conf-dir --userns-uid-map --userns-gid-map"
)
_NERDCTL_GLOBALS = _set(
    "--address -a --host -H --namespace -n --snapshotter --storage-driver --cni-path --cni-netconfpath --data-root --cgroup-manager"
    " --hosts-dir --bridge-ip --host-gateway-ip"
)
_COMPOSE = _set("--file -f --project-name -p --profile --env-file --project-directory --parallel --progress --ansi --host -H --context -c")
_COMPOSE_BUILD = _set("--build-arg --builder --memory -m --progress --ssh")
_COMPOSE_UP = _set("--attach --exit-code-from --no-attach --pull --scale --timeout -t --wait-timeout")
_KANIKO = _set(
    "--build-arg --context -c --context-sub-path --dockerfile -f --destination -d --target --cache-dir --cache-repo --registry-mirror"
    " --verbosity -v --snapshot-mode --custom-platform --label --git --digest-file --tar-path --ignore-path --oci-layout-path"
)
_KANIKO_WAY = (
    "docker buildx build --secret id=ID,env=NAME --push -t IMAGE -f DOCKERFILE CONTEXT",
    "(or, without a daemon: buildah build --secret id=ID,env=NAME ...)",
)
_COMPOSE_WAY = (
    "services:",
    "  SERVICE:",
    "    build:",
    "      secrets: [ID]",
    "secrets:",
    "  ID:",
    "    environment: NAME",
    "(and the build then without this --build-arg)",
)

_FLY = _set(
    "--build-arg --build-secret --build-target --dockerfile --ignorefile --image -i --image-label --app -a --config -c --env -e --label"
    " --strategy --wait-timeout --release-command-timeout --lease-timeout --primary-region --regions --exclude-regions --file-local"
    " --file-literal --file-secret --vm-size --vm-cpus --vm-cpu-kind --vm-memory --max-unavailable --process-groups --signal -s"
)
_FLY_GLOBALS = _set("--access-token -t")
_FLY_WHY = "fly takes a build secret only with its value, on its own command line"
_FLY_WAY = ('fly deploy --build-secret ID="$NAME" ...',)

BUILDERS: tuple[Builder, ...] = (
    Builder(
        ("docker", "buildx", "build"), "buildx", _DOCKER, _DOCKER_GLOBALS,
        source="docs.docker.com/reference/cli/docker/buildx/build", example="docker buildx build --push .",
        counter="docker buildx create --use",
    ),
    Builder(
        ("docker", "buildx", "b"), "buildx", _DOCKER, _DOCKER_GLOBALS,
        source="buildx commands/build.go: Aliases", example="docker buildx b .", counter="docker buildx du",
    ),
    Builder(
        ("docker-buildx", "build"), "buildx", _DOCKER,
        source="buildx as a standalone binary", example="docker-buildx build .", counter="docker-buildx ls",
    ),
    Builder(
        ("docker", "image", "build"), "docker", _DOCKER, _DOCKER_GLOBALS,
        source="docker build --help: Aliases", example="docker image build .", counter="docker image ls build",
    ),
    Builder(
        ("docker", "builder", "build"), "docker", _DOCKER, _DOCKER_GLOBALS,
        source="docker build --help: Aliases", example="docker builder build .", counter="docker builder prune",
    ),
    Builder(
        ("docker", "build"), "docker", _DOCKER, _DOCKER_GLOBALS,
        source="docs.docker.com/reference/cli/docker/buildx/build", example="docker --context ci build .", counter="docker run build",
    ),
    Builder(
        ("podman", "buildx", "build"), "podman", _BUILDAH, _PODMAN_GLOBALS,
        source="podman-build(1)", example="podman buildx build .", counter="podman buildx version",
    ),
    Builder(
        ("podman", "image", "build"), "podman", _BUILDAH, _PODMAN_GLOBALS,
        source="podman-image(1)", example="podman image build .", counter="podman image prune",
    ),
    Builder(
        ("podman", "build"), "podman", _BUILDAH, _PODMAN_GLOBALS,
        source="podman-build(1)", example="podman --remote build .", counter="podman pod build-x",
    ),
    Builder(
        ("buildah", "build"), "buildah", _BUILDAH, _PODMAN_GLOBALS,
        source="buildah-build(1)", example="buildah build .", counter="buildah from x",
    ),
    Builder(
        ("buildah", "bud"), "buildah", _BUILDAH, _PODMAN_GLOBALS,
        source="buildah-build(1)", example="buildah bud -t x .", counter="buildah run",
    ),
    Builder(
        ("buildah", "build-using-dockerfile"), "buildah", _BUILDAH, _PODMAN_GLOBALS,
        source="buildah-build(1)", example="buildah build-using-dockerfile .", counter="buildah images",
    ),
    Builder(
        ("nerdctl", "build"), "nerdctl", _DOCKER, _NERDCTL_GLOBALS,
        source="containerd/nerdctl docs/command-reference.md", example="nerdctl -n k8s.io build .", counter="nerdctl images",
    ),
    Builder(
        ("nerdctl", "image", "build"), "nerdctl", _DOCKER, _NERDCTL_GLOBALS,
        source="containerd/nerdctl docs/command-reference.md", example="nerdctl image build .", counter="nerdctl image ls",
    ),
    Builder(
        ("finch", "build"), "nerdctl", _DOCKER, _NERDCTL_GLOBALS,
        source="runfinch/finch: commands are those of nerdctl", example="finch build .", counter="finch vm init",
    ),
    Builder(
        ("depot", "build"), "buildx", _DOCKER | _set("--project --build-platform --save-tag --token"),
        source="depot.dev/docs/cli: the flags of docker buildx build", example="depot build .", counter="depot init",
    ),
    Builder(
        ("img", "build"), "img", _DOCKER, secrets=False, why="img is no longer maintained, and has no secret mounts",
        instead=("buildah build --secret id=ID,env=NAME ...",), source="genuinetools/img README", example="img build .", counter="img ls",
    ),
    Builder(
        ("executor",), "kaniko", _KANIKO, style="kaniko", secrets=False, why="Kaniko has no secret mounts", instead=_KANIKO_WAY,
        source="GoogleContainerTools/kaniko README: --mount is not supported", example="/kaniko/executor --context .",
        counter="executor --help",
    ),
    Builder(
        ("docker", "compose", "build"), "compose", _COMPOSE_BUILD, _DOCKER_GLOBALS | _COMPOSE, style="none", secrets=False,
        why="compose build has no --secret option", instead=_COMPOSE_WAY, source="docs.docker.com/reference/cli/docker/compose/build",
        example="docker compose build --build-arg T web", counter="docker compose up", over="compose",
    ),
    Builder(
        ("docker-compose", "build"), "compose", _COMPOSE_BUILD, _COMPOSE, style="none", secrets=False,
        why="docker-compose build has no --secret option", instead=_COMPOSE_WAY,
        source="docs.docker.com/reference/cli/docker/compose/build",
        example="docker-compose -f ci.yml build --build-arg T", counter="docker-compose down", over="compose",
    ),
    Builder(
        ("docker", "compose", "up"), "compose", _COMPOSE_UP, _DOCKER_GLOBALS | _COMPOSE, style="none", secrets=False,
        why="compose up takes no build args", source="docs.docker.com/reference/cli/docker/compose/up",
        example="docker compose up -d --build web", counter="docker compose up -d", over="compose", needs="--build",
    ),
    Builder(
        ("docker-compose", "up"), "compose", _COMPOSE_UP, _COMPOSE, style="none", secrets=False,
        why="docker-compose up takes no build args", source="docs.docker.com/reference/cli/docker/compose/up",
        example="docker-compose up --build", counter="docker-compose up", over="compose", needs="--build",
    ),
    Builder(
        ("podman-compose", "build"), "compose", _COMPOSE_BUILD, _COMPOSE, style="none", secrets=False,
        why="podman-compose build has no --secret option", instead=_COMPOSE_WAY, source="containers/podman-compose README",
        example="podman-compose build --build-arg T", counter="podman-compose up",
    ),
    Builder(
        ("docker", "buildx", "bake"), "bake",
        _set("--file -f --set --builder --metadata-file --progress --allow --call --var --list --provenance --sbom"),
        _DOCKER_GLOBALS, style="none", secrets=False, why="the build arg is set over a bake target",
        instead=("docker buildx bake --set 'TARGET.secrets=id=ID,env=NAME' ...",),
        source="docs.docker.com/reference/cli/docker/buildx/bake",
        example="docker buildx bake --set '*.args.T=x'", counter="docker buildx ls", over="bake",
    ),
    Builder(
        ("az", "acr", "build"), "acr",
        _DOCKER | _set("--registry -r --image -t --secret-build-arg --agent-pool --resource-group -g"), style="cli", secrets=False,
        why="the build runs in the registry's own tasks, which have no secret mounts",
        instead=("docker buildx build --secret id=ID,env=NAME --push -t IMAGE .",), source="learn.microsoft.com az acr build",
        example="az acr build -r reg -t app .", counter="az acr login",
    ),
    Builder(
        ("fly", "deploy"), "fly", _FLY, _FLY_GLOBALS, style="none", secrets=False, code="caller-value", why=_FLY_WHY, instead=_FLY_WAY,
        source="superfly/flyctl internal/command/deploy/deploy_build.go: BuildSecrets; fly.io/docs/apps/build-secrets",
        example="fly deploy --remote-only --build-arg T=$T", counter="fly secrets deploy",
    ),
    Builder(
        ("flyctl", "deploy"), "fly", _FLY, _FLY_GLOBALS, style="none", secrets=False, code="caller-value", why=_FLY_WHY, instead=_FLY_WAY,
        source="superfly/flyctl internal/command/deploy/deploy_build.go: BuildSecrets; fly.io/docs/apps/build-secrets",
        example="flyctl deploy -c ci/fly.toml --build-arg T=$T", counter="flyctl status",
    ),
)  # fmt: skip

# Programs whose variable stands for a builder: `$DOCKER build`.
BUILDER_WORDS = ("docker", "podman", "container", "engine", "buildah", "nerdctl", "oci")
# What only prints, or looks, whatever words stand behind it.
NO_RUN = _set(
    "echo printf grep egrep fgrep rg sed awk test [ [[ git which type hash man help complete cat info warn warning error log"
    " log_info say_info print_usage usage die fail abort logger true false : export local readonly declare typeset unset set case"
    " for return exit read pgrep pkill killall shellcheck notify"
)
# What runs the words behind it somewhere else: the environment of this command does not reach it.
REMOTE = _set("ssh docker podman nerdctl kubectl oc vagrant lxc limactl multipass gcloud aws ansible minikube machinectl virsh mosh pdsh")
# What runs the words behind it in its own environment, or adds to it (each after the program's own documentation).
KEEPS = _set(
    "sudo time env exec command builtin nohup setsid nice ionice chrt taskset timeout gtimeout stdbuf retry travis_retry"
    " travis_wait xargs chronic flock script dotenv direnv unbuffer caffeinate retry_command op doppler sops chamber aws-vault"
    " envchain dbus-run-session strace ltrace gosu su-exec setpriv fakeroot eatmydata xvfb-run dumb-init tini catchsegv proxychains"
    " proxychains4 torsocks eval cross-env env-cmd dotenvx dotenv-cli npx pnpm yarn bunx infisical teller summon berglas envconsul"
    " vault-env mise rtx asdf poetry uv pipenv bundle nix ssh-agent gtime winpty watch"
)
# Options with which such a program starts the words behind it in an empty environment.
EMPTIES = {
    "nix": ("-i", "--ignore-environment", "--ignore-env"), "nix-shell": ("--pure",), "teller": ("--reset",), "sops": ("--pristine",),
    "chamber": ("--pristine",), "envconsul": ("-pristine", "--pristine"),
}  # fmt: skip
# What hands a text to a shell: behind one of these options, or ("") any word that is a command of its own. The shell has its environment.
HANDS = {
    "nix-shell": ("--run", "--command"), "flock": ("-c", "--command"), "script": ("-c", "--command"), "sg": ("-c",),
    "sops": ("",), "cross-env-shell": ("",), "concurrently": ("",), "watch": ("",), "nodemon": ("-x", "--exec"),
}  # fmt: skip
