"""A present or still unmet wish for somebody with authority, or for a human, is an ask; nothing else is."""

import pytest

from services.intake.classify import Classifier


@pytest.fixture(scope="module")
def reader() -> Classifier:
    return Classifier.load()


ASKING = {
    "en": [
        ("Put your shift supervisor on the phone, I am done explaining this to the front desk.", "supervisor"),
        ("I would like to have a word with whoever makes the decisions at your company.", "supervisor"),
        ("Is there anyone above you who can approve the repair?", "supervisor"),
        ("Your colleague refused to transfer me to a manager. My kitchen is still unfinished.", "supervisor"),
        ("I asked for a supervisor twice and nobody ever rang me.", "supervisor"),
        ("Kindly have the complaints manager contact me about the fence.", "supervisor"),
        ("This has to be escalated, the technician never showed up.", "supervisor"),
        ("I want to hear from your managing director about this.", "executive"),
        ("Enough of this robot, can a real person answer me?", "human"),
        ("How do I reach a live agent?", "human"),
        ("She says the till won't allow it. Who may overrule the till? Kindly pass me on to them.", "supervisor"),
        ("Your clerk can't waive the reminder fee, so hand this to a colleague whose pen still works.", "supervisor"),
        ("I don't want to be difficult but could the duty manager pop over to table nine?", "supervisor"),
        ("The agent told me it is impossible, please let me talk to his team lead.", "supervisor"),
        ("Bump my curtain order up to the next tier, the third fitter has cancelled.", "supervisor"),
        ("May this note reach the one at the very top of your company?", "executive"),
        ("I'd rather explain the broken curtain rail to a person with ears than to a chatbot.", "human"),
        ("Is anybody alive at your end of this chat?", "human"),
    ],
    "cs": [
        ("Přepojte mě prosím na vedoucího směny, s vámi se nedomluvím.", "supervisor"),
        ("Rád bych si promluvil s někým, kdo o tom může rozhodnout.", "supervisor"),
        ("Žádal jsem o kontakt na nadřízeného, ale nikdo se mi neozval.", "supervisor"),
        ("Operátorka mě odmítla spojit s vedoucím, pračka pořád stojí.", "supervisor"),
        ("Ať mi zavolá váš manažer, jinak se nikam nedostaneme.", "supervisor"),
        ("Předejte to prosím vedení společnosti.", "supervisor"),
        ("Chci mluvit s jednatelem firmy.", "executive"),
        ("Potřebuji živého operátora, ten automat mi nerozumí.", "human"),
    ],
    "el": [
        ("Συνδέστε με με τον προϊστάμενό σας, δεν βγάζουμε άκρη.", "supervisor"),
        ("Απαιτώ να μου τηλεφωνήσει ο διευθυντής του τμήματος.", "supervisor"),
        ("Ζήτησα τον υπεύθυνο δύο φορές και κανείς δεν με πήρε.", "supervisor"),
        ("Θέλω κάποιον που αποφασίζει, όχι το τηλεφωνικό κέντρο.", "supervisor"),
        ("Μπορώ να μιλήσω με την προϊσταμένη;", "supervisor"),
        ("Αρνήθηκαν να με συνδέσουν με κάποιον ανώτερο.", "supervisor"),
        ("Θέλω να μιλήσω με τον ιδιοκτήτη της εταιρείας.", "executive"),
        ("Γίνεται να μου απαντήσει ένας πραγματικός άνθρωπος;", "human"),
    ],
    "pl": [
        ("Proszę mnie połączyć z kierownikiem zmiany.", "supervisor"),
        ("Chciałabym porozmawiać z kimś, kto może podjąć decyzję.", "supervisor"),
        ("Prosiłem o rozmowę z przełożonym i nikt do mnie nie oddzwonił.", "supervisor"),
        ("Konsultantka odmówiła przełączenia do kierownika.", "supervisor"),
        ("Niech zadzwoni do mnie wasz szef, bo to trwa od marca.", "supervisor"),
        ("Żądam kontaktu z dyrektorem oddziału.", "supervisor"),
        ("Domagam się rozmowy z prezesem firmy.", "executive"),
        ("Potrzebuję żywego konsultanta, ten automat nic nie rozumie.", "human"),
    ],
    "zh": [
        ("麻烦让你们主管给我回个电话，修了三天还没修好。", "supervisor"),
        ("我想跟能做主的人谈谈赔付的事。", "supervisor"),
        ("上周要求找负责人，到现在没人联系我。", "supervisor"),
        ("客服拒绝给我转接主管，空调还是坏的。", "supervisor"),
        ("换个说了算的人来跟我说。", "supervisor"),
        ("请把我的投诉上报给领导。", "supervisor"),
        ("我要见你们总裁。", "executive"),
        ("帮我转人工，机器人听不懂。", "human"),
    ],
}

