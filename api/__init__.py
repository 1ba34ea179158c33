"""The front door: the JSON API.  It validates, stores what came in, and messages workflows."""
