"""Each category is told from the others in every language read in depth; safety and privacy win over the trade."""

import pytest

from services.intake.classify import Classifier


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load()


TABLE = {
    "en": {
        "billing": "You billed me twice for March, the invoice is wrong.",
        "refund": "When will I get my money back for the vase I returned?",
        "delivery": "The courier never came, my parcel is lost.",
        "defect": "The zip of the jacket broke after two days, it is under warranty.",
        "technical": "The app crashes with an error message each time I open it.",
        "account": "I forgot my password and cannot log in.",
        "conduct": "The waiter insulted us and was terribly rude.",
        "cancellation": "I want to terminate my contract in June.",
        "privacy_security": "You passed my personal data to a stranger without my consent.",
        "safety": "The toaster gave me an electric shock.",
    },
    "cs": {
        "billing": "Na faktuře za březen je poplatek dvakrát.",
        "refund": "Kdy mi vrátíte peníze za vázu?",
        "delivery": "Kurýr vůbec nepřijel, balík je ztracený.",
        "defect": "Zip u bundy praskl po dvou dnech, chci reklamaci.",
        "technical": "Aplikace padá a hlásí chybu serveru.",
        "account": "Zapomněl jsem heslo a nemohu se přihlásit.",
        "conduct": "Číšník nás urazil a byl hrubý.",
        "cancellation": "Podávám výpověď smlouvy k červnu.",
        "privacy_security": "Předali jste moje osobní údaje bez mého souhlasu.",
        "safety": "Toustovač mi dal ránu proudem.",
    },
    "el": {
        "billing": "Στο τιμολόγιο του Μαρτίου υπάρχει διπλή χρέωση.",
        "refund": "Πότε θα γίνει η επιστροφή των χρημάτων μου για το βάζο;",
        "delivery": "Ο κούριερ δεν ήρθε ποτέ, το δέμα χάθηκε.",
        "defect": "Το φερμουάρ χάλασε σε δύο μέρες και είναι στην εγγύηση.",
        "technical": "Η εφαρμογή κολλάει και βγάζει σφάλμα.",
        "account": "Ξέχασα τον κωδικό πρόσβασης και δεν μπορώ να μπω στον λογαριασμό.",
        "conduct": "Ο σερβιτόρος ήταν αγενής και μας έβρισε.",
        "cancellation": "Θέλω να ακυρώσω τη συνδρομή μου τον Ιούνιο.",
        "privacy_security": "Δώσατε τα προσωπικά δεδομένα μου χωρίς τη συγκατάθεσή μου.",
        "safety": "Η τοστιέρα μου προκάλεσε ηλεκτροπληξία.",
    },
    "pl": {
        "billing": "Na fakturze za marzec opłata jest naliczona dwukrotnie.",
        "refund": "Kiedy dostanę zwrot pieniędzy za wazon?",
        "delivery": "Kurier nie przyjechał, paczka zaginęła.",
        "defect": "Zamek w kurtce pękł po dwóch dniach, składam reklamację.",
        "technical": "Aplikacja zawiesza się i pokazuje błąd serwera.",
        "account": "Zapomniałem hasła i nie mogę się zalogować.",
        "conduct": "Kelner nas obraził, był bardzo niegrzeczny.",
        "cancellation": "Składam wypowiedzenie umowy od czerwca.",
        "privacy_security": "Przekazaliście moje dane osobowe bez mojej zgody.",
        "safety": "Toster poraził mnie prądem.",
    },
    "zh": {
        "billing": "三月份的账单重复扣费了。",
        "refund": "花瓶退货了，什么时候退款？",
        "delivery": "快递一直没来，包裹丢了。",
        "defect": "外套拉链两天就坏了，质量太差，还在保修期。",
        "technical": "你们的软件一打开就闪退。",
        "account": "我忘记密码，登录不了账号。",
        "conduct": "服务员骂人，没礼貌。",
        "cancellation": "我要解约，六月起终止合同。",
        "privacy_security": "你们未经同意把我的个人信息给了别人。",
        "safety": "烤面包机漏电，电到我了。",
    },
}


@pytest.mark.parametrize(
    ("category", "text"),
    [
        pytest.param(category, text, id=f"{lang}-{category}")
        for lang, part in TABLE.items()
        for category, text in part.items()
    ],
)
def test_the_matter_decides_the_category(classifier: Classifier, category: str, text: str):
    answer = classifier.classify(text)
    assert answer.category == category
    assert any(one.for_ == f"category:{category}" for one in answer.evidence)


def test_an_injury_is_about_safety_whatever_was_delivered(classifier: Classifier):
    answer = classifier.classify("The parcel from your courier caught fire in my hallway, delivery of Tuesday.")
    assert (answer.category, answer.category_second) == ("safety", "delivery")
    assert 0 < answer.category_margin < 1


def test_small_talk_is_other(classifier: Classifier):
    assert classifier.classify("The weather on the lake is mild today.").category == "other"
