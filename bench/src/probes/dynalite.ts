// DynamoDB's stand-in, in memory; tells its address to the parent process, or ends where it is not installed.
import type { Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";

const require = createRequire(import.meta.url);
const isInstalled = ((): boolean => {
  try {
    require.resolve("dynalite");
    return true;
  } catch {
    return false;
  }
})();
if (!isInstalled) process.exit(1);
const server = (require("dynalite") as (options: object) => Server)({ createTableMs: 0 });
server.listen(0, "127.0.0.1", () => {
  process.send!(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
