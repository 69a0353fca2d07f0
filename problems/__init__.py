"""What can go wrong with Marketo and Salesforce, in sentences, and the rights over there that prevent it."""
