"""How severe: injury, fire, child, fraud, leak are critical; lawyers and large sums high; plain requests low."""

import pytest

from services.intake.classify import Classifier


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load()


CRITICAL = {
    "en": [
        ("The hot water bottle burst and scalded my little son.", "safety"),
        ("The charger caught fire in the hallway.", "safety"),
        ("Someone is withdrawing money from my savings, my account was hacked!", "fraud"),
        ("I can see another customer's medical records when I log in.", "privacy"),
        ("My mother is on oxygen and you cut off our electricity.", "vulnerable"),
        ("Dad is 86, the boiler is dead since Sunday and his flat is freezing.", "vulnerable"),
        ("The insulin for our daughter was not delivered, her last pen is in use.", "vulnerable"),
        ("A shelf in your shop came down on my wife's foot, two toes are broken.", "safety"),
        ("Payments I never made leave my account every few minutes.", "fraud"),
        ("Your portal shows me the invoices of other tenants.", "privacy"),
        ("You posted me a letter with my neighbour's blood test results inside. How many people got mine?", "privacy"),
        (
            "Found a pile of your loan applications next to the recycling containers this morning.",
            "privacy",
        ),
        ("You lost my mother's hearing aids at the airport and without them she can't follow a word.", "vulnerable"),
        ("The carer who washes and feeds my disabled brother hasn't shown up for two days.", "vulnerable"),
        ("Money keeps going out to a company I've never heard of, another 300 left as I'm writing.", "fraud"),
        ("The bus driver refused to lower the ramp and left me in my wheelchair in the rain.", "vulnerable"),
    ],
    "cs": [
        ("Konvice praskla a opařila naši dceru na ruce.", "safety"),
        ("Nabíječka začala v noci hořet.", "safety"),
        ("Někdo mi právě vybírá peníze, hackli mi účet!", "fraud"),
        ("Po přihlášení vidím cizí údaje jiného zákazníka.", "privacy"),
        ("Babička je na kyslíku a vy jste nám odpojili elektřinu.", "vulnerable"),
        ("Výtah v domě stojí, v šestém patře bydlí paní na vozíku a nemůže ven.", "vulnerable"),
        ("V zásilce jsem dostal výsledky vyšetření cizích pacientů.", "privacy"),
        ("V celém domě je cítit plyn.", "safety"),
        ("V obálce od vás byly krevní testy mojí sousedky. Kdo teď má ty moje?", "privacy"),
        ("Za vaší pobočkou se v papíru válí žádosti o úvěr s podpisy a kopiemi občanek.", "privacy"),
        ("Na letišti jste ztratili mámina naslouchátka a ona bez nich nic neslyší.", "vulnerable"),
        ("Pečovatelka, která myje a krmí mého postiženého bratra, už dva dny nepřišla.", "vulnerable"),
        ("Pořád odcházejí peníze nějaké firmě, kterou neznám, teď zase tři stovky.", "fraud"),
        ("Řidič autobusu odmítl vyklopit plošinu a nechal mě na vozíku v dešti.", "vulnerable"),
    ],
    "el": [
        ("Ο βραστήρας έσκασε και έκαψε το χέρι της κόρης μου.", "safety"),
        ("Ο φορτιστής πήρε φωτιά στο σαλόνι.", "safety"),
        ("Μου άδειασαν τον λογαριασμό, κάποιος χρησιμοποιεί την κάρτα μου!", "fraud"),
        ("Βλέπω τα στοιχεία άλλου πελάτη στον λογαριασμό μου.", "privacy"),
        ("Η γιαγιά είναι με οξυγόνο και μείναμε χωρίς ρεύμα.", "vulnerable"),
        ("Μυρίζει γκάζι σε όλο το κτίριο.", "safety"),
        ("Στην εφαρμογή βλέπω εξετάσεις άλλων ασθενών.", "privacy"),
        ("epiase fotia i tosteria kai kaike i kouzina mou, einai apisteuto", "safety"),
        ("Στον φάκελό μου βάλατε τις εξετάσεις αίματος της γειτόνισσάς μου. Ποιος έχει τις δικές μου;", "privacy"),
        (
            "Πίσω από το κατάστημά σας στα σκουπίδια υπάρχουν αιτήσεις δανείων με υπογραφές και αντίγραφα ταυτοτήτων.",
            "privacy",
        ),
        ("Στο αεροδρόμιο χάσατε τα ακουστικά βαρηκοΐας της μητέρας μου και χωρίς αυτά δεν ακούει.", "vulnerable"),
        ("Η φροντίστρια που πλένει και ταΐζει τον ανάπηρο αδερφό μου έχει δύο μέρες να φανεί.", "vulnerable"),
        ("Φεύγουν συνέχεια χρήματα σε μια εταιρεία που δεν ξέρω, μόλις τώρα άλλα 300.", "fraud"),
        ("Ο οδηγός του λεωφορείου αρνήθηκε να κατεβάσει τη ράμπα και με άφησε με το αμαξίδιο στη βροχή.", "vulnerable"),
    ],
    "pl": [
        ("Czajnik pękł i poparzył rękę mojej córki.", "safety"),
        ("Ładowarka zapaliła się w nocy.", "safety"),
        ("Ktoś właśnie wypłaca moje pieniądze, włamali się na konto!", "fraud"),
        ("Po zalogowaniu widzę dane innego klienta.", "privacy"),
        ("Babcia jest pod tlenem, a wy odcięliście nam prąd.", "vulnerable"),
        ("W całym bloku czuć gaz.", "safety"),
        ("W aplikacji widzę wyniki badań obcych pacjentów.", "privacy"),
        ("Tata jest podłączony do koncentratora tlenu, a od rana nie ma prądu.", "vulnerable"),
        ("W kopercie od was były wyniki krwi mojej sąsiadki. Kto dostał moje?", "privacy"),
        ("Za waszym oddziałem w makulaturze leżą wnioski kredytowe z podpisami i kserem dowodów.", "privacy"),
        ("Na lotnisku zgubiliście aparaty słuchowe mojej mamy, bez nich nic nie słyszy.", "vulnerable"),
        ("Opiekunka, która myje i karmi mojego niepełnosprawnego brata, od dwóch dni się nie pojawia.", "vulnerable"),
        ("Cały czas wychodzą pieniądze do firmy, której nie znam, przed chwilą znowu trzysta.", "fraud"),
        ("Kierowca autobusu nie chciał rozłożyć rampy i zostawił mnie na wózku w deszczu.", "vulnerable"),
    ],
    "zh": [
        ("热水壶炸了，把我女儿的手烫伤了。", "safety"),
        ("充电器半夜起火了。", "safety"),
        ("我的卡正在被盗刷，钱被转走了！", "fraud"),
        ("我登录后能看到其他客户的病历。", "privacy"),
        ("奶奶靠制氧机，你们却给我们停电了。", "vulnerable"),
        ("刚收到短信说我在泰国刷了九千，我人在沈阳啊，快停掉这张卡", "fraud"),
        ("奶茶里喝出一截订书针", "safety"),
        ("你们寄给我的信封里装的是我邻居的验血报告，那我的在谁手里？", "privacy"),
        ("你们网点后面的废纸堆里全是贷款申请表，还带签名和身份证复印件。", "privacy"),
        ("在机场你们把我妈的助听器弄丢了，没有它她什么都听不见。", "vulnerable"),
        ("照顾我残疾弟弟吃饭洗澡的护工两天没出现了。", "vulnerable"),
        ("钱一直在往一家我不认识的公司转，刚才又走了两千。", "fraud"),
        ("公交司机不肯放下坡道，把坐轮椅的我丢在雨里。", "vulnerable"),
    ],
    "ja": [
        ("充電中のスマホから煙が出て、指をやけどしました。", "safety"),
        ("さっきから一万円ずつ知らない店で決済されてます、止めて！", "fraud"),
        ("マイページに他のお客さんの名前と住所が表示されています。", "privacy"),
        ("父の酸素ボンベの配達が来ません。あと半日分しかないです", "vulnerable"),
        ("荷物の中に他のお客さんの納品書が入っていました。", "privacy"),
        ("ヘルパーさんが三日も来ず、寝たきりの叔母が食事もできていません。", "vulnerable"),
        ("今日、私の名義で勝手にローンを組まれました。", "fraud"),
        ("そちらの医師が私の検査結果を義母に話しました。", "privacy"),
        ("昨夜から電気が来ません。父は酸素濃縮器を使っています。", "vulnerable"),
    ],
    "ar": [
        ("السخان انفجر واحترقت يدي، الله ستر.", "safety"),
        ("حسابي ينسحب منه فلوس الحين!", "fraud"),
        ("فتحت رابط التقارير فظهرت لي أسماء مرضى وأرقامهم", "privacy"),
        ("أبوي على جهاز تنفس والكهرباء تفصل كل ساعة", "vulnerable"),
        ("وجدت داخل الطرد فاتورة زبونة أخرى باسمها وعنوان بيتها.", "privacy"),
        ("سيارة غسيل الكلى لم تأت اليوم أيضاً وزوجي فاتته الجلسة.", "vulnerable"),
        ("شخص أخذ قرضاً باسمي اليوم وأنا لم أوقع شيئاً.", "fraud"),
        ("موظفتكم أعطت عنواني الجديد لطليقي.", "privacy"),
        ("قبل شوي جتني ثلاث رسائل شراء وما اشتريت شي.", "fraud"),
    ],
    "es": [
        ("El cargador se prendió fuego y mi hijo está en el hospital.", "safety"),
        ("Encontré un trozo de cristal en el potito de mi hijo.", "safety"),
        ("Me están vaciando la cuenta, ya van cuatro transferencias.", "fraud"),
        ("He recibido por error el listado de pacientes con sus diagnósticos.", "privacy"),
        ("Mi madre usa oxígeno en casa y llevamos sin luz desde anoche.", "vulnerable"),
        ("Metieron en mi sobre los análisis de sangre de mi vecina. ¿Quién tiene los míos?", "privacy"),
        (
            "En el contenedor de papel detrás de su oficina hay solicitudes de préstamo con firma y copia del DNI.",
            "privacy",
        ),
        ("En el aeropuerto perdieron los audífonos de mi madre y sin ellos no oye nada.", "vulnerable"),
        ("La cuidadora que lava y da de comer a mi hermano discapacitado lleva dos días sin aparecer.", "vulnerable"),
        ("No para de salir dinero a una empresa que no conozco, hace un momento otros 300.", "fraud"),
        (
            "El conductor del autobús se negó a bajar la rampa y me dejó en la silla de ruedas bajo la lluvia.",
            "vulnerable",
        ),
    ],
    "it": [
        ("Il bollitore è esploso e ha ustionato mia figlia.", "safety"),
        ("Ho trovato un pezzo di vetro nell'omogeneizzato di mio figlio.", "safety"),
        ("Mi stanno svuotando il conto, bloccate la carta!", "fraud"),
        ("Nella mia area riservata vedo i referti di un'altra paziente.", "privacy"),
        ("Mia madre usa l'ossigeno in casa e siamo senza corrente da ieri.", "vulnerable"),
        ("Nel pacco ho trovato la fattura di un'altra cliente con nome e indirizzo.", "privacy"),
        ("L'ascensore è rotto e io sono in sedia a rotelle al quinto piano.", "vulnerable"),
        ("Qualcuno ha aperto oggi un finanziamento a mio nome.", "fraud"),
    ],
    "pt": [
        ("A chaleira explodiu e queimou a mão da minha filha.", "safety"),
        ("Encontrei um pedaço de vidro na papinha do meu filho.", "safety"),
        ("Estão a esvaziar-me a conta, bloqueiem tudo!", "fraud"),
        ("No meu portal aparecem os exames de outra paciente.", "privacy"),
        ("A minha mãe depende do oxigénio e estamos sem luz desde ontem.", "vulnerable"),
        ("Na minha área de cliente aparecem as faturas de outra pessoa.", "privacy"),
        ("O transporte para a hemodiálise não apareceu e o meu marido perdeu a sessão.", "vulnerable"),
        ("Há dez minutos alguém levantou 400 euros da minha conta.", "fraud"),
    ],
    "ru": [
        ("Крышка блендера отлетела и рассекла дочке губу, наложили три шва.", "safety"),
        ("Ночью загорелась проводка возле вашего счётчика.", "safety"),
        ("С карты прямо сейчас уходят деньги, остановите переводы!", "fraud"),
        ("В личном кабинете вижу договор и паспорт чужого человека.", "privacy"),
        ("Дедушка на кислороде, а вы отключили нам свет.", "vulnerable"),
        ("За отделением на помойке валяются копии паспортов.", "privacy"),
        ("Сиделка не приходит третий день, тётя лежачая, её некому накормить.", "vulnerable"),
        ("Сегодня на моё имя взяли кредит, я ничего не подписывал.", "fraud"),
    ],
    "uk": [
        ("Кришка блендера відлетіла і розсікла доньці губу, наклали три шви.", "safety"),
        ("Уночі загорілася проводка біля вашого лічильника.", "safety"),
        ("З картки просто зараз ідуть гроші, зупиніть перекази!", "fraud"),
        ("В особистому кабінеті бачу чужий паспорт і договір.", "privacy"),
        ("Дідусь на кисні, а ви відключили нам світло.", "vulnerable"),
        ("За відділенням на смітнику валяються копії паспортів.", "privacy"),
        ("Доглядальниця не приходить третій день, тітка лежача, її нема кому нагодувати.", "vulnerable"),
        ("Сьогодні на моє ім'я взяли кредит, я нічого не підписував.", "fraud"),
        ("Ваш лікар обговорював мої аналізи з моєю свекрухою без мого дозволу.", "privacy"),
        ("Хтось змінив пароль і пошту в моєму кабінеті, а замовлення оформлюються.", "fraud"),
        ("Кисневий балон закінчується, а доставку перенесли на понеділок.", "vulnerable"),
    ],
    "tr": [
        ("Blenderin kapağı fırladı, kızımın dudağı yarıldı, üç dikiş atıldı.", "safety"),
        ("Gece sayacınızın yanındaki kablo alev aldı.", "safety"),
        ("Şu an kartımdan para çekiliyor, işlemleri durdurun!", "fraud"),
        ("Hesabıma girince başka bir müşterinin tahlil sonuçlarını görüyorum.", "privacy"),
        ("Dedem oksijen cihazına bağlı ve elektriğimizi kestiniz.", "vulnerable"),
        ("Uygulamada başka bir hastanın tahlil sonucu çıktı.", "privacy"),
        ("Oğlumun insülini teslim edilmedi, son kalem yarın bitiyor.", "vulnerable"),
        ("Bugün benim adıma kredi çekilmiş, ben başvurmadım.", "fraud"),
        ("Tahlil sonuçlarımı işverenime göndermişsiniz.", "privacy"),
        ("Biri hesabımı boşaltıyor, üç havale çıktı bile.", "fraud"),
    ],
    "de": [
        ("Der Wasserkocher ist geplatzt und hat meine Tochter verbrüht.", "safety"),
        ("Die Rolltreppe hat meinem Sohn zwei Zehen gebrochen.", "safety"),
        ("Während ich schreibe, zahlt jemand in Madrid mit meiner Karte.", "fraud"),
        ("Ich sehe in meinem Onlinekonto die Rechnungen fremder Kunden.", "privacy"),
        ("Mein Opa hängt am Sauerstoffgerät, und Sie klemmen uns den Strom ab.", "vulnerable"),
        ("Sie haben mir den Laborbefund meiner Nachbarin in den Umschlag gesteckt. Wer hat jetzt meinen?", "privacy"),
        ("Im Altpapier hinter Ihrer Filiale liegen Kreditanträge mit Unterschrift und Ausweiskopie.", "privacy"),
        ("Am Flughafen haben Sie die Hörgeräte meiner Mutter verloren, ohne die versteht sie kein Wort.", "vulnerable"),
        (
            "Die Pflegerin, die meinen behinderten Bruder wäscht und füttert, erscheint seit zwei Tagen nicht.",
            "vulnerable",
        ),
        ("Es geht laufend Geld an eine Firma, die ich nicht kenne, eben schon wieder 300 Euro.", "fraud"),
    ],
    "fr": [
        ("La bouilloire a explosé et ma fille a été brûlée.", "safety"),
        ("Il y avait des bouts de verre dans la compote.", "safety"),
        ("Des virements partent de mon compte en ce moment même !", "fraud"),
        ("Dans mon espace client je vois les factures d'autres abonnés.", "privacy"),
        ("Mon grand-père est sous oxygène et vous nous coupez le courant.", "vulnerable"),
        ("Vous avez glissé dans mon enveloppe les analyses de sang de ma voisine. Qui a reçu les miennes ?", "privacy"),
        (
            "Dans la benne derrière votre agence il y a des demandes de crédit avec copie de la carte d'identité.",
            "privacy",
        ),
        ("À l'aéroport vous avez perdu les appareils auditifs de ma mère, sans eux elle n'entend rien.", "vulnerable"),
        ("L'aide à domicile qui lave et nourrit mon frère handicapé ne vient plus depuis deux jours.", "vulnerable"),
        ("De l'argent part sans arrêt vers une société inconnue, encore 300 euros à l'instant.", "fraud"),
        ("Le chauffeur du bus a refusé de sortir la rampe et m'a laissée en fauteuil sous la pluie.", "vulnerable"),
    ],
    "nl": [
        ("De waterkoker ontplofte en mijn dochter ligt in het ziekenhuis.", "safety"),
        ("Uit het stopcontact achter het fornuis kwamen vonken.", "safety"),
        ("Er wordt op dit moment geld van mijn rekening gehaald!", "fraud"),
        ("In mijn portaal staan de uitslagen van iemand anders.", "privacy"),
        ("Mijn opa ligt aan de zuurstof en jullie sluiten de stroom af.", "vulnerable"),
        ("In mijn pakket zat de pakbon van een andere klant met naam en adres.", "privacy"),
        ("De taxi naar de dialyse kwam weer niet, mijn vader heeft zijn behandeling gemist.", "vulnerable"),
        ("Iemand heeft vandaag een lening op mijn naam afgesloten.", "fraud"),
    ],
}

