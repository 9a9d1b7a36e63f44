"""Makefiles: the builds of recipes are found and rewritten; what GNU make then runs gets the same value, on no argument list."""

from __future__ import annotations

import contextlib
import shutil

import pytest

from remediate.callers.model import Reading
from remediate.formats.embedded import FormatError

from . import recording
from .working import jobs_for, moved, read, refused, rewrite

IDS = {"NPM_TOKEN": "npm_token"}
SECRET = "s3cr3t-value"

# name: (the Makefile, lines of what it becomes)
RUN = {
    "environment": ("build:\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n", ["docker build --secret id=npm_token,env=NPM_TOKEN ."]),
    "braces": ("build:\n\t@docker build --build-arg NPM_TOKEN=${NPM_TOKEN} -t x .\n", ["@docker build --secret id=npm_token,env=NPM_TOKEN -t x ."]),
    "quoted": ('build:\n\t-docker build --build-arg "NPM_TOKEN=$(NPM_TOKEN)" .\n', ["-docker build --secret id=npm_token,env=NPM_TOKEN ."]),
    "through": ("build:\n\tdocker build --build-arg NPM_TOKEN .\n", ["docker build --secret id=npm_token,env=NPM_TOKEN ."]),
    "shell-variable": ("build:\n\tdocker build --build-arg NPM_TOKEN=$$NPM_TOKEN .\n", ["docker build --secret id=npm_token,env=NPM_TOKEN ."]),
    "shell-braces": ("build:\n\tdocker build --build-arg NPM_TOKEN=$${NPM_TOKEN} .\n", ["docker build --secret id=npm_token,env=NPM_TOKEN ."]),
    "renamed": ("build:\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN_CI) .\n", ["docker build --secret id=npm_token,env=NPM_TOKEN_CI ."]),
    "continued": (
        "build:\n\t@docker build \\\n\t\t--build-arg A=1 \\\n\t\t--build-arg NPM_TOKEN=$(NPM_TOKEN) \\\n\t\t.\n",
        ["\t\t--build-arg A=1 \\", "\t\t--secret id=npm_token,env=NPM_TOKEN \\"],
    ),
    "default": (
        "NPM_TOKEN ?= none\nbuild:\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n",
        ["export NPM_TOKEN ?= none", "docker build --secret id=npm_token,env=NPM_TOKEN ."],
    ),
    "empty-default": (
        "NPM_TOKEN ?=\nbuild:\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n",
        ["NPM_TOKEN ?=", "docker build --secret id=npm_token,env=NPM_TOKEN ."],
    ),
    "from-a-file": (
        "NPM_TOKEN := $(shell cat token.txt)\nbuild:\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n",
        ["export NPM_TOKEN := $(shell cat token.txt)", "docker build --secret id=npm_token,env=NPM_TOKEN ."],
    ),
    "exported-already": (
        "export NPM_TOKEN := $(shell cat token.txt)\nbuild:\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n",
        ["export NPM_TOKEN := $(shell cat token.txt)", "docker build --secret id=npm_token,env=NPM_TOKEN ."],
    ),
    "export-all": (
        "NPM_TOKEN := $(shell cat token.txt)\nexport\nbuild:\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n",
        ["NPM_TOKEN := $(shell cat token.txt)", "export", "docker build --secret id=npm_token,env=NPM_TOKEN ."],
    ),
    "target-specific": (
        "build: NPM_TOKEN = $(NPM_TOKEN_CI)\nbuild:\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n",
        ["build: export NPM_TOKEN = $(NPM_TOKEN_CI)", "docker build --secret id=npm_token,env=NPM_TOKEN ."],
    ),
    "program": (
        'build:\n\tdocker build --build-arg NPM_TOKEN="$(shell cat token.txt)" .\n',
        ['NPM_TOKEN="$$(cat token.txt)" docker build --secret id=npm_token,env=NPM_TOKEN .'],
    ),
    "shell-program": (
        'build:\n\tdocker build --build-arg NPM_TOKEN="$$(cat token.txt)" .\n',
        ['NPM_TOKEN="$$(cat token.txt)" docker build --secret id=npm_token,env=NPM_TOKEN .'],
    ),
    "one-part-of-it": (
        "build:\n\tdocker build --build-arg NPM_TOKEN=user:$(NPM_TOKEN) .\n",
        ["NPM_TOKEN=user:$${NPM_TOKEN} docker build --secret id=npm_token,env=NPM_TOKEN ."],
    ),
    "variable": (
        "ARGS := --pull --build-arg NPM_TOKEN=$(NPM_TOKEN)\nbuild:\n\tdocker build $(ARGS) .\n\tdocker build $(ARGS) --target x .\n",
        ["ARGS := --pull --secret id=npm_token,env=NPM_TOKEN", "docker build $(ARGS) ."],
    ),
    "added-when-set": (
        "ARGS = --pull\nifdef NPM_TOKEN\nARGS += --build-arg NPM_TOKEN=$(NPM_TOKEN)\nendif\nbuild:\n\tdocker build $(ARGS) .\n",
        ["ARGS += --secret id=npm_token,env=NPM_TOKEN"],
    ),
    "command-variable": (
        "DOCKER ?= docker\nBUILD = $(DOCKER) build --build-arg NPM_TOKEN=$(NPM_TOKEN)\nbuild:\n\t$(BUILD) -f a.Dockerfile .\n",
        ["BUILD = $(DOCKER) build --secret id=npm_token,env=NPM_TOKEN"],
    ),
    "quiet-prefix": ("Q ?= @\nbuild:\n\t$(Q)docker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n", ["$(Q)docker build --secret id=npm_token,env=NPM_TOKEN ."]),
    "semicolon": ("build: ; docker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n", ["build: ; docker build --secret id=npm_token,env=NPM_TOKEN ."]),
    "oneshell": (
        ".ONESHELL:\nbuild:\n\tset -e\n\t@docker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n\techo done\n",
        ["@docker build --secret id=npm_token,env=NPM_TOKEN ."],
    ),
    "define": (
        "define image\n@docker build --build-arg NPM_TOKEN=$(NPM_TOKEN) -f $(1)/Dockerfile .\nendef\nbuild:\n\t$(call image,api)\n\t$(call image,web)\n",
        ["@docker build --secret id=npm_token,env=NPM_TOKEN -f $(1)/Dockerfile ."],
    ),
    "in-a-conditional": (
        "build:\nifeq ($(CI),)\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\nelse\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) --pull .\nendif\n",
        ["docker build --secret id=npm_token,env=NPM_TOKEN --pull ."],
    ),
    "folder": ("build:\n\tcd sub && docker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n", ["cd sub && docker build --secret id=npm_token,env=NPM_TOKEN ."]),
    "buildkit-prefix": (
        "build:\n\tDOCKER_BUILDKIT=1 docker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n",
        ["DOCKER_BUILDKIT=1 docker build --secret id=npm_token,env=NPM_TOKEN ."],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RUN)
def test_rewritten(name):
    before, lines = RUN[name]
    after = moved("Makefile", before, "make", IDS)
    for line in lines:
        assert line in after
    assert "--build-arg NPM_TOKEN" not in after


@pytest.mark.skipif(shutil.which("make") is None, reason="GNU make is not installed")
@pytest.mark.parametrize("name", RUN)
def test_make_gives_the_same_value(name, tmp_path):
    before, _ = RUN[name]
    after = moved("Makefile", before, "make", IDS)
    seen = []
    for text, folder in ((before, tmp_path / "before"), (after, tmp_path / "after")):
        (folder / "sub").mkdir(parents=True)
        (folder / "Makefile").write_text(text)
        (folder / "token.txt").write_text(SECRET + "\n")
        env = {"NPM_TOKEN": SECRET, "NPM_TOKEN_CI": SECRET} if "from-a-file" not in name else {}
        found = recording.run(["make", "build"], folder, env, tmp_path / "tools")
        seen.append([r._replace(folder=r.folder.replace(str(folder), "")) for r in found])
    recording.same_build(*seen, IDS, [SECRET])


REFUSED = {
    "literal": ("build:\n\tdocker build --build-arg NPM_TOKEN=abc123 .\n", "caller-value"),
    "quotes-in-the-value": ('NPM_TOKEN = "abc"\nbuild:\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n', "caller-value"),
    "program-for-every-command": (
        "NPM_TOKEN ?= $(shell vault read token)\nbuild:\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n", "caller-value",
    ),
    "unexported": ("unexport NPM_TOKEN\nbuild:\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n", "caller-value"),
    "template": (
        "define rule\n$(1):\n\tdocker build --build-arg NPM_TOKEN=$$(NPM_TOKEN) $(1)\nendef\n$(foreach s,api web,$(eval $(call rule,$(s))))\n",
        "caller-arguments",
    ),
    "another-value-later": (
        "NPM_TOKEN := a\nARGS := --build-arg NPM_TOKEN=$(NPM_TOKEN)\nNPM_TOKEN := b\nbuild:\n\tdocker build $(ARGS) .\n", "caller-arguments",
    ),
    "another-value-later-by-another-name": (
        "A = $(NPM_TOKEN)\nARGS := --build-arg NPM_TOKEN=$(A)\nbuild: NPM_TOKEN := b\nbuild:\n\tdocker build $(ARGS) .\n", "caller-arguments",
    ),
    "no-value-yet": (
        "ARGS := --build-arg NPM_TOKEN=$(NPM_TOKEN)\nNPM_TOKEN ?= b\nbuild:\n\tdocker build $(ARGS) .\n", "caller-arguments",
    ),
    "bsd": (".if defined(X)\nA=1\n.endif\nbuild:\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n", "caller-format"),
    "fish": ("SHELL := /usr/bin/fish\nbuild:\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n", "caller-shell"),
    "classic-builder": ("export DOCKER_BUILDKIT := 0\nbuild:\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n", "caller-builder"),
    "kaniko": ("build:\n\t/kaniko/executor --build-arg NPM_TOKEN=$(NPM_TOKEN) --context .\n", "caller-builder"),
    "sudo-perhaps": (
        "ifdef S\nDOCKER = sudo docker\nelse\nDOCKER = docker\nendif\nbuild:\n\t$(DOCKER) build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n",
        "caller-remote",
    ),
    "evaluated": ("build:\n\t$(eval NPM_TOKEN := $(shell cat f))\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n", "caller-value"),
    "arguments-of-another-make": (
        "ARGS = --build-arg NPM_TOKEN=$(NPM_TOKEN)\nbuild:\n\t$(MAKE) -C sub ARGS='$(ARGS)'\n\tdocker build $(ARGS) .\n", "caller-shared",
    ),
    "arguments-of-a-call": (
        "ARGS = --build-arg NPM_TOKEN=$(NPM_TOKEN)\nbuild:\n\tdocker build $(ARGS) .\n\t$(call other,$(ARGS))\n", "caller-shared",
    ),
    "part-of-a-command": (
        "define image\ndocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\nendef\nbuild:\n\tcd sub && $(call image)\n", "caller-arguments",
    ),
    "compose": ("build:\n\tdocker-compose build --build-arg NPM_TOKEN=$(NPM_TOKEN)\n", None),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    text, code = REFUSED[name]
    codes = refused("Makefile", text, "make", IDS)
    assert codes if code is None else code in codes


def test_a_recipe_prefix_is_a_format_error():
    with pytest.raises(FormatError):
        read("Makefile", ".RECIPEPREFIX = >\nbuild:\n> docker build .\n", "make")


def test_shared_arguments_need_the_same_move():
    text = "ARGS := --build-arg NPM_TOKEN=$(NPM_TOKEN)\na:\n\tdocker build $(ARGS) a\nb:\n\tdocker build $(ARGS) b\n"
    builds = read("Makefile", text, "make").builds
    done = rewrite("Makefile", text, "make", jobs_for(builds[:1], IDS))
    assert [r.refused.code for r in done.refused] == ["caller-shared"]


def test_an_included_file_is_read_where_make_runs():
    others = {"Makefile": "NPM_TOKEN := x\ninclude build/images.mk\n"}
    text = "image:\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) -f build/Dockerfile .\n"
    (build,) = read("build/images.mk", text, "make", others).builds
    assert build.place.paths == ("build/Dockerfile",)
    done = rewrite("build/images.mk", text, "make", jobs_for((build,), IDS), others)
    assert [(e.path, e.edit.text) for e in done.edits if e.path == "Makefile"] == [("Makefile", b"export ")]


def test_what_dot_env_assigns_is_exported_after_it():
    text = "-include .env\nbuild:\n\tdocker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n"
    after = moved("Makefile", text, "make", IDS)
    assert after.startswith("-include .env\nexport NPM_TOKEN\nbuild:")


@pytest.mark.parametrize(("head", "moves"), [("include t.mk\nARGS := {}\n", True), ("ARGS := {}\ninclude t.mk\n", False)])
def test_what_make_takes_at_once_must_be_there(head, moves):
    text = head.format("--build-arg NPM_TOKEN=$(NPM_TOKEN)") + "build:\n\tdocker build $(ARGS) .\n"
    others = {"t.mk": "export NPM_TOKEN ?= x\n"}
    found = read("Makefile", text, "make", others)
    done = rewrite("Makefile", text, "make", jobs_for(found.builds, IDS), others)
    assert [e.path for e in done.edits] == (["Makefile"] if moves else [])
    assert ("caller-arguments" in {r.refused.code for r in done.refused}) != moves


def test_the_dockerfile_may_come_from_variables():
    text = "DIR = images\nbuild:\n\tdocker build -f $(DIR)/$@.Dockerfile .\napi web:\n\tdocker build -f $(DIR)/$@.Dockerfile .\n"
    builds = read("Makefile", text, "make").builds
    assert [b.place.paths for b in builds] == [("images/build.Dockerfile",), ("images/api.Dockerfile", "images/web.Dockerfile")]


def test_usage_texts_pass_nothing():
    text = 'help:\n\t@echo "docker build --build-arg NPM_TOKEN=... ."\n# docker build --build-arg NPM_TOKEN=x\n'
    assert read("Makefile", text, "make") == Reading()


def test_total_on_anything():
    for text in (b"\xff\xfe\n\t$(", b"a:\n\t$(((((\n", b"$(" * 5000, b"define x\n", b"a: b ; $(foo", b"ifdef X\n"):
        with contextlib.suppress(FormatError):
            assert read("Makefile", text, "make").builds == ()


def test_a_printed_variable_does_not_count():
    text = "ARGS = --build-arg NPM_TOKEN=$(NPM_TOKEN)\nbuild:\n\t@echo with $(ARGS)\n\tdocker build $(ARGS) .\n"
    assert "ARGS = --secret id=npm_token,env=NPM_TOKEN\n" in moved("Makefile", text, "make", IDS)


def test_sudo_in_a_variable_keeps_the_secret():
    text = "DOCKER = sudo docker\nbuild:\n\t$(DOCKER) build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n"
    assert "DOCKER = sudo --preserve-env=NPM_TOKEN docker\n" in moved("Makefile", text, "make", IDS)


BIG = {
    "commands": "".join(f"t{n}:\n\tdocker build {n}\n" for n in range(2_000)),
    "values": "A = " + "--build-arg X=$(X) " * 2_000 + "\n" + "".join(f"t{n}:\n\tdocker build $(A) .\n" for n in range(300)),
}


@pytest.mark.parametrize("name", BIG)
def test_what_grows_too_large_is_said(name):
    with pytest.raises(FormatError):
        read("Makefile", BIG[name], "make")
