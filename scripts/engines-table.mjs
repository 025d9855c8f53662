// `npm run engines:table -- REPORT.json...` writes the table of the engines' suite in docs/engines.md from vitest's JSON reports. A report replaces the columns of the engines
// that it has; the others stay as they are. Make reports with: npm run test:engines -- --reporter=json --outputFile=engines.json
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PAGE = join(dirname(fileURLToPath(import.meta.url)), "..", "docs", "engines.md");
const START = "<!-- The table between these marks is written by `npm run engines:table`. -->";
const END = "<!-- End of the table. -->";

/** The columns of a report: by engine and where it ran, the day and a cell for each test. Only whole suites count. */
function columnsOf(report) {
  const day = new Date(report.startTime).toISOString().slice(0, 10);
  const columns = new Map();
  for (const { assertionResults } of report.testResults) {
    for (const { title, status, duration, meta } of assertionResults) {
      if (!meta?.engine) continue;
      const name = meta.on ? `\`${meta.engine}\` on ${meta.on}` : `\`${meta.engine}\``;
      const column = columns.get(name) ?? { day, cells: new Map() };
      columns.set(name, column);
      column.cells.set(title, cellOf(status, duration, meta.reason));
    }
  }
  return columns;
}

function cellOf(status, duration, reason) {
  if (status === "passed") return `${((duration ?? 0) / 1_000).toFixed(1)} s`;
  if (reason) return `– ${reason}`;
  throw new Error(status === "failed" ? "A test failed; the table shows only what passes." : "A test was left out without a reason; run the suite whole.");
}

/** The columns of the table that stands on the page. */
function columnsOn(table) {
  const rows = table
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim()),
    );
  const [header = [], , days = [], ...tests] = rows;
  return new Map(header.slice(1).map((name, index) => [name, { day: days[index + 1], cells: new Map(tests.map((cells) => [cells[0], cells[index + 1]])) }]));
}

/** Tests are rows, in their order in the suite, which a report has; engines are columns. */
function tableOf(columns, titles) {
  const names = [...columns.keys()];
  const row = (first, cell) => `| ${first} | ${names.map((name) => cell(columns.get(name))).join(" | ")} |`;
  return [
    `| test | ${names.join(" | ")} |`,
    `|---|${names.map(() => "---").join("|")}|`,
    row("run on", ({ day }) => day),
    ...titles.map((title) => row(title, ({ cells }) => cells.get(title) ?? "")),
  ].join("\n");
}

function main(reports) {
  if (reports.length === 0) {
    console.error("Usage: npm run engines:table -- REPORT.json...");
    return 2;
  }
  const page = readFileSync(PAGE, "utf8");
  const [start, end] = [page.indexOf(START), page.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`${PAGE} has no place for the table.`);
  const columns = columnsOn(page.slice(start, end));
  let titles = [];
  for (const path of reports) {
    for (const [name, column] of columnsOf(JSON.parse(readFileSync(path, "utf8")))) {
      columns.set(name, column);
      titles = [...column.cells.keys()];
    }
  }
  if (titles.length === 0) throw new Error("No report has a test of the engines' suite.");
  writeFileSync(PAGE, `${page.slice(0, start)}${START}\n\n${tableOf(columns, titles)}\n\n${page.slice(end)}`);
  console.log(`${PAGE}: ${[...columns.keys()].join(", ")}`);
  return 0;
}

process.exitCode = main(process.argv.slice(2));
