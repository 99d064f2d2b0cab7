"""What a governance document means: policy, decisions, effective permissions, differences."""
