"""Log in with Salesforce, as a provider of allauth: who somebody is, never what the console may call.

It stands above `connections`, whose rules for hosts and whose OAuth calls it uses, and accepts invitations.
"""
