"""What the chart's Jobs run: before install and upgrade, and before uninstall."""
