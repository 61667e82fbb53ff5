import socket
import ssl
import sys

import httpx

ca, highest, *visits = sys.argv[1:]
find = socket.getaddrinfo


def context():
    made = ssl.create_default_context(cafile=None if ca in ("-", "none") else ca)
    if ca == "none":
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    if highest == "1.2":
        made.maximum_version = ssl.TLSVersion.TLSv1_2
    return made


clients = {}  # by identity
for url, address, who in zip(*[iter(visits)] * 3):
    host, port = address.rsplit(":", 1)
    socket.getaddrinfo = lambda *_, **__: find(host, int(port), type=socket.SOCK_STREAM)
    if who not in clients:
        own = context()
        if who != "-":
            own.load_cert_chain(who + ".pem", who + ".key")
        clients[who] = httpx.Client(verify=own, trust_env=False, timeout=10)
    clients[who].get(url)
