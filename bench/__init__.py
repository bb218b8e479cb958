"""How fast whoseport is, against the tools it names; bench/README.md holds the results."""
