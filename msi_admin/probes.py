"""What load balancers and monitoring ask (msi_admin.health): over http, too, and without a trace or a line of log."""

PROBES = ("/healthz", "/readyz", "/readyz/workers", "/metrics")
