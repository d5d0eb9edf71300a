"""Loss of a terminal that stands in a wood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lomsong.radio.compiled import compiled


@dataclass(frozen=True)
class Woodland:
    """How a kind of wood attenuates.

    The largest attenuation is ``a1_db · f^alpha`` and the first metres cost ``gamma1_db_per_m · f^beta`` a metre, f in
    MHz. The defaults follow the mixed wood near St Petersburg, 106-2118 MHz; ``gamma1`` and ``beta`` are lomsong's own
    fit to the specific attenuations listed there, within 0.02 dB/m. No wood of Viet Nam is among the published ones:
    these four are the first thing to calibrate.

    References
    ----------
    Recommendation ITU-R P.833-10, §2.1, equation (2) and the measurements beside it.
    """

    a1_db: float = 1.37
    alpha: float = 0.42
    gamma1_db_per_m: float = 0.001459
    beta: float = 0.71

    def largest_db(self, frequency_mhz: ArrayLike) -> NDArray[np.float64]:
        """Return the attenuation A_m in dB that a terminal deep in the wood tends to."""
        return np.asarray(self.a1_db * np.asarray(frequency_mhz, float) ** self.alpha)

    def specific_db_per_m(self, frequency_mhz: ArrayLike) -> NDArray[np.float64]:
        """Return the specific attenuation γ in dB/m of a very short path."""
        return np.asarray(self.gamma1_db_per_m * np.asarray(frequency_mhz, float) ** self.beta)


def woodland_loss_db(
    depth_m: ArrayLike, frequency_mhz: ArrayLike, woodland: Woodland | None = None
) -> NDArray[np.float64]:
    """Return the loss in dB of a path whose last ``depth_m`` metres lie in a wood: A_m [1 - exp(-d γ / A_m)].

    References
    ----------
    Recommendation ITU-R P.833-10, §2.1, equation (1).
    """
    wood = woodland or Woodland()
    largest, specific = wood.largest_db(frequency_mhz), wood.specific_db_per_m(frequency_mhz)
    return np.asarray(largest * -np.expm1(-np.asarray(depth_m, float) * specific / largest))


@compiled
def stand_depth_m(start: int, end: int, step_m: float) -> float:
    """Return how deep the point ``end`` of a profile stands in a wood whose last point outside is ``start``.

    The stand begins half way between the two points at its edge.
    """
    return step_m * max(end - start - 0.5, 0.5)
