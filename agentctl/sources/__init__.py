"""The only home of servers and files of observation: Kubernetes, Prometheus, Loki, traces, bundles."""
