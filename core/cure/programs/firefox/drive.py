"""Drives a Firefox with a profile of its own by Marionette. The identity is chosen
as a person does in the dialog that remembers the choice, each time on a connection
of its own; it looks nothing up and leaves loopback alone.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from urllib.parse import urlsplit

LIMIT = 45  # seconds for one thing

PREFERENCES = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.region.network.url": "",
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.push.connection.enabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "network.http.speculative-parallel-limit": 0,
    "network.trr.mode": 5,
    "remote.active-protocols": 0,
    "security.OCSP.enabled": 0,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.enabled": False,
}

VISITS = """
const [visits, certificates, resolve] = arguments;
const remember = Cc["@mozilla.org/security/clientAuthRememberService;1"].getService(Ci.nsIClientAuthRememberService);
const base = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
const chosen = {};
function visit([url, who, container]) {
  const at = {userContextId: container}, host = new URL(url).hostname;
  if (chosen[container] != who) {
    remember.rememberDecisionScriptable(host, at, who == "-" ? null : base.constructX509FromBase64(certificates[who]), remember.Session);
    chosen[container] = who;
  }
  const channel = Services.io.newChannelFromURI(Services.io.newURI(url), null, Services.scriptSecurityManager.getSystemPrincipal(), null,
    Ci.nsILoadInfo.SEC_ALLOW_CROSS_ORIGIN_SEC_CONTEXT_IS_NULL, Ci.nsIContentPolicy.TYPE_OTHER).QueryInterface(Ci.nsIHttpChannel);
  channel.loadInfo.originAttributes = at;
  channel.loadFlags |= Ci.nsIRequest.LOAD_BYPASS_CACHE | Ci.nsIRequest.INHIBIT_CACHING;
  channel.setRequestHeader("Connection", "close", false);
  return new Promise(done => channel.asyncOpen({
    onStartRequest() {},
    onDataAvailable(request, stream, offset, count) {
      const s = Cc["@mozilla.org/scriptableinputstream;1"].createInstance(Ci.nsIScriptableInputStream);
      s.init(stream);
      s.read(count);
    },
    onStopRequest(request, status) { done(status); },
  }));
}
(async () => {
  const list = [];
  for (const v of visits) list.push(await visit(v));
  resolve(list);
})().catch(e => resolve("" + e));
"""


class Marionette:
    """Talks to a browser: a message is its length, a colon and a JSON array."""

    def __init__(self, port, browser):
        while True:
            if browser.poll() is not None:
                raise SystemExit("firefox ended with %d" % browser.returncode)
            try:
                self.file = socket.create_connection(("127.0.0.1", port), LIMIT).makefile("rwb")
                break
            except OSError:
                time.sleep(0.1)
        self.number = 0
        self.read()

    def read(self):
        length = b""
        while not length.endswith(b":"):
            more = self.file.read(1)
            if not more:
                raise SystemExit("firefox hung up")
            length += more
        return json.loads(self.file.read(int(length[:-1])))

    def ask(self, command, **parameters):
        self.number += 1
        message = json.dumps([0, self.number, command, parameters]).encode()
        self.file.write(b"%d:%s" % (len(message), message))
        self.file.flush()
        _, _, error, result = self.read()
        if error:
            raise SystemExit("%s: %s" % (command, error["message"]))
        return result


def profile(folder, port, ca, highest, known, password_of):
    os.mkdir(folder)
    preferences = dict(PREFERENCES, **{"marionette.port": port, "network.dns.forceResolve": "127.0.0.1"})
    if highest == "1.2":
        preferences["security.tls.version.max"] = 3
    with open(os.path.join(folder, "user.js"), "w") as f:
        for name, value in preferences.items():
            f.write("user_pref(%s, %s);\n" % (json.dumps(name), json.dumps(value)))
    database = "sql:" + folder

    def run(*command):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=LIMIT)

    run("certutil", "-N", "-d", database, "--empty-password")
    if ca not in ("-", "none"):
        run("certutil", "-A", "-d", database, "-n", "ca", "-t", "C,,", "-i", ca)
    for who in known:
        run("pk12util", "-d", database, "-K", "", "-i", who + ".p12", "-W", password_of(who))


def expired(*_):
    raise SystemExit("firefox took too long")


def free():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def der(who):
    """The first certificate of STEM.pem, in base64."""
    with open(who + ".pem") as f:
        return "".join(f.read().split("-----")[2].split())


def drive(arguments, container_of):
    """Makes a client's visits, each in the container that container_of says; 0 is none."""
    ca, highest, *visits = arguments
    if ca == "none":
        raise SystemExit("firefox is not told to trust whatever comes")
    made = []
    for url, address, who in zip(*[iter(visits)] * 3):
        at = urlsplit(url)
        made.append(["https://%s:%s%s" % (at.hostname, address.rsplit(":", 1)[1], at.path or "/"), who, container_of(who)])
    got = run(ca, highest, made, lambda who: "client", 35)
    if got != [0] * len(made):
        raise SystemExit("visits ended with %s" % got)


def run(ca, highest, made, password_of, seconds):
    """Visits in one Firefox: URL, identity ("-" = nobody) and container of each; how each ended, 0 = well."""
    known = sorted({who for _, who, _ in made if who != "-"})
    signal.signal(signal.SIGALRM, expired)
    signal.alarm(seconds)
    folder, port = os.path.abspath("firefox"), free()
    profile(folder, port, ca, highest, known, password_of)
    environment = dict(os.environ, HOME=folder, MOZ_HEADLESS="1")
    browser = subprocess.Popen(
        ["firefox-esr" if shutil.which("firefox-esr") else "firefox", "--marionette", "--no-remote", "--remote-allow-system-access", "--profile", folder],
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        m = Marionette(port, browser)
        m.ask("WebDriver:NewSession")
        m.ask("Marionette:SetContext", value="chrome")
        m.ask("WebDriver:SetTimeouts", script=1000 * LIMIT)
        return m.ask("WebDriver:ExecuteAsyncScript", script=VISITS, args=[made, {who: der(who) for who in known}])["value"]
    finally:
        browser.terminate()
        try:
            browser.wait(10)
        except subprocess.TimeoutExpired:
            browser.kill()
            browser.wait()
        shutil.rmtree(folder, ignore_errors=True)
