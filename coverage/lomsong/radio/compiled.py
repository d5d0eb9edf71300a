"""How the inner loops are compiled: once, kept beside the code, free of the interpreter's lock."""

from __future__ import annotations

from numba import njit

compiled = njit(cache=True, nogil=True, error_model="numpy")
"""Decorator of inner loops; what is divided by zero becomes infinite or not a number, as in numpy."""

summed = njit(cache=True, nogil=True, error_model="numpy", fastmath={"nnan", "nsz", "reassoc", "contract"})
"""The same for sums and maxima over many numbers, none of them missing, which may be taken in any order."""

merged = njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
"""The same for parts of a loop that take many arrays: handing those over would cost more than the part itself."""
