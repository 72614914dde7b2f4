"""What is said of a setting that cannot be read never repeats a secret that stood in it."""

import pytest

from shared.database import WrongUrl, checked_url
from shared.tokens import TokenBook

SECRET = "hunter2hunter2"


@pytest.mark.parametrize(
    "url", [f"ombud:{SECRET}@db/ombud", f"mysql://ombud:{SECRET}@db/ombud", f"postgresql://u:{SECRET}@db/x"]
)
def test_database_url_is_not_repeated(url: str) -> None:
    with pytest.raises(WrongUrl) as refused:
        checked_url(url)
    assert SECRET not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(("spec", "said"), [(SECRET, "a token"), (f"zendesk:source:{SECRET}", "token 'zendesk'")])
def test_token_is_not_repeated(spec: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        TokenBook.parse(spec)
    assert SECRET not in str(refused.value)
