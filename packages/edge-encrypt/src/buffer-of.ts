// Bytes as a Buffer of node. No copy.
import { Buffer } from "node:buffer";

export const bufferOf = ({ buffer, byteOffset, length }: Uint8Array): Buffer => Buffer.from(buffer, byteOffset, length);
