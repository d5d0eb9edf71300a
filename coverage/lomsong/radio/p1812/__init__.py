"""Recommendation ITU-R P.1812-8 (09/2025): path-specific loss of point-to-area services, 30 MHz to 6 GHz.

The scalar version: one profile, one loss, and every intermediate quantity. Written from the text; symbols and equation
numbers are those of the Recommendation, see :data:`TERMS`.

Examples
--------
>>> import numpy as np
>>> from lomsong.radio.p1812 import Profile, basic_loss
>>> d = np.linspace(0, 10, 101)
>>> flat = Profile(d, np.zeros(101), np.zeros(101), np.full(101, 4), (107.0, 11.3), (107.09, 11.3))
>>> loss = basic_loss(flat, f_ghz=0.8, htg_m=42, hrg_m=1.5, polarization="vertical")
>>> round(loss.lb_db, 1), round(loss.terms["Lbfs"], 1)
(124.5, 110.5)
"""

from lomsong.radio.p1812.loss import Loss, basic_loss
from lomsong.radio.p1812.profile import Profile
from lomsong.radio.p1812.terms import TERMS, Term

__all__ = ["TERMS", "Loss", "Profile", "Term", "basic_loss"]
