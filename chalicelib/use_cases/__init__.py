"""One verb a file. A use case asks the rules, writes once, and records its events in the same transaction."""
