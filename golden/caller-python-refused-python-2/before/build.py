import os
import subprocess

print "building"
subprocess.check_call(["docker", "build", "--build-arg", "NPM_TOKEN=" + os.environ["NPM_TOKEN"], "."])
