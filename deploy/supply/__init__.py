"""The supply chain: what is in a release, one signature over all of it, and the check before anything of it is deployed."""
