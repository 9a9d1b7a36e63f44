"""Files in which secrets are written down more often than any person would: what follows files and proposes remedies must stay bounded."""

from __future__ import annotations

from bad_shapes import HEAD, huge

C = "\\\n"
WRITE = 'RUN echo "//npm.example.com/:_authToken=$API_TOKEN" > '
READ = "RUN npm ci\n"
EITHER = (1, 3)


def _joined(parts: list[str]) -> str:
    return HEAD + "RUN " + (" && " + C).join(parts) + "\n"


huge("one RUN writes 10,000 files", EITHER, lambda: _joined([f"echo $API_TOKEN > /tmp/f{n}" for n in range(10_000)]) + "RUN cat /tmp/f1\n")
huge("one RUN writes a file 10,000 times", EITHER, lambda: _joined(["echo $API_TOKEN >> ~/.npmrc"] * 10_000) + READ)
huge("2,000 RUNs write a file, 2,000 read it", EITHER, lambda: HEAD + "RUN echo $API_TOKEN >> ~/.npmrc\n" * 2_000 + READ * 2_000)
huge("2,000 pairs of a writer and a reader", EITHER, lambda: HEAD + (WRITE + "~/.npmrc\n" + READ) * 2_000)
huge("2,000 writers and 2,000 readers in two RUNs", EITHER, lambda: _joined(["echo $API_TOKEN >> ~/.npmrc"] * 2_000) + _joined(["npm ci"] * 2_000)[len(HEAD) :])
huge("500 RUNs, a credential file each", EITHER, lambda: HEAD + "".join(WRITE + f"/p{n}/.npmrc\nRUN cd /p{n} && npm ci\n" for n in range(500)))
huge("500 RUNs, a file each, one reader", EITHER, lambda: HEAD + "".join(WRITE + f"/p/c{n}\n" for n in range(500)) + "RUN make -C /p\n")
huge("500 secrets, a file each", EITHER, lambda: "FROM a\n" + "".join(f"ARG K{n}_TOKEN\nRUN echo $K{n}_TOKEN > /p{n}/.npmrc\nRUN cd /p{n} && npm ci\n" for n in range(500)))
huge("500 secrets, one file", EITHER, lambda: "FROM a\n" + "".join(f"ARG K{n}_TOKEN\nRUN echo $K{n}_TOKEN >> ~/.npmrc\n" for n in range(500)) + READ)
huge("300 stages, a file in each", EITHER, lambda: "".join(f"FROM a AS s{n}\nARG API_TOKEN\n{WRITE}~/.npmrc\n{READ}" for n in range(300)))
huge("300 chained stages, a file in each", EITHER, lambda: "".join(f"FROM {f's{n - 1}' if n else 'a'} AS s{n}\nARG API_TOKEN\n{WRITE}~/.npmrc\n{READ}" for n in range(300)))
huge("300 stages hand a file on", EITHER, lambda: "FROM a AS s0\nARG API_TOKEN\n" + WRITE + "/root/.npmrc\n" + "".join(f"FROM a AS s{n}\nCOPY --from=s{n - 1} /root/.npmrc /root/.npmrc\n{READ}" for n in range(1, 300)))
huge("500 settings of npm", EITHER, lambda: HEAD + "".join(f"RUN npm config set //n{n}.example.com/:_authToken $API_TOKEN\n" for n in range(500)) + READ * 20)
huge("500 settings of git, 500 users", EITHER, lambda: HEAD + "".join(f'RUN git config --global url."https://$API_TOKEN@h{n}.example/".insteadOf https://h{n}.example/\n' for n in range(500)) + "RUN go mod download\n" * 500)
huge("1,000 clones with a token", EITHER, lambda: HEAD + "".join(f"RUN git clone https://$API_TOKEN@github.com/acme/a{n} && cd a{n} && git pull\n" for n in range(1_000)))
huge("1,000 clones in one RUN", EITHER, lambda: _joined([f"git clone https://$API_TOKEN@github.com/acme/a{n}" for n in range(1_000)]) + "RUN cd a1 && git pull\n")
huge("500 keys and their users", EITHER, lambda: "FROM a\nARG SSH_KEY\n" + "".join(f'RUN echo "$SSH_KEY" > /root/.ssh/id_rsa{n} && chmod 600 /root/.ssh/id_rsa{n}\nRUN git clone git@github.com:acme/a{n}.git\n' for n in range(500)))
huge("one key, 2,000 clones by SSH", EITHER, lambda: 'FROM a\nARG SSH_KEY\nRUN mkdir -p ~/.ssh && echo "$SSH_KEY" > ~/.ssh/id_rsa\n' + "".join(f"RUN git clone git@github.com:acme/a{n}.git\n" for n in range(2_000)))
huge("1,000 nested $( into a file", EITHER, lambda: HEAD + "RUN " + "echo $(" * 1_000 + "echo $API_TOKEN" + ")" * 1_000 + " > ~/.npmrc\n" + READ)
huge("heredoc of 5 MB into a file", EITHER, lambda: HEAD + "RUN cat <<EOF > ~/.npmrc\n" + "text $API_TOKEN\n" * 320_000 + "EOF\n" + READ)
huge("heredoc of 5 MB, commands that write", EITHER, lambda: HEAD + "RUN <<EOF\n" + "echo $API_TOKEN >> ~/.npmrc\n" * 180_000 + "EOF\n" + READ)
huge("COPY heredoc of 5 MB, a credential file", EITHER, lambda: HEAD + "COPY <<EOF /root/.npmrc\n" + "//h/:_authToken=$API_TOKEN\n" * 190_000 + "EOF\n" + READ)
huge("500 COPY heredocs", EITHER, lambda: HEAD + "".join(f"COPY <<EOF /p{n}/.npmrc\n//h/:_authToken=$API_TOKEN\nEOF\nRUN cd /p{n} && npm ci\n" for n in range(500)))
huge("COPY of 2,000 credential files", EITHER, lambda: "FROM a\nCOPY " + " ".join(f"p{n}/.npmrc" for n in range(2_000)) + " /app/\nWORKDIR /app\n" + READ)
huge("2,000 COPY of credential files, 2,000 readers", EITHER, lambda: "FROM a\n" + "".join(f"COPY p{n}/.npmrc /p{n}/.npmrc\nRUN cd /p{n} && npm ci\n" for n in range(2_000)))
huge("500 COPY of one credential file", EITHER, lambda: "FROM a\nWORKDIR /app\n" + ("COPY .npmrc ./\n" + READ + "RUN rm .npmrc\n") * 500)
huge("2,000 mounts that leak", EITHER, lambda: HEAD + "".join(f"RUN --mount=type=secret,id=i{n} cat /run/secrets/i{n} > /p{n}/.npmrc && cd /p{n} && npm ci\n" for n in range(2_000)))
huge("RUN of 10,000 removals", EITHER, lambda: HEAD + WRITE + "~/.npmrc\n" + _joined(["npm ci", *(f"rm -f ~/.npmrc /tmp/a{n}" for n in range(10_000))])[len(HEAD) :])
