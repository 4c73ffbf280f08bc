"""A person logs in: through the sample application, in a real browser."""

import time

import pytest
from selenium.webdriver.common.keys import Keys

ADMIN = ("admin@example.com", "password")


def begin(b, house, connector="Email"):
    b.open(house.app)
    b.at("Welcome")
    b.click("Log in")
    b.at("Log in to Acme")
    b.click("Log in with " + connector)


def finish(b):
    b.at("Grant access")
    b.click("Grant access")
    b.at("You are logged in")


def claims(b):
    rows = b.all("tbody tr")
    return {r.find_element("css selector", "th").text:
            r.find_element("css selector", "td").text for r in rows}


# ---- every connector ----

def test_the_demo_user(b, house):
    """OpenID Connect Core 3.1: the claims of the verified token are shown."""
    begin(b, house)
    b.at("Log in to your account")
    assert "You will continue to Example App" in b.text()
    b.log_in(*ADMIN)
    b.at("Grant access")
    assert "You are logged in as admin" in b.text()
    assert [e.text for e in b.all("main li")] == [
        "View basic profile information", "View your email address",
        "View your groups"]
    finish(b)
    got = claims(b)
    assert got["iss"] == house.issuer and got["aud"] == "example-app"
    assert got["email"] == "Admin@example.com" and got["name"] == "admin"
    assert got["groups"] == '["wheel", "staff"]'
    assert "RS256" in b.text() and "PKCE" in b.text()


def test_the_mock_that_redirects(b, house):
    begin(b, house, "Mock")
    finish(b)
    assert claims(b)["email"] == "kilgore@kilgore.trout"


def test_the_mock_with_a_password(b, house):
    begin(b, house, "apassword")
    b.at("Log in to your account")
    b.log_in("foo", "bar")
    finish(b)
    assert claims(b)["name"] == "Kilgore Trout"


def test_logged_in_until_logged_out(b, house):
    """The application's session outlives a reload and ends when told to."""
    begin(b, house, "Mock")
    finish(b)
    b.leaves(b.driver.refresh)
    b.at("You are logged in")
    b.click("Log out of the example")
    b.at("Welcome")
    b.leaves(b.driver.refresh)
    b.at("Welcome")


def test_a_code_to_copy(b, house):
    """dex: the out-of-band redirect URI gives a page with the code."""
    b.open(house.auth("mock", "cli", redirect_uri="urn:ietf:wg:oauth:2.0:oob"))
    b.at("Grant access")
    b.click("Grant access")
    b.at("Login successful")
    code = b.find("#code")
    assert len(code.get_attribute("value")) == 25
    assert code.get_attribute("readonly")
    # Tab reaches it and selects all of it: Ctrl+C is all that is left to do.
    assert b.tab() == code
    assert b.driver.execute_script("return arguments[0].selectionEnd - "
                                   "arguments[0].selectionStart", code) == 25


# ---- what goes wrong ----

def test_wrong_password(b, house):
    """dex: 401, the name stays.  The mistake is told to eyes and ears, next
    comes the password, and what was typed before is nowhere."""
    begin(b, house)
    b.at("Log in to your account")
    b.until("the focus", lambda: b.has_focus("login"))
    b.log_in("admin@example.com", "wrong-pass-1")
    b.until("the error", lambda: b.find("#login-error"))
    assert b.find("#login-error").text == "Invalid email address or password."
    assert b.find("#login-error").get_attribute("role") == "alert"
    assert b.driver.title.startswith("Error: ")
    assert b.find("#login").get_attribute("value") == "admin@example.com"
    assert b.find("#password").get_attribute("value") == ""
    b.until("the focus", lambda: b.has_focus("password"))
    for field in ("#login", "#password"):
        assert b.find(field).get_attribute("aria-invalid") == "true"
        assert b.find(field).get_attribute("aria-describedby") == "login-error"
    assert "wrong-pass-1" not in b.driver.page_source
    b.shot("wrong-password")
    b.keys(ADMIN[1], Keys.ENTER)
    finish(b)


def test_consent_refused(b, house):
    """dex: a page of status 500 and no redirect; one may think again."""
    begin(b, house, "Mock")
    b.at("Grant access")
    b.click("Cancel")
    b.at("You did not grant access")
    b.shot("consent-refused")
    b.click("Decide again")
    finish(b)


def test_expired_login(b, make_house):
    """A form that was open for too long says so and begins anew: the same
    request, so the application accepts the answer."""
    house = make_house()
    begin(b, house)
    b.at("Log in to your account")
    opened = time.time()
    restart(house, "1s")
    b.until("its end", lambda: time.time() > opened + 2)
    b.log_in(*ADMIN)
    b.at("This login has expired")
    b.shot("expired-login")
    restart(house, "1h")
    b.click("Start again")
    b.at("Log in to your account")
    b.log_in(*ADMIN)
    finish(b)


def restart(house, lifetime):
    house.dexd.stop()
    house.dexd.config["expiry"] = {"authRequests": lifetime}
    house.dexd.write_config()
    house.dexd.start()


def test_expired_consent(b, house):
    """The same for the page of consent; time is turned in the database."""
    begin(b, house, "Mock")
    b.at("Grant access")
    req = b.find("input[name=req]").get_attribute("value")
    house.dexd.sql("update auth_request set expiry = "
                   f"'2020-01-01 00:00:00+00:00' where id = '{req}'")
    b.click("Grant access")
    b.at("This login has expired")
    b.click("Start again")
    finish(b)


# ---- going back, and beside ----

