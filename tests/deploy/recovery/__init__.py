"""Holding a stage, and letting it go again."""
