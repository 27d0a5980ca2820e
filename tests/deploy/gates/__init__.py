"""What must hold of the manifests: each gate takes rendered manifests and says in words what is wrong."""
