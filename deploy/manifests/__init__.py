"""What of the manifests is made from the code: topics, users with their ACLs, secrets."""
