"""Where letters to URLs of contacts may go: the public internet, and what an operator names."""

import socket

import pytest

from services.notify.channels.channel import Letter
from services.notify.channels.guard import Allowed, leads_out
from services.notify.channels.webhook import Webhook, signer_of
from services.notify.domain.outcomes import Permanent, Reason
from shared.settings import WrongSettings

NOWHERE = Allowed()


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"])
def test_public_address_is_permitted(address):
    assert NOWHERE.permits("x.example.org", address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "239.255.255.250",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "ff02::1",
        "ff0e::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:224.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2002:a00:1::",
        "64:ff9b:1::a00:1",
        "fec0::1",
        "::127.0.0.1",
    ],
)
def test_address_of_our_own_network_is_not(address):
    assert not NOWHERE.permits("x.example.org", address)


@pytest.mark.parametrize(
    ("entry", "host", "address", "is_permitted"),
    [
        ("10.1.0.0/16", "x", "10.1.2.3", True),
        ("10.1.0.0/16", "x", "10.2.2.3", False),
        ("10.1.2.3", "x", "10.1.2.3", True),
        ("10.1.2.3", "x", "10.1.2.4", False),
        ("10.1.2.3/16", "x", "10.1.9.9", True),
        ("fd00::/8", "x", "fd12::1", True),
        ("2001::/32", "x", "2001:0:5db8:d822::f5fe:fdfc", False),  # Teredo, to 10.1.2.3
        ("Hooks.internal", "hooks.INTERNAL.", "10.9.9.9", True),
        ("hooks.internal", "evil.hooks.internal", "10.9.9.9", False),
        ("hooks.internal", "hooks.internal.example.org", "10.9.9.9", False),
    ],
)
def test_operator_may_name_hosts_and_networks(entry, host, address, is_permitted):
    assert Allowed.parse([f" {entry} ", ""]).permits(host, address) is is_permitted


@pytest.mark.parametrize("entry", ["10.0.0.0/99", "https://x", "a b", "*.example.org", "x/y"])
def test_entry_that_is_neither_is_refused(entry):
    with pytest.raises(WrongSettings, match="OMBUD_WEBHOOK_ALLOW"):
        Allowed.parse([entry])


@pytest.mark.parametrize(
    ("url", "is_permitted"),
    [
        ("https://hooks.example.org/x?y=1", True),
        ("https://[2606:2800:220:1:248:1893:25c8:1946]/x", True),
        ("http://hooks.example.org/x", False),
        ("http://hooks.internal/x", True),
        ("http://10.1.2.3:8080/x", True),
        ("https://10.1.2.3/x", True),
        ("https://10.2.2.3/x", False),
        ("https://169.254.169.254/latest", False),
        ("https://[::1]/x", False),
        ("ftp://hooks.internal/x", False),
        ("file:///etc/passwd", False),
        ("https:///x", False),
        ("https://x:port/", False),
        ("https://x.example.org/a b", False),
        ("https://x.example.org/\r\nHost: y", False),
        ("hooks.example.org", False),
        ("", False),
    ],
)
def test_url_is_https_or_leads_to_what_is_allowed(url, is_permitted):
    assert Allowed.parse(["hooks.internal", "10.1.0.0/16"]).permits_url(url) is is_permitted


@pytest.mark.parametrize(("second", "leads"), [("93.184.216.35", True), ("10.1.2.3", False)])
def test_host_leads_out_only_with_every_address(monkeypatch: pytest.MonkeyPatch, second: str, leads: bool):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in ("93.184.216.34", second)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert leads_out(NOWHERE, "x.example.org") is leads


@pytest.mark.parametrize("url", ["http://hooks.example.org/x", "https://10.1.2.3/x"])
def test_webhook_to_what_is_not_allowed_is_not_even_handed_off(url: str):
    handed_off: list[None] = []
    webhook = Webhook(signer_of("whsec_" + "A" * 32), NOWHERE, 1)
    outcome = webhook.send(Letter("alert-1", "case-1", url, "hello"), lambda: handed_off.append(None))
    assert (outcome, handed_off) == (Permanent(Reason.INVALID_ADDRESS, "not_allowed"), [])
