"""The tenant inside a stage: made by the product's own set-up command, exported and removed item by item."""

import tempfile
from collections.abc import Callable, Sequence
from typing import Any, Final

from deploy.account import Clients
from deploy.errors import Refused
from deploy.names import blobs_bucket, records_table, wrapped_keys_table
from deploy.stage import Stage
from deploy.tenants.lifecycle.aws_refusals import told
from deploy.tenants.lifecycle.tenant_items import delete, item, keys_of, lines, tenant_pk

# Beyond this the export goes to disk instead of memory.
_IN_MEMORY: Final = 8 * 1024**2


class StageMembers:
    """``set_up(stage, arguments, host)`` runs `python -m onprem.runtime init` against the stage and gives its exit code; it alone shows the first
    admin's password, once, to the operator. ``exports`` is the bucket of exports.
    """

    def __init__(
        self,
        *,
        stage_of: Callable[[str], Stage],
        clients: Callable[[str], Clients],
        set_up: Callable[[Stage, Sequence[str], str], int],
        exports: str,
    ) -> None:
        self._stage_of = stage_of
        self._clients = clients
        self._set_up = set_up
        self._exports = exports

    def create(self, stage: str, account: str, tenant: str, *, name: str, host: str) -> None:
        """Raises Refused: name_taken, set_up_failed."""
        made, dynamodb = self._place(stage, account)
        table = records_table(made)
        if item(dynamodb, table, tenant_pk(tenant, "bootstrap"), "bootstrap") is not None:
            self._require_host(dynamodb, table, tenant, host)
            return
        if item(dynamodb, table, tenant_pk(tenant, "tenant"), "tenant") is not None:
            # A set-up that died between tenant and first admin: nobody could ever sign in, so it is begun anew.
            self._delete_host(dynamodb, table, tenant, host)
            delete(dynamodb, table, [_key(tenant_pk(tenant, "tenant"), "tenant")])
        self._require_host(dynamodb, table, tenant, host)
        if self._set_up(made, ["--tenant", tenant, "--name", name], host) != 0:
            raise Refused(
                "set_up_failed", "The tenant's set-up command failed.", "Read what it said, mend it, and repeat."
            )

    def held(self, stage: str, account: str, tenant: str) -> list[str]:
        """Bytes, unfinished uploads and wrapped keys that are still there."""
        made, dynamodb = self._place(stage, account)
        s3, bucket, prefix = self._client(made, account, "s3"), blobs_bucket(made), f"{tenant}/"
        with told():
            versions = s3.list_object_versions(Bucket=bucket, Prefix=prefix, MaxKeys=1)
            uploads = s3.list_multipart_uploads(Bucket=bucket, Prefix=prefix, MaxUploads=1)
        found = {
            "bytes of transfers": bool(versions.get("Versions") or versions.get("DeleteMarkers")),
            "unfinished uploads": bool(uploads.get("Uploads")),
            "keys of transfers": any(
                True for _ in keys_of(dynamodb, wrapped_keys_table(made), tenant_pk(tenant, "key", "tr_"))
            ),
        }
        return sorted(what for what, there in found.items() if there)

    def export(self, stage: str, account: str, tenant: str) -> str:
        """``s3://<bucket>/<stage>/<tenant>.jsonl``: repeating it writes what is there by then."""
        made, dynamodb = self._place(stage, account)
        key = f"{stage}/{tenant}.jsonl"
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
            for line in lines(dynamodb, records_table(made), tenant):
                file.write(line.encode())
            file.seek(0)
            with told():
                self._client(made, account, "s3").put_object(Bucket=self._exports, Key=key, Body=file)
        return f"s3://{self._exports}/{key}"

    def remove(self, stage: str, account: str, tenant: str) -> None:
        held = self.held(stage, account, tenant)
        if held:
            raise Refused(
                "data_held",
                f"The tenant still has {', '.join(held)}.",
                "Recall the transfers or wait for their expiry.",
            )
        made, dynamodb = self._place(stage, account)
        table = records_table(made)
        # The host first: from then on nobody is led to a tenant that is going.
        tenant_item = item(dynamodb, table, tenant_pk(tenant, "tenant"), "tenant")
        if tenant_item is not None:
            self._delete_host(dynamodb, table, tenant, str(tenant_item["base_url"]).partition("://")[2])
        for name in (table, wrapped_keys_table(made)):
            delete(dynamodb, name, list(keys_of(dynamodb, name, tenant_pk(tenant, ""))))

    def _place(self, stage: str, account: str) -> tuple[Stage, Any]:
        made = self._stage_of(stage)
        return made, self._client(made, account, "dynamodb")

    def _client(self, stage: Stage, account: str, service: str) -> Any:
        return self._clients(account or stage.account)(service, region_name=stage.region)

    def _require_host(self, dynamodb: Any, table: str, tenant: str, host: str) -> None:
        found = item(dynamodb, table, tenant_pk("host", host), "host")
        if found is not None and found["tenant"] != tenant:
            raise Refused("name_taken", f"{host} is another tenant's in this stage.", "Choose another host name.")

    def _delete_host(self, dynamodb: Any, table: str, tenant: str, host: str) -> None:
        found = item(dynamodb, table, tenant_pk("host", host), "host")
        if found is not None and found["tenant"] == tenant:
            delete(dynamodb, table, [_key(tenant_pk("host", host), "host")])


def _key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}
