"""Numbers as people read them: three digits that matter, thousands apart."""


def number(value: float) -> str:
    """``1234.5`` -> ``1,234``; ``0.01234`` -> ``0.0123``."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"