HIGH = [
    ("You will be hearing from my solicitor about the fence.", "legal"),
    ("Řeším to s právníkem, ten plot je nakřivo.", "legal"),
    ("Θα μιλήσω με δικηγόρο για τον φράχτη.", "legal"),
    ("Sprawę płotu przekazuję adwokatowi.", "legal"),
    ("这件事我会找律师。", "legal"),
    ("I am writing to the newspaper about your fence.", "press"),
    ("Your clerk made a racist remark about my wife.", "discrimination"),
    ("Our card terminals have been out of order all morning, our shop is losing customers.", "outage"),
    ("You took 4,800 euros too much from my account.", "large_amount"),
    ("Our three cafes stand still since your update, no till works and we turn guests away.", "outage"),
    ("A lamp was bought on credit in my name last spring, by a stranger.", "fraud"),
    ("We don't serve people like you, said your waiter when he saw my headscarf.", "discrimination"),
    ("Strhli jste mi omylem 95 000 Kč.", "large_amount"),
    ("You charged us 12 grand euros too much.", "large_amount"),
    ("Вы списали с меня 300 тыс. рублей.", "large_amount"),
    ("Забор у соседей пусть оценит мой юрист.", "legal"),
    ("Вы по ошибке сняли с меня 380 000 рублей.", "large_amount"),
    ("Охоронець не пустив нас, бо ми роми.", "discrimination"),
    ("Про паркан я вже написав журналістам.", "press"),
    ("Sabahtan beri kasalar kapalı, satış yapamıyoruz.", "outage"),
    ("Çit için tüketici hakem heyetine başvurdum.", "legal"),
]

