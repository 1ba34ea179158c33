"""The register of tradespeople at the front door: JSON, sheets (CSV) and pages.

Coordinators read it, because they decide whom to ring; managers change, import and export it, because who is in it is
sent to frightened people's doors.  Source: docs/tradespeople.md#who-may-do-what.
"""
