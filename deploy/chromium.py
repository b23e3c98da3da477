"""This machine's Chromium, for whatever looks at the product: tests, benches, screenshots."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

_OFF: Final = (
    # What Playwright turns off; the last word on features counts, so it is repeated.
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "PreconnectToSearch",
    # The address bar's own page: half a second of processor time for every window, which nobody sees.
    "WebUIOmniboxPopup",
    "WebUIOmniboxFullPopup",
    "WebUIOmniboxAimPopup",
)
_FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",  # a microphone that beeps: this machine has none
    f"--disable-features={','.join(_OFF)}",
)


def launch(playwright: Playwright) -> Browser:
    """Chromium of `YIPING_CHROMIUM` or of the path, which draws without a GPU; `RuntimeError` where there is none."""
    path = os.environ.get("YIPING_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        raise RuntimeError("No Chromium on this machine. Install it: apt-get install chromium fonts-noto-cjk")
    return playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
