"""Repairs at the front door: asked for, followed, decided; as JSON and as pages."""
