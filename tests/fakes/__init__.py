"""Memory stand-ins that obey the whole contract of their port, with visible state. They are for tests only."""
