// What the numbers were measured on.
import { cpus, loadavg, release, totalmem, type } from "node:os";

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  /** Work that stood in line during the last minute, ours included: above `cores`, others were measured with us. */
  readonly load: number;
}

export function machine(): Machine {
  return {
    processor: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    load: Math.round(loadavg()[0]! * 10) / 10,
  };
}
