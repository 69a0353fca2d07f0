"""What the connected users may see and do, and which members use the connection to Marketo."""
