// The receipt of one request.
import type { CloudFrontRequest } from "aws-lambda";
import { macOf } from "../receipt/mac.ts";
import { writeReceipt } from "../receipt/receipt.ts";
import type { SealedRequest } from "../request/seal-request.ts";
import type { EdgeSettings } from "./settings.ts";

/** The value of the receipt header; `sealed` null: the request left as it came. */
export function receiptFor(
  written: CloudFrontRequest,
  {
    sealed,
    settings,
    requestId,
    key,
  }: {
    readonly sealed: SealedRequest | null;
    readonly settings: EdgeSettings;
    readonly requestId: string | undefined;
    readonly key: string | null;
  },
): string {
  const { policy, now } = settings;
  const said = {
    policy: policy.digest,
    mode: sealed === null ? ("shadow" as const) : ("enforce" as const),
    fields: sealed?.fields ?? new Map(),
    dataKeys: sealed?.dataKeys() ?? new Map(),
  };
  if (key === null || sealed === null) return writeReceipt(said, null);
  const text = writeReceipt(said, { time: Math.floor(now() / 1000), requestId: requestId ?? "-" });
  const { method, uri, querystring } = written;
  const path = (written.origin?.custom ?? written.origin?.s3)?.path ?? "";
  const url = querystring === "" ? path + uri : `${path}${uri}?${querystring}`;
  return `${text};s=${macOf(text, { method, url, context: sealed.context, body: sealed.bytes }, key)}`;
}
