// A process that writes audit events as fast as it can until it is killed; says `accepted N` after each. Started by
// crash.test.ts with the audit file and the checkpoint file as its arguments.
import { createAuditTrail, fileSink, hmacSigner } from "@fieldseal/decrypt/audit";

const [file, checkpoints] = process.argv.slice(2);
const trail = createAuditTrail({
  sink: fileSink(file!, { fsync: false }),
  checkpoints: fileSink(checkpoints!, { fsync: false }),
  signer: hmacSigner({ key: "crash", secret: new Uint8Array(32).fill(1) }),
  checkpointEvents: 50,
});
const event = {
  time: "2026-11-22T10:00:00.000Z",
  principal: "role:crash".padEnd(400, "x"),
  purpose: undefined,
  requestId: undefined,
  field: "ssn",
  kid: "pii-1",
  envelope: "A".repeat(43),
  format: "native",
  binding: "field",
  outcome: "opened",
} as const;
for (let accepted = 0; ; ) {
  await trail.accept(Array.from({ length: 20 }, () => event));
  accepted += 20;
  process.stdout.write(`accepted ${accepted}\n`);
}
