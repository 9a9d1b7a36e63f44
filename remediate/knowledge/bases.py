"""Base images whose own USER is not root, so that a RUN on them cannot read a secret mount of the default owner and mode."""

from __future__ import annotations

from remediate.model import NamedTuple


class BaseRow(NamedTuple):
    """`part` is looked for in the image's name in lower case; `example` has it, `counter` looks alike and is root's."""

    part: str
    source: str
    example: str
    counter: str


NONROOT = (
    BaseRow("nonroot", "github.com/GoogleContainerTools/distroless: tags", "gcr.example/distroless/base:nonroot", "debian:12"),
    BaseRow("jenkins/", "github.com/jenkinsci/docker: USER ${user}", "jenkins/jenkins:lts", "eclipse-temurin:21"),
    BaseRow("bitnami/", "github.com/bitnami/containers: USER 1001", "bitnami/nginx:1.27", "nginx:1.27"),
    BaseRow("cimg/", "github.com/CircleCI-Public/cimg-base: USER circleci", "cimg/node:20.1", "node:20"),
    BaseRow("circleci/", "github.com/CircleCI-Public/circleci-dockerfiles: USER circleci", "circleci/python:3.9", "python:3.9"),
    BaseRow("/nodejs-", "github.com/sclorg/s2i-nodejs-container: USER 1001", "registry.example/ubi9/nodejs-20", "node:20-slim"),
    BaseRow("/python-3", "github.com/sclorg/s2i-python-container: USER 1001", "registry.example/ubi9/python-311", "python:3.11"),
    BaseRow("/openjdk-", "github.com/jboss-container-images/openjdk: USER 185", "registry.example/ubi8/openjdk-17", "openjdk:17"),
    BaseRow("jupyter/", "github.com/jupyter/docker-stacks: USER ${NB_UID}", "jupyter/base-notebook", "python:3.12"),
    BaseRow("selenium/", "github.com/SeleniumHQ/docker-selenium: USER 1200", "selenium/node-chrome:4", "debian:12"),
    BaseRow("apache/airflow", "github.com/apache/airflow Dockerfile: USER ${AIRFLOW_UID}", "apache/airflow:2.9", "apache/httpd"),
    BaseRow("linuxbrew/", "github.com/Homebrew/brew Dockerfile: USER linuxbrew", "linuxbrew/brew", "ubuntu:24.04"),
    BaseRow("homebrew/brew", "github.com/Homebrew/brew Dockerfile: USER linuxbrew", "homebrew/brew", "ubuntu:22.04"),
    BaseRow("grafana/grafana", "github.com/grafana/grafana Dockerfile: USER", "grafana/grafana:11", "golang:1.23"),
    BaseRow("opensearchproject/", "github.com/opensearch-project: USER 1000", "opensearchproject/opensearch:2", "eclipse-temurin:17"),
)


def nonroot_base(image: str) -> bool:
    """Whether the image is known to run as another user than root."""
    name = image.lower()
    return any(row.part in name for row in NONROOT)


# Official images that leave the working directory at `/` (read from their Dockerfiles), by name without a tag; the others have one of their own.
_IN_ROOT = frozenset(
    "scratch alpine debian ubuntu busybox fedora centos rockylinux almalinux amazonlinux archlinux opensuse node python ruby rust perl "
    "openjdk eclipse-temurin amazoncorretto maven nginx buildpack-deps elixir erlang julia haskell gcc swift postgres".split()
)


def starts_in_root(image: str) -> bool:
    """Whether a stage on this image surely starts in `/` (`golang` starts in /go, `php` in /var/www/html)."""
    name = image.lower().split("@")[0]
    name = name.removeprefix("docker.io/").removeprefix("library/")
    return name.rpartition(":")[0] in _IN_ROOT if ":" in name else name in _IN_ROOT
