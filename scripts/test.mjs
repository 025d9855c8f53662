// `npm test`: every test that needs nothing but Node. `npm run test:servers`: the suites that need real servers, which are installed first; `npm run test:engines`: those of
// them that are about engines. Where a server can't be had, its suites are left out, and in CI that is a failure. Further arguments go to vitest (`npm test -- test/store`).
import { join } from "node:path";
import { makeReady, root, runNode } from "./ready.mjs";
import { describeServer, getServers, SERVERS } from "./servers.mjs";

const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
/** Of a server's suites, those that are about an engine. */
const ENGINES = ["test/engine/", "test/http/", "test/chaos/"];

const isEngines = (suite) => ENGINES.some((start) => suite.startsWith(start));

function testServers(args, wanted = () => true) {
  const names = Object.keys(SERVERS).filter((name) => SERVERS[name].suites.some(wanted));
  const servers = getServers(names, true);
  const lacking = servers.filter(({ problem }) => problem !== undefined);
  for (const server of servers) console.log(describeServer(server));
  if (lacking.length > 0 && process.env.CI) return 1;
  const without = lacking.flatMap(({ suites }) => suites.flatMap((suite) => ["--exclude", suite]));
  const status = runNode(vitest, ["run", "--project", "servers", ...without, ...args]);
  for (const { name, suites, problem } of lacking) console.log(`Not run: ${suites.join(", ")}, which need ${name}. ${problem}`);
  return status;
}

function testUnits(args) {
  const status = runNode(vitest, ["run", "--project", "unit", ...args]);
  console.log("\nNot run: the suites that need real servers, such as the S3 store against an S3 server. They run with: npm run test:servers");
  return status;
}

makeReady();
const [first, ...rest] = process.argv.slice(2);
if (first === "servers") process.exitCode = testServers(rest);
else if (first === "engines") process.exitCode = testServers(rest.some((argument) => argument.startsWith("test/")) ? rest : [...ENGINES, ...rest], isEngines);
else process.exitCode = testUnits(first === undefined ? [] : [first, ...rest]);
