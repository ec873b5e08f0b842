"""What only a real account can show: questions, judges of the answers, and a record of what was proved (docs/cloud/prove.md)."""
