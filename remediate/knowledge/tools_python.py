"""Package managers of the Python world and the programs that a Python project's own code runs in."""

from __future__ import annotations

from remediate.knowledge.tools_row import ALL, GIT, REGISTRY, ToolRow

_PIP_DOC = "https://pip.pypa.io/en/stable/topics/configuration/#environment-variables"
_REQUIREMENTS_DOC = "https://pip.pypa.io/en/stable/reference/requirements-file-format/#using-environment-variables"
_UV_DOC = "https://docs.astral.sh/uv/reference/environment/"
_POETRY_DOC = "https://python-poetry.org/docs/configuration/#using-environment-variables"
_NETRC = (".netrc", "_netrc", ".git-credentials", ".gitconfig", ".ssh/*")
_PIP_FILES = ("pip.conf", ".config/pip/pip.conf", ".pip/pip.conf", "pip.ini", "/etc/pip.conf", *_NETRC)
# A path, an editable install or a VCS address: the project's own setup.py runs.
_LOCAL = (".", "./*", "../*", "/*", ".[[]*", "-e", "--editable*", "-e*", "file:*")
_SETUP = ("setup.py", "setup.cfg", "pyproject.toml")
_PIP_NAMES = ("PIP_*",)
_UV_NAMES = ("UV_*",)

