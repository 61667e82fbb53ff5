"""Visits each URL as alice, dave, alice and dave in one Firefox, each time on a
connection of its own. It runs in a folder with ca.pem, NAME.pem and NAME.p12.

"one" is an ordinary window, "containers" has a container for each identity.
"controls" makes other visits: alice twice by one choice, then, in another
container, nobody twice and alice. The driver is the one of core/cure.
"""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), *[".."] * 3, "cure", "programs", "firefox"))
from drive import run  # noqa: E402

TURNS = ["alice", "dave", "alice", "dave"]


def visits(mode, url):
    """What is visited as whom in which container; 0 is none."""
    if mode == "controls":
        return [[url, "alice", 3], [url, "alice", 3], [url, "-", 4], [url, "-", 4], [url, "alice", 4]]
    container = {"alice": 1, "dave": 2} if mode == "containers" else {"alice": 0, "dave": 0}
    return [[url, who, container[who]] for who in TURNS]


everything = [v for url in sys.argv[2:] for v in visits(sys.argv[1], url)]
got = run("ca.pem", "-", everything, lambda who: who + "-password", 45)
if isinstance(got, str) or any(end != 0 and not visit[0].endswith("/ask") for end, visit in zip(got, everything)):
    raise SystemExit("visits ended with %s" % got)
