"""A headless Chromium, driven by WebDriver (Debian: chromium-driver)."""
import base64
import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

from cli import Skip, folder


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Browser:
    def __init__(self, port):
        self.base = "http://127.0.0.1:%d" % port
        self.session = None

    def ask(self, method, path, body=None, limit=120):
        """An answer of the driver; its errors are exceptions."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.base + path, data, {"Content-Type": "application/json"},
            method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=limit) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as e:
            raise AssertionError(e.read().decode("utf-8", "replace")[:500])

    def post(self, path, **body):
        return self.ask("POST", "/session/%s/%s" % (self.session, path), body)

    def get(self, path):
        return self.ask("GET", "/session/%s/%s" % (self.session, path))

    def open(self, path):
        self.post("url", url="file://" + os.path.abspath(path))

    def run(self, script, *args):
        return self.post("execute/sync", script=script, args=list(args))

    def devtools(self, cmd, **params):
        return self.post("goog/cdp/execute", cmd=cmd, params=params)

    def log(self):
        """What the page said on its console since the last call."""
        return self.post("se/log", type="browser")

    def picture(self):
        return base64.b64decode(self.get("screenshot"))

    def paper(self):
        """It as PDF."""
        return base64.b64decode(self.post("print"))

    def look(self, width=1200, height=1000, dark=False, scripts=True):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width,
                      height=height, deviceScaleFactor=1, mobile=False)
        self.devtools("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme",
             "value": "dark" if dark else "light"}])
        self.devtools("Emulation.setScriptExecutionDisabled",
                      value=not scripts)


OPTIONS = {
    "browserName": "chrome",
    "goog:loggingPrefs": {"browser": "ALL"},
    "goog:chromeOptions": {"args": [
        "--headless=new", "--no-sandbox", "--disable-gpu",
        "--disable-dev-shm-usage", "--hide-scrollbars",
        "--host-resolver-rules=MAP * ~NOTFOUND"]},
}


@contextlib.contextmanager
def browser():
    """One that can look at files."""
    driver = shutil.which("chromedriver")
    if driver is None or shutil.which("chromium") is None:
        raise Skip("no chromium and chromium-driver here")
    port = free_port()
    with folder() as home:
        p = subprocess.Popen(
            [driver, "--port=%d" % port], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=dict(os.environ, HOME=home, TMPDIR=home))
        b = Browser(port)
        try:
            start(b)
            yield b
        finally:
            if b.session is not None:
                with contextlib.suppress(Exception):
                    b.ask("DELETE", "/session/" + b.session, limit=20)
            p.terminate()
            p.wait()


def start(b):
    end = time.monotonic() + 30
    while True:
        try:
            b.session = b.ask("POST", "/session", {"capabilities": {
                "alwaysMatch": OPTIONS}})["sessionId"]
            return
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
