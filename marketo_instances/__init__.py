"""The Marketo instances of companies: how they enter, who their admins are, and what they let this console take."""
