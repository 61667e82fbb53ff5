import os
import sys
from urllib.parse import urlsplit

ca, highest, *visits = sys.argv[1:]
os.environ["SOUP_FORCE_HTTP1"] = "1"
if highest == "1.2":
    os.environ["G_TLS_GNUTLS_PRIORITY"] = "NORMAL:-VERS-TLS1.3"

import gi  # noqa: E402

gi.require_version("Soup", "3.0")
from gi.repository import Gio, Soup  # noqa: E402


def visit(url, address, who):
    session = Soup.Session(timeout=10)
    if ca not in ("-", "none"):
        session.set_tls_database(Gio.TlsFileDatabase.new(os.path.abspath(ca)))
    at = urlsplit(url)
    message = Soup.Message.new("GET", "https://%s:%s%s" % (at.hostname, address.rsplit(":", 1)[1], at.path or "/"))
    message.get_request_headers().append("Connection", "close")
    if ca == "none":
        message.connect("accept-certificate", lambda *_: True)
    if who != "-":
        message.set_tls_client_certificate(Gio.TlsCertificate.new_from_files(who + ".pem", who + ".key"))
    session.send_and_read(message, None)


# A Session for each, and one process: the sessions are the process's.
for url, address, who in zip(*[iter(visits)] * 3):
    visit(url, address, who)
