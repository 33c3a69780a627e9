// What a suite hands over: parts that are printed, plotted and kept as JSON. Types only.
import type { Measured } from "./measure.ts";

export interface SuiteResult {
  readonly suite: string;
  /** As in `node 24.21.0`. */
  readonly runtime: string;
  readonly parts: readonly Part[];
}

export type Part = Comparison | Figures | Growth;

/** Contenders against the first of them, case by case. */
export interface Comparison {
  readonly kind: "comparison";
  readonly name: string;
  readonly title: string;
  /** What the ratios mean, and what to beware of. */
  readonly note: string;
  readonly cases: readonly { readonly name: string; readonly rows: readonly Measured[] }[];
}

/** A table of numbers that are no ratios. */
export interface Figures {
  readonly kind: "figures";
  readonly name: string;
  readonly title: string;
  readonly note: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Time against size, with the slope of the logarithms. */
export interface Growth {
  readonly kind: "growth";
  readonly name: string;
  readonly title: string;
  readonly note: string;
  readonly x: string;
  readonly series: readonly {
    readonly name: string;
    readonly slope: number;
    /** Size, and microseconds. */
    readonly points: readonly (readonly [number, number])[];
  }[];
}

/** A suite: measures and returns its parts. */
export type Suite = () => Promise<readonly Part[]>;
