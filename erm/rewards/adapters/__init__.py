"""Rewards as other trainers call them: one module a framework.

None of them imports its framework. ``docs/rewards.md`` has an example for each.
"""
