"""The identifier answers as the library whose model it reads, in a fraction of the library's memory."""

import subprocess
import sys

import pytest
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from services.intake.classify.identifier import load_identifiers

LATIN = {"en", "cs", "pl", "de", "sr"}
# In kilobytes, 88,000 rules in 16 languages included; the library alone takes 150 MB while it loads.
MOST_AT_LOAD = 130_000
PEAK = """
from services.intake.classify import Classifier
Classifier.load().rule_ids
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.fixture(scope="module")
def library() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@pytest.mark.parametrize(
    "text", ["the lamp hangs in the hall", "lampa visí v předsíni", "cafe\u0301", "лампа виси у ходнику", "", "a", "ok"]
)
def test_it_ranks_languages_as_the_library_does(library: LanguageIdentifier, text: str):
    library.set_languages(sorted(LATIN))
    identifier = load_identifiers([LATIN])[0]
    assert identifier is not None
    ours, theirs = identifier.rank(text), library.rank(text)
    assert ours[0][0] == theirs[0][0]
    assert dict(ours) == pytest.approx(dict(theirs), abs=1e-5)


def test_a_group_of_one_is_certain_and_an_unknown_group_has_no_identifier():
    alone, nobody = load_identifiers([{"ar"}, {"xx"}])
    assert alone is not None
    assert alone.rank("x") == [("ar", 1.0)]
    assert nobody is None


def test_loading_everything_stays_small():
    peak = subprocess.run([sys.executable, "-c", PEAK], check=True, capture_output=True, text=True).stdout
    assert int(peak) < MOST_AT_LOAD