ROWS: tuple[ToolRow, ...] = (
    # Requirement files expand ${NAME}; the packages themselves come from elsewhere and know nothing of this build.
    ToolRow("pip install|download|wheel", _REQUIREMENTS_DOC, "pip install -r requirements.txt", "pip install flask", names=_PIP_NAMES,
            convention=("*PYPI*", "CODEARTIFACT_*", "*INDEX_URL*", "*GIT*TOKEN*", "GH_*", "*_PAT"), expands=("requirements*.txt", "constraints*.txt"), credentials=_PIP_FILES,
            opaque_when=_LOCAL, kinds=REGISTRY, starts=_SETUP, need=("-r", "-r*", "-qr", "-Ur", "-qUr", "-Uqr", "-vr", "--requirement*", "-c", "--constraint*", "--group*")),
    ToolRow("pip install|download|wheel", _PIP_DOC, "pip install .", "pip install -U flask", names=_PIP_NAMES, credentials=_PIP_FILES,
            opaque=True, kinds=ALL, starts=_SETUP, need=_LOCAL),
    ToolRow("pip install|download|wheel", "https://pip.pypa.io/en/stable/topics/vcs-support/", "pip install git+https://github.com/acme/lib.git", "pip install flask",
            names=_PIP_NAMES, credentials=_PIP_FILES, kinds=GIT, need=("*git+*", "*@ git*")),
    ToolRow("pip install|download|wheel|index|search", _PIP_DOC, "pip install flask", "pip cache purge", names=_PIP_NAMES, credentials=_PIP_FILES),
    ToolRow("pip config", _PIP_DOC, "pip config set global.timeout 60", "pip config list", need=("set", "unset")),
    ToolRow("pip", _PIP_DOC, "pip list", "python --version", names=_PIP_NAMES, unless=("--version", "-V")),
    ToolRow("easy_install", "https://setuptools.pypa.io/en/latest/deprecated/easy_install.html", "easy_install pip", "pip install x", credentials=_NETRC),
    ToolRow("uv sync|lock|build|export|add|remove", _UV_DOC, "uv sync --frozen", "uv cache clean", names=(*_UV_NAMES, "SSL_CERT_*"),
            convention=("*PYPI*", "CODEARTIFACT_*", "*GIT*TOKEN*", "GH_*", "*_PAT"), credentials=("uv.toml", *_NETRC), kinds=REGISTRY, starts=("pyproject.toml", "setup.py", "uv.toml")),
    ToolRow("uv pip install|sync|compile", _UV_DOC, "uv pip install -r requirements.txt", "uv pip list", names=_UV_NAMES,
            convention=("*PYPI*", "*INDEX_URL*", "*GIT*TOKEN*"), expands=("requirements*.txt",), credentials=("uv.toml", *_NETRC), opaque_when=_LOCAL,
            kinds=REGISTRY, starts=_SETUP, need=("-r", "--requirement*", "--requirements*", *_LOCAL, "*.txt", "*.in", "*.toml")),
    ToolRow("uv publish", _UV_DOC, "uv publish", "uv build --help", names=("UV_PUBLISH_*", *_UV_NAMES), credentials=(".pypirc", *_NETRC), kinds=("registry-token", "generic")),
    ToolRow("uv run", "https://docs.astral.sh/uv/concepts/projects/run/", "uv run app.py", "uv venv", names=_UV_NAMES, opaque=True, kinds=ALL, starts=_SETUP),
    ToolRow("uv|uvx|pipx", _UV_DOC, "uv venv", "pip list", names=_UV_NAMES, credentials=_NETRC, unless=("--version",)),
    ToolRow("poetry install|update|lock|add|sync|publish|build|self|export|source|check", _POETRY_DOC, "poetry install --no-root", "poetry env list",
            names=("POETRY_*",), convention=("*PYPI*", "CODEARTIFACT_*", "*GIT*TOKEN*", "GH_*", "*_PAT"),
            credentials=("auth.toml", ".config/pypoetry/*", "poetry.toml", *_NETRC), kinds=REGISTRY, starts=("pyproject.toml", "build.py", "setup.py")),
    ToolRow("poetry run|shell", "https://python-poetry.org/docs/cli/#run", "poetry run pytest", "poetry install", names=("POETRY_*",), opaque=True, kinds=ALL, starts=("pyproject.toml",)),
    ToolRow("poetry", _POETRY_DOC, "poetry config virtualenvs.create false", "pip list", names=("POETRY_*",), unless=("--version",)),
    ToolRow("pdm install|sync|update|lock|add|publish|build|export", "https://pdm-project.org/latest/usage/config/", "pdm install --prod", "pdm config",
            names=("PDM_*",), convention=("*PYPI*", "*GIT*TOKEN*"), expands=("pyproject.toml",), credentials=(".pypirc", "pdm.toml", *_NETRC), kinds=REGISTRY, starts=("pyproject.toml",)),
    ToolRow("pdm run", "https://pdm-project.org/latest/usage/scripts/", "pdm run build", "pdm list", names=("PDM_*",), opaque=True, kinds=ALL, starts=("pyproject.toml",)),
    ToolRow("pdm", "https://pdm-project.org/latest/usage/config/", "pdm config python.use_venv false", "pip list", names=("PDM_*",)),
    ToolRow("pipenv install|sync|update|lock|requirements|upgrade", "https://pipenv.pypa.io/en/latest/credentials.html", "pipenv install --system --deploy", "pipenv --venv",
            names=("PIPENV_*", *_PIP_NAMES), convention=("*PYPI*", "*GIT*TOKEN*", "USERNAME", "PASSWORD", "*INDEX_URL*"), expands=("Pipfile", "Pipfile.lock"),
            credentials=_PIP_FILES, kinds=REGISTRY, starts=("Pipfile", "setup.py")),
    ToolRow("pipenv run|shell", "https://pipenv.pypa.io/en/latest/cli.html", "pipenv run python app.py", "pipenv install", names=("PIPENV_*",), opaque=True, kinds=ALL, starts=("Pipfile",)),
    ToolRow("pipenv", "https://pipenv.pypa.io/en/latest/configuration.html", "pipenv --rm", "pip list", names=("PIPENV_*",), unless=("--version",)),
    ToolRow("twine upload|register", "https://twine.readthedocs.io/en/stable/#environment-variables", "twine upload dist/*", "twine check dist/*",
            names=("TWINE_*",), credentials=(".pypirc",), kinds=("registry-token", "generic"), convention=("*PYPI*",)),
    ToolRow("twine check", "https://twine.readthedocs.io/en/stable/", "twine check dist/*", "twine upload dist/*"),
    # An environment file may list pip packages by address and is the only way a project reaches conda.
    ToolRow("conda env", "https://docs.conda.io/projects/conda/en/stable/user-guide/configuration/use-condarc.html#expansion-of-environment-variables",
            "conda env create -f environment.yml", "conda clean -a", names=("CONDA_*", "MAMBA_*", "ANACONDA_API_TOKEN", *_PIP_NAMES),
            expands=(".condarc", "requirements*.txt"), credentials=(".condarc", *_NETRC), kinds=REGISTRY, starts=("environment.yml", "environment.yaml")),
    ToolRow("conda install|create|update|upgrade|search|build", "https://docs.conda.io/projects/conda/en/stable/user-guide/configuration/use-condarc.html#expansion-of-environment-variables",
            "conda install -y numpy", "conda clean --all", names=("CONDA_*", "MAMBA_*", "ANACONDA_API_TOKEN", "BINSTAR_TOKEN"), expands=(".condarc",), credentials=(".condarc", *_NETRC)),
    ToolRow("conda run", "https://docs.conda.io/projects/conda/en/stable/commands/run.html", "conda run -n web python app.py", "conda list", opaque=True, kinds=ALL),
    ToolRow("conda", "https://docs.conda.io/projects/conda/en/stable/commands/index.html", "conda clean --all", "pip list", names=("CONDA_*",), expands=(".condarc",)),
    ToolRow("anaconda|rattler-build|pixi", "https://pixi.sh/latest/deployment/authentication/", "pixi install", "conda list",
            names=("ANACONDA_API_TOKEN", "BINSTAR_*", "PIXI_*", "RATTLER_*", "PREFIX_API_KEY"), credentials=(".rattler/*", *_NETRC), opaque_when=("run",), kinds=("registry-token",)),
    ToolRow("hf|transformers-cli", "https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables", "hf download acme/model", "pip list",
            names=("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_TOKEN", "HUGGINGFACE_TOKEN", "HF_*"), credentials=(".cache/huggingface/token", ".huggingface/token")),
    ToolRow("dvc pull|fetch|push|get|import|repro|update", "https://dvc.org/doc/user-guide/data-management/remote-storage", "dvc pull", "dvc version",
            names=("DVC_*", "AWS_*", "AZURE_STORAGE_*", "GOOGLE_APPLICATION_CREDENTIALS", "GDRIVE_CREDENTIALS_DATA", "OSS_*"), credentials=(".dvc/config.local", ".aws/credentials"), kinds=("cloud",)),
    ToolRow("kaggle", "https://github.com/Kaggle/kaggle-api/blob/main/docs/README.md", "kaggle datasets download acme/data", "pip list", names=("KAGGLE_USERNAME", "KAGGLE_KEY"), credentials=(".kaggle/kaggle.json",)),
    ToolRow("wandb", "https://docs.wandb.ai/guides/track/environment-variables/", "wandb login", "pip list", names=("WANDB_API_KEY", "WANDB_*"), credentials=(".netrc",)),
    ToolRow("python", "https://pip.pypa.io/en/stable/installation/#get-pip-py", "python get-pip.py", "python app.py", names=_PIP_NAMES, credentials=_PIP_FILES,
            need=("get-pip.py", "*/get-pip.py", "ez_setup.py", "*/ez_setup.py")),
    ToolRow("python manage.py", "https://docs.djangoproject.com/en/stable/howto/deployment/checklist/#secret-key", "python manage.py collectstatic --noinput", "python -m venv /venv",
            names=("SECRET_KEY", "DJANGO_*", "DATABASE_URL"), opaque=True, kinds=ALL, starts=("manage.py",)),
    ToolRow("manage.py|django-admin|django", "https://docs.djangoproject.com/en/stable/ref/django-admin/", "./manage.py migrate", "pip list", names=("SECRET_KEY", "DJANGO_*", "DATABASE_URL"), opaque=True, kinds=ALL, starts=("manage.py",)),
    ToolRow("venv|virtualenv|ensurepip|compileall|json.tool|py_compile|site|zipfile|tarfile|pyenv|2to3", "https://docs.python.org/3/library/venv.html", "python -m venv /venv", "python app.py"),
    ToolRow("python", "https://docs.python.org/3/library/os.html#os.environ", "python app.py", "python --version", opaque=True, kinds=ALL, unless=("--version", "-V", "-VV")),
    ToolRow("pytest|tox|nox|celery|flask|gunicorn|uvicorn|alembic|invoke|fab|scrapy|mkdocs|jupyter|nbconvert|streamlit|superset|airflow|dagster|dbt|"
            "prefect|locust|behave|robot|coverage|build|buildout|ckan|bench|odoo|sphinx|sphinx-build|snakemake|scons|waf|hatch|flit|maturin|rasa|cythonize|pyinstaller",
            "https://docs.pytest.org/en/stable/how-to/monkeypatch.html#monkeypatching-environment-variables", "flask db upgrade", "pip list", opaque=True, kinds=ALL,
            names=("FLASK_*", "SQLALCHEMY_*", "AIRFLOW_*", "DBT_*"), starts=("pyproject.toml", "tox.ini", "noxfile.py", "conftest.py", "alembic.ini", "tasks.py", "fabfile.py", "mkdocs.yml", "conf.py")),
    ToolRow("ansible-galaxy", "https://docs.ansible.com/ansible/latest/reference_appendices/config.html", "ansible-galaxy install -r requirements.yml", "ansible --version",
            names=("ANSIBLE_GALAXY_*", "ANSIBLE_*"), credentials=("ansible.cfg", ".ansible/galaxy_token", *_NETRC), kinds=GIT, starts=("requirements.yml",)),
    ToolRow("ansible-playbook|ansible|ansible-pull|molecule|ansible-vault", "https://docs.ansible.com/ansible/latest/reference_appendices/config.html", "ansible-playbook site.yml", "ansible-galaxy list",
            names=("ANSIBLE_*",), opaque=True, kinds=ALL, starts=("*.yml", "*.yaml", "ansible.cfg"), unless=("--version",)),
)  # fmt: skip
