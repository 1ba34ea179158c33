"""Plugs stores and providers into ports; the one room that knows settings, clients and keys."""
