"""The emulated AWS of a world: emulators, the gateway in front of them, and clients to call it.

Everything in a world that speaks AWS sees one endpoint, the gateway; it journals each call, says
clearly when an operation is not implemented, and tells listeners (the edge) of changes.

    harness.cloud.gateway       Gateway: the one AWS endpoint, an ASGI app
    harness.cloud.emulator      Emulator: what stands behind it; clouds_with: who has what it lacks
    harness.cloud.moto          MotoEmulator: the embedded default, cloned by fork
    harness.cloud.clients       Clients: boto3 clients that say who they are
    harness.cloud.calls         AwsCall: one call, as journaled and as listeners get it
    harness.cloud.operations    OperationIndex: which operation an HTTP request is
"""
