"""Makes and keeps Fumibako on AWS: stages, stacks, packaging, tenants. `python -m deploy` lists the verbs."""
