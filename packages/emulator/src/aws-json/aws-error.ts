// An error of the AWS JSON 1.1 protocol, on its way to the client. Pure.

/** Thrown by operations and answered as `{"__type": name, "message": message}`; it never leaves the server. */
export class AwsError extends Error {
  override readonly name: string;
  /** 400 for the caller's faults, 500 for the service's. */
  readonly status: 400 | 500;

  constructor(name: string, message = "", status: 400 | 500 = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

/** The caller's parameters break a constraint of the service model. */
export function validationError(message: string): AwsError {
  return new AwsError("ValidationException", message);
}
