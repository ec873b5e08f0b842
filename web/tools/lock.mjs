// Writes package-lock.json anew: versions and hashes, no address of a registry and none of those who ask for money.
// In an empty folder, because npm leaves out the packages of other systems where it finds its own installed.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "lock-"));
for (const name of ["package.json", ".npmrc"]) cpSync(name, join(folder, name));
execFileSync("npm", ["install", "--package-lock-only", "--ignore-scripts"], { cwd: folder, stdio: "inherit" });
const lock = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"));
for (const found of Object.values(lock.packages)) {
  delete found.funding;
  delete found.resolved;
}
writeFileSync("package-lock.json", `${JSON.stringify(lock, null, 2)}\n`);
rmSync(folder, { recursive: true });
