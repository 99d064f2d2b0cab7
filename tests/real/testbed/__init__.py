"""Real servers for the tests: started on loopback with free ports, in a temporary folder, and stopped again."""
