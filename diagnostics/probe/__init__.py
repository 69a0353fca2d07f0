"""
Read-only questions to a company's Marketo and Salesforce about what this console assumes of them.

Where no document says how the real ones answer, the first real company teaches it in minutes. An answer is a truth
value, a number or a word of ours, never a text of theirs: a report holds no name, no address and no secret.
"""
