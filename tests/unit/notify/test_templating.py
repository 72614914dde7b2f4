"""A company's own texts: preferred, checked at the start, kept in a sandbox, and never the end of an alert."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from services.notify.texts.rendering import Writer, writer_of
from services.notify.texts.templating import TEMPLATES, Templates, WrongTemplates
from shared.settings import WrongSettings
from tests.unit.notify.build import SMS, a_contact, escalated, facts
from tests.unit.notify.test_rendering import KEYS, written

BLOCKS = "{% block subject %}s{% endblock %}{% block chat %}c{% endblock %}"
OURS = (
    BLOCKS + "{% block text %}Ours: {{ reference }} {{ link }}{% endblock %}{% block sms %}SMS {{ link }}{% endblock %}"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def writer(folder: Path) -> Writer:
    return Writer(KEYS, "https://ombud.example", templates=folder)


def with_text(body: str) -> str:
    return BLOCKS + f"{{% block text %}}{body}{{% endblock %}}{{% block sms %}}x{{% endblock %}}"


def test_own_text_is_sent_and_the_rest_is_as_shipped(folder: Path) -> None:
    (folder / "escalation.txt").write_text(OURS)
    letter, _ = written(escalated(), writer=writer(folder))
    assert letter.text.startswith("Ours: 0f8c2d11 https://ombud.example/a/")
    assert "Take this case" in letter.html


def test_own_layout_is_around_the_shipped_pages(folder: Path) -> None:
    (folder / "layout.html").write_text("<h1>ACME</h1>{% block body %}{% endblock %}")
    letter, _ = written(escalated(), writer=writer(folder))
    assert letter.html.startswith("<h1>ACME</h1>")
    assert "Take this case" in letter.html


def test_own_page_is_escaped_too(folder: Path) -> None:
    (folder / "escalation.html").write_text("<i>{{ excerpt }}</i>")
    letter, _ = written(escalated(facts=facts(excerpt="<b>&")), writer=writer(folder))
    assert letter.html == "<i>&lt;b&gt;&amp;</i>"


def test_folder_may_hold_catalogues_too(folder: Path) -> None:
    path = folder / "locale" / "cs" / "LC_MESSAGES" / "notify.po"
    path.parent.mkdir(parents=True)
    path.write_text('msgid "High"\nmsgstr "Urgentní"\n')
    letter, _ = written(escalated(), a_contact(language="cs"), writer=writer(folder))
    assert letter.subject.startswith("[Urgentní] soukromí")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("escalation.txt", with_text("a\n{% if %}"), r"escalation.txt:2: "),
        (
            "escalation.txt",
            "{% block text %}{% endblock %}",
            r"escalation.txt: its blocks are chat, sms, subject, text",
        ),
        ("digest.txt", with_text(""), r"digest.txt: .*see to: entry"),
        ("escalatoin.txt", "", r"escalatoin.txt: no such template; there are about.html, "),
        ("escalation.txt", OURS + "{% block more %}{% endblock %}", r"escalation.txt: .*see to: more"),
    ],
)
def test_text_that_cannot_be_used_is_named_at_the_start(folder: Path, name: str, text: str, said: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(WrongTemplates, match=said):
        Templates(folder)


def test_file_that_is_no_text_and_a_folder_that_is_none_are_named(folder: Path) -> None:
    with pytest.raises(WrongTemplates, match="cannot be read"):
        Templates(folder / "nowhere")
    (folder / "test.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(WrongTemplates, match="cannot be read"):
        Templates(folder)


def test_settings_that_name_them_say_so(folder: Path) -> None:
    (folder / "x.txt").write_text("")
    settings: Any = SimpleNamespace(
        link_keys=KEYS, common=SimpleNamespace(public_url=""), sms_replies=False, templates=folder
    )
    with pytest.raises(WrongSettings, match=r"^OMBUD_TEMPLATES: .*x.txt: no such template"):
        writer_of(settings, lambda: None)  # type: ignore[arg-type, return-value]


FORBIDDEN = [
    "{{ _.__class__ }}",
    "{{ _._say.__self__ }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ flags.__init__.__globals__ }}",
    "{{ regions.append }}{{ self.__init__ }}",
    "{{ '%s' | format(_.__init__) }}{{ '{0.__class__}'.format(1).x }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{% for i in range(10000000) %}{% endfor %}",
]
FAILING = ["{{ no_such_fact }}", "{{ 1 / 0 }}", "{{ level + 'x' }}", "{{ _('%(x)s') }}", "{{ flags | nosuch }}"]


@pytest.mark.parametrize("body", [*FORBIDDEN, *FAILING[:-1]])
def test_text_that_fails_is_sent_as_shipped_and_that_is_logged_once(folder: Path, body: str) -> None:
    (folder / "escalation.txt").write_text(with_text(body))
    ours = writer(folder)
    with capture_logs() as logged:
        letters = [written(escalated(respond_by=None), writer=ours)[0] for _ in range(3)]
    assert all("Why you: the complaint was read as this severe" in letter.text for letter in letters)
    assert [(line["event"], line["template"]) for line in logged] == [("template_failed", "escalation.txt")]


def test_page_that_fails_is_sent_as_shipped(folder: Path) -> None:
    (folder / "escalation.html").write_text("<p>{{ no_such_fact }}</p>")
    with capture_logs() as logged:
        letter, _ = written(escalated(), writer=writer(folder))
    assert "Take this case" in letter.html
    assert [line["template"] for line in logged] == ["escalation.html"]


@pytest.mark.parametrize("body", FORBIDDEN)
def test_nothing_forbidden_is_done_where_the_error_would_show(folder: Path, body: str) -> None:
    (folder / "escalation.txt").write_text(with_text(body))
    ours = Writer(KEYS, "https://ombud.example", templates=folder, strict=True)
    with capture_logs(), pytest.raises(Exception, match=r"unsafe|Range too big|undefined|no attribute"):
        written(escalated(), writer=ours)


def test_own_text_message_has_one_line_and_no_more_than_the_provider_takes(folder: Path) -> None:
    (folder / "escalation.txt").write_text(
        BLOCKS + "{% block text %}{% endblock %}{% block sms %}a\nb{{ 'x' * 5000 }}{% endblock %}"
    )
    letter, _ = written(escalated(), channel=SMS, writer=writer(folder))
    assert letter.text.startswith("a bxxx")
    assert len(letter.text) == 1600


def test_shipped_templates_pass_their_own_check(folder: Path) -> None:
    for path in TEMPLATES.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    letter, _ = written(escalated(), writer=writer(folder))
    assert letter.text.startswith("Severity: high")
