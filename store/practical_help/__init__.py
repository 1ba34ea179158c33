"""Practical help in the tables: where it stands, and what people said with each step."""
