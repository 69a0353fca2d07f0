"""A standalone server that speaks Marketo's and Salesforce's protocols, for development, demos and tests."""
