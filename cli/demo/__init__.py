"""`holdfast demo`: a published year of referrals, or a share of it, played over the public API."""
