"""The address of the broker: what it says, and that what cannot be used is refused without repeating the password."""

import ssl

import pytest
import trustme

from shared.broker_address import BrokerAddress, WrongAddress


def test_parts_of_an_address_are_decoded() -> None:
    address = BrokerAddress.parse("amqp://ombud%40x:p%2Fw%3A@broker.example.org:5680/a%2Fb")
    assert (address.host, address.port, address.user, address.password, address.vhost, address.tls) == (
        "broker.example.org",
        5680,
        "ombud@x",
        "p/w:",
        "a/b",
        None,
    )


@pytest.mark.parametrize(("uri", "port"), [("amqp://b", 5672), ("amqps://b", 5671), ("amqps://b:5680/", 5680)])
def test_port_follows_from_the_scheme(uri: str, port: int) -> None:
    assert BrokerAddress.parse(uri).port == port


@pytest.mark.parametrize("uri", ["amqp://b", "amqp://b/"])
def test_without_a_virtual_host_it_is_the_first_one(uri: str) -> None:
    assert BrokerAddress.parse(uri).vhost == "/"


def test_tls_always_holds_the_certificate_against_the_name() -> None:
    tls = BrokerAddress.parse("amqps://user:secret@broker.example.org/").tls
    assert tls
    assert (tls["server_hostname"], tls["cert_reqs"]) == ("broker.example.org", ssl.CERT_REQUIRED)


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("http://user:secret@b/", "the form is amqp://"),
        ("user:secret@b", "the form is amqp://"),
        ("amqp://user:secret@b:port/", "the form is amqp://"),
        ("amqps://user:secret@b/?verify=verify_none", "verify is not known"),
        ("amqps://user:secret@b/?ssl_cert_reqs=none", "ssl_cert_reqs is not known"),
        ("amqp://user:secret@b/?cacertfile=/etc/ca.pem", "cacertfile is for amqps:// only"),
        ("amqps://user:secret@b/?keyfile=/etc/key.pem", "keyfile needs certfile"),
        ("amqps://user:secret@b/?cacertfile=/nowhere", "cacertfile cannot be used: No such file"),
        ("amqps://user:secret@b/?certfile=/nowhere", "certfile or keyfile cannot be used: No such file"),
    ],
)
def test_what_cannot_be_used_is_refused_without_the_password(uri: str, reason: str) -> None:
    with pytest.raises(WrongAddress, match=reason) as refusal:
        BrokerAddress.parse(uri)
    assert "secret" not in str(refusal.value)


def test_a_file_that_holds_no_certificate_is_refused(tmp_path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate")
    with pytest.raises(WrongAddress, match="cacertfile cannot be used"):
        BrokerAddress.parse(f"amqps://b/?cacertfile={tmp_path}/ca.pem")


def test_files_are_handed_on(tmp_path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    tls = BrokerAddress.parse(f"amqps://b/?cacertfile={tmp_path}/ca.pem").tls
    assert tls
    assert tls["ca_certs"] == f"{tmp_path}/ca.pem"


def test_password_is_in_no_repr() -> None:
    assert "secret" not in repr(BrokerAddress.parse("amqps://user:secret@b/"))
