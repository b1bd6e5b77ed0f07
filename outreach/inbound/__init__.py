"""From received bytes to events: what a mail is, whose it is, what the person wrote."""
