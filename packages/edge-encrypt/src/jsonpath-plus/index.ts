export { jsonpathPlus } from "./engine.ts";
