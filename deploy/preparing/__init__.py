"""What an account needs before its first deployment, each piece looked for before it is made."""
