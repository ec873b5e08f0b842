"""While records are put back: hold a stage, settle what was destroyed since, release it."""
