import socket
import ssl
import sys
from urllib.parse import urlsplit

ca, highest, *visits = sys.argv[1:]
contexts, sessions = {}, {}  # by identity


def context_of(who):
    if who not in contexts:
        context = ssl.create_default_context(cafile=None if ca in ("-", "none") else ca)
        if ca == "none":
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if highest == "1.2":
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        if who != "-":
            context.load_cert_chain(who + ".pem", who + ".key")
        contexts[who] = context
    return contexts[who]


for url, address, who in zip(*[iter(visits)] * 3):
    at, (host, port) = urlsplit(url), address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        with context_of(who).wrap_socket(raw, server_hostname=at.hostname, session=sessions.get(who)) as conn:
            conn.sendall(f"GET {at.path or '/'} HTTP/1.1\r\nHost: {at.netloc}\r\nConnection: close\r\n\r\n".encode())
            while conn.recv(4096):
                pass
            sessions[who] = conn.session
