// `npm test`: every test that needs nothing but Node. `npm run test:servers`: the suites that need real servers, which are installed first.
// Further arguments go to vitest (`npm test -- test/store`).
import { join } from "node:path";
import { makeReady, root, runNode } from "./ready.mjs";

const vitest = join(root, "node_modules", "vitest", "vitest.mjs");

function testServers(args) {
  const installed = runNode(join(root, "scripts", "servers.mjs"), ["install"]);
  return installed === 0 ? runNode(vitest, ["run", "--project", "servers", ...args]) : installed;
}

function testUnits(args) {
  const status = runNode(vitest, ["run", "--project", "unit", ...args]);
  console.log("\nNot run: the suites that need real servers, such as the S3 store against an S3 server. They run with: npm run test:servers");
  return status;
}

makeReady();
const [first, ...rest] = process.argv.slice(2);
process.exitCode = first === "servers" ? testServers(rest) : testUnits(first === undefined ? [] : [first, ...rest]);
