"""Things of a stage that move: switched off together, and on again as they stood. For a restore (deploy/recovery) and for a night (deploy/pipeline)."""
