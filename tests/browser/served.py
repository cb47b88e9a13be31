"""A real server on a port of its own, with the demo practice, and a real browser to look at it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    # Pages of the browser's own, made ahead for a window that nobody opens; Playwright's list stands with them, since
    # the last list counts.
    "--disable-features=PreloadTopChromeWebUI,OptimizationGuideOnDeviceModel,OptimizationHints,MediaRouter,"
    "DialMediaRouteProvider,DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,LensOverlay,"
    "PaintHolding,ThirdPartyStoragePartitioning,AvoidUnnecessaryBeforeUnloadCheckSync,"
    "AvoidCorsURLLoaderRestartOnRedirect,NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch,Translate",
)
SETTLED = '[data-testid="stApp"][data-test-script-state="notRunning"]'


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def serving(folder: Path, *, code: Path = ROOT, demo: bool = True) -> Iterator[str]:
    """Run the server of ``code`` over a new database in ``folder``; gives its address."""
    port = free_port()
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{folder / 'practice.db'}", "PORT": str(port),
        "PRACTICE_KEY_FILE": str(folder / "practice.key"), "PRACTICE_FILES_DIR": str(folder / "files"),
    }
    made = subprocess.run(
        [sys.executable, "-m", "practicerunner", "init", *(["--demo"] if demo else [])], cwd=code, env=environment,
        capture_output=True, text=True, check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    log = (folder / "server.log").open("w")
    server = subprocess.Popen([sys.executable, "app.py"], cwd=code, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(150):
            try:
                urllib.request.urlopen(f"{address}/healthz", timeout=2).close()
                break
            except OSError:
                assert server.poll() is None, (folder / "server.log").read_text()
                time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)
        log.close()


@contextmanager
def browsing() -> Iterator[Browser]:
    """Chromium without a screen."""
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


def settle(page: Page) -> None:
    """Wait until the page's script has run to its end."""
    page.wait_for_selector(SETTLED, timeout=30_000)
    page.wait_for_timeout(250)
    page.wait_for_selector(SETTLED, timeout=30_000)


def sign_in(context: BrowserContext, address: str, name: str, *, door: str = "auth") -> Page:
    """Sign in as somebody of the demo practice with one click, as the page offers it; clients come by ``portal``."""
    page = context.new_page()
    page.goto(f"{address}/{door}/sign-in")
    page.get_by_role("button", name=name).first.click()
    settle(page)
    return page


def open_page(page: Page, address: str, path: str) -> None:
    """Go to a page by its address and wait for it."""
    page.goto(f"{address}/{path}")
    settle(page)
