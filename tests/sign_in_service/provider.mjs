// A certified OpenID Connect provider with one client. Whoever signs in with a name is that address; `unverified@` and `silent@` differ in email_verified.
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const [redirectUri, method] = process.argv.slice(2);
const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "fumibako",
        client_secret: "s3cret: of/ours",
        redirect_uris: [redirectUri],
        grant_types: ["authorization_code"],
        response_types: ["code"],
        token_endpoint_auth_method: method,
      },
    ],
    clientAuthMethods: [method],
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    cookies: { keys: ["for tests alone"] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, email: id, ...(!id.startsWith("silent@") && { email_verified: !id.startsWith("unverified@") }) }),
    }),
  });
  server.on("request", provider.callback());
  process.stdout.write(`${JSON.stringify({ issuer })}\n`);
});
