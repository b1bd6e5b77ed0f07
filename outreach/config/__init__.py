"""Settings, where they come from, and the passwords that are none of them."""
