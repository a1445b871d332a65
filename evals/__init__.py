"""From runs to figures: metrics, intervals, comparison."""
