"""Moving a Sales account to another Salesforce org."""
