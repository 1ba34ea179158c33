"""The page a tradesperson opens from a text.  Nothing is imported here."""
