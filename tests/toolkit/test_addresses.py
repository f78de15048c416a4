"""Tricks by which an address from outside would reach the inside (T15)."""
# ruff: noqa: RUF001, S104 - the tricks are made of such things

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tombola.api import HttpError, HttpFailed, HttpRefused
from tombola.toolkit.addresses import is_public
from tombola.toolkit.fetch import Bounds, Fetcher, Wanted

PUBLIC = ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2001:4860:4860::8888"]

INSIDE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.1.1",
    "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "224.0.1.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1",
    "ff02::1", "ff0e::1", "2001:db8::1", "100::1", "4000::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe",
    "2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:c0a8:101::1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1",
    "2001:0:7f00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "not an address", "",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_of_the_inside_are_refused_in_every_wrapping(address):
    assert not is_public(address)


@given(st.ip_addresses(v=4, network="10.0.0.0/8") | st.ip_addresses(v=4, network="127.0.0.0/8"))
def test_no_wrapping_makes_a_private_ipv4_public(address):
    number = int(address)
    wrapped = [
        f"::ffff:{address}",
        f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1",
        f"64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}",
    ]
    assert not any(is_public(each) for each in [str(address), *wrapped])


TRICKS = [
    "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/",
    "http://0x7f.1/", "http://0177.0.0.1/", "http://017700000001/", "http://0/", "http://0.0.0.0/",
    "http://localhost/", "http://LOCALHOST/", "http://localhost./", "http://127.0.0.1./",
    "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[0:0:0:0:0:0:0:1]/",
    "http://[::ffff:7f00:1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/",
    "http://169.254.169.254/latest/meta-data/", "http://[fe80::1%25lo]/",
    "http://①②⑦.⓪.⓪.①/", "http://１２７.０.０.１/", "http://127。0。0。1/",
    "http://user:pass@93.184.216.34/", "http://93.184.216.34@127.0.0.1/",
    "http://127.0.0.1#@example.com/", "http://127.0.0.1?@example.com/",
    "http://127.0.0.1\\@example.com/", "http:\\\\127.0.0.1/", "http:///127.0.0.1/",
    "http://93.184.216.34:22/", "http://93.184.216.34:6379/", "http://93.184.216.34:8000/",
    "https://93.184.216.34:8443/", "http://93.184.216.34:0/", "http://93.184.216.34:65536/",
    "ftp://93.184.216.34/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_x", "dict://127.0.0.1/",
    "data:text/plain,hi", "javascript:alert(1)", "//127.0.0.1/", "127.0.0.1", "", " ", "http://",
    "http://\n127.0.0.1/", "http://127.0.0.1\t/", "http://\x00/", "http://" + "a" * 300 + "/",
    "http://exa mple.com/", "http://[::1/", "http://[v1.x]/", "unix:///tmp/x", "HTTP://127.0.0.1/",
]  # fmt: skip


@pytest.mark.parametrize("url", TRICKS)
def test_no_trick_reaches_the_inside(url):
    with pytest.raises(HttpError):
        Fetcher(bounds=Bounds(total_s=1, connect_s=0.2)).get(url)


@pytest.mark.parametrize("url", TRICKS)
def test_no_redirect_reaches_the_inside(server, url):
    server.says("/", status=302, Location=url.replace("\n", "").replace("\x00", ""))
    here = Fetcher(exempt=frozenset({server.place}), bounds=Bounds(total_s=1, connect_s=0.2))
    relative = not url.strip() or url == "127.0.0.1"  # a path on the same server, not a trick
    try:
        answer = here.get(server.url())
    except HttpError:
        return
    except KeyError:
        assert relative
        return
    assert relative, answer.url


def test_a_name_that_mixes_public_and_private_is_refused():
    here = Fetcher(resolve=lambda _host, _port: ["93.184.216.34", "127.0.0.1"])
    with pytest.raises(HttpRefused, match="not a public address"):
        here.get("http://both.example/")


def test_a_name_that_changes_its_mind_is_asked_once_and_pinned(server):
    """DNS rebinding: the second answer, the loopback canary, is never asked for."""
    answers = iter([["192.0.2.1"], ["127.0.0.1"]])
    asked = []

    def resolve(host, port):
        asked.append((host, port))
        return next(answers)

    server.says("/")
    here = Fetcher(resolve=resolve, bounds=Bounds(total_s=1))
    with pytest.raises(HttpRefused, match=r"192\.0\.2\.1"):
        here.get("http://rebind.example/")
    assert asked == [("rebind.example", 80)]
    assert not server.hits


def test_the_socket_goes_to_the_address_that_was_checked(server):
    """An exempt name resolves once; what the fetcher connects to is that answer."""
    server.says("/")
    asked = []

    def resolve(host, port):
        asked.append(host)
        return ["127.0.0.1"]

    here = Fetcher(resolve=resolve, exempt=frozenset({f"sandbox.example:{server.port}"}))
    answer = here.get(f"http://sandbox.example:{server.port}/")
    assert answer.body == b"hello"
    assert asked == ["sandbox.example"]
    assert server.last["host"] == f"sandbox.example:{server.port}"


def test_an_exemption_is_for_one_port_only(server):
    here = Fetcher(exempt=frozenset({"127.0.0.1:1"}))
    with pytest.raises(HttpRefused):
        here.get(server.url())
    assert not server.hits


def test_only_hosts_of_the_network_are_fetched_when_they_are_named():
    wanted = Wanted(hosts=("pbs.twimg.com", ".cdn.example"))
    here = Fetcher(resolve=lambda _host, _port: [])
    for host in ("evil.example", "pbs.twimg.com.evil.example", "cdn.example.evil", "cdn.example"):
        with pytest.raises(HttpRefused, match="not among the hosts"):
            here.get(f"https://{host}/a.jpg", wanted=wanted)
    for host in ("pbs.twimg.com", "PBS.twimg.com", "a.cdn.example"):
        with pytest.raises(HttpFailed, match="no address"):
            here.get(f"https://{host}/a.jpg", wanted=wanted)


def test_a_redirect_from_https_to_http_is_refused():
    def app(environ, start):
        start("302 Found", [("Location", "http://api.example/")])
        return [b""]

    here = Fetcher(mounts={"api.example:443": httpx2.WSGITransport(app)})
    with pytest.raises(HttpRefused, match="from https to http"):
        here.get("https://api.example/")
