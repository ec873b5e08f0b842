"""The peer of ``cold``: a bare Chalice app whose one route answers one GetItem of boto3."""

import json
import os
from typing import Any

import boto3
from chalice.app import Chalice

app = Chalice("bare", configure_logs=False)
_dynamodb = boto3.client(
    "dynamodb", region_name=os.environ["FUMIBAKO_AWS_REGION"], endpoint_url=os.environ["FUMIBAKO_AWS_ENDPOINT"]
)


@app.route("/v1/transfers/{transfer}")
def show(transfer: str) -> dict[str, Any]:
    key = {"pk": {"S": f"acme#tr#{transfer}"}, "sk": {"S": "head"}}
    found = _dynamodb.get_item(TableName=os.environ["FUMIBAKO_DYNAMODB_TABLE"], Key=key, ConsistentRead=True)
    body: dict[str, Any] = json.loads(found["Item"]["b"]["S"])
    return body
