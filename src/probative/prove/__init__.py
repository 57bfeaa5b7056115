"""Prove: evidence packages that a stranger verifies without trusting, or even having, the product.

**Promise**: reads only facts and the blobs and rows they name; what leaves the house is listed in the ledger.
**Not here**: judging (`gate`, `watch`), acting (`respond`), and keeping (`record`).
"""
