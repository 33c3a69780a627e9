// The arrows of ARCHITECTURE.md: who may import whom, between packages and between the rooms of core.
// test/repo/arrows.test.ts proves that every source file is read and that each rule finds a planted breach.

/** Rooms of core, and the other rooms that each may import. */
const rooms = {
  errors: [],
  bytes: [],
  identifiers: [],
  body: ["errors", "bytes"],
  config: ["errors"],
  policy: ["errors", "bytes", "config", "body", "envelope"],
  envelope: ["errors", "bytes"],
  detect: ["identifiers", "body"],
  access: ["errors", "bytes", "config"],
  audit: ["errors", "bytes", "config"],
};

/** Packages, and what of ours each may import: a package, or some rooms of core. */
const packages = {
  core: [],
  "edge-encrypt": ["core"],
  decrypt: ["core"],
  tokenizer: ["core/(?:errors|bytes|config|identifiers|access|audit|body|policy)"],
  cli: ["core", "edge-encrypt", "decrypt", "tokenizer", "emulator"],
  // Imports no library of ours, so that it cannot share their bugs.
  emulator: [],
};

/** Folders that may import `@aws-sdk/*`: each is a subpath of its own, so that nobody else loads it. */
const awsFolders = [
  "decrypt/src/kms/",
  "decrypt/src/secrets-manager/",
  "decrypt/src/ssm/",
  "tokenizer/src/dynamodb/",
  "tokenizer/src/kms/",
  "tokenizer/src/s3/",
  "tokenizer/src/secrets-manager/",
  "decrypt/src/audit/eventbridge/",
  "decrypt/src/audit/cloudwatch-logs/",
  "decrypt/src/hosts/s3/",
  "decrypt/src/hosts/service/",
  "cli/src/",
];

/** The tokenizer's stores: their folders, the file with their interface, and what of the platform is theirs alone. */
const stores = {
  store: {
    folders: "memory|sqlite|postgres|dynamodb",
    interfaceFile: "vault/store",
    platform: ["^(?:node:)?sqlite$"],
  },
  "object-store": { folders: "s3|folder", interfaceFile: "distributed-map/object-store", platform: [] },
};

const tests = "[.](?:test|fuzz|bench|fixture)[.]ts$";
const shipped = (folder) => ({ path: `^packages/${folder}`, pathNot: tests });

// A dependency reads as the file it resolves to, or as its specifier where there is none.
const ours = (name) => {
  const [packageName, room] = name.split("/");
  return room === undefined
    ? `^packages/${packageName}/|^@fieldseal/${packageName}(?:/|$)`
    : `^packages/${packageName}/src/${room}/|^@fieldseal/${packageName}/${room}$`;
};
const anyOfOurs = "^packages/|^@fieldseal/";
const installed = "(?:^|/)node_modules/|^[^./]";
const awsSdk = "(?:^|/)@aws-sdk/";

const packageRules = Object.entries(packages).map(([name, allowed]) => ({
  name: `package-${name}`,
  severity: "error",
  comment: `${name} may import: ${allowed.join(", ") || "nothing of ours"}`,
  from: shipped(`${name}/src/`),
  to: { path: anyOfOurs, pathNot: [name, ...allowed].map(ours) },
}));

const roomRules = Object.entries(rooms).map(([name, allowed]) => ({
  name: `room-${name}`,
  severity: "error",
  comment: `core's ${name} may import the rooms: ${allowed.join(", ") || "none"}`,
  from: shipped(`core/src/${name}/`),
  to: { path: "^packages/core/src/", pathNot: `^packages/core/src/(?:${[name, ...allowed].join("|")})/` },
}));

