"""What a production service imports: record decisions, ask the guard, obey the kill switch.

**Promise**: light: importing it loads neither Arrow nor a web framework; what is not recorded is refused,
spooled or counted, as the service chose.
**Not here**: deciding anything about releases (`gate`) or incidents (`respond`).
"""
