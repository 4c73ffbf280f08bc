"""Values of strangers in every field that is shown: they are text, they fit,
they turn nothing around (threat table: pages)."""

import json
import re
import urllib.parse

import pytest

from dexd import HASH

HOSTILE = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(2)><b>bold",
    "quotes": "\"' onfocus=alert(1) autofocus x='\"><svg/onload=alert(2)>",
    "turned": "\u202egnp.moc\u202d\u2067\u200f gro.live",
    "hebrew": "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd",
    "long": "A" * 255,
    "wide": "\u6f22" * 80,
    "url": "javascript:alert(document.domain)",
    "entity": "&lt;b&gt;&amp;&#x3c;script&#x3e;",
    "template": "{{ .User }}{{ issuer }}${7*7}<%= 7 %>",
    "stacked": "Z" + "\u0301\u0302\u0303\u0304" * 12 + "g" + "\u0330" * 12,
    "lines": "one\u2028two\u2029three\u0085four",
}


def address(key):
    return HOSTILE[key] + "@" + key


def fill(config):
    """Each value names a client, a connector and a user."""
    config["frontend"] = {"issuer": HOSTILE["markup"][:120] + HOSTILE["turned"],
                          "logoURL": "javascript:alert(3)"}
    for i, (key, value) in enumerate(HOSTILE.items()):
        config["staticClients"].append({
            "id": "c" + key, "secret": "s", "name": value,
            "redirectURIs": ["http://127.0.0.1:9/callback"]})
        config["connectors"].append({"type": "mockCallback", "id": "k" + key,
                                     "name": value})
        config["staticPasswords"].append({
            "email": f"{key}@example.com", "hash": HASH, "username": value,
            "userID": f"u{i}"})
        # Who logs in to the end: also the address and the groups are his choice.
        config["staticPasswords"].append({
            "email": address(key), "hash": HASH, "username": value,
            "preferredUsername": value, "userID": f"v{i}",
            "groups": ["wheel", value]})


@pytest.fixture(scope="module")
def hostile(make_house):
    return make_house(fill)


def ask(house, key, connector=None):
    return house.auth(connector, "c" + key,
                      redirect_uri="http://127.0.0.1:9/callback")


def is_harmless(b, *values):
    """The page has our elements alone; each value is there, letter by letter;
    nothing moved out of the window or changed places."""
    # The logo is hostile, too, and therefore not a picture.
    assert [w for w in b.measure("structure")
            if not w.startswith("picture")] == []
    assert not b.all("script, iframe, object, svg, b, main img, [onerror], "
                     "[onload], [onfocus], base, meta[http-equiv]")
    assert not [e for e in b.all("a, form, img") if re.match(
        r"\s*(javascript|data|vbscript):", (e.get_dom_attribute("href") or
                                            e.get_dom_attribute("action") or
                                            e.get_dom_attribute("src") or ""),
        re.I)]
    text = b.driver.execute_script("return document.body.textContent")
    for value in values:
        assert value in text, value
    assert b.measure("turned") == []
    for width, height in ((320, 640), (1024, 720)):
        b.view(width, height)
        got = b.measure("overflow")
        assert got["scroll"] == width and not got["wide"], got
    return True


@pytest.mark.parametrize("key", HOSTILE)
def test_names(b, hostile, key):
    """Names of issuer, client, connector and user, on all the pages that show
    them."""
    value = HOSTILE[key]
    issuer = hostile.dexd.config["frontend"]["issuer"]
    b.open(ask(hostile, key))
    b.until("the choice", lambda: b.all(".dex-choices a"))
    assert is_harmless(b, value, issuer, *HOSTILE.values())
    b.open(ask(hostile, key, "local"))
    b.at("Log in to your account")
    assert is_harmless(b, value)
    b.log_in(key + "@example.com", "password")
    b.at("Grant access")
    # The client and the user.
    text = b.driver.execute_script("return document.body.textContent")
    assert text.count(value) == 2
    assert is_harmless(b, value)
    b.view(320, 640)
    b.shot(f"hostile-{key}")


