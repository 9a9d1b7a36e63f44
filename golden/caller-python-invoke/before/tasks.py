from invoke import task

from credentials import fetch_token


@task
def build(c, tag="latest"):
    token = fetch_token()
    c.run(f"docker build --build-arg NPM_TOKEN={token} -t app:{tag} .", pty=True)
