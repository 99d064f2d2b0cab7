"""A report becomes text. Nothing else happens here."""
