"""Repairs in the tables: what was asked for, who was offered it, what tradespeople were told, and what it cost."""