def test_back_button(b, house):
    """Behind a login that is over, no page pretends otherwise, and the way to
    the next one is there."""
    begin(b, house)
    b.at("Log in to your account")
    b.log_in(*ADMIN)
    finish(b)
    b.back()
    # Chromium may show the page of consent as it was, or ask for it again.
    b.until("a page", b.heading)
    if b.heading() == "Grant access":
        b.click("Grant access")
    b.at("This login is over")
    b.open(house.app)
    b.at("You are logged in")


def test_back_to_the_form(b, house):
    """From the page of consent back to the form: it says that its login went
    on, and offers a new one."""
    begin(b, house)
    b.at("Log in to your account")
    b.log_in(*ADMIN)
    b.at("Grant access")
    b.back()
    b.until("a page", b.heading)
    if b.heading() == "Log in to your account":
        assert b.find("#password").get_attribute("value") == ""
        b.log_in(*ADMIN)
    b.at("This login is over")
    b.click("Start again")
    b.at("Log in to Acme")
    b.click("Log in with Email")
    b.at("Log in to your account")
    b.log_in(*ADMIN)
    finish(b)


def test_back_to_the_choice(b, house):
    """Another way to log in, by the link and by the button of the browser."""
    begin(b, house)
    b.at("Log in to your account")
    b.click("Choose another way to log in")
    b.at("Log in to Acme")
    b.click("Log in with apassword")
    b.at("Log in to your account")
    b.back()
    b.at("Log in to Acme")
    b.click("Log in with Mock")
    finish(b)


def test_two_tabs(b, house):
    """Two logins at once do not disturb each other, whichever ends first."""
    begin(b, house)
    b.at("Log in to your account")
    first = b.driver.current_window_handle
    b.new_tab(house.app)
    begin(b, house, "Mock")
    finish(b)
    assert claims(b)["email"] == "kilgore@kilgore.trout"
    b.to_tab(first)
    b.log_in(*ADMIN)
    finish(b)
    assert claims(b)["email"] == "Admin@example.com"


def test_one_login_in_two_tabs(b, house):
    """The second tab of one login finds it over, not a login of its own."""
    begin(b, house)
    b.at("Log in to your account")
    first = b.driver.current_window_handle
    b.new_tab(b.driver.current_url)
    b.at("Log in to your account")
    b.log_in(*ADMIN)
    finish(b)
    b.to_tab(first)
    b.log_in(*ADMIN)
    b.at("This login is over")
    b.click("Start again")
    b.at("Log in to Acme")


# ---- without a mouse, small, dark, large ----

def press(b, wanted, limit=8):
    """Tabs to what is called so, with a visible mark on every stop."""
    seen = []
    for _ in range(limit):
        e = b.tab()
        if e is None:
            continue
        mark = b.measure("focusMark")
        assert mark["style"] != "none" and mark["width"] >= 2, mark
        assert mark["got"] >= 3, mark
        seen.append(e.text or e.get_attribute("id"))
        if seen[-1] == wanted:
            return seen
    raise AssertionError(f"no {wanted!r} among {seen}")


def test_keyboard_only(b, house):
    """WCAG 2.1.1, 2.4.3, 2.4.7: everything by key, in the order of the page,
    with the focus in sight."""
    b.open(house.app)
    b.at("Welcome")
    assert press(b, "Log in") == ["Log in"]
    b.leaves(lambda: b.keys(Keys.ENTER))
    b.at("Log in to Acme")
    assert press(b, "Log in with Email") == ["Log in with apassword",
                                             "Log in with Email"]
    b.leaves(lambda: b.keys(Keys.ENTER))
    b.at("Log in to your account")
    b.until("the focus", lambda: b.has_focus("login"))
    b.keys(ADMIN[0])
    assert b.tab().get_attribute("id") == "password"
    b.keys("wrong")
    assert press(b, "Log in") == ["Log in"]
    b.leaves(lambda: b.keys(Keys.SPACE))
    b.until("the error", lambda: b.find("#login-error"))
    b.until("the focus", lambda: b.has_focus("password"))
    assert b.tab(back=True).get_attribute("id") == "login"
    assert b.tab().get_attribute("id") == "password"
    b.keys(ADMIN[1])
    assert press(b, "Choose another way to log in") == [
        "Log in", "Choose another way to log in"]
    b.shot("keyboard-focus")
    assert b.tab(back=True).text == "Log in"
    b.leaves(lambda: b.keys(Keys.ENTER))
    b.at("Grant access")
    assert press(b, "Cancel") == ["Grant access", "Cancel"]
    assert b.tab(back=True).text == "Grant access"
    b.leaves(lambda: b.keys(Keys.ENTER))
    b.at("You are logged in")


@pytest.mark.parametrize("name,view", [
    ("320", {"width": 320, "height": 640}), ("dark", {"dark": True}),
    ("zoom", {"width": 1280, "height": 800, "zoom": 2}),
    ("zoom-320", {"width": 640, "height": 960, "zoom": 2, "dark": True})])
def test_a_login(b, house, name, view):
    """WCAG 1.4.10: no page scrolls sideways, whatever the window."""
    b.view(**view)
    width = view.get("width", 1024) // view.get("zoom", 1)
    headings = []

    def see(heading):
        b.at(heading)
        headings.append(heading)
        got = b.measure("overflow")
        assert got["limit"] == width and got["scroll"] == width, got
        assert not got["wide"], got
        b.shot(f"{name}-{len(headings)}")

    b.open(house.app)
    see("Welcome")
    b.click("Log in")
    see("Log in to Acme")
    b.click("Log in with Email")
    see("Log in to your account")
    b.log_in("admin@example.com", "wrong")
    see("Log in to your account")
    b.log_in(*ADMIN)
    see("Grant access")
    b.click("Cancel")
    see("You did not grant access")
    b.click("Decide again")
    see("Grant access")
    b.click("Grant access")
    see("You are logged in")
