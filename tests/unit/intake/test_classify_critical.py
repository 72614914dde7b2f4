"""What a word of absence denies and what not; leaks, fraud under way and vital lacks in less plain words."""

import pytest

from services.intake.classify import Classifier


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load()


DENIED = [
    "The shelf came down, but nobody was hurt.",
    "Nobody has been seriously injured, I just want it fixed.",
    "There was no fire and no smell of gas, the lamp is simply dead.",
    "Zum Glück wurde niemand ernsthaft verletzt.",
    "Gelukkig is er niemand gewond geraakt.",
    "Heureusement personne n'a été blessé.",
    "Por suerte nadie resultó herido.",
    "Per fortuna nessuno è rimasto ferito.",
    "Felizmente ninguém ficou ferido.",
    "Při pádu se naštěstí nikdo nezranil.",
    "Nikt nie został ranny.",
]

# The absence is that of help, or of what one cannot live without.
NOT_DENIED = [
    "You will not fix the sparking socket.",
    "The lift door did not stop and crushed my hand.",
    "Nobody turned off the gas leak.",
    "They will not restore the oxygen for my father, the cylinder is empty.",
    "No insulin came and none is left.",
    "Sie reparieren die Steckdose nicht, aus der Funken sprühen.",
    "Niemand komt naar de gaslucht kijken.",
    "Personne ne répare la prise qui fait des étincelles.",
    "No arreglan el enchufe que echa chispas.",
    "Nessuno ripara la presa che fa scintille.",
    "Ninguém arranja a tomada que faz faíscas.",
]

CRITICAL = [
    ("In the envelope with my bill was a letter to a Mr Fenwick about his debts.", "privacy"),
    ("My landlord knows about my arrears now, which of your people told him?", "privacy"),
    ("Seven payments to a betting site since breakfast, none of them mine.", "fraud"),
    ("The hoist for my husband with motor neurone disease gave up on Friday.", "vulnerable"),
    ("Im Umschlag lag der Befund eines gewissen Herrn Brandl, nicht meiner.", "privacy"),
    ("Heute früh drei Überweisungen an einen Wettanbieter, keine davon von mir.", "fraud"),
    ("Wir haben ein drei Wochen altes Kind und Sie drehen uns das Gas ab.", "vulnerable"),
    ("Jullie praktijk heeft mijn uitslag naar mijn werkgever gemaild.", "privacy"),
    ("Vanmorgen drie overboekingen naar een goksite, geen een van mij.", "fraud"),
    ("We hebben een baby van drie weken en jullie sluiten het gas af.", "vulnerable"),
    ("Vous avez donné ma nouvelle adresse à mon ex-mari.", "privacy"),
    ("Trois virements depuis ce matin, aucun n'est de moi.", "fraud"),
    ("Mes cachets pour le cœur ne sont pas arrivés, j'ai pris le dernier hier.", "vulnerable"),
    ("Vuestra operadora le dio mi nueva dirección a mi exmarido.", "privacy"),
    ("Tres pagos a una casa de apuestas esta mañana, ninguno es mío.", "fraud"),
    ("La ambulancia no vino y mi marido ha perdido ya dos diálisis.", "vulnerable"),
    ("Nella busta c'era la bolletta di una certa signora Ferri, non la mia.", "privacy"),
    ("Da stamattina tre pagamenti a un sito di scommesse, nessuno è mio.", "fraud"),
    ("Abbiamo un neonato e ci avete staccato il gas.", "vulnerable"),
    ("A vossa funcionária deu a minha nova morada ao meu ex-marido.", "privacy"),
    ("Desde manhã três pagamentos a um site de apostas, nenhum é meu.", "fraud"),
    ("Temos um bebé de três semanas e cortaram-nos o gás.", "vulnerable"),
]

NEIGHBOURS = [
    "The leak under my kitchen sink is back.",
    "The fire sale mail had the wrong prices.",
    "In March my card was cloned and you refunded all of it. I just need a letter that says so.",
    "Die Broschüre zum Treppenlift ist bis heute nicht gekommen.",
    "Vorig jaar is mijn pas gekopieerd en alles is vergoed. Ik wil alleen een nieuwe pas.",
    "La batterie de mon portable est vide tous les soirs.",
    "El año pasado clonaron mi tarjeta y me devolvieron todo, solo quiero la nueva.",
    "Ho letto della vendita dopo l'incendio del negozio, c'è la garanzia?",
    "O tubo do duche assobia um pouco.",
]


@pytest.mark.parametrize("text", DENIED)
def test_who_says_that_nobody_was_hurt_reports_no_injury(classifier: Classifier, text: str) -> None:
    assert classifier.classify(text).severity not in ("high", "critical")


@pytest.mark.parametrize("text", NOT_DENIED)
def test_help_that_does_not_come_denies_no_danger(classifier: Classifier, text: str) -> None:
    assert classifier.classify(text).severity == "critical"


@pytest.mark.parametrize(("text", "flag"), CRITICAL)
def test_leaks_fraud_under_way_and_vital_lacks_are_critical(classifier: Classifier, text: str, flag: str) -> None:
    answer = classifier.classify(text)
    assert answer.severity == "critical"
    assert flag in answer.flags


@pytest.mark.parametrize("text", NEIGHBOURS)
def test_what_only_sounds_like_it_is_not_severe(classifier: Classifier, text: str) -> None:
    assert classifier.classify(text).severity in ("low", "medium")
