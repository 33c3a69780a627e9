import { codecFor, parseMediaType } from "@fieldseal/core/body";
import { expect, it } from "vitest";
import { walkBody } from "./walk.ts";

const mediaType = parseMediaType("application/json");
const walk = (json: string): ReturnType<typeof walkBody> =>
  walkBody(Buffer.from(json), codecFor(mediaType)!, mediaType);

it("tells the path of every value, outer ones before inner ones", () => {
  const paths = walk('{"a":[{"b":1},2],"c":{}}').map(({ path }) => path);
  expect(paths).toEqual([[], ["a"], ["a", 0], ["a", 0, "b"], ["a", 1], ["c"]]);
});

it("takes no time and memory for paths that nobody asks for: recorded bodies are anybody's", () => {
  const [depth, count] = [900, 100_000];
  const values = walk(`${"[".repeat(depth)}${"1,".repeat(count)}1${"]".repeat(depth)}`);
  expect(values).toHaveLength(depth + count + 1);
  expect(values.at(-1)!.path).toEqual([...new Array(depth - 1).fill(0), count]);
});
