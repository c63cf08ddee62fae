"""The documents say what the program does: its options and statuses, the fields
of its reports, and where things are.  What commands they show is run by
test_docs_run.py.
"""
import functools
import glob
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from cli import (TOP, Skip, baredot, check, read, run, same, scan, test,
                 write)
from documents import HEAD, make_maildir, make_mbox

COMMANDS = re.findall(r"^  ([a-z]+) ", baredot("help").out.decode(), re.M)
# The page of a command that has none of its own.
SHARED = {"restore": "baredot-quarantine", "runs": "baredot-undo",
          "recover": "baredot-undo", "explain": "baredot"}
MADE = ("report.5", "rules.5", "nightly.7", "queries.7", "repair.7",
        "replay.7")


def text_of(*names):
    return read(os.path.join(TOP, *names), "r")


# --- manual pages

def option_table(command):
    """{'--format': '-f', ...}, of the help."""
    return {name: short for short, name in re.findall(
        r"^  (?:(-\w), |    )(--[a-z0-9-]+)", baredot(
            "help", command).out.decode(), re.M)}


def page_name(command):
    return SHARED.get(command, "baredot-" + command)


def page(command):
    return text_of("man", page_name(command) + ".1")


def options_of_page(text):
    """Those that have an entry, with their letter; those of another page."""
    own = {}
    for entry in re.findall(r"^\.It (Fl .*)$", text, re.M):
        name = re.search(r"Fl -([a-z0-9-]+)", entry)
        short = re.match(r"Fl (\w) ,", entry)
        own["--" + name.group(1)] = "-" + short.group(1) if short else ""
    others = set()
    for part in re.findall(r"((?:^\.Fl .*\n|^and\n)+)^are those of", text,
                           re.M):
        others |= {w.strip() for w in re.sub(
            r"^\.Fl|^and$", "", part, flags=re.M).replace("\n", ",").split(
                ",") if w.strip()}
    return own, {"-" + w for w in others}


@test
def each_option_of_the_help_has_an_entry_in_the_manual_and_no_other():
    found = {}
    for c in COMMANDS:
        options = option_table(c)
        if not options:
            continue
        own, others = options_of_page(page(c))
        missing = {o for o, short in options.items() if own.get(o) != short
                   and o not in others and short not in others}
        check(not missing, "%s: not in its page: %s" % (c, missing))
        found.setdefault(page_name(c), []).append(c)
    for name, commands in found.items():
        own, others = options_of_page(page(commands[0]))
        tables = [option_table(c) for c in commands]
        known = {o for t in tables for o in t}
        same(set(own) - known, set(), name)
        same(others - known - {s for t in tables for s in t.values()}, set(),
             name)


def help_of(name):
    """The exit statuses of a help text, which ends with them."""
    text = " ".join(baredot("help", name).out.decode().split())
    found = re.findall(r"(?<![\w.=(])(0|1|2|64|75|78)(?= [a-z]|,)",
                       text.split("Exit status")[-1])
    return set(found)


@test
def exit_statuses_are_those_of_the_help():
    table = {}
    for line in text_of("docs", "exit-status.md").splitlines():
        cells = [x.strip() for x in line.strip("|").split("|")]
        if line.startswith("| `"):
            for name in re.findall(r"`([a-z]+)`", cells[0]):
                table[name] = {s for s, cell in zip(
                    ("0", "1", "2", "64", "75", "78"), cells[1:]) if cell}
    for c in COMMANDS:
        if c in ("help", "explain", "rules", "completion"):
            continue
        same(table[c], help_of(c), c)
        said = page(c).split(".Sh EXIT STATUS")[1].split(".Sh ")[0]
        if c not in SHARED and c != "quarantine" and c != "undo":
            same(set(re.findall(r"^\.It (\d+)", said, re.M)), table[c], c)


@test
def mandoc_has_nothing_to_say_about_the_pages():
    if shutil.which("mandoc") is None:
        raise Skip("mandoc is not installed")
    pages = sorted(glob.glob(os.path.join(TOP, "man", "*.1")))
    with tempfile.TemporaryDirectory(prefix="baredot-docs-") as d:
        for name in MADE:
            source = os.path.join(TOP, "docs", name.split(".")[0] + ".md")
            done = subprocess.run(
                ["awk", "-f", os.path.join(TOP, "man", "from-md.awk"),
                 source], capture_output=True, check=True)
            pages.append(write(d + "/baredot-" + name, done.stdout))
        done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", *pages],
                              capture_output=True, text=True)
        same(done.stdout + done.stderr, "")


