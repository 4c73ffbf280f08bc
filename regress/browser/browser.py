"""A person's browser: Debian's Chromium, driven, watched and measured."""

import pathlib
import time

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from dexd import BUILD

SHOTS = BUILD / "screenshots"
WAIT = 30           # seconds for anything to happen: a loaded machine is slow
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
         "--disable-dev-shm-usage", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--no-proxy-server",
         "--disable-extensions", "--hide-scrollbars", "--lang=en-US",
         "--force-color-profile=srgb", "--window-size=1024,720",
         "--disable-features=Translate,OptimizationHints,MediaRouter"]

# What the tests measure in a page stands in one file, for every test.
MEASURE = (pathlib.Path(__file__).parent / "measure.js").read_text()


class Browser:
    def __init__(self):
        options = webdriver.ChromeOptions()
        for flag in FLAGS:
            options.add_argument(flag)
        options.add_experimental_option("prefs", {
            "credentials_enable_service": False,
            "profile.password_manager_enabled": False,
            "profile.password_manager_leak_detection": False})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options,
                                       service=Service("/usr/bin/chromedriver"))
        self.driver.set_page_load_timeout(2 * WAIT)
        self.driver.set_script_timeout(WAIT)
        self.home = self.driver.current_window_handle
        SHOTS.mkdir(parents=True, exist_ok=True)

    def close(self):
        self.driver.quit()

    def fresh(self):
        """As if just installed: no cookies, one tab, 1024 × 720, light."""
        for handle in self.driver.window_handles:
            if handle != self.home:
                self.driver.switch_to.window(handle)
                self.driver.close()
        self.driver.switch_to.window(self.home)
        self.driver.get("about:blank")
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        self.view()
        self.driver.get_log("browser")

    # ---- what it looks like ----

    def view(self, width=1024, height=720, dark=False, zoom=1):
        """Zooming in makes the viewport smaller in CSS pixels, and nothing
        else (CSSOM View, "page zoom")."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width // zoom, "height": height // zoom,
            "deviceScaleFactor": zoom, "mobile": False})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme",
             "value": "dark" if dark else "light"}]})

    def shot(self, name):
        self.driver.save_screenshot(str(SHOTS / f"{name}.png"))

    # ---- waiting ----

    def until(self, what, condition):
        """The first true answer of the condition.  A page that is on its way
        out makes the driver fail in many ways: then it is asked again."""
        deadline = time.monotonic() + WAIT
        while True:
            try:
                got = condition()
            except WebDriverException as e:
                got, why = None, e.msg
            else:
                why = "not so"
            if got:
                return got
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}: {why}\nat {self.driver.current_url}"
                                     f"\n{self.driver.page_source[:4000]}")
            time.sleep(0.02)

    def leaves(self, act):
        """Does something that leads to another page, and waits for that."""
        self.driver.execute_script("window.leaving = true")
        act()
        self.until("the next page", lambda: self.driver.execute_script(
            "return window.leaving !== true && location.href !== 'about:blank'"
            " && document.readyState === 'complete'"))

    def at(self, heading):
        """Waits for the page with this heading."""
        self.until(f"the page {heading!r}", lambda: self.heading() == heading and
                   self.driver.execute_script(
                       "return document.readyState") == "complete")

    # ---- doing ----

    def open(self, url):
        self.driver.get(url)

    def find(self, css):
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def all(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def heading(self):
        return self.find("h1").text

    def text(self):
        return self.find("body").text

    def labelled(self, text):
        """The link or button that people call this."""
        for e in self.all("a, button"):
            if e.text == text:
                return e
        raise AssertionError(f"no {text!r} at {self.driver.current_url}:\n" +
                             self.text())

    def click(self, text):
        self.leaves(self.labelled(text).click)

    def type(self, css, text):
        field = self.find(css)
        field.clear()
        field.send_keys(text)

    def log_in(self, login, password):
        self.type("#login", login)
        self.type("#password", password)
        self.leaves(self.find("#submit-login").click)

    def back(self):
        self.leaves_history(self.driver.back)

    def leaves_history(self, act):
        before = self.driver.current_url
        act()
        self.until("another page of the history", lambda:
                   self.driver.current_url != before and self.driver.
                   execute_script("return document.readyState") == "complete")

    def keys(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def tab(self, back=False):
        """Moves the focus on; what it lands on, or None outside the page."""
        if back:
            ActionChains(self.driver).key_down(Keys.SHIFT).send_keys(
                Keys.TAB).key_up(Keys.SHIFT).perform()
        else:
            self.keys(Keys.TAB)
        return self.focus()

    def focus(self):
        e = self.driver.switch_to.active_element
        return None if e.tag_name in ("body", "html") else e

    def has_focus(self, name):
        """autofocus may come a moment after the page is complete."""
        e = self.focus()
        return e is not None and e.get_attribute("id") == name

    def new_tab(self, url):
        self.driver.switch_to.new_window("tab")
        self.view()
        self.open(url)
        return self.driver.current_window_handle

    def to_tab(self, handle):
        self.driver.switch_to.window(handle)

    # ---- watching ----

    def measure(self, function, *args):
        """Calls a function of measure.js in the page."""
        return self.driver.execute_script(
            MEASURE + f"\nreturn {function}(...arguments);", *args)

    def complaints(self):
        """What the console said, but for its advice and for the status of our
        own pages: that a wrong password is a 401 is how dex does it."""
        out = []
        for entry in self.driver.get_log("browser"):
            if entry["source"] == "network" and \
                    "the server responded with a status of" in entry["message"] \
                    and "/static/" not in entry["message"] \
                    and "/theme/" not in entry["message"]:
                continue
            if entry["source"] == "recommendation":
                continue
            out.append((entry["level"], entry["source"], entry["message"]))
        return out
