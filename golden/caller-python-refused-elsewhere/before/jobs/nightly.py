import os

from tools.images import image

image("shop", {"NODE_ENV": "production", "NPM_TOKEN": os.environ["NPM_TOKEN"]})
