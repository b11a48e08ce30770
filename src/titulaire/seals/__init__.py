"""Documents sealed by a contract's own key: anyone who holds the public key can check them, without us."""
