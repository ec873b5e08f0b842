"""The verbs as an operator runs them: the real CDK command, the real templates, an emulator for the account."""
