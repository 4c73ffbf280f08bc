"""Every page of dexd and of the sample application, measured: WCAG 2.2 AA."""

import pytest
from selenium.webdriver.common.keys import Keys

# ---- the pages, each reached as a person would ----


def home(b, house):
    b.open(house.issuer)
    b.at("Acme")


def choice(b, house):
    b.open(house.auth())
    b.at("Log in to Acme")


def password(b, house):
    b.open(house.auth("local"))
    b.at("Log in to your account")


def wrong_password(b, house):
    password(b, house)
    b.log_in("admin@example.com", "wrong")
    b.until("the error", lambda: b.find("#login-error"))


def consent(b, house):
    b.open(house.auth("mock"))
    b.at("Grant access")


def consent_to_nothing(b, house):
    b.open(house.auth("mock", scope="openid"))
    b.at("Grant access")
    assert "has not asked for any personal information" in b.text()


def refused(b, house):
    consent(b, house)
    b.click("Cancel")
    b.at("You did not grant access")


def expired(b, house):
    consent(b, house)
    req = b.find("input[name=req]").get_attribute("value")
    house.dexd.sql("update auth_request set expiry = "
                   f"'2020-01-01 00:00:00+00:00' where id = '{req}'")
    b.leaves(b.driver.refresh)
    b.at("This login has expired")


def over(b, house):
    b.open(house.issuer + "/auth/local/login?state=" + "a" * 25)
    b.at("This login is over")


def error(b, house):
    b.open(house.auth(client="nobody"))
    b.at("This request cannot be answered")


def code(b, house):
    b.open(house.auth("mock", "cli", redirect_uri="urn:ietf:wg:oauth:2.0:oob"))
    b.at("Grant access")
    b.click("Grant access")
    b.at("Login successful")


def app(b, house):
    b.open(house.app)
    b.at("Welcome")


def app_claims(b, house):
    app(b, house)
    b.click("Log in")
    b.click("Log in with Mock")
    b.click("Grant access")
    b.at("You are logged in")


def app_sorry(b, house):
    b.open(house.app + "/callback?code=x&state=y")
    b.at("Not logged in")


PAGES = [home, choice, password, wrong_password, consent, consent_to_nothing,
         refused, expired, over, error, code, app, app_claims, app_sorry]


def is_legible(b):
    for what in ("textContrasts", "controlContrasts"):
        got = b.measure(what)
        assert not [m for m in got if m["got"] < m["need"]], what
        assert got or what == "controlContrasts"
    return True


def fits(b, width):
    got = b.measure("overflow")
    assert got["limit"] == width and got["scroll"] == width, got
    assert not got["wide"], got
    return True


def marks_focus(b):
    """Once around with the Tab key: every stop is in sight, and there is one for
    everything that can be used, in the order of the page."""
    usable = b.all("input:not([type=hidden]), button, a")
    stops = []
    for _ in range(2 * len(usable) + 3):
        e = b.tab()
        if e is None:
            continue                # the browser's own controls
        if e in stops:
            break
        stops.append(e)
        mark = b.measure("focusMark")
        assert mark["style"] != "none" and mark["width"] >= 2, mark
        assert mark["got"] >= 3, mark
    first = stops.index(usable[0]) if usable else 0
    assert stops[first:] + stops[:first] == usable
    return True


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.__name__)
def test_page(b, house, page):
    """1.3.1, 2.4.2, 4.1.2 (structure), 1.4.3 and 1.4.11 (contrast) in light and
    dark, 1.4.10 (reflow), 2.4.7 (focus), 2.5.8 (targets)."""
    page(b, house)
    assert b.measure("structure") == []
    for e in b.all("input:not([type=hidden]), button, a"):
        assert e.accessible_name.strip(), e.get_attribute("outerHTML")
    assert b.measure("smallTargets", 36) == []
    for dark in (False, True):
        b.view(dark=dark)
        assert is_legible(b) and fits(b, 1024)
        b.shot(f"{page.__name__}-{'dark' if dark else 'light'}")
    b.view(320, 640, dark=True)
    assert fits(b, 320)
    b.shot(page.__name__ + "-320")
    b.view(1280, 800, zoom=2)
    assert fits(b, 640)
    for dark in (False, True):
        b.view(dark=dark)
        assert marks_focus(b)


def test_text_twice_as_large(b, house):
    """1.4.4: only the letters grow, by the browser's own setting."""
    for page in (choice, wrong_password, consent, refused, code):
        page(b, house)
        b.driver.execute_script(
            "document.documentElement.style.fontSize = '200%'")
        b.view(640, 800)
        assert fits(b, 640), page.__name__
        b.view()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_operator_chose_the_theme(b, make_house, theme):
    """dex: frontend.theme decides, whatever the browser prefers."""
    house = make_house(lambda c: c["frontend"].update(theme=theme))
    for dark in (False, True):
        b.view(dark=dark)
        for page in (choice, wrong_password, consent):
            page(b, house)
            shade = b.driver.execute_script(
                "return getComputedStyle(document.body).backgroundColor")
            assert (shade == "rgb(13, 18, 26)") == (theme == "dark"), shade
            assert is_legible(b)
            assert b.measure("structure") == []


def test_an_own_logo_and_name(b, make_house):
    """dex: frontend.issuer and logoURL; the policy lets that host show it."""
    def change(config):
        config["frontend"] = {
            "issuer": "Trouts & Sons",
            "logoURL": config["issuer"] + "/static/img/check-icon.svg"}
    house = make_house(change)
    b.open(house.issuer)
    b.at("Trouts & Sons")
    assert b.driver.title == "Trouts & Sons"
    logo = b.find("header img")
    assert logo.get_attribute("alt") == "Trouts & Sons"
    assert logo.get_attribute("src").endswith("/static/img/check-icon.svg")
    assert b.measure("structure") == []


def test_enter_sends_the_form(b, house):
    """As everywhere; and what is missing is said by the browser, unsent."""
    password(b, house)
    url = b.driver.current_url
    b.until("the focus", lambda: b.has_focus("login"))
    b.keys("admin@example.com", Keys.ENTER)
    b.until("the missing one", lambda: b.has_focus("password"))
    assert b.driver.current_url == url and not b.all("#login-error")
    b.leaves(lambda: b.keys("password", Keys.ENTER))
    b.at("Grant access")


def test_the_browser_may_fill_in(b, house):
    """1.3.5: the purpose of a field is written where password managers look."""
    password(b, house)
    fill = {e.get_attribute("id"): e.get_attribute("autocomplete")
            for e in b.all("input")}
    assert fill == {"login": "username", "password": "current-password"}
    assert b.find("#password").get_attribute("type") == "password"
