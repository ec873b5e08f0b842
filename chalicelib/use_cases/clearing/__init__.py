"""From complete to ready: the malware gate, policy, the hold, invitations."""
