"""LocalStack as an emulator: a process of our own, cloned by fork, or an endpoint that runs already.

harness.cloud.localstack.emulator  LocalStackEmulator: our own process, in its own environment
harness.cloud.localstack.process   runs inside that process, with its interpreter
harness.cloud.localstack.shared    SharedLocalStack: an endpoint, reset between drills
harness.cloud.localstack.copying   its state, read and written through the AWS API
requirements.txt                   what is installed in the environment, all of it pinned
"""
