"""The steps workflows take: one verb per method, safe to repeat, fed through ports."""
