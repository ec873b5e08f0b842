"""From a commit to every customer: one release, waves of stages, a watch over the alarms, and the way back. The same verbs run in CodePipeline and in GitHub Actions."""
