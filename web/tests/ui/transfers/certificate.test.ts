import { describe, expect, it } from "vitest";
import {
  documentName,
  factsOf,
  fingerprint,
  qrText,
  sameRoot,
  verifyCommand,
} from "../../../src/ui/transfers/certificate";
import { names, vector } from "../../support/vectors";

const KINDS = { deletion: "deletion-certificate", "recoverable-past": "recoverable-past", receipt: "receipt" } as const;

describe("the facts of a certificate", () => {
  for (const [name, kind] of Object.entries(KINDS)) {
    it(`are those of ${name}, with the root that Python finds`, async () => {
      const found = vector("certificates", name);
      const facts = await factsOf(found["document"]);
      expect(facts.kind).toBe(kind);
      expect(facts.transfer).toBe(found["document"].statement.transfer);
      expect(sameRoot(facts.root, found["root_fingerprint"])).toBe(true);
      expect(facts.files).toHaveLength(found["document"].statement.files?.length ?? 0);
      expect(facts.signedAt).toMatch(/^20\d\d-.*Z$/);
    });
  }

  it("can be read of every certificate that holds", async () => {
    const valid = names("certificates").filter((name) => vector("certificates", name)["expect"] === "valid");
    expect(valid.length).toBeGreaterThan(5);
    for (const name of valid) await expect(factsOf(vector("certificates", name)["document"])).resolves.toBeTruthy();
  });

  it("are refused where there is nothing to read", async () => {
    for (const name of ["statement-missing", "batch-missing", "key-statement-missing", "key-statement-without-root"]) {
      await expect(factsOf(vector("certificates", name)["document"]), name).rejects.toMatchObject({
        code: "server_wrong",
      });
    }
    await expect(factsOf({ type: "diploma", statement: { type: "diploma" } })).rejects.toMatchObject({
      code: "server_wrong",
    });
  });

  it("name a file, a command and a code to find them by", async () => {
    const facts = await factsOf(vector("certificates", "deletion")["document"]);
    expect(documentName(facts)).toBe("fumibako-deletion-certificate-n7p0r5s8tw.json");
    expect(verifyCommand(facts)).toBe(`fumibako verify ${documentName(facts)} --root ${facts.root}`);
    expect(qrText(facts)).toContain(facts.transfer);
  });
});

describe("fingerprints", () => {
  it("are RFC 7638 thumbprints: the required members alone", async () => {
    const key = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
    // RFC 8037, appendix A.3.
    const bare = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
    expect((await fingerprint({ ...key, kid: "x", alg: "EdDSA" })).replaceAll(".", "")).toBe(`SHA256:${bare}`);
  });

  it("are the same with and without dots, spaces and prefix, and differ by case", () => {
    expect(sameRoot("SHA256:ab.cd", " abcd")).toBe(true);
    expect(sameRoot("SHA256:ab.cd", "SHA256:AB.CD")).toBe(false);
  });
});
