"""A present or still unmet wish for somebody with authority, or for a human, is an ask; nothing else is."""

import pytest

from services.intake.classify import Classifier


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load()


ASKING = {
    "en": [
        ("The fee can't come off your screen, fine. Who has a higher limit? Put me through to them.", "supervisor"),
        ("Would somebody with a bit of clout look at my claim?", "supervisor"),
        ("Can you bump this to your seniors? The second fridge is faulty as well.", "supervisor"),
        ("I'd like to talk to whoever came up with this policy.", "supervisor"),
        ("Please route my complaint to someone in a position to decide.", "supervisor"),
        ("swap it for a person, your bot can't read", "human"),
        ("Let this land with someone whose job title lets them decide, the crack is back.", "supervisor"),
        ("The rule makes no sense, I would like to speak to the author of the policy.", "supervisor"),
        ("Untied hands, please, yours are tied.", "supervisor"),
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
        ("Kdo to u vás má na povel? Ať se mi ozve, zásilka leží na depu.", "supervisor"),
        ("Posuňte to prosím o úroveň výš, první linka si neví rady.", "supervisor"),
        ("Předejte to tomu, kdo má oprávnění storno podepsat.", "supervisor"),
        ("Obracím se na představenstvo, reklamační oddělení mlčí.", "executive"),
        ("dejte mi k telefonu živýho operátora, ne to hlasové menu", "human"),
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
        ("Ποιος παίρνει τις αποφάσεις εκεί μέσα; Με αυτόν θέλω να μιλήσω.", "supervisor"),
        ("Ανεβάστε το ένα επίπεδο πιο πάνω, η πρώτη γραμμή δεν λύνει τίποτα.", "supervisor"),
        ("Υπάρχει στην ομάδα σας κάποιος με εξουσία να εγκρίνει την αλλαγή;", "supervisor"),
        ("Να τεθεί υπόψη του διευθύνοντος συμβούλου.", "executive"),
        ("thelo na miliso me ton ypefthino sas, to ryzi exei skoulikia", "supervisor"),
        ("mporeite na me syndesete me anthropo kai oxi me to bot?", "human"),
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
        ("Kto tu u was rządzi? Niech do mnie oddzwoni.", "supervisor"),
        ("Proszę przekazać zgłoszenie szczebel wyżej, utknęło na pierwszej linii.", "supervisor"),
        ("Czekam na obiecany telefon od kierowniczki zmiany.", "supervisor"),
        ("Zwracam się bezpośrednio do zarządu spółki.", "executive"),
        ("da sie tu pogadac z zywym czlowiekiem? ten bot nic nie kuma", "human"),
    ],
    "zh": [
        ("麻烦让你们主管给我回个电话，修了三天还没修好。", "supervisor"),
        ("我想跟能做主的人谈谈赔付的事。", "supervisor"),
        ("上周要求找负责人，到现在没人联系我。", "supervisor"),
        ("客服拒绝给我转接主管，空调还是坏的。", "supervisor"),
        ("换个说了算的人来跟我说。", "supervisor"),
        ("请把我的投诉上报给领导。", "supervisor"),
        ("我要见你们总裁。", "executive"),
        ("按了八遍0都转不到人，你们是不是一个接线的都没了", "human"),
        ("请问哪位能特批？麻烦对方直接联系我。", "supervisor"),
        ("投诉到现在，没有一个管理层的人联系过我。", "supervisor"),
        ("我說了要見你們店長，怎麼還不來", "supervisor"),
        ("帮我转人工，机器人听不懂。", "human"),
    ],
    "es": [
        ("Este caso tiene que subir un peldaño, llevo meses esperando.", "supervisor"),
        ("Páseme con su supervisora, con usted no llegamos a nada.", "supervisor"),
        ("Si usted no tiene autorización, páseme con quien la tenga.", "supervisor"),
        ("Llevo dos semanas pidiendo hablar con el encargado y nadie se pone.", "supervisor"),
        ("El chico del mostrador se negó a llamar al encargado.", "supervisor"),
        ("Agradecería que el coordinador del centro se pusiera en contacto conmigo.", "supervisor"),
        ("Quiero que esto llegue a oídos de la dirección, la valla sigue torcida.", "supervisor"),
        ("Dile al dueño que me llame por lo de la valla.", "executive"),
        ("Deja de repetirme lo mismo, quiero que me atienda un ser humano.", "human"),
    ],
    "pt": [
        ("Encaminhem-me para quem decide, já falei com seis pessoas.", "supervisor"),
        ("Ponha-me em linha com o seu superior, por favor.", "supervisor"),
        ("Se você não tem autonomia, me transfere pra quem tenha.", "supervisor"),
        ("Prometeram que o coordenador me ligava e até hoje nada.", "supervisor"),
        ("A moça do caixa se recusou a chamar o gerente.", "supervisor"),
        ("Isso precisa ser analisado por alguém mais experiente.", "supervisor"),
        ("Não quero outro atendente, quero o supervisor.", "supervisor"),
        ("Façam chegar esta carta ao presidente da empresa.", "executive"),
        ("Tem como falar com alguém de verdade? O robô não entende.", "human"),
    ],
    "it": [
        ("La questione va portata più in alto, aspetto da mesi.", "supervisor"),
        ("Mi passi il suo responsabile, con lei non ne veniamo a capo.", "supervisor"),
        ("Voglio parlare con qualcuno che abbia il potere di decidere.", "supervisor"),
        ("Ho chiesto tre volte un responsabile e ancora nessuno mi richiama.", "supervisor"),
        ("La ragazza alla cassa si è rifiutata di chiamare il direttore.", "supervisor"),
        ("Porti la questione più in alto, la recinzione è ancora storta.", "supervisor"),
        ("Se lei non è autorizzata, mi passi chi lo è.", "supervisor"),
        ("Dica al titolare di telefonarmi per la recinzione.", "executive"),
        ("Sono stufa di questo robot, voglio qualcuno che mi parli.", "human"),
    ],
    "ru": [
        ("Соедините меня с начальником абонентского отдела, дальше переписываться не вижу смысла.", "supervisor"),
        ("Пусть мне перезвонит тот, у кого есть право отменить этот штраф.", "supervisor"),
        ("Дважды просила позвать заведующую, оба раза ответили, что её нет на месте.", "supervisor"),
        ("Если ваших прав не хватает, передайте мой вопрос выше.", "supervisor"),
        ("Администратора к третьему столику, пожалуйста.", "supervisor"),
        ("Хотелось бы, чтобы этим занялся кто-нибудь рангом выше.", "supervisor"),
        ("Жду ответа от владельца сети, а не от кассы.", "executive"),
        ("Есть там кто-нибудь живой? Бот ходит по кругу.", "human"),
    ],
    "uk": [
        ("З'єднайте мене з начальницею зміни, далі листуватися не бачу сенсу.", "supervisor"),
        ("Хай мені зателефонує той, хто має право скасувати цей штраф.", "supervisor"),
        ("Двічі просила покликати завідувачку, відповіли, що її немає на місці.", "supervisor"),
        ("Якщо ваших прав бракує, передайте моє питання вище.", "supervisor"),
        ("Чи не могли б ви залучити керівника служби доставки?", "supervisor"),
        ("Оператор відмовився переключити мене на керівника.", "supervisor"),
        ("Ви не вирішуєте? Добре, а хто вирішує? З ним і поговорю.", "supervisor"),
        ("Чекаю відповіді від власника мережі, а не від каси.", "executive"),
        ("Дайте живу людину, бо ваш бот ходить по колу і нічого не розуміє.", "human"),
    ],
    "tr": [
        ("Beni vardiya amirinize bağlayın, sizinle yazışmanın anlamı kalmadı.", "supervisor"),
        ("Bu cezayı silme yetkisi olan kişi beni arasın.", "supervisor"),
        ("İki kez müdürle görüşmek istedim, ikisinde de yerinde yok dediler.", "supervisor"),
        ("Sizin yetkiniz yetmiyorsa talebimi bir üst kademeye taşıyın.", "supervisor"),
        ("Şube müdürünüz bu işi ele alabilir mi acaba?", "supervisor"),
        ("Bunu sizden kıdemli biri incelesin isterim.", "supervisor"),
        ("Kasadan değil, mağazanın sahibinden cevap bekliyorum.", "executive"),
        ("Orada canlı biri var mı? Bot hep aynı şeyi yazıyor.", "human"),
    ],
    "ja": [
        ("支店長さんから折り返しお電話をいただけないでしょうか。", "supervisor"),
        ("権限がないと言うなら、権限がある人を出してください。", "supervisor"),
        ("マネージャーを呼んでくれと三回言いましたが、無視されました。", "supervisor"),
        ("上に報告して、きちんと回答をください。", "supervisor"),
        ("もっと話の通じる人に代わってもらえる？", "supervisor"),
        ("社長ご自身の言葉で回答願います。", "executive"),
        ("ロボットの返事はもう結構なので、人に代わってください", "human"),
        ("有人チャットに切り替えてほしい", "human"),
    ],
    "ar": [
        ("ممكن تحولني على مديرك؟", "supervisor"),
        ("أبي أكلم أحد عنده صلاحية يرجع لي فلوسي", "supervisor"),
        ("رفضوا يحولوني على المشرف", "supervisor"),
        ("بغيت نهضر مع شي مسؤول فهاد الشركة", "supervisor"),
        ("صعّدوا طلبي لو سمحتم، الموظف الأول ما قدر يساعدني", "supervisor"),
        ("أبي رقم المدير التنفيذي", "executive"),
        ("كفاية رسائل آلية، عايز بني آدم يرد عليا", "human"),
        ("هل هناك إنسان أستطيع التحدث إليه بدل هذا البوت؟", "human"),
    ],
    "de": [
        ("Geben Sie die Reklamation jemandem, der es kann und darf.", "supervisor"),
        ("Bitte leiten Sie das an jemanden weiter, der Ausnahmen genehmigen darf.", "supervisor"),
        ("Ihre Kollegin hat sich geweigert, mich zu ihrem Vorgesetzten durchzustellen.", "supervisor"),
        ("Ich warte seit Montag auf den zugesagten Anruf Ihrer Marktleiterin.", "supervisor"),
        ("Wer auch immer bei Ihnen den Hut aufhat, sollte das lesen.", "supervisor"),
        ("Reichen Sie mein Schreiben bitte nach oben durch.", "supervisor"),
        ("Ihr Teamleiter soll mir das gefälligst selbst erklären.", "supervisor"),
        ("Legen Sie diesen Vorgang bitte Ihrem Vorstand vor.", "executive"),
        ("Ich will keinen Chatbot, sondern einen Menschen aus Fleisch und Blut.", "human"),
    ],
    "nl": [
        ("Ik wil door haar teamleider worden teruggebeld.", "supervisor"),
        ("Kan er iemand naar kijken die hierover mag beslissen?", "supervisor"),
        ("De baliemedewerkster weigerde haar leidinggevende erbij te halen.", "supervisor"),
        ("Laat uw rayonmanager mij vandaag nog bellen over de levering.", "supervisor"),
        ("Dan graag door naar wie er wel over gaat.", "supervisor"),
        ("Ik wil dat deze klacht op een hoger niveau wordt beoordeeld.", "supervisor"),
        ("Wie is daar de baas? Die wil ik vandaag spreken.", "supervisor"),
        ("Deze brief hoort op het bureau van de algemeen directeur.", "executive"),
        ("Zit hier ook een echt mens of alleen die chatbot?", "human"),
    ],
    "fr": [
        ("je veux qqun de vrai, le bot ne comprend rien", "human"),
        ("Pourriez-vous transmettre mon dossier à quelqu'un qui a le pouvoir de décider ?", "supervisor"),
        ("Votre conseillère a refusé de me passer son supérieur.", "supervisor"),
        ("Que votre responsable de secteur me rappelle aujourd'hui.", "supervisor"),
        ("Passez-moi celui qui a le droit de débloquer le compte.", "supervisor"),
        ("Je souhaite que cette réclamation soit réexaminée à un échelon supérieur.", "supervisor"),
        ("J'attends encore le coup de fil promis par votre chef d'agence.", "supervisor"),
        ("Veuillez remettre cette lettre à votre PDG.", "executive"),
        ("Plutôt que le serveur vocal, je voudrais une personne au téléphone.", "human"),
    ],
}

