// Asks @cloud-copilot/iam-simulate 0.1.173 what it says of the cases of cases.py; prints name -> verdict. See there.
// Its public entry drops session policies and fails on resource policies, so its engine is asked directly.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const from = createRequire(`${process.cwd()}/`);
const folder = join(dirname(from.resolve("@cloud-copilot/iam-simulate")), "../esm");
const inside = (path) => import(pathToFileURL(join(folder, path)));
const { authorize } = await inside("core_engine/CoreSimulatorEngine.js");
const { AwsRequestImpl } = await inside("request/request.js");
const { RequestContextImpl } = await inside("requestContext.js");
const { DiscoveryContextKeyConstraints } = await inside("context_keys/discoveryContextKeyConstraints.js");
const { loadPolicy } = await import(pathToFileURL(from.resolve("@cloud-copilot/iam-policy")));
const verdicts = { Allowed: "allowed", ExplicitlyDenied: "explicit_deny", ImplicitlyDenied: "implicit_deny" };
const loaded = (policy, at) => loadPolicy(policy, { name: `p${at}` });

// A key of several values without any is a key that is not there: so says the User Guide of the Null operator.
const present = (context) =>
  Object.fromEntries(Object.entries(context).filter(([, value]) => !Array.isArray(value) || value.length));

function ask(one) {
  const resource = { resource: one.resource, accountId: one.account };
  const context = new RequestContextImpl(present(one.context));
  const analysis = authorize({
    request: new AwsRequestImpl(one.principal, resource, one.action, context),
    sessionPolicy: one.session ? loaded(one.session, "session") : undefined,
    identityPolicies: one.identity.map(loaded),
    serviceControlPolicies: one.organisation.map((level, at) => ({
      orgIdentifier: `o${at}`,
      policies: level.map(loaded),
    })),
    resourceControlPolicies: [],
    resourcePolicy: one.resourcePolicy ? loaded(one.resourcePolicy, "resource") : undefined,
    permissionBoundaries: one.boundary ? one.boundary.map(loaded) : undefined,
    vpcEndpointPolicies: undefined,
    simulationParameters: {
      simulationMode: "Strict",
      discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([]),
    },
    serviceSettings: { s3: {} },
  });
  return verdicts[analysis.result];
}

const answers = {};
for (const one of JSON.parse(readFileSync(process.argv[2], "utf-8"))) {
  try {
    answers[one.name] = ask(one);
  } catch (error) {
    answers[one.name] = `error: ${error.message}`;
  }
}
process.stdout.write(`${JSON.stringify(answers, null, 1)}\n`);
