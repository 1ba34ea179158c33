"""Practical help: goods from suppliers, and visits that leave no visitor alone.  Source: docs/practical-help.md."""
