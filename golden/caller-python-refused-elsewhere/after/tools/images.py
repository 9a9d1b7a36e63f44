import subprocess


def image(tag, values):
    words = ["docker", "build", "-t", tag]
    for name, value in values.items():
        words.extend(["--build-arg", f"{name}={value}"])
    subprocess.run([*words, "."], check=True)
