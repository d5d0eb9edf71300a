import pytest

from lomsong.errors import UsageError
from lomsong.simulate import Recipe


def test_every_fault_is_named_at_once():
    with pytest.raises(UsageError) as caught:
        Recipe(area_km2=3, households=5)
    assert "area_km2 = 3 lies outside 40…50000" in str(caught.value)
    assert "households = 5" in str(caught.value)


def test_named_communes_cannot_be_tiled():
    with pytest.raises(UsageError, match="give communes="):
        Recipe(tile=1)


def test_codes_must_fit_five_digits():
    assert Recipe(communes=98, tile=33).tile == 33
    with pytest.raises(UsageError, match="past code 99999"):
        Recipe(communes=1_000, tile=9)


def test_parts_draw_from_streams_of_their_own():
    one, other = Recipe().rng("hamlets").random(4), Recipe().rng("roads").random(4)
    assert not set(one) & set(other)
    assert (one == Recipe().rng("hamlets").random(4)).all()
