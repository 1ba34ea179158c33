"""Repairs: what is asked for, who is offered it, and what becomes of it.  Nothing is imported here."""
