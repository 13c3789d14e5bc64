"""The background door: what is done beside requests, from records that survive a restart."""
