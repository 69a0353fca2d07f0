"""Which Salesforce org an account, or a member, is connected to: logging in, disconnecting, and offers to move."""
