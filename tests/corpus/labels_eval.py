"""Precision and recall on labelled Dockerfiles, of the tool's judgement and of BuildKit's rule.

    python tests/corpus/labels_eval.py LABELS.jsonl... --files DIR

DIR holds the labelled files, each named by the sha256 of its content. The tool is asked as a user asks it; with `--patterns` the rows of
knowledge are measured by themselves, over a reading of the file by patterns.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from remediate.knowledge import buildkit_rule, files, names, values
from remediate.model import Options, RemediateError
from remediate.pipeline.one import process

Found = set[tuple[str, int, str]]
Predict = Callable[[str, bytes], Found]

_PAIR = re.compile(r"""([A-Za-z_][\w.-]*)=((?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|\$\{[^}]*\}|[^\s"'\\])*)""", re.DOTALL)


@dataclass
class Declared:
    """One ARG or ENV name or one copied file as the patterns read it."""

    instr: str
    line: int
    name: str
    value: str | None
    dest: str = ""


@dataclass
class Score:
    right: int = 0
    wrong: list[tuple[str, str, int, str]] = field(default_factory=list)
    missed: list[tuple[str, str, int, str]] = field(default_factory=list)

    def text(self) -> str:
        precision = self.right / max(self.right + len(self.wrong), 1)
        recall = self.right / max(self.right + len(self.missed), 1)
        return f"precision {precision:.3f}  recall {recall:.3f}  ({self.right} right, {len(self.wrong)} wrong, {len(self.missed)} missed)"


def instructions(data: bytes) -> list[tuple[int, str, str]]:
    """(first line, keyword, rest) by a simple reading of continuations."""
    out: list[tuple[int, str, str]] = []
    lines, i = data.decode("utf-8", "replace").replace("\r\n", "\n").split("\n"), 0
    escape = "`" if re.match(r"\s*#\s*escape\s*=\s*`", lines[0]) else "\\"
    while i < len(lines):
        start, line = i, lines[i]
        i += 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        text = line
        while text.rstrip().endswith(escape) and i < len(lines):
            text = text.rstrip()[:-1]
            if lines[i].strip() and not lines[i].lstrip().startswith("#"):
                text += " " + lines[i]
            else:
                text += escape
            i += 1
        keyword, _, rest = text.strip().partition(" ")
        if keyword.upper() == "ONBUILD":
            keyword, _, rest = rest.strip().partition(" ")
        out.append((start + 1, keyword.upper(), rest.strip()))
    return out


def declared(data: bytes) -> list[Declared]:
    out: list[Declared] = []
    for line, keyword, rest in instructions(data):
        if keyword == "ARG":
            pairs = re.findall(r"""([A-Za-z_][\w.-]*)(=(?:"[^"]*"|'[^']*'|\$\{[^}]*\}|[^\s"'])*)?""", rest) if rest else []
            out.extend(Declared("ARG", line, n, v[1:] if v else None) for n, v in pairs)
        elif keyword == "ENV":
            head = rest.split(None, 1)
            if head and "=" not in head[0]:
                out.append(Declared("ENV", line, head[0], head[1] if len(head) > 1 else ""))
            else:
                out.extend(Declared("ENV", line, n, v) for n, v in _PAIR.findall(rest))
        elif keyword in ("COPY", "ADD"):
            words = [w for w in rest.split() if not w.startswith("--")]
            if "--from" not in rest and len(words) >= 2 and not rest.startswith("["):
                out.extend(Declared("COPY", line, w, None, words[-1]) for w in words[:-1])
    return out


def uses_of(name: str, everything: list[Declared], text: str, value: str | None) -> names.NameUses:
    """An approximation of the analysis, by patterns over the whole file."""
    ref = rf"\$(?:{re.escape(name)}\b|\{{{re.escape(name)}[}}:])"
    args = {d.name for d in everything if d.instr == "ARG"} | {d.name for d in everything if d.instr == "ENV" and d.value and d.name != name}
    wanted = re.findall(r"\$\{?([A-Za-z_]\w*)", value or "")
    feeds = tuple(d.name for d in everything if d.instr == "ENV" and d.name != name and d.value and re.fullmatch(rf"[\"']?{ref}\}}?[\"']?", d.value))
    return names.NameUses(
        gpg_key_argument=bool(re.search(rf"(?:--recv-keys?|apt-key adv|--keyserver|--delete-keys?|--fingerprint)[^\n]*{ref}", text)),
        checksum=bool(re.search(rf"{ref}[^\n]{{0,80}}(?:sha\d+sum|md5sum)|(?:sha|md5)[^\n]{{0,40}}{ref}", text)),
        used_as_path=bool(re.search(rf"(?:(?:\bcat|\bsource|\bcd|\bmkdir -p|\bchmod \S+|--key-file|--keystore)\s|[^:/]/)\"?{ref}", text)),
        as_user_name=bool(re.search(rf"://\"?{ref}\}}?:|--user(?:name)?[= ]\"?{ref}(?!\}}?:)", text)),
        in_url_userinfo=bool(re.search(rf"://(?:[^\s/@:]*:)?{ref}\}}?@", text)),
        in_auth_header=bool(re.search(rf"(?i:authorization|token|bearer)[^\n]{{0,20}}{ref}[^\n]{{0,4}}[\"'][^\n]*https?:", text)),
        as_password_arg=bool(re.search(rf"--password[= ]\"?{ref}", text)),
        unresolved=bool(wanted) and not any(w in args for w in wanted) and ":-" not in (value or ""),
        feeds=feeds,
    )


def _argument_name(name: str, everything: list[Declared]) -> str:
    """`$KEYSTORE` in a COPY becomes the value that the file gives it."""
    known = {d.name: values.unquote(d.value) for d in everything if d.value and d.instr in ("ARG", "ENV")}
    return re.sub(r"\$\{?(\w+)\}?", lambda m: known.get(m[1], m[0]), name)


def predict(path: str, data: bytes) -> Found:
    everything, text = declared(data), data.decode("utf-8", "replace")
    found: Found = set()
    secrets: dict[str, bool] = {}
    kinds: set[str] = set()
    sources = [d.name for d in everything if d.instr == "COPY"]
    for d in (d for d in everything if d.instr != "COPY"):
        uses = uses_of(d.name, everything, text, d.value)
        refs = [w for w in re.findall(r"\$\{?([A-Za-z_]\w*)", d.value or "") if w in secrets]
        if refs and d.instr == "ENV":
            uses = uses._replace(derived_from_secret=any(secrets[w] for w in refs))
        verdict = names.judge(d.name, d.value, d.instr, uses)
        secrets[d.name] = verdict.secret or (d.instr == "ENV" and secrets.get(d.name, False))
        if verdict.secret:
            found.add((d.instr, d.line, d.name))
            kinds.add(verdict.kind)
    for d in (d for d in everything if d.instr == "COPY"):
        uses_file = files.FileUses(
            credential_beside=bool(kinds & {"registry-token", "git-token"}),
            removed_later=bool(re.search(rf"\brm\s+(?:-\w+\s+)*\S*{re.escape(d.name.rpartition('/')[2])}(?:\s|$)", text)),
            key_beside=any(re.search(r"\.key$|key\.pem$", s) for s in sources),
        )
        if files.judge_copy(_argument_name(d.name, everything), _argument_name(d.dest, everything), None, uses_file).secret:
            found.add((d.instr, d.line, d.name))
    return found


def buildkit(path: str, data: bytes) -> Found:
    return {(d.instr, d.line, d.name) for d in declared(data) if d.instr != "COPY" and buildkit_rule.flags(d.name)}


def evaluate(label_files: list[Path], folders: list[Path], chosen: Predict, certain: bool = False) -> tuple[Score, int]:
    """Only labelled variables count; a finding on an unlabelled one is listed by the corpus run, not here."""
    score, absent = Score(), 0
    for row in (json.loads(line) for f in label_files for line in f.read_text().splitlines() if line.strip()):
        held = next((d / row["sha"] for d in folders if (d / row["sha"]).exists()), None)
        if held is None:
            absent += 1
            continue
        found = {(i, ln, n.lower()) for i, ln, n in chosen(row["path"], held.read_bytes())}
        for var in row["vars"]:
            if certain and "(uncertain)" in var.get("note", ""):
                continue
            instr = "COPY" if var["instr"] == "ADD" else var["instr"]
            at = (row["sha"][:8], instr, var["line"], var["name"])
            # Some labels count lines one off where comments stand inside an instruction.
            hit = any((instr, var["line"] + off, var["name"].lower()) in found for off in (0, -1, 1))
            if hit and var["secret"]:
                score.right += 1
            elif hit:
                score.wrong.append(at)
            elif var["secret"]:
                score.missed.append(at)
    return score, absent


def pipeline(path: str, data: bytes) -> Found:
    """What `check` says of ARG, ENV, COPY and ADD."""
    try:
        done = process(data, path, Options(engine="docker"))
    except RemediateError:
        return set()
    rules = ("secret-in-arg", "secret-in-env", "secret-in-copy", "secret-in-add")
    return {("COPY" if f.instruction == "ADD" else f.instruction, f.instruction_line, f.name) for f in done.findings if f.rule in rules}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("labels", nargs="+", type=Path)
    parser.add_argument("--files", action="append", type=Path, required=True)
    parser.add_argument("--patterns", action="store_true")
    options = parser.parse_args()
    chosen: Predict = predict if options.patterns else pipeline
    for title, function in (("remediate", chosen), ("BuildKit", buildkit)):
        score, absent = evaluate(options.labels, options.files, function)
        print(f"{title:10} {score.text()}  {absent} files absent")
        print(f"{'  certain':10} {evaluate(options.labels, options.files, function, certain=True)[0].text()}")
        if function is chosen:
            print("".join(f"  wrong  {w}\n" for w in score.wrong) + "".join(f"  missed {m}\n" for m in score.missed), end="")


if __name__ == "__main__":
    main()
