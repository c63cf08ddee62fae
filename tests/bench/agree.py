#!/usr/bin/python3
"""Did a scan find what gen planted?  A fast wrong answer is worth nothing.

    baredot scan -f ndjson STORE | agree.py "MANIFEST"

MANIFEST is the line that gen printed for STORE.
"""
import json
import sys

CODES = {
    "crcrlf": "eol.crcrlf",
    "lone-dot": "eod.lf-dot-crlf",
    "nul": "limit.nul",
    "long-line": "limit.line-998",
}


def last_line(stream):
    line = b""
    for line in stream:
        pass
    return line


def main(manifest):
    planted = {}
    for pair in manifest.split():
        key, value = pair.split("=")
        planted[key] = int(value)
    summary = json.loads(last_line(sys.stdin.buffer))
    found = {k: v["messages"] for k, v in summary["codes"].items()}
    wrong = []

    def expect(what, low, high, got):
        if not low <= got <= high:
            wrong.append(f"{what}: {low} planted, {got} found")

    expect("messages", planted["messages"], planted["messages"],
           summary["messages"])
    for defect, code in CODES.items():
        expect(code, planted[defect], planted[defect], found.get(code, 0))
    # Whether the first CR of a CR CR LF is a bare one is the scan's to say.
    expect("eol.bare-cr", planted["bare-cr"],
           planted["bare-cr"] + planted["crcrlf"],
           found.get("eol.bare-cr", 0))
    if not any(planted[d] for d in (*CODES, "bare-cr")) and found:
        wrong.append("nothing planted, found " + " ".join(sorted(found)))
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
