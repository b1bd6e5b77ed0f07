"""What all tests share: a fixed instant, real databases, and no network but loopback."""
