"""Visits each URL as alice, dave, alice, dave with libsoup.

Usage: soup.py one|two URL...: one Session, or one for each identity; certificates stand in the current directory.
"""
import os
import sys

os.environ["SOUP_FORCE_HTTP1"] = "1"  # a connection for each visit

import gi  # noqa: E402

gi.require_version("Soup", "3.0")
from gi.repository import Gio, Soup  # noqa: E402

STEPS = ["alice", "dave", "alice", "dave"]


def main(how, urls):
    database = Gio.TlsFileDatabase.new("/proc/self/cwd/ca.pem")
    for url in urls:
        sessions = {}
        for who in STEPS:
            key = "" if how == "one" else who
            if key not in sessions:
                sessions[key] = Soup.Session(tls_database=database, timeout=10)
            certificate = Gio.TlsCertificate.new_from_files(who + ".pem", who + ".key")
            message = Soup.Message.new("GET", url)
            message.get_request_headers().append("Connection", "close")
            message.set_tls_client_certificate(certificate)
            try:
                sessions[key].send_and_read(message, None)
                if message.get_status() != 200 and not url.endswith("/ask"):
                    raise SystemExit("%s as %s: %d" % (url, who, message.get_status()))
            except gi.repository.GLib.Error:
                if not url.endswith("/ask"):
                    raise


main(sys.argv[1], sys.argv[2:])
