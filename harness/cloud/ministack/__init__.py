"""MiniStack as an emulator, in an environment of its own, cloned by fork.

harness.cloud.ministack.emulator   MiniStackEmulator: what the rest of sitedrill uses
harness.cloud.ministack.process    runs inside the emulator's process, with its interpreter
requirements.txt                   what is installed there, all of it pinned
"""
