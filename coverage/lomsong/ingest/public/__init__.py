"""Public layers fetched from their documented places."""
