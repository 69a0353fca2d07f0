"""Email addresses as Salesforce keeps them."""

# Salesforce ends the addresses of a sandbox's users like this, so that they get no mail.
SANDBOX_ENDING = ".invalid"


def real_address(address: str) -> str:
    """The address of a Salesforce user without the ending of a sandbox, where they get no mail."""
    return address.removesuffix(SANDBOX_ENDING)
