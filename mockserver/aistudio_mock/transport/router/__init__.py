"""The router: a loopback proxy by which a program reaches the mock under the service's real names."""
