"""What nobody has written down, asked of an account: free calls only, and everything deleted afterwards."""