NOT_ASKING = {
    "en": [
        "I don't need a supervisor, just tell me the opening hours.",
        "There is no need to escalate this, a new lamp is enough.",
        "I am the manager of a bakery and our oven arrived scratched.",
        "My boss wants the invoice for the printer by mail.",
        "Our supervisor found a scratch on the new desk.",
        "I spoke to the manager yesterday and she sorted it out.",
        "Your store manager was very kind to my aunt.",
        "The manager at the counter was rude to us.",
        "The password manager in your app forgets my login.",
        "I was on hold for two hours about the curtains.",
        "If this goes on I will go higher.",
        "What is your boss's name?",
        "The Boss brand kettle arrived with a dent.",
        "A supervisor will be with you shortly, said the tape, then the line dropped. My curtains are still late.",
        "How are the store managers in your chain chosen?",
        "My neighbour says one should always ask for the manager, I only need a new hook.",
        "The director of the choir praised your lights, a cable was missing though.",
        "I'll take this higher if the curtains are not here on Monday.",
    ],
    "cs": [
        "Nechci mluvit s vedoucím, stačí mi nová faktura.",
        "Není třeba to předávat nadřízenému.",
        "Jsem vedoucí prodejny v Brně a tiskárna nám netiskne.",
        "Můj šéf potřebuje fakturu za tiskárnu.",
        "Včera jsem mluvil s vedoucím a všechno je vyřešeno.",
        "Vaše vedoucí na pobočce byla moc milá.",
        "Stěžuji si na vedoucího prodejny, křičel na mě.",
        "Na lince jsem čekala dvě hodiny kvůli záclonám.",
    ],
    "el": [
        "Δεν θέλω να μιλήσω με τον υπεύθυνο, μόνο το τιμολόγιο χρειάζομαι.",
        "Δεν χρειάζεται να το κλιμακώσετε, μου αρκεί μια νέα λάμπα.",
        "Είμαι υπεύθυνος καταστήματος και ο εκτυπωτής δεν δουλεύει.",
        "Ο προϊστάμενός μου θέλει το τιμολόγιο.",
        "Μίλησα χθες με τον διευθυντή και το έλυσε.",
        "Η υπεύθυνη του καταστήματος ήταν πολύ ευγενική.",
        "Περίμενα δύο ώρες στη γραμμή για τις κουρτίνες.",
    ],
    "pl": [
        "Nie chcę rozmawiać z kierownikiem, wystarczy mi faktura.",
        "Nie ma potrzeby przekazywać tego przełożonemu.",
        "Jestem kierownikiem sklepu i drukarka nie drukuje.",
        "Mój szef potrzebuje faktury za drukarkę.",
        "Wczoraj rozmawiałam z kierownikiem i sprawa załatwiona.",
        "Wasza kierowniczka była bardzo miła.",
        "Skarżę się na kierownika, krzyczał na mnie.",
        "Czekałam dwie godziny na linii w sprawie zasłon.",
    ],
    "zh": [
        "不用找主管，把发票发我就行。",
        "我不需要跟经理谈，给我换个灯泡就好。",
        "我是门店经理，新买的打印机不能打印。",
        "我老板要这台打印机的发票。",
        "昨天经理已经给我回电话，问题解决了。",
        "你们店长人很好，特别耐心。",
        "我要投诉你们经理，他骂我。",
        "为了窗帘的事我在电话里等了两个小时。",
    ],
}


def rows(table: dict) -> list:
    return [
        pytest.param(language, row, id=f"{language}-{i}")
        for language, part in table.items()
        for i, row in enumerate(part)
    ]


@pytest.mark.parametrize(("language", "row"), rows(ASKING))
def test_a_wish_for_somebody_with_authority_or_a_human_is_an_ask(
    reader: Classifier, language: str, row: tuple[str, str]
):
    text, kind = row
    answer = reader.classify(text)
    assert (answer.language, answer.asks_supervisor, answer.asks_kind) == (language, True, kind)
    assert any(one.for_ == "asks_supervisor" for one in answer.evidence)


@pytest.mark.parametrize(("language", "text"), rows(NOT_ASKING))
def test_negation_own_role_praise_blame_and_fulfilled_contact_are_no_asks(reader: Classifier, language: str, text: str):
    answer = reader.classify(text)
    assert (answer.language, answer.asks_supervisor, answer.asks_kind) == (language, False, "none")


def test_the_veto_that_decided_is_shown(reader: Classifier):
    answer = reader.classify("I don't want to speak to a manager.")
    assert "veto:unwish" in {one.for_ for one in answer.evidence}


def test_a_denied_wish_does_not_hide_another_one(reader: Classifier):
    answer = reader.classify("I don't want another voucher. I want to speak to a supervisor.")
    assert answer.asks_kind == "supervisor"


def test_a_supervisor_counts_more_than_any_human(reader: Classifier):
    assert reader.classify("Let me talk to a human or to a manager.").asks_kind == "supervisor"
