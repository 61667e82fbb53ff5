"""Visits each URL as alice, dave, alice, dave.

Usage: client.py requests|requests-alive|httpx|default|by-hand URL...; certificates stand in the current directory.
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


def with_httpx(url):
    import httpx
    for who in STEPS:
        with httpx.Client(cert=(who + ".pem", who + ".key"), verify="ca.pem", timeout=10) as client:
            client.get(url, headers={"Connection": "close"})


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
    context.post_handshake_auth = by_hand  # off unless a program sets it
    session = None
    for who in STEPS:
        context.load_cert_chain(who + ".pem", who + ".key")
        try:
            made = exchange(context, url, session)
        except OSError:
            if not url.endswith("/ask"):
                raise
            continue
        if by_hand:
            session = made


def visit(how, url):
    if how.startswith("requests"):
        with_requests(url, how == "requests-alive")
    elif how == "httpx":
        with_httpx(url)
    else:
        sockets(url, how == "by-hand")


for url in sys.argv[2:]:
    visit(sys.argv[1], url)
