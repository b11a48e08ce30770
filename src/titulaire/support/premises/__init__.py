"""Where the contract is carried out, and with what: sites, floors, places of work, equipment."""
