"""Rosters: schools, households, hamlets, sites, and learners counted once."""
