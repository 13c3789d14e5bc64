"""The one place that builds clients, repositories and services, a file a capability."""
