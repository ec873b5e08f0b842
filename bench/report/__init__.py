"""docs/performance.md, made from the recorded results: ``python -m bench.report``."""
