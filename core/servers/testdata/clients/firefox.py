"""Visits each URL as alice, dave, alice and dave in one Firefox, each time on a
connection of its own. It runs in a folder with ca.pem, alice.p12 and dave.p12.

The identity is chosen as a person does in the dialog that remembers the choice.
"one" is an ordinary window, "containers" has a container for each identity.
"controls" makes other visits: alice twice by one choice, then, in another
container, nobody twice and alice. The browser is driven by Marionette; it looks
nothing up and leaves loopback alone.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

TURNS = ["alice", "dave", "alice", "dave"]
LIMIT = 45  # seconds for everything

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
const [visits, resolve] = arguments;
const remember = Cc["@mozilla.org/security/clientAuthRememberService;1"].getService(Ci.nsIClientAuthRememberService);
const known = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB).getCerts();
const chosen = {};
function visit([url, who, container]) {
  const at = {userContextId: container}, host = new URL(url).hostname;
  if (chosen[container] != who) {
    remember.rememberDecisionScriptable(host, at, who == "nobody" ? null : known.find(c => c.commonName == who), remember.Session);
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


def profile(folder, port):
    os.mkdir(folder)
    preferences = dict(PREFERENCES, **{"marionette.port": port})
    with open(os.path.join(folder, "user.js"), "w") as f:
        for name, value in preferences.items():
            f.write("user_pref(%s, %s);\n" % (json.dumps(name), json.dumps(value)))
    database = "sql:" + folder

    def run(*command):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=LIMIT)

    run("certutil", "-N", "-d", database, "--empty-password")
    run("certutil", "-A", "-d", database, "-n", "lab", "-t", "C,,", "-i", "ca.pem")
    for who in sorted(set(TURNS)):
        run("pk12util", "-d", database, "-K", "", "-i", who + ".p12", "-W", who + "-password")


def visits(mode, url):
    """What is visited as whom in which container; 0 is none."""
    if mode == "controls":
        return [[url, "alice", 3], [url, "alice", 3], [url, "nobody", 4], [url, "nobody", 4], [url, "alice", 4]]
    container = {"alice": 1, "dave": 2} if mode == "containers" else {"alice": 0, "dave": 0}
    return [[url, who, container[who]] for who in TURNS]


def expired(*_):
    raise SystemExit("firefox took more than %d s" % LIMIT)


def free():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def main(mode, urls):
    signal.signal(signal.SIGALRM, expired)
    signal.alarm(LIMIT)
    folder, port = os.path.abspath("firefox-" + mode), free()
    profile(folder, port)
    environment = dict(os.environ, HOME=folder, MOZ_HEADLESS="1")
    browser = subprocess.Popen(
        ["firefox-esr", "--marionette", "--no-remote", "--remote-allow-system-access", "--profile", folder],
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        m = Marionette(port, browser)
        m.ask("WebDriver:NewSession")
        m.ask("Marionette:SetContext", value="chrome")
        m.ask("WebDriver:SetTimeouts", script=1000 * LIMIT)
        everything = [v for url in urls for v in visits(mode, url)]
        got = m.ask("WebDriver:ExecuteAsyncScript", script=VISITS, args=[everything])["value"]
        if isinstance(got, str) or any(end != 0 and not visit[0].endswith("/ask") for end, visit in zip(got, everything)):
            raise SystemExit("visits ended with %s" % got)
    finally:
        browser.terminate()
        try:
            browser.wait(10)
        except subprocess.TimeoutExpired:
            browser.kill()
            browser.wait()
        shutil.rmtree(folder, ignore_errors=True)


main(sys.argv[1], sys.argv[2:])
