// `npm run check`: everything that must be right before a change is merged. All steps run, then one summary. Further arguments go to vitest.
// `npm run check -- --static` leaves the tests out, for whoever runs them by themselves.
import { join } from "node:path";
import { makeReady, root, runNode } from "./ready.mjs";

const tool = (...parts) => join(root, "node_modules", ...parts);
const [isStatic, forTests] = [process.argv.includes("--static"), process.argv.slice(2).filter((argument) => argument !== "--static")];
const STEPS = [
  { name: "format and lint", script: tool("@biomejs", "biome", "bin", "biome"), args: ["check", "."] },
  { name: "types", script: tool("typescript", "bin", "tsc"), args: ["-p", "tsconfig.json"] },
  { name: "dead code", script: tool("knip", "bin", "knip.js"), args: [] },
  {
    name: "tests, and coverage of the kernel",
    isTest: true,
    script: tool("vitest", "vitest.mjs"),
    args: ["run", "--project", "unit", "--coverage", ...forTests],
  },
];

function runStep(step) {
  console.log(`\n── ${step.name}`);
  const started = Date.now();
  const passed = runNode(step.script, step.args) === 0;
  return { name: step.name, passed, seconds: ((Date.now() - started) / 1000).toFixed(1) };
}

makeReady();
const steps = isStatic ? STEPS.filter(({ isTest }) => !isTest) : STEPS;
const results = steps.map(runStep);
console.log("\n── summary");
for (const { name, passed, seconds } of results) console.log(`${passed ? "passed" : "FAILED"}  ${name} (${seconds} s)`);
console.log(isStatic ? "Not run: the tests." : "Not run: the suites that need real servers. They run with: npm run test:servers");
process.exitCode = results.every((result) => result.passed) ? 0 : 1;
