"""Hypothesis without a clock: a busy machine must not fail a test that is right."""

from hypothesis import settings

settings.register_profile("format", deadline=None, database=None)
settings.load_profile("format")
