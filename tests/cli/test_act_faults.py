#!/usr/bin/python3
"""A sample of what `make faults` does in full: the acting core is stopped and
failed at calls, with others about, and power is cut on paper.  Prints TAP."""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

if __name__ == "__main__":
    sys.exit(subprocess.run([sys.executable, os.path.join(
        ROOT, "tests", "faults", "act.py")] + sys.argv[1:]).returncode)
