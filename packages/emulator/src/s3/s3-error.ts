// An error of the S3 REST protocol, on its way to the client. Pure.

/** Thrown by operations and answered as XML; it never leaves the server. */
export class S3Error extends Error {
  override readonly name: string;
  readonly status: number;

  constructor(name: S3ErrorName, message = "") {
    super(message);
    this.name = name;
    this.status = statuses[name];
  }
}

export type S3ErrorName = keyof typeof statuses;

const statuses = {
  AccessDenied: 403,
  BadDigest: 400,
  EntityTooSmall: 400,
  EntityTooLarge: 400,
  InternalError: 500,
  InvalidArgument: 400,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  KeyTooLongError: 400,
  MalformedXML: 400,
  MethodNotAllowed: 405,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NoSuchVersion: 404,
  NotImplemented: 501,
  PreconditionFailed: 412,
  SlowDown: 503,
} as const;
