"""A real Chromium without a window, driven over a pipe by the DevTools protocol.

It reaches no network: every host name is unknown to it, and what a page asks for can be answered by
the caller.
"""

import base64
import contextlib
import fcntl
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import Any

#: Gives the media type and the bytes of what is at an address, or None where nothing is.
Answer = Callable[[str], tuple[str, bytes] | None]

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe",
    "about:blank",
)
#: Chromium reads from descriptor 3 and writes to 4.
_START = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4);"
    "os.execvp(sys.argv[3], sys.argv[3:])"
)
_FIRST_FREE = 20


def find_chromium() -> str | None:
    """Return where a Chromium is installed, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One running browser with one page.

    With `answer`, every request of a page gets what that returns, or fails; without it, none is
    answered.
    """

    def __init__(self, program: str, answer: Answer | None = None) -> None:
        self._answer = answer
        self.profile = tempfile.mkdtemp(prefix="outreach-chromium-")
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, _FIRST_FREE) for end in (*os.pipe(), *os.pipe())]
        commands, self._in, self._out, answers = ends
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-c", _START, str(commands), str(answers)),
                *(program, f"--user-data-dir={self.profile}", *ARGUMENTS),
            ],
            pass_fds=(commands, answers),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(commands)
        os.close(answers)
        self._numbers = itertools.count(1)
        self._unread = b""
        self._session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        self._frame = self.call("Page.getFrameTree")["frameTree"]["frame"]["id"]
        if answer is not None:
            self.call("Fetch.enable")

    def call(self, method: str, **params: object) -> dict[str, Any]:
        """Send one command and return its result; answer what the page asks for meanwhile."""
        number = self._send(method, params)
        while True:
            answer = self._read()
            if answer.get("method") == "Fetch.requestPaused":
                self._respond(answer["params"])
            elif answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def _send(self, method: str, params: dict[str, object]) -> int:
        number = next(self._numbers)
        message: dict[str, object] = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._in, data) :]
        return number

    def _respond(self, request: dict[str, Any]) -> None:
        found = self._answer(request["request"]["url"]) if self._answer else None
        about: dict[str, object] = {"requestId": request["requestId"]}
        if found is None:
            self._send("Fetch.failRequest", about | {"errorReason": "NameNotResolved"})
            return
        kind, content = found
        about["responseHeaders"] = [{"name": "Content-Type", "value": kind}]
        about["body"] = base64.b64encode(content).decode()
        self._send("Fetch.fulfillRequest", about | {"responseCode": 200})

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            more = os.read(self._out, 1 << 20)
            if not more:
                raise RuntimeError("Chromium has ended")
            self._unread += more
        message, _, self._unread = self._unread.partition(b"\0")
        return json.loads(message)

    def show(self, html: str, *, width: int, dark: bool, height: int = 800) -> None:
        """Show a document in a window of so many pixels, by day or by night."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Page.setDocumentContent", frameId=self._frame, html=html)

    def evaluate(self, script: str) -> Any:
        """Run JavaScript in the page and return what it gives, awaited."""
        result = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in result:
            raise RuntimeError(str(result["exceptionDetails"]))
        return result["result"].get("value")

    def loaded(self) -> None:
        """Wait until all that the page shows has come or failed."""
        self.evaluate(_LOADED)

    def picture(self, scale: float) -> bytes:
        """Return the whole page as PNG, from its top to its end."""
        size = self.evaluate(
            "({width: innerWidth, height: document.documentElement.getBoundingClientRect().height})"
        )
        height = max(1, size["height"])  # an empty page has none, and cannot be drawn
        clip = {"x": 0, "y": 0, "width": size["width"], "height": height, "scale": scale}
        shot = self.call(
            "Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip
        )
        return base64.b64decode(shot["data"])

    def blocks(self, png: bytes, columns: int, rows: int) -> list[list[float]]:
        """Return the mean red, green and blue of each block of a picture, row by row."""
        return self.evaluate(_BLOCKS % (json.dumps(_data_url(png)), columns, rows))

    def apart(self, one: bytes, other: bytes) -> float:
        """Return the share of pixels in which two pictures differ; all of them if one is taller."""
        if one == other:
            return 0.0
        return float(
            self.evaluate(_APART % (json.dumps(_data_url(one)), json.dumps(_data_url(other))))
        )

    def close(self) -> None:
        """End the browser and remove its profile."""
        self._session = None
        with contextlib.suppress(RuntimeError):
            self.call("Browser.close")
        os.close(self._in)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self._out)
        shutil.rmtree(self.profile, ignore_errors=True)


def _data_url(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()


_LOADED = """(async () => {
  if (document.readyState !== 'complete') {
    await new Promise(done => addEventListener('load', done));
  }
  await Promise.allSettled([...document.images].map(image => image.decode()));
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
})()"""

_APART = """(async (...urls) => {
  const [one, other] = await Promise.all(urls.map(async url => {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, image.width, image.height);
  }));
  if (one.width !== other.width || one.height !== other.height) return 1;
  const [a, b] = [one, other].map(image => new Uint32Array(image.data.buffer));
  return a.reduce((count, pixel, at) => count + (pixel !== b[at]), 0) / a.length;
})(%s, %s)"""

_BLOCKS = """(async (url, columns, rows) => {
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, image.width, image.height).data;
  const sums = Array.from({length: columns * rows}, () => [0, 0, 0, 0]);
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) {
      const row = Math.floor(y * rows / image.height);
      const sum = sums[row * columns + Math.floor(x * columns / image.width)];
      const at = 4 * (y * image.width + x);
      for (let channel = 0; channel < 3; channel++) sum[channel] += pixels[at + channel];
      sum[3] += 1;
    }
  }
  return sums.map(sum => sum.slice(0, 3).map(channel => channel / Math.max(1, sum[3])));
})(%s, %d, %d)"""

if __name__ == "__main__":
    sys.exit(0 if find_chromium() else 1)
