"""The same pages with an operator's theme in dex's layout: frontend.dir."""

import pathlib
import re

import pytest
import requests

from browser import WAIT
from test_hostile import HOSTILE, ask, fill

THEMES = pathlib.Path(__file__).resolve().parents[1] / "theme"


@pytest.fixture(scope="module")
def old(make_house):
    def change(config):
        fill(config)
        config["frontend"].update(dir=str(THEMES / "dex"),
                                  logoURL="theme/logo.png")
    return make_house(change)


def is_ours(b, *values):
    """Each value is text; the scripts are the theme's own."""
    text = b.driver.execute_script("return document.body.textContent")
    for value in values:
        assert value in text, value
    assert not b.all("iframe, object, svg, b, .dex-container img, [onerror], "
                     "[onload], [onfocus], base")
    return True


def form_of(b, house, key):
    b.open(ask(house, key, "local"))
    b.until("the form", lambda: b.find("#login"))


def test_a_whole_login(b, old):
    """dex: the pages are the operator's, the way is the same."""
    b.open(old.app)
    b.at("Welcome")
    b.click("Log in")
    b.until("the choice", lambda: b.all("a.theme-btn-provider"))
    assert len(b.all("a.theme-btn-provider")) == len(HOSTILE) + 3
    logo = b.find(".theme-navbar__logo")
    assert b.driver.execute_script("return arguments[0].naturalWidth", logo) > 0
    b.shot("old-theme-choice")
    b.click("By way of Email")
    b.until("the form", lambda: b.find("#login"))
    b.until("the focus", lambda: b.has_focus("login"))
    b.log_in("admin@example.com", "wrong-pass-1")
    b.until("the error", lambda: b.find("#login-error"))
    assert b.find("#login").get_property("value") == "admin@example.com"
    assert "wrong-pass-1" not in b.driver.page_source
    b.shot("old-theme-wrong-password")
    b.type("#password", "password")
    b.leaves(b.find("#submit-login").click)
    b.until("consent", lambda: b.labelled("It may not"))
    b.shot("old-theme-consent")
    consent = b.driver.current_url
    b.click("It may not")
    b.until("the error", lambda: "Internal Server Error" in b.text())
    b.open(consent)
    b.until("consent", lambda: b.labelled("It may"))
    b.click("It may")
    b.at("You are logged in")


def code_of(b, house, allow, where):
    """The page with a code to carry over by hand; the code in it."""
    b.open(house.auth("mock", "cli", redirect_uri="urn:ietf:wg:oauth:2.0:oob"))
    b.until("consent", lambda: b.labelled(allow))
    b.click(allow)
    shown = b.until("the code", lambda: b.find(where))
    code = shown.get_property("value") or shown.text
    assert re.fullmatch("[a-z0-9]{25}", code)
    b.view(320, 640)
    assert shown.is_displayed()
    assert code not in b.driver.current_url
    return code


def test_a_code_to_carry_over(b, old):
    """dex: the out-of-band page is the operator's; the code in it is good once."""
    code = code_of(b, old, "It may", "input.theme-form-input")
    assert "Carry this code back" in b.text() and is_ours(b)
    b.shot("old-theme-code")
    token = {"grant_type": "authorization_code", "code": code, "client_id": "cli",
             "redirect_uri": "urn:ietf:wg:oauth:2.0:oob"}
    for status in (200, 400):
        r = requests.post(old.issuer + "/token", token, timeout=WAIT)
        assert r.status_code == status, r.text


def test_an_error(b, old):
    """dex: the status' phrase and a text; what is ours alone is left out."""
    b.open(old.issuer + "/auth/local/login?state=" + "a" * 25)
    b.until("the error", lambda: "Bad Request" in b.text())
    assert "took too long" in b.text() and not b.all(".dex-container a")


@pytest.mark.parametrize("key", HOSTILE)
def test_hostile_values(b, old, key):
    """Names and the login that was typed stay text in pages that are not ours."""
    value = HOSTILE[key]
    issuer = old.dexd.config["frontend"]["issuer"]
    b.open(ask(old, key))
    b.until("the choice", lambda: b.all("a.theme-btn-provider"))
    assert is_ours(b, value, issuer) and b.driver.title == issuer
    form_of(b, old, key)
    b.driver.execute_script("arguments[0].value = arguments[1]",
                            b.find("#login"), value)
    b.find("#password").send_keys("wrong")
    b.leaves(b.find("#submit-login").click)
    b.until("the error", lambda: b.find("#login-error"))
    assert b.find("#login").get_property("value") == value
    assert is_ours(b)
    b.log_in(key + "@example.com", "password")
    b.until("consent", lambda: b.labelled("It may"))
    assert is_ours(b, value)


def test_a_theme_of_the_field(b, make_house):
    """Older than dex's today, with scripts and styles of its own, which run:
    the policy names them by hash."""
    def change(config):
        fill(config)
        config["frontend"].update(dir=str(THEMES / "old"), theme="tide",
                                  logoURL="theme/img/wave.svg")
    house = make_house(change)
    b.open(ask(house, "markup"))
    b.until("the choice", lambda: b.all(".doors a"))
    text = b.driver.execute_script("return document.body.textContent")
    assert not [v for v in HOSTILE.values() if v not in text]
    assert not b.all("main img, main svg, main script, main iframe, main b")
    b.shot("old-theme-of-the-field")
    b.click("Email")
    b.until("the form", lambda: b.find("#login"))
    b.type("#login", HOSTILE["quotes"])
    b.type("#password", "wrong")
    b.click("In")
    b.until("the error", lambda: b.find("#login-error"))
    assert b.find("#login").get_property("value") == HOSTILE["quotes"]
    assert HOSTILE["quotes"] in b.find("#login-error").text
    b.type("#login", "url@example.com")
    b.type("#password", "password")
    b.click("In")
    b.until("consent", lambda: b.labelled("Yes"))
    assert HOSTILE["markup"] in b.heading()
    b.leaves(b.driver.refresh)
    b.until("consent", lambda: b.labelled("Yes"))
    code_of(b, house, "Yes", "code")
    assert is_ours(b)
    b.shot("old-theme-of-the-field-code")