NOT_ASKING = {
    "en": [
        "How do I move my subscription to the next tier?",
        "The lift won't go up a level, it stops at two.",
        "Please don't pass this up the chain, I just want a replacement lid.",
        "A lady with real authority dealt with my case last night and it's done.",
        "Does anyone above a certain age get a discount on the rail pass?",
        "The courier refused to take it upstairs, please send another.",
        "My landlord wants the final word on the colour, so please hold the order.",
        "I don't expect a manager to read this, just send the refund.",
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
        "Vyřiďte prosím vedoucímu dík za rychlou výměnu lampy.",
        "Hledám u vás místo vedoucího skladu, kam poslat životopis?",
        "S ředitelem jsem se dohodl a peníze už dorazily.",
        "Prosím zašlete balík na adresu majitele bytu.",
    ],
    "el": [
        "Δεν θέλω να μιλήσω με τον υπεύθυνο, μόνο το τιμολόγιο χρειάζομαι.",
        "Δεν χρειάζεται να το κλιμακώσετε, μου αρκεί μια νέα λάμπα.",
        "Είμαι υπεύθυνος καταστήματος και ο εκτυπωτής δεν δουλεύει.",
        "Ο προϊστάμενός μου θέλει το τιμολόγιο.",
        "Μίλησα χθες με τον διευθυντή και το έλυσε.",
        "Η υπεύθυνη του καταστήματος ήταν πολύ ευγενική.",
        "Περίμενα δύο ώρες στη γραμμή για τις κουρτίνες.",
        "Στείλτε το δέμα στη νέα διεύθυνση, παρακαλώ.",
        "Είστε υπεύθυνοι για τη ζημιά στο πάτωμα και ζητώ αποζημίωση.",
        "Πώς γίνεται κάποιος υπεύθυνος καταστήματος στην εταιρεία σας;",
        "h mana mou lei na zitao ton proistameno, ego thelo mono mia apodeixi",
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
        "Szef chce ode mnie rachunku za taksówkę, proszę o kopię.",
        "Nie ma co zawracać głowy kierownikowi, wystarczy nowa żarówka.",
        "Z dyrektorem oddziału jestem już dogadana, przyjął mnie w środę.",
        "Jak u was zostaje się kierownikiem zmiany?",
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
        "给客户经理打了电话，他马上就给我办好了。",
        "老板电器的油烟机用了半年就漏油。",
        "人工费收得太高，换个水龙头要三百。",
    ],
    "ja": [
        "責任者を呼ぶつもりはありません、交換だけお願いします。",
        "わたくし、飲食店の店長をしている者ですが、冷凍庫の調子が悪いです。",
        "マネージャーからすぐに電話があり、返金の手続きが済みました。",
        "店長に怒鳴られて子どもが泣いてしまいました。",
        "オペレーターの方がとても親切でした。",
        "管理者アカウントのパスワードを忘れました。",
    ],
    "ar": [
        "لا داعي لإشراك المشرف، المشكلة بسيطة.",
        "أنا مديرة مدرسة وأحتاج عرض سعر لعشرين جهازاً.",
        "كلمت المدير وحل الموضوع، الله يعطيه العافية",
        "مدير المحل صرخ على بنتي وطردها.",
        "القائمة الرئيسية في التطبيق لا تفتح.",
        "هذه مسؤوليتكم وليست مسؤوليتي.",
    ],
    "es": [
        "No hace falta que intervenga ningún jefe, solo quiero la factura.",
        "Soy encargado de un bar y la impresora no imprime.",
        "Mi jefe quiere hablar con ustedes de la factura.",
        "Al final me llamó el gerente y quedó todo arreglado.",
        "El gerente no quiso atenderme y encima se rió.",
        "¿Cuánto cobra un jefe de tienda en su empresa?",
        "Un compañero me sugirió pedir un supervisor, no creo que haga falta.",
        "He encargado un sofá y necesito cambiar la dirección de entrega.",
    ],
    "pt": [
        "Não é preciso nenhum chefe intervir, só quero a fatura.",
        "Sou encarregado de um bar e a impressora não imprime.",
        "O meu chefe quer falar convosco sobre a fatura.",
        "No fim o gerente ligou-me e ficou tudo resolvido.",
        "O gerente não quis me atender e ainda riu.",
        "Quanto ganha um chefe de loja na vossa empresa?",
        "Quem é o responsável pelo tratamento dos meus dados?",
        "Preciso que alguém conserte o elevador.",
    ],
    "it": [
        "Non serve che intervenga nessun capo, voglio solo la fattura.",
        "Sono responsabile di un bar e la stampante non stampa.",
        "Il mio capo vuole parlare con voi della fattura.",
        "Alla fine mi ha chiamato il direttore e si è risolto tutto.",
        "Il gestore non ha voluto ascoltarmi e si è messo a ridere.",
        "Quanto guadagna un capo negozio da voi?",
        "Chi è il responsabile del trattamento dei miei dati?",
        "Ho bisogno che qualcuno aggiusti l'ascensore.",
    ],
    "ru": [
        "Начальника звать не нужно, пришлите только новый договор.",
        "Я заведующая детским садом, и ваш принтер у нас не печатает.",
        "Мой директор ждёт закрывающие документы за март.",
        "Вчера поговорила с управляющей, всё уладили, спасибо.",
        "Ваш администратор обещал перезвонить и пропал.",
        "Как у вас становятся начальником смены?",
        "Прошу решить вопрос с пенями за июнь.",
        "Целый час ждала ответа оператора на вашей линии, это был мой вечер.",
    ],
    "uk": [
        "Керівника кликати не треба, надішліть лише новий договір.",
        "Я завідувачка дитсадка, і ваш принтер у нас не друкує.",
        "Моя директорка чекає на документи за березень.",
        "Учора поговорила з керуючою, все владнали, дякую.",
        "Ваш адміністратор обіцяв передзвонити і зник.",
        "Як у вас стають начальником зміни?",
        "Годину чекала на лінії на оператора.",
    ],
    "tr": [
        "Müdüre gerek yok, yeni sözleşmeyi yollamanız yeterli.",
        "Ben kreş müdürüyüm, yazıcınız bizde çalışmıyor.",
        "Patronum mart ayının faturasını bekliyor.",
        "Dün müdürünüzle görüştüm, konu çözüldü, teşekkürler.",
        "Yöneticiniz arayacağını söyledi ama aramadı.",
        "Sizde vardiya amiri olmak için ne gerekiyor?",
        "Yetkili servis buzdolabını iki haftadır getirmedi.",
        "Bir saat boyunca hatta temsilci bekledim.",
    ],
    "de": [
        "Sie müssen damit wirklich nicht den Chef behelligen, es fehlt nur eine Schraube.",
        "Als Schichtleiterin in einer Bäckerei weiß ich, wie Stress aussieht.",
        "Die Marktleiterin hat sich gestern gekümmert und mir den Betrag ausgezahlt.",
        "Ab welcher Schadenshöhe entscheidet bei Ihnen eigentlich der Gruppenleiter?",
        "Im Forum empfehlen alle, gleich den Vorgesetzten zu verlangen. Mir reicht eine Mail.",
        "Nach einem Gespräch mit Ihrem Teamleiter ist die Sache für mich erledigt.",
        "Die Leiter, die ich bei Ihnen gekauft habe, wackelt. Ich möchte sie zurückgeben.",
    ],
    "nl": [
        "Ik wil zelf teamleider worden, hoe solliciteer ik?",
        "U hoeft er geen leidinggevende bij te halen, een kort mailtje is genoeg.",
        "Als directeur van een klein bedrijf snap ik drukte, maar acht weken is te veel.",
        "De filiaalmanager heeft me gisteren teruggebeld en het netjes opgelost.",
        "Hoe lang duurt bij jullie de opleiding tot bedrijfsleider?",
        "Mijn zus zegt dat je gewoon naar de manager moet vragen. Ik heb liever een mail.",
        "De manager van het zwembad noemde mij een leugenaar.",
        "Ik hang al drie kwartier in de wacht voor mijn abonnement.",
    ],
    "fr": [
        "Inutile d'appeler le responsable, dites-moi seulement quand passe le technicien.",
        "En tant que cheffe d'équipe dans une assurance, je connais la procédure.",
        "La responsable m'a rappelé hier et tout est réglé.",
        "Comment devient-on chef d'équipe chez vous ?",
        "Ma sœur dit qu'il suffit de demander le responsable. Je préfère un mail.",
        "Le gérant m'a traité de voleur devant tout le monde.",
        "Si vous ne payez pas j'irai plus haut, c'est-à-dire au tribunal.",
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
    classifier: Classifier, language: str, row: tuple[str, str]
):
    text, kind = row
    answer = classifier.classify(text)
    assert (answer.language, answer.asks_supervisor, answer.asks_kind) == (language, True, kind)
    assert any(one.for_ == "asks_supervisor" for one in answer.evidence)


@pytest.mark.parametrize(("language", "text"), rows(NOT_ASKING))
def test_negation_own_role_praise_blame_and_fulfilled_contact_are_no_asks(
    classifier: Classifier, language: str, text: str
):
    answer = classifier.classify(text)
    assert (answer.language, answer.asks_supervisor, answer.asks_kind) == (language, False, "none")


def test_the_veto_that_decided_is_shown(classifier: Classifier):
    answer = classifier.classify("I don't want to speak to a manager.")
    assert "veto:unwish" in {one.for_ for one in answer.evidence}


def test_a_denied_wish_does_not_hide_another_one(classifier: Classifier):
    answer = classifier.classify("I don't want another voucher. I want to speak to a supervisor.")
    assert answer.asks_kind == "supervisor"


def test_a_supervisor_counts_more_than_any_human(classifier: Classifier):
    assert classifier.classify("Let me talk to a human or to a manager.").asks_kind == "supervisor"
