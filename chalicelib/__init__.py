"""The shared inside of every Fumibako service: rules, ports, use cases, adapters."""