LOW = [
    "What are your opening hours on Sunday?",
    "Please end my subscription in May.",
    "Jaká je otevírací doba v neděli?",
    "Τι ώρες είστε ανοιχτά την Κυριακή;",
    "Jakie są godziny otwarcia w niedzielę?",
    "请问星期天几点开门？",
    "До скольки вы работаете в воскресенье?",
    "О котрій ви відчиняєтесь у неділю?",
    "Pazar günü kaçta açılıyorsunuz?",
]

MEDIUM = [
    "The jacket arrived with a torn sleeve.",
    "Bunda přišla s roztrženým rukávem, je vadná.",
    "Το μπουφάν ήρθε με σκισμένο μανίκι, είναι ελαττωματικό.",
    "Kurtka ma wadę, rękaw jest rozdarty.",
    "外套的袖子是破的，质量太差。",
    "Куртка пришла с порванным рукавом.",
    "Куртка прийшла з порваним рукавом.",
    "Mont yırtık bir kolla geldi.",
]


def rows(table: dict) -> list:
    return [
        pytest.param(language, row, id=f"{language}-{i}")
        for language, part in table.items()
        for i, row in enumerate(part)
    ]


@pytest.mark.parametrize(("language", "row"), rows(CRITICAL))
def test_danger_fraud_leak_and_people_cut_off_are_critical(classifier: Classifier, language: str, row: tuple[str, str]):
    text, flag = row
    answer = classifier.classify(text)
    assert (answer.language, answer.severity) == (language, "critical")
    assert flag in answer.flags