@test
def a_page_that_is_made_says_what_its_document_says():
    for name in MADE:
        source = os.path.join(TOP, "docs", name.split(".")[0] + ".md")
        made = subprocess.run(
            ["awk", "-f", os.path.join(TOP, "man", "from-md.awk"), source],
            capture_output=True, check=True, text=True).stdout
        plain = re.sub(r"\\f.|\\(?=-)|\\&|^\..*? ", "", made, flags=re.M)
        plain = plain.replace("\\e", "\\")
        # The head of a table's first column is not in the page.
        words = re.sub(r"<!--.*?-->|!?\[[^]]*\]\([^)]*\)|^# .*|"
                       r"^\|[^|]*(?=.*\n\|-)", "", read(source, "r"),
                       flags=re.M)
        lost = [w for w in re.findall(r"[\w.-]{4,}", words)
                if w.lower() not in plain.lower()]
        lost = [w for w in lost if not re.fullmatch(
            r"-+|meaning|sh|text", w.strip("."))]
        same(lost, [], name)


@test
def links_between_documents_lead_somewhere():
    names = ["README.md", "CONTRIBUTING.md"] + [
        "docs/" + os.path.basename(n)
        for n in glob.glob(os.path.join(TOP, "docs", "*.md"))]
    lost = []
    for name in names:
        text = re.sub(r"```.*?```|`[^`]*`", "", text_of(name), flags=re.S)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            path, _, part = target.partition("#")
            if re.match(r"https?:", target):
                continue
            to = os.path.join(TOP, os.path.dirname(name), path) if path else \
                os.path.join(TOP, name)
            if not os.path.exists(to):
                lost.append((name, target))
            elif part:
                heads = [re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-")
                         for h in re.findall(r"^#+ (.*)$", read(to, "r"),
                                             re.M)]
                if part not in heads:
                    lost.append((name, target))
    same(lost, [])
    index = text_of("docs", "README.md")
    for n in glob.glob(os.path.join(TOP, "docs", "*.md")):
        base = os.path.basename(n)
        check(base == "README.md" or "(%s)" % base in index, base)


# --- fields of reports

@functools.lru_cache(None)
def documented_fields():
    """{(record, 'a.b[].c'), ...} of docs/report.md, up to other commands."""
    fields, record = set(), None
    report = text_of("docs", "report.md").split(
        "## What other commands write")[0]
    for line in report.splitlines():
        if line.startswith("## "):
            record = line[3:].strip()
        m = re.match(r"\| `([A-Za-z0-9_.\[\]]+)` \|", line)
        if m:
            fields.add((record, m.group(1)))
    return fields


def fields_in(value, prefix=""):
    """The field paths of a JSON value, containers included."""
    if isinstance(value, list):
        for v in value:
            if isinstance(v, dict):
                yield from fields_in(v, prefix + "[].")
    elif isinstance(value, dict):
        for key, v in value.items():
            if prefix == "codes.":
                key = "CODE"
            if prefix == "rules.":
                key = "RULE"
            if prefix + key not in ("codes.CODE", "rules.RULE"):
                yield prefix + key
            yield from fields_in(v, prefix + key + ("" if isinstance(v, list)
                                                    else "."))


def merged_report(store, scratch):
    """Of the store in shards, when a file has changed since."""
    plan, out = os.path.join(scratch, "plan"), os.path.join(scratch, "out")
    options = ["--plan", plan]
    baredot("plan", "--shards", "1", "--forensic", "-o", plan, store)
    write(os.path.join(store, "a.mbox"), make_mbox() * 2)
    baredot("scan", *options, "--shard", "1/1", "--out", out, "--exit-zero",
            "--forensic")
    return baredot("merge", *options, out).records()


@functools.lru_cache(None)
def real_records():
    """Of reports that have every kind of record."""
    found = []
    with tempfile.TemporaryDirectory(prefix="baredot-docs-") as d:
        m = os.path.join(d, "m")
        make_maildir(m)
        write(os.path.join(d, "a.mbox"), make_mbox())
        odd = os.fsencode(d) + b"/odd\xff"
        write(odd + b".eml", HEAD.replace(b"<1@", b"<\xff@") + b"a\rb\n")
        write(odd + b"/1", b"not mail")
        write(odd + b".gz", gzip.compress(make_mbox())[:-20])
        write(odd + b".mbox", make_mbox())
        write(os.path.join(d, "long.eml"), HEAD.replace(
            b"<1@", b"<" + b"x" * 2000 + b"@"))
        found += scan("--forensic", d).records()
        found += baredot("replay", "-f", "ndjson", d).records()
        with tempfile.TemporaryDirectory(prefix="baredot-docs-") as scratch:
            found += merged_report(d, scratch)
        state = os.path.join(d, "s")
        found += baredot("fix", "-f", "ndjson", "--apply", "--state", state,
                         m, odd + b".eml").records()
        q = os.path.join(d, "q")
        found += baredot("quarantine", "-f", "ndjson", "--apply", "-m",
                         "info", "--into", q, odd + b".mbox").records()
    return found


