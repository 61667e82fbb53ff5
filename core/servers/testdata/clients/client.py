"""Visits each URL as alice, dave, alice, dave.

Usage: client.py requests|requests-alive|default|by-hand URL...; certificates stand in the current directory.
"""
import socket
import ssl
import sys
from urllib.parse import urlsplit

STEPS = ["alice", "dave", "alice", "dave"]


def with_requests(url, alive):
    import requests
    if alive:
        with requests.Session() as session:
            for who in STEPS:
                session.get(url, cert=(who + ".pem", who + ".key"), verify="ca.pem", timeout=10)
        return
    for who in STEPS:
        with requests.Session() as session:
            session.get(url, cert=(who + ".pem", who + ".key"), verify="ca.pem", headers={"Connection": "close"}, timeout=10)


def exchange(context, url, session):
    at = urlsplit(url)
    with socket.create_connection((at.hostname, at.port), timeout=10) as raw:
        with context.wrap_socket(raw, server_hostname=at.hostname, session=session) as conn:
            conn.sendall(f"GET {at.path or '/'} HTTP/1.1\r\nHost: {at.netloc}\r\nConnection: close\r\n\r\n".encode())
            while conn.recv(4096):
                pass
            return conn.session


def sockets(url, by_hand):
    context = ssl.create_default_context(cafile="ca.pem")
    session = None
    for who in STEPS:
        context.load_cert_chain(who + ".pem", who + ".key")
        made = exchange(context, url, session)
        if by_hand:
            session = made


for url in sys.argv[2:]:
    if sys.argv[1].startswith("requests"):
        with_requests(url, sys.argv[1] == "requests-alive")
    else:
        sockets(url, sys.argv[1] == "by-hand")