@pytest.mark.parametrize(("text", "flag"), HIGH)
def test_lawyers_press_discrimination_standstill_and_large_sums_are_high(classifier: Classifier, text: str, flag: str):
    answer = classifier.classify(text)
    assert answer.severity == "high"
    assert flag in answer.flags


@pytest.mark.parametrize("text", LOW)
def test_plain_questions_and_requests_are_low(classifier: Classifier, text: str):
    assert classifier.classify(text).severity == "low"


@pytest.mark.parametrize("text", MEDIUM)
def test_ordinary_complaints_are_medium(classifier: Classifier, text: str):
    assert classifier.classify(text).severity == "medium"


def test_denied_injury_is_not_critical(classifier: Classifier):
    assert classifier.classify("The shelf came down, but nobody was hurt.").severity != "critical"


@pytest.mark.parametrize(
    "text",
    [
        "Press 1 and the lamp menu starts again, press 2 and it ends.",
        "The court shoes from your shop squeak.",
        "My dishwasher leaked water on the floor.",
        "The staff at the hospital car park gate was slow.",
    ],
)
def test_words_with_another_meaning_are_not_severe(classifier: Classifier, text: str):
    assert classifier.classify(text).severity in ("low", "medium")


@pytest.mark.parametrize(
    "text", ["A lamp is due on 4800 Main Street.", "Order 370795561790 is a lamp.", "You took 12 euros too much."]
)
def test_numbers_without_currency_and_small_sums_are_no_large_amount(classifier: Classifier, text: str):
    assert "large_amount" not in classifier.classify(text).flags