// A store is known by its interface, and knows of who uses it only that; what drivers throw means the same to all.
const storeRules = Object.entries(stores).flatMap(([name, { folders, interfaceFile, platform }]) => [
  {
    name: `${name}s-under-their-own-subpath`,
    severity: "error",
    comment: `a ${name} is loaded only by who imports its subpath; everything else knows ${interfaceFile}`,
    from: { path: `^packages/tokenizer/src/(?!(?:${folders})/)`, pathNot: tests },
    to: { path: [`^packages/tokenizer/src/(?:${folders})/`, ...platform] },
  },
  {
    name: `${name}-knows-only-the-interface`,
    severity: "error",
    comment: `a ${name} imports its own folder, ${interfaceFile} and driver-error`,
    from: { path: `^packages/tokenizer/src/(${folders})/`, pathNot: tests },
    to: {
      path: "^packages/tokenizer/src/",
      pathNot: `^packages/tokenizer/src/(?:$1/|(?:${interfaceFile}|driver-error)[.]ts$)`,
    },
  },
]);

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    ...packageRules,
    ...roomRules,
    {
      name: "package-unlisted",
      severity: "error",
      comment: "a new package gets its row in this file first",
      from: { path: "^packages/", pathNot: `^packages/(?:${Object.keys(packages).join("|")})/` },
      to: {},
    },
    {
      name: "room-unlisted",
      severity: "error",
      comment: "a new room of core gets its row in this file first",
      from: { path: "^packages/core/src/", pathNot: `^packages/core/src/(?:${Object.keys(rooms).join("|")})/` },
      to: {},
    },
    {
      name: "core-is-pure",
      severity: "error",
      comment: "core imports nothing of the platform and nothing installed",
      from: shipped("core/src/"),
      to: { path: installed, pathNot: anyOfOurs },
    },
    {
      name: "edge-has-no-files",
      severity: "error",
      comment: "an edge function reads no file and no environment",
      from: shipped("edge-encrypt/src/"),
      to: { path: "^(?:node:)?(?:fs(?:/promises)?|process|child_process|worker_threads|os)$" },
    },
    {
      name: "aws-under-its-own-subpath",
      severity: "error",
      comment: "the AWS SDK is loaded only by who imports the subpath that needs it",
      from: { path: "^packages/", pathNot: [tests, ...awsFolders.map((folder) => `^packages/${folder}`)] },
      to: { path: awsSdk },
    },
    {
      name: "selectors-of-streams-only",
      severity: "error",
      comment: "the tokenizer scans bodies for the columns of NDJSON, and nowhere else",
      from: { path: "^packages/tokenizer/src/(?!stream/)", pathNot: tests },
      to: { path: ours("core/(?:body|policy)") },
    },
    ...storeRules,
    {
      name: "published-subpaths-only",
      severity: "error",
      comment: "across packages, only what a package exports",
      from: { path: "^packages/([^/]+)/" },
      to: { path: "^packages/(?!$1/)", pathNot: "/index[.]ts$|/dist/.*index[.]js$" },
    },
    {
      name: "examples-read-published-subpaths",
      severity: "error",
      comment: "examples and bench import what a reader can install",
      from: { path: "^(?:examples|bench)/" },
      to: { path: "^packages/", pathNot: "/index[.]ts$|/dist/.*index[.]js$" },
    },
    {
      name: "no-circle",
      severity: "error",
      comment: "arrows go one way",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-test-in-product",
      severity: "error",
      comment: "what ships imports no test",
      from: { path: "^packages/", pathNot: tests },
      to: { path: tests },
    },
    {
      name: "resolvable",
      severity: "error",
      comment:
        "an import that resolves to nothing escapes every other rule (aws-lambda is types only, dist may not be built)",
      from: {},
      to: { couldNotResolve: true, pathNot: "^aws-lambda$|/dist/" },
    },
  ],
  options: {
    doNotFollow: { path: "(?:^|/)node_modules/" },
    // The CDK example has dependencies that only `npm run test:infra` installs.
    exclude: { path: "^packages/[^/]+/dist/|^examples/aws-cdk/" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ["fieldseal-source", "import", "node", "default"],
      exportsFields: ["exports"],
    },
  },
};