def written_keys():
    """Every key that the reporters and the lists they use can write."""
    text = "".join(text_of("scanner", "report", name) for name in (
        "ndjson.c", "ndjson_message.c", "ndjson_sums.c", "repaired.c", "replayed.c", "replayed_matrix.c"))
    keys = set(re.findall(r'(?:json_(?:key\w*|bytes)|put_text)\(j, "(\w+)"',
                          text))
    keys |= set(re.findall(r'unreadable \? "(error)" : "(reason)"', text)[0])
    keys |= {k + "_b64" for k in re.findall(r'json_bytes\(j, "(\w+)"', text)}
    keys |= set(re.findall(r'\[SKIP_\w+\] = "(\w+)"', text))
    keys |= set(re.findall(r'\{ "[^"]*", "(\w+)" \}', text))
    keys |= set(re.findall(r'\[REPLAY_\w+\] = "(\w+)"',
                           text_of("rules", "replay_plan.c")))
    for name, array in (("rules/codes.c", "SEV"),
                        ("scanner/report/report.c", "CONV")):
        keys |= set(re.findall(r'\[%s_\w+\] = "(\w+)"' % array,
                               text_of(name)))
    return keys


@test
def every_field_of_a_real_report_is_described():
    real = {(r["type"], f) for r in real_records() for f in fields_in(r)}
    real = {x for x in real if not (x[0] == "replay" and
                                    x[1].startswith("envelope."))}
    same(sorted(real - documented_fields()), [])
    same(sorted({r for r, _ in real} ^ {r for r, _ in documented_fields()}),
         [], "records")


@test
def every_field_that_is_described_is_in_a_real_report_or_can_be_written():
    real = {(r["type"], f) for r in real_records() for f in fields_in(r)}
    keys = written_keys()
    same([f for f in sorted(documented_fields() - real)
          if re.split(r"[.\]]+", f[1])[-1] not in keys], [])


@test
def every_key_that_can_be_written_is_described():
    leaf = {re.split(r"[.\]]+", f)[-1] for _, f in documented_fields()}
    same(sorted(written_keys() - leaf), [])


@test
def every_field_of_other_commands_is_described():
    part = text_of("docs", "report.md").split(
        "## What other commands write")[1]
    known = set(re.findall(r"`(\w+)`", part)) | {"type"}
    with tempfile.TemporaryDirectory(prefix="baredot-docs-") as d:
        mail = write(d + "/mail/1.eml", HEAD + b"a\rb\n")
        box = write(d + "/mail/a.mbox", make_mbox())
        s, q = "--state=" + d + "/s", "--into=" + d + "/q"
        report = write(d + "/r", scan("--forensic", d + "/mail").out)
        baredot("fix", "--apply", s, mail)
        baredot("quarantine", "--apply", q, box)
        records = []
        for words in (("verify", report), ("runs", s), ("runs", s, "last"),
                      ("undo", s, "last"), ("undo", s, "last", "--apply"),
                      ("quarantine", "--list", d + "/q"),
                      ("quarantine", "--verify", d + "/q"),
                      ("restore", q), ("restore", q, "--to", d + "/f",
                                       "--apply"), ("restore", q,
                                                    "--apply")):
            ran = baredot(words[0], "-f", "ndjson", *words[1:])
            check(ran.records(), words)
            records += ran.records()
    lost = {(r["type"], f) for r in records for f in fields_in(r)
            if f.split(".")[-1] not in known}
    same(sorted(lost), [])
    same(sorted({r["type"] for r in records} - known), [])


@test
def mappings_speak_of_fields_that_there_are():
    known = {f for _, f in documented_fields()}
    lost = []
    for line in text_of("docs", "mapping.md").splitlines():
        if line.startswith("| `"):
            cell = line.split("|")[1]
            lost += [f for f in re.findall(r"`([a-z0-9_.\[\]]+)`", cell)
                     if f not in known]
    same(lost, [])


@test
def the_schema_has_the_fields_that_are_described():
    schema = text_of("scanner", "report", "report.schema.json")
    names = set(re.findall(r'"(\w+)":', schema))
    json.loads(schema)
    leaf = {re.split(r"[.\]]+", f)[-1] for _, f in documented_fields()}
    same(sorted(leaf - names - {"CODE", "RULE"}), [])


if __name__ == "__main__":
    run()
