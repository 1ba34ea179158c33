"""The provider simulator: SendGrid, Twilio, GOV.UK Notify and a repairs service, and their readers in a browser.

For tests, rehearsals and the demo.  It imports nothing of Holdfast, so that it cannot share a mistake with it, and
only `cli/` may import it.  Nothing it is given leaves this machine: it calls back the service it was started for.
What it is told stays in memory, is bounded, and is never logged.
"""
