"""One CDK stack per lifecycle; they find each other by `deploy.names` and SSM parameters, never by exports."""
