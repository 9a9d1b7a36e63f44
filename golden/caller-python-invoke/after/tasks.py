from invoke import task

from credentials import fetch_token


@task
def build(c, tag="latest"):
    token = fetch_token()
    c.run(f"docker build --secret id=npm_token,env=NPM_TOKEN -t app:{tag} .", pty=True, env={"NPM_TOKEN": f"{token}"})
