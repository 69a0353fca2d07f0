"""The Marketo instances of companies: how they enter, connecting to them, their admins, what this console may take."""