def test_repeat_contact_raises_a_step_and_is_flagged(classifier: Classifier):
    once, again = (
        classifier.classify("I am writing about the lamp."),
        classifier.classify("This is the third time I write about the lamp."),
    )
    assert (once.severity, again.severity) == ("low", "medium")
    assert "repeat_contact" in again.flags


def test_repeat_contact_with_a_deadline_makes_an_ordinary_complaint_high(classifier: Classifier):
    assert classifier.classify("Third time I write: the lamp is broken. Fix it by Friday.").severity == "high"


@pytest.mark.parametrize(
    "text", ["Hello there! When will my lamp arrive?", "Thank you for the quick answer, well done!"]
)
def test_an_exclamation_mark_in_a_greeting_or_with_thanks_is_not_angry(classifier: Classifier, text: str):
    assert classifier.classify(text).anger < 0.5


@pytest.mark.parametrize(
    "text", ["You promised the lamp for Monday and it never came!", "The lamp is cracked and nobody answers me 😡"]
)
def test_an_exclamation_mark_or_an_angry_face_in_a_complaint_is_angry(classifier: Classifier, text: str):
    assert classifier.classify(text).anger >= 0.5


def test_a_stressed_word_in_capitals_is_angrier_than_a_plain_one(classifier: Classifier):
    calm, stressed = (classifier.classify(f"The lamp is late {word}.").anger for word in ("again", "AGAIN"))
    assert calm < stressed


def test_insults_and_shouting_are_angrier_than_a_question(classifier: Classifier):
    calm = classifier.classify("Could you tell me when the lamp will arrive?")
    angry = classifier.classify("THIS IS A DISGRACE!!! You idiots lost my lamp AGAIN!")
    assert calm.anger < 0.2
    assert 0.5 <= angry.anger <= 1.0
