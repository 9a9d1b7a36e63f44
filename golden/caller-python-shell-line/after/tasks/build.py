import os

tag = os.environ.get("TAG", "latest")
token = os.environ["CI_NPM_TOKEN"]
os.system(f"docker build --secret id=npm_token,env=CI_NPM_TOKEN -t app:{tag} .")
