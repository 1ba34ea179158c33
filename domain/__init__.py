"""The rules: pure, standard library only.  Time, ids and calendars are arguments."""
