"""Arguments that make puts together: what is chosen, repeated, added for one target, or handed to a `define`; each run for real."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from remediate.formats.make import read_make

from . import recording
from .working import applied, jobs_for, moved, read, refused, rewrite

IDS = {"NPM_TOKEN": "npm_token", "PIP_TOKEN": "pip_token"}
SECRET = "s3cr3t-value"
NEW = "--secret id=npm_token,env=NPM_TOKEN"
HELD = "--secret id=npm_token$(comma)env=NPM_TOKEN"
BUILD = "build:\n\tdocker build $(ARGS) .\n"

# name: (the Makefile, lines of what it becomes, goals)
RUN: dict[str, tuple[str, list[str], list[str]]] = {
    "if": ("build:\n\tdocker build $(if $(NPM_TOKEN),--build-arg NPM_TOKEN=$(NPM_TOKEN)) .\n",
           ["comma := ,", f"\tdocker build $(if $(NPM_TOKEN),{HELD}) ."], ["build"]),
    "if, else": ("build:\n\tdocker build $(if $(CI),--pull,--build-arg NPM_TOKEN=$(NPM_TOKEN)) .\n", [f"\tdocker build $(if $(CI),--pull,{NEW}) ."], ["build"]),
    "if, both": ("build:\n\tdocker build $(if $(CI),--pull --build-arg NPM_TOKEN=$(NPM_TOKEN),--build-arg NPM_TOKEN=$(NPM_TOKEN_CI)) .\n",
                 [f"\tdocker build $(if $(CI),--pull {HELD},--secret id=npm_token,env=NPM_TOKEN_CI) ."], ["build"]),
    "if, with a comma at hand": ("# images\n\ncomma := ,\nbuild:\n\tdocker build $(if $(NPM_TOKEN), --build-arg NPM_TOKEN=$(NPM_TOKEN) --pull) .\n",
                                 [f"\tdocker build $(if $(NPM_TOKEN), {HELD} --pull) ."], ["build"]),
    "if, in a variable": ("# images\\\nof the shop\nARGS = --pull $(if $(NPM_TOKEN),--build-arg NPM_TOKEN=$(NPM_TOKEN))\n" + BUILD,
                          ["comma := ,", f"ARGS = --pull $(if $(NPM_TOKEN),{HELD})"], ["build"]),
    "if, of a variable": ("ARGS = --build-arg NPM_TOKEN=$(NPM_TOKEN)\nbuild:\n\tdocker build $(if $(CI),,$(ARGS)) .\n\tdocker build $(ARGS) sub\n",
                          [f"ARGS = {NEW}"], ["build"]),
    "if, exported at the top": ("NPM_TOKEN ?= none\nbuild:\n\tdocker build $(if $(NPM_TOKEN),--build-arg NPM_TOKEN=$(NPM_TOKEN)) .\n",
                                ["comma := ,\nexport NPM_TOKEN ?= none\nbuild:"], ["build"]),
    "if, in an if": ("build:\n\tdocker build $(if $(NPM_TOKEN),$(if $(NPM_TOKEN_CI),--build-arg NPM_TOKEN=$(NPM_TOKEN)) --pull) .\n",
                     [f"\tdocker build $(if $(NPM_TOKEN),$(if $(NPM_TOKEN_CI),{HELD}) --pull) ."], ["build"]),
    "if, two": ("build:\n\tdocker build $(if $(A),,--build-arg NPM_TOKEN=$(NPM_TOKEN) --build-arg PIP_TOKEN=$(NPM_TOKEN_CI)) .\n", [], ["build"]),
    "if, in quotes": ("build:\n\tsh -c 'docker build $(if $(NPM_TOKEN),--build-arg NPM_TOKEN=$(NPM_TOKEN)) .'\n", [f",{HELD}) .'"], ["build"]),
    "foreach": ("build:\n\t$(foreach s,api web,docker build --build-arg NPM_TOKEN=$(NPM_TOKEN) $(s);)\n",
                [f"\t$(foreach s,api web,docker build {NEW} $(s);)"], ["build"]),
    "foreach, chained": ("SERVICES = api web\nbuild:\n\t@$(foreach s,$(SERVICES),docker build -f $(s)/Dockerfile --build-arg NPM_TOKEN=$$NPM_TOKEN . && ) true\n",
                         [f"\t@$(foreach s,$(SERVICES),docker build -f $(s)/Dockerfile {NEW} . && ) true"], ["build"]),
    "foreach, with arguments": ("ARGS = --build-arg NPM_TOKEN=$(NPM_TOKEN)\nbuild:\n\t$(foreach s,api web,docker build $(ARGS) $(s);)\n", [f"ARGS = {NEW}"], ["build"]),
    "either, or": ("ifdef CI\nARGS := --build-arg NPM_TOKEN=$(NPM_TOKEN)\nelse\nARGS := --pull\nendif\n" + BUILD, [f"ARGS := {NEW}"], ["build", "CI=1"]),
    "either, or both": ("ifeq ($(CI),1)\nARGS := --build-arg NPM_TOKEN=$(NPM_TOKEN) --pull\nelse\nARGS := --build-arg NPM_TOKEN=$(NPM_TOKEN_CI)\nendif\n" + BUILD,
                        [f"ARGS := {NEW} --pull", "ARGS := --secret id=npm_token,env=NPM_TOKEN_CI"], ["build"]),
    "more when set": ("ARGS = --pull\nifdef NPM_TOKEN\nARGS = --pull --build-arg NPM_TOKEN=$(NPM_TOKEN)\nendif\n" + BUILD, [f"ARGS = --pull {NEW}"], ["build"]),
    "to itself": ("ARGS := --pull\nARGS := $(ARGS) --build-arg NPM_TOKEN=$(NPM_TOKEN)\nARGS += -q\n" + BUILD, [f"ARGS := $(ARGS) {NEW}"], ["build"]),
    "added in branches": ("ARGS := --pull\nifdef CI\nARGS += --build-arg NPM_TOKEN=$(NPM_TOKEN)\nelse\nARGS += --build-arg NPM_TOKEN=$(NPM_TOKEN_CI)\nendif\n" + BUILD,
                          [f"ARGS += {NEW}", "ARGS += --secret id=npm_token,env=NPM_TOKEN_CI"], ["build"]),
    "for one target": ("build: ARGS = --build-arg NPM_TOKEN=$(NPM_TOKEN)\n" + BUILD, [f"build: ARGS = {NEW}"], ["build"]),
    "more for one target": ("ARGS = --pull\nrelease: ARGS += --build-arg NPM_TOKEN=$(NPM_TOKEN)\nrelease: build\n" + BUILD, [f"release: ARGS += {NEW}"], ["release"]),
    "of other targets": ("a: ARGS = --build-arg NPM_TOKEN=$(NPM_TOKEN)\nb: ARGS = --build-arg NPM_TOKEN=$(NPM_TOKEN_CI)\na b:\n\tdocker build $(ARGS) .\n",
                         [f"a: ARGS = {NEW}", "b: ARGS = --secret id=npm_token,env=NPM_TOKEN_CI"], ["a", "b"]),
    "a command of variables": ("DOCKERCMD=$(shell which docker)\nDOCKERBUILD=$(DOCKERCMD) build --no-cache\nWITH_PULL=$(DOCKERBUILD) --pull\n"
                               "build:\n\t@$(WITH_PULL) --build-arg NPM_TOKEN=$(NPM_TOKEN) -t x .\n", [f"\t@$(WITH_PULL) {NEW} -t x ."], ["build"]),
    "buildx, perhaps": ("DOCKER ?= docker\nifeq ($(CI),1)\nBUILDX = buildx\nendif\n"
                        "build:\n\tDOCKER_BUILDKIT=1 $(DOCKER) $(BUILDX) build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n",
                        [f"$(DOCKER) $(BUILDX) build {NEW} ."], ["build"]),
    "argument of a call": ("define image\ndocker build --build-arg NPM_TOKEN=$(1) $(2)\nendef\nbuild:\n\t$(call image,$(NPM_TOKEN),api)\n\t$(call image,$(NPM_TOKEN),web)\n",
                           [f"docker build {NEW} $(2)"], ["build"]),
    "argument of a call, assigned": ("TOKEN := $(shell cat token.txt)\ndefine image\ndocker build --build-arg NPM_TOKEN=$(1) .\nendef\nbuild:\n\t$(call image,$(TOKEN))\n",
                                     ["export TOKEN := $(shell cat token.txt)", "docker build --secret id=npm_token,env=TOKEN ."], ["build"]),
}  # fmt: skip

REFUSED = {
    "addprefix": ("build:\n\tdocker build $(addprefix --build-arg ,NPM_TOKEN=$(NPM_TOKEN) U=$(U)) .\n", "caller-arguments"),
    "foreach of arguments": ("build:\n\tdocker build $(foreach a,NPM_TOKEN U,--build-arg $(a)=$($(a))) .\n", "caller-arguments"),
    "foreach that goes away": ("build:\n\t$(foreach s,api web,cd $(s) && docker build --build-arg NPM_TOKEN=$(NPM_TOKEN) .;)\n", "caller-arguments"),
    "foreach without an end": ("build:\n\t$(foreach s,api web,docker build --build-arg NPM_TOKEN=$(NPM_TOKEN) $(s))\n", "caller-arguments"),
    "foreach over secrets": ("build:\n\t$(foreach t,$(TOKENS),docker build --build-arg NPM_TOKEN=$(t) .;)\n", "caller-value"),
    "if, another file": ("build:\n\tdocker build $(if $(CI),-f ci.Dockerfile --build-arg NPM_TOKEN=$(NPM_TOKEN)) .\n", "caller-arguments"),
    "if, another file alone": ("build:\n\tdocker build $(if $(CI),-f ci.Dockerfile) --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n", "caller-which-file"),
    "if, another command": ("build:\n\tdocker build $(if $(CI),--build-arg NPM_TOKEN=$(NPM_TOKEN) . && docker push x,.)\n", "caller-arguments"),
    "if, part of a word": ("build:\n\tdocker build --build-arg NPM_TOKEN=$(if $(CI),x,$(NPM_TOKEN)) .\n", "caller-value"),
    "if, glued": ("build:\n\tdocker build --label x=$(if $(CI),--build-arg NPM_TOKEN=$(NPM_TOKEN)) .\n", "caller-arguments"),
    "if, in double quotes": ('build:\n\tsh -c "docker build $(if $(CI),--build-arg NPM_TOKEN=$(NPM_TOKEN)) ."\n', "caller-arguments"),
    "another comma": ("comma = ;\nbuild:\n\tdocker build $(if $(CI),--build-arg NPM_TOKEN=$(NPM_TOKEN)) .\n", "caller-arguments"),
    "a comma that comes too late": ("ARGS := $(if $(CI),--build-arg NPM_TOKEN=$(NPM_TOKEN))\ncomma := ,\n" + BUILD, "caller-arguments"),
    "a comma sometimes": ("ifdef CI\ncomma := ,\nendif\nbuild:\n\tdocker build $(if $(CI),--build-arg NPM_TOKEN=$(NPM_TOKEN)) .\n", "caller-arguments"),
    "another program before it": ("BUILDX = retry.sh\nbuild:\n\tdocker $(BUILDX) build --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n", "caller-arguments"),
    "a command in a circle": ("A = $(B) x\nB = $(A) y\nbuild:\n\t$(A) --build-arg NPM_TOKEN=$(NPM_TOKEN) .\n", "caller-arguments"),
    "either, or another file": ("ifdef CI\nARGS := -f ci.Dockerfile --build-arg NPM_TOKEN=$(NPM_TOKEN)\nelse\nARGS := --pull\nendif\n" + BUILD, "caller-arguments"),
    "either, or a literal": ("ifdef CI\nARGS := --build-arg NPM_TOKEN=$(NPM_TOKEN)\nelse\nARGS := --build-arg NPM_TOKEN=abc\nendif\n" + BUILD, "caller-value"),
    "calls with two tokens": ("define image\ndocker build --build-arg NPM_TOKEN=$(1) .\nendef\nbuild:\n\t$(call image,$(A))\n\t$(call image,$(B))\n", "caller-value"),
    "a call with a word": ("define image\ndocker build --build-arg NPM_TOKEN=$(1) .\nendef\nbuild:\n\t$(call image,abc)\n", "caller-value"),
    "a call in a call": ("define image\ndocker build --build-arg NPM_TOKEN=$(1) .\nendef\ndefine all\n$(call image,$(1))\nendef\nbuild:\n\t$(call all,$(T))\n", "caller-value"),
    "another program gets them": ("ARGS = --build-arg NPM_TOKEN=$(NPM_TOKEN)\nbuild:\n\tother $(if $(CI),x$(ARGS))\n\tdocker build $(ARGS) .\n", "caller-shared"),
}  # fmt: skip


@pytest.mark.parametrize("name", RUN)
def test_rewritten(name: str) -> None:
    before, lines, _ = RUN[name]
    after = moved("Makefile", before, "make", IDS)
    for line in lines:
        assert line in after
    assert "--build-arg NPM_TOKEN" not in after


@pytest.mark.skipif(shutil.which("make") is None, reason="GNU make is not installed")
@pytest.mark.parametrize("name", RUN)
@pytest.mark.parametrize("more", [{}, {"CI": "1"}])
def test_make_gives_the_same_value(name: str, more: dict[str, str], tmp_path: Path) -> None:
    before, _, goals = RUN[name]
    after = moved("Makefile", before, "make", IDS)
    seen = []
    for text, folder in ((before, tmp_path / "before"), (after, tmp_path / "after")):
        folder.mkdir()
        (folder / "Makefile").write_text(text)
        (folder / "token.txt").write_text(SECRET + "\n")
        env = {"NPM_TOKEN": SECRET, "NPM_TOKEN_CI": f"{SECRET}-ci", **more}
        found = recording.run(["make", "--silent", *goals], folder, env, tmp_path / "tools")
        seen.append([r._replace(folder=r.folder.replace(str(folder), "")) for r in found])
    if not any(r.build_args for r in seen[0]):  # the other branch
        assert [r.argv for r in seen[1]] == [r.argv for r in seen[0]]
        return
    recording.same_build(*seen, IDS, [SECRET])


@pytest.mark.skipif(shutil.which("make") is None, reason="GNU make is not installed")
def test_nothing_is_passed_when_it_is_not_set(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text(moved("Makefile", RUN["if"][0], "make", IDS))
    (record,) = recording.run(["make", "build"], tmp_path, {}, tmp_path / "tools")
    assert record.argv == ["docker", "build", "."]


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    text, code = REFUSED[name]
    assert code in refused("Makefile", text, "make", IDS)


def test_the_places_of_a_loop() -> None:
    (build,) = read("Makefile", RUN["foreach, chained"][0], "make").builds
    assert build.place.paths == ("api/Dockerfile", "web/Dockerfile")


def test_what_is_for_one_target_is_not_for_another() -> None:
    text = "a: ARGS = --build-arg NPM_TOKEN=$(NPM_TOKEN)\na:\n\tdocker build $(ARGS) a\nb:\n\tdocker build $(ARGS) b\n"
    builds = read("Makefile", text, "make").builds
    assert [[a.name for a in b.args] for b in builds] == [["NPM_TOKEN"], []]
    done = rewrite("Makefile", text, "make", jobs_for(builds, IDS))
    assert applied(done, {"Makefile": text})["Makefile"].decode() == text.replace("--build-arg NPM_TOKEN=$(NPM_TOKEN)", NEW)


@pytest.mark.parametrize("more", ["other:\n\tdocker build $(ARGS) other\n", "other:\n\techo\n"])
def test_another_makefile_that_uses_the_arguments(more: str) -> None:
    text = "include more.mk\nARGS = --build-arg NPM_TOKEN=$(NPM_TOKEN)\n" + BUILD
    assert ("caller-shared" in refused("Makefile", text, "make", IDS, {"more.mk": more})) == ("ARGS" in more)


def test_another_makefile_that_calls_it() -> None:
    text = "include more.mk\n" + RUN["argument of a call"][0]
    assert refused("Makefile", text, "make", IDS, {"more.mk": "x:\n\t$(call image,$(OTHER),x)\n"}) == ["caller-value"]


def test_what_a_rule_needs_is_read() -> None:
    rules = read_make(b"a: b $(C) | d # e\nf : ; true\n").rules
    assert [r.needs for r in rules] == [("b", "$(C)", "d"), ()]
