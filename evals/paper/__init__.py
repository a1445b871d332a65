"""The figures that the DeepSeek-R1 paper and the work around it printed."""