@pytest.mark.parametrize("key", HOSTILE)
def test_the_claims(b, hostile, key):
    """OpenID Connect Core 5.1: names, addresses and groups are anybody's words,
    and text in the application's page, too."""
    value = HOSTILE[key]
    b.open(hostile.app)
    b.at("Welcome")
    b.click("Log in")
    b.until("the choice", lambda: b.all(".dex-choices a"))
    b.click("Log in with Email")
    b.at("Log in to your account")
    # Keys make no address of every value, and an e-mail field would clean it.
    b.driver.execute_script("arguments[0].value = arguments[1]",
                            b.find("#login"), address(key))
    b.find("#password").send_keys("password")
    b.leaves(b.find("#submit-login").click)
    b.at("Grant access")
    b.click("Grant access")
    b.at("You are logged in")
    shown = b.driver.execute_script(
        "return Object.fromEntries([...document.querySelectorAll('tbody tr')]."
        "map((r) => [r.querySelector('th').textContent,"
        " r.querySelector('td').textContent]))")
    assert shown["name"] == shown["preferred_username"] == value
    assert shown["email"] == address(key)
    assert json.loads(shown["groups"]) == ["wheel", value]
    # Ours alone: the table of the claims, what was checked, the way out.
    assert b.all("main form") == [b.find("form[action='/logout']")]
    assert is_harmless(b, "Hello, " + value)


def test_several_connectors(b, hostile):
    """Fourteen ways to log in: every one is reached, in the order of names."""
    b.open(ask(hostile, "url"))
    b.until("the choice", lambda: b.all(".dex-choices a"))
    links = b.all(".dex-choices a")
    assert len(links) == len(HOSTILE) + 3
    for link in links:
        assert b.tab() == link
        box = link.rect
        top = b.driver.execute_script("return window.scrollY")
        # Brought into sight by the focus alone.
        assert top <= box["y"] + 1 and box["y"] + box["height"] <= top + 721
    b.view(320, 640)
    assert b.measure("smallTargets", 44) == []
    b.shot("several-connectors-320")


@pytest.mark.parametrize("key", HOSTILE)
def test_a_login_name_that_was_typed(b, hostile, key):
    """It comes back in its field, as it was, and nowhere else."""
    value = HOSTILE[key]
    b.open(ask(hostile, "url", "local"))
    b.at("Log in to your account")
    b.driver.execute_script("arguments[0].value = arguments[1]",
                            b.find("#login"), value)
    b.find("#password").send_keys("wrong")
    b.leaves(b.find("#submit-login").click)
    b.until("the error", lambda: b.find("#login-error"))
    assert b.find("#login").get_property("value") == value
    assert is_harmless(b)


def test_a_name_of_nothing_but_the_issuer(b, hostile):
    b.open(hostile.issuer)
    b.until("the home page", lambda: b.find("h1"))
    issuer = hostile.dexd.config["frontend"]["issuer"]
    assert is_harmless(b, issuer)
    # The title collapses white space and is text, too.
    assert b.driver.title == issuer
    assert b.find("header img").get_attribute("alt") == issuer


@pytest.mark.parametrize("key", HOSTILE)
def test_an_error_from_outside(b, hostile, key):
    """RFC 6749 4.1.2.1: error and error_description are the attacker's when he
    links to the callback of the application; dexd shows no parameter at all."""
    value = HOSTILE[key]
    b.open(hostile.app + "/login")
    b.until("the choice", lambda: b.all(".dex-choices a"))
    query = urllib.parse.urlsplit(
        b.find(".dex-choices a").get_attribute("href")).query
    state = urllib.parse.parse_qs(query)["state"][0]
    b.open(hostile.app + "/callback?" + urllib.parse.urlencode({
        "state": state, "error": value, "error_description": value}))
    b.at("Not logged in")
    text = b.driver.execute_script("return document.body.textContent")
    assert text.count(value) == 2
    assert is_harmless(b, value)
    b.open(hostile.issuer + "/auth?" + urllib.parse.urlencode({
        "client_id": value, "redirect_uri": value, "scope": value}))
    b.at("This request cannot be answered")
    issuer = hostile.dexd.config["frontend"]["issuer"]
    assert b.driver.title.endswith(issuer)
    assert value not in b.text()
    for attribute in ("href", "src", "action", "value", "alt", "content"):
        for e in b.all(f"[{attribute}]"):
            assert value not in e.get_dom_attribute(attribute).replace(issuer, "")
    assert is_harmless(b)


@pytest.mark.parametrize("back", [
    "javascript:alert(1)", "//evil.example/", "https://evil.example/",
    "/\\evil.example", "/dex/auth\t?x", "data:text/html,x"])
def test_a_way_back_of_strangers(b, hostile, back):
    """A link out of a login leads to our own pages only."""
    b.open(ask(hostile, "url", "local"))
    b.at("Log in to your account")
    parts = urllib.parse.urlsplit(b.driver.current_url)
    state = urllib.parse.parse_qs(parts.query)["state"][0]
    for who in (state, "a" * 25):
        b.open(hostile.issuer + "/auth/local/login?" + urllib.parse.urlencode(
            {"back": back, "state": who}))
        b.until("a page", b.heading)
        assert not b.all("main a")
