"""A real Chromium without a window, for pages that are judged by what a person sees there."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
"""Debian's; selenium is told where they are, so that it looks for no others."""

_SECONDS = 60
_FLAGS = (
    "--headless",
    "--no-sandbox",  # Chromium's own needs a user that is not root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--window-size=1280,900",
)
_TEXTS = """
const texts = [];
const visit = node => {
  const text = node.nodeType === Node.TEXT_NODE ? node.data.trim() : "";
  if (text && (node.parentElement ?? node.getRootNode().host).checkVisibility()) texts.push(text);
  for (const child of [...(node.shadowRoot?.childNodes ?? []), ...node.childNodes]) visit(child);
};
visit(document.body);
return texts;
"""
"""The texts that a page shows, those inside its custom elements too."""

_SAYS = "return document.querySelector(arguments[0])?.textContent ?? ''"


class Browser:
    """One window. What is waited for comes within a minute, or the test fails."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver

    def open(self, url: str) -> None:
        """Leaves the page, whatever it is, for another one; a change of the fragment alone is one too."""
        self._driver.get("about:blank")
        self._driver.get(url)

    def waits_for(self, *texts: str) -> None:
        """Returns when all of these are somewhere on the page, each a text of its own."""
        missing = set(texts)

        def all_seen() -> bool:
            missing.difference_update(self._driver.execute_script(_TEXTS))
            return not missing

        if not self._comes(all_seen):
            pytest.fail(f"not on the page: {', '.join(map(repr, missing))}")

    def waits_to_see(self, selector: str, text: str) -> None:
        """Returns when that is part of what the first such element says."""

        def is_said() -> bool:
            return text in str(self._driver.execute_script(_SAYS, selector))

        if not self._comes(is_said):
            said = self._driver.execute_script(_SAYS, selector)
            pytest.fail(f"{selector} says {said!r}, not {text!r}")

    def waits_until_gone(self, text: str) -> None:
        """Returns when that is no text of the page."""
        if not self._comes(lambda: text not in self._driver.execute_script(_TEXTS)):
            pytest.fail(f"still on the page: {text!r}")

    def types(self, selector: str, text: str) -> None:
        """Into a field, in place of what is there, and Enter."""
        field = self._driver.find_element("css selector", selector)
        field.clear()
        field.send_keys(text + "\n")

    def chooses(self, selector: str, value: str) -> None:
        """In a list of choices."""
        self._driver.find_element("css selector", f"{selector} option[value='{value}']").click()

    def runs(self, script: str, *arguments: object) -> Any:
        """What a script returns, or calls its last argument with."""
        return self._driver.execute_async_script(
            f"const done = arguments[arguments.length - 1]; (async () => {{{script}}})().then(done, done)",
            *arguments,
        )

    @property
    def title(self) -> str:
        """Of the page."""
        return str(self._driver.title)

    @property
    def urls(self) -> list[str]:
        """Everything that was asked for, by pages or for them, since this was last looked at."""
        messages = [json.loads(one["message"])["message"] for one in self._driver.get_log("performance")]
        sent = [one for one in messages if one["method"] == "Network.requestWillBeSent"]
        return [one["params"]["request"]["url"] for one in sent]

    @property
    def console(self) -> list[str]:
        """What the browser told of pages since this was last looked at."""
        return [one["message"] for one in self._driver.get_log("browser")]

    def clicks(self, selector: str) -> None:
        """As a person does; what the click brings may be still on its way."""
        self._driver.find_element("css selector", selector).click()

    def keeps(self, picture: Path) -> None:
        """The window as a PNG, once nothing moves in it: two looks in a row are the same."""
        looks = [b""]

        def settled() -> bool:
            looks.append(self._driver.get_screenshot_as_png())
            return looks[-1] == looks[-2]

        if not self._comes(settled):
            pytest.fail("the page never stands still")
        picture.write_bytes(looks[-1])

    def _comes(self, condition: Callable[[], bool]) -> bool:
        from selenium.common.exceptions import TimeoutException
        from selenium.webdriver.support.wait import WebDriverWait

        try:
            return WebDriverWait(self._driver, _SECONDS).until(lambda _: condition())
        except TimeoutException:
            return False


@contextmanager
def browser(profile: Path, more_flags: Iterable[str] = ()) -> Iterator[Browser]:
    """A browser with a profile of its own, closed on the way out."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*_FLAGS, f"--user-data-dir={profile}", *more_flags):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, Service(DRIVER))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
