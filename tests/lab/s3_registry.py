"""A real registry whose storage is an object storage: S3, served by this process (tests/tools/s3_server.py).

Its objects are looked at from outside, in the server's memory.
"""

import json
import re
import threading

import s3_server

from lab import registry

BLOB = r"/docker/registry/v2/blobs/(\w+)/[0-9a-f]{2}/([0-9a-f]+)/data$"


class S3Registry(registry.Registry):
    """bucket     what its storage has: an s3_server.Bucket
    redirect   blobs are answered by a redirection to the S3 server"""

    def __init__(self, redirect=False, **options):
        self.redirect = redirect
        self.server = s3_server.Server()
        self.bucket = self.server.bucket
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        super().__init__(**options)

    def storage(self):
        return f"""  s3:
    region: us-east-1
    regionendpoint: '{self.server.url}'
    bucket: {self.bucket.name}
    accesskey: for
    secretkey: tests
    secure: false
    v4auth: true
    forcepathstyle: true
    chunksize: 5242880
    rootdirectory: /of/tests
  redirect: {{disable: {json.dumps(not self.redirect)}}}
"""

    def empty(self):
        self.bucket.clear()

    def blob_sizes(self):
        """{digest: bytes} of all blobs in the bucket."""
        return {
            ":".join(re.search(BLOB, key).groups()): size
            for key, size in self.bucket.sizes(BLOB).items()
        }

    def stop(self):
        super().stop()
        self.server.shutdown()
        self.server.server_close()
