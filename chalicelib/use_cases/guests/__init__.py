"""People without an account: what a link shows, and how they prove who they are."""
