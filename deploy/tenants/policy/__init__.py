"""A model of how IAM decides, for tests: what a policy file of ours allows is computed, never guessed.

Written because the emulators decide otherwise (they fail open on ``dynamodb:LeadingKeys``) and AWS's simulator needs an account. The rules are
those of the IAM User Guide; tests/deploy/tenants/ checks them against its worked examples and against another implementation's recorded
answers. What it does not know it refuses with ``PolicyUnknown`` instead of guessing.
"""
