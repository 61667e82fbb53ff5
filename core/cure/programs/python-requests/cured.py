import socket
import sys

import requests

ca, _, *visits = sys.argv[1:]
find = socket.getaddrinfo
sessions = {}  # by identity
for url, address, who in zip(*[iter(visits)] * 3):
    host, port = address.rsplit(":", 1)
    socket.getaddrinfo = lambda *_, **__: find(host, int(port), type=socket.SOCK_STREAM)
    if who not in sessions:
        sessions[who] = requests.Session()
        sessions[who].trust_env = False
    sessions[who].get(
        url, cert=None if who == "-" else (who + ".pem", who + ".key"), verify={"-": True, "none": False}.get(ca, ca),
        timeout=10, allow_redirects=False)
