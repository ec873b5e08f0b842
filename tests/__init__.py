"""Tests of the whole product; see docs/operations for the ladder."""
