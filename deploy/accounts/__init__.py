"""The organisation: units, guard rails, and what every account begins with."""
