"""Who people are: sign-in, sessions, tokens, service accounts, device login, guest proof. Mounted at /auth."""

from chalicelib.api import (
    auth_routes_account,
    auth_routes_admin,
    auth_routes_links,
    auth_routes_partners,
    auth_routes_sign_in,
    auth_routes_tokens,
    plain_pages_proof,
)
from chalicelib.api.authorizer import make_authorizer
from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.openapi import register_openapi
from chalicelib.bootstrap import context, front_keys

app = FumibakoApp("auth", context, front_keys)
signed_in = make_authorizer(app, context)
auth_routes_sign_in.register(app, context)
auth_routes_links.register(app, context)
auth_routes_account.register(app, context)
auth_routes_tokens.register(app, context)
auth_routes_admin.register(app, context)
auth_routes_partners.register(app, context)
plain_pages_proof.register(app, context)
register_openapi(app, "auth")
