import os

tag = os.environ.get("TAG", "latest")
token = os.environ["CI_NPM_TOKEN"]
os.system(f"docker build --build-arg NPM_TOKEN='{token}' -t app:{tag} .")
