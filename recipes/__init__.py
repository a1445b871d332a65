"""YAML files that users run or copy."""
