"""The register of tradespeople: its table, its entries, and what offers say of each."""
