// Prints the milliseconds of processor time that importing the module named on the command line takes.
import { pathToFileURL } from "node:url";

const before = process.cpuUsage();
await import(pathToFileURL(process.argv[2]!).href);
const { user, system } = process.cpuUsage(before);
process.stdout.write(String((user + system) / 1000));
