// Prints the milliseconds that importing the module named on the command line takes.
import { pathToFileURL } from "node:url";

const module = pathToFileURL(process.argv[2]!).href;
const start = performance.now();
await import(module);
process.stdout.write(String(performance.now() - start));
