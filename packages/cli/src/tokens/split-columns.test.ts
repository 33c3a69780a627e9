import { expect, it } from "vitest";
import { splitColumns } from "./split-columns.ts";

it.each([
  ["a,b=ssn", [{ name: "a" }, { name: "b", format: "ssn" }]],
  ["a=b=ssn", [{ name: "a=b", format: "ssn" }]],
  ["a,", [{ name: "a" }, { name: "" }]],
  ["$.a.b,$.c[*].d=card", [{ name: "$.a.b" }, { name: "$.c[*].d", format: "card" }]],
  ["$['a,b','c=d'].e=card,f", [{ name: "$['a,b','c=d'].e", format: "card" }, { name: "f" }]],
  ["$['a\\'],=b'],c", [{ name: "$['a\\'],=b']" }, { name: "c" }]],
  ["$.a[0=card,b", [{ name: "$.a[0=card,b" }]],
  ["it's,[x,$y=card", [{ name: "it's" }, { name: "[x" }, { name: "$y", format: "card" }]],
])("splits %s", (text, columns) => {
  expect(splitColumns(text, true)).toEqual(columns);
});

it("knows no selector where columns are those of CSV", () => {
  expect(splitColumns("$['a,b']=card", false)).toEqual([{ name: "$['a" }, { name: "b']", format: "card" }]);
});
