"""People whom an external identity provider signs in: its public keys, and the tokens that it signs."""
