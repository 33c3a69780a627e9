// One suite in this very process: `node run-suite.ts NAME FILE` writes its result as JSON to FILE.
import { writeFileSync } from "node:fs";
import type { SuiteResult } from "./result.ts";
import { suites } from "./suites/index.ts";

const [name = "", file = ""] = process.argv.slice(2);
const suite = await suites[name]!();
const result: SuiteResult = { suite: name, runtime: `Node ${process.versions.node}`, parts: await suite() };
writeFileSync(file, `${JSON.stringify(result, null, 1)}\n`);
