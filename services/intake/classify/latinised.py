"""Tells Russian, Ukrainian and Greek in Latin letters by their most frequent words; called by the language guesser.

Only words that no other language of the classifier writes so: the identifier knows these languages in their own script.
"""

_FREQUENT = {
    "ru": """
        eto uzhe esli tolko sejchas seychas segodnya vchera zavtra gde kogda pochemu chto chtoby kak-to mne
        menya moy moya moi vash vasha vashi vashego vashim nam vam ya zdravstvuyte zdravstvujte pozhaluysta
        pozhalujsta pozaluista spasibo hochu khochu xochu nuzhno nuzhen mozhno nelzya dayte dajte pozovite
        soedinite nachalnika nachalnik rukovoditelya dengi vernite posylka posylku posylki dostavka dostavku
        nedelyu nedeli mesyac mesyats dnya dney ochen skolko tretiy vtoroy vtoruyu nikto nichego byl byla bylo
        otvechaet rabotaet doma prosto opyat voobshe voobshche nikak chelovek cheloveka cheloveku dozvonitsya
        srochno pomogite
    """,
    "uk": """
        shcho scho tse ye budlaska bud-laska dyakuyu djakuju treba meni mene nemaye nemaie poklychte kerivnyk
        kerivnyka keruyuchoho hroshi koly chomu vzhe tilky duzhe cherez bula bulo buv pyshu pysala pysav razy
        povernuly povernit zamovlennya posylku shche dosi vash vashoho pratsyuye pratsiuie kvytky bilshe nikhto
        nichoho dzvonyla dzvonyv zatelefonuye
    """,
    "el": """
        thelo thelw theloume miliso milisw milhsw milisoume mou sas kai kaneis kanena einai eimai itan exo exw
        exei exoume exete stin ston pou pws giati akoma tora twra ego egw mporo mporw mporei mporeite boreite
        boro parakalo parakalw efharisto efxaristo eyxaristo kalimera kalispera geia ypefthino ypefthyno
        ypeuthino ipefthino proistameno proistamenos dieuthinti diefthinti lefta xrimata logariasmo katastima
        meres mines douleuei doulevei tipota panta eklapi apantaei apanta paraggelia dema anthropo anthropos
        profil syndesete syndeste pote anoigei savvato kirie eleos koroidevete koroideyete dilosei xalase
        xalasmeno allazo allaxw allakso kapoion kapios kapoios xthes simera avrio telos pantos mporousa prepei
        thela ithela hthela 8elo 8elw tha plirosa plirono klepsane epistrofi pisw exun kanete kano kanw antexo
        poly
    """,
}
_WORDS = {language: frozenset(text.split()) for language, text in _FREQUENT.items()}
_LEAST_DIFFERENT, _LEAST_SHARE = 2, 0.15


def latinised_language(plain: str) -> str | None:
    """`ru`, `uk` or `el` if enough words of the text, in lower case, are theirs in Latin letters."""
    words = [word.strip(".,;:!?()\"'") for word in plain.split()]
    present = set(words)
    best, found = max(((name, present & own) for name, own in _WORDS.items()), key=lambda item: len(item[1]))
    if len(found) < _LEAST_DIFFERENT or sum(word in found for word in words) < _LEAST_SHARE * len(words):
        return None
    return best
