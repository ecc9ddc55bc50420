"""A real S3 server with a bucket that holds a folder's files; ends when its standard input does.

python s3_server.py FOLDER BUCKET
"""

import logging
import os
import sys

import boto3
from moto.server import ThreadedMotoServer


def main() -> None:
    folder, bucket = sys.argv[1:]
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    client = boto3.client("s3", endpoint_url=address)
    client.create_bucket(Bucket=bucket)
    for where, _, files in os.walk(folder):
        for name in files:
            path = os.path.join(where, name)
            key = os.path.relpath(path, folder).replace(os.sep, "/")
            client.upload_file(path, bucket, f"events/{key}")
    print(address, flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
