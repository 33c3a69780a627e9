// Prints the megabytes of resident memory that ten requests add at their peak: bundle, records, policy are arguments.
import { pathToFileURL } from "node:url";
import type { EdgeBundle } from "../bundle.ts";
import { documentOf } from "../documents.ts";
import { eventOf } from "../events.ts";

const [file = "", records = "1", policy = ""] = process.argv.slice(2);
const { handlerFor } = (await import(pathToFileURL(file).href)) as Pick<EdgeBundle, "handlerFor">;
const handler = handlerFor(JSON.parse(policy));
await handler(eventOf(documentOf(1).bytes));
const event = eventOf(documentOf(Number(records)).bytes);
const before = process.resourceUsage().maxRSS;
for (let i = 0; i < 10; i++) await handler(event);
process.stdout.write(String((process.resourceUsage().maxRSS - before) / 1024));
