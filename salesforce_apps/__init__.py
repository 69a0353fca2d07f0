"""The apps that a Sales account has made in its Salesforce orgs, and connecting by them without a login."""
