export { base64urlLength, decodeBase64url, encodeBase64url, writeBase64url } from "./base64url.ts";
export { bytesEqual, concat } from "./concat.ts";
export { concatLengthPrefixed, lengthPrefixed, writeLength, writeLengthPrefixed } from "./length-prefix.ts";
export { pooledBytes } from "./pool.ts";
export { byteOrderMarkLength, utf8Bytes, utf8Text, writeAscii } from "./utf8.ts";
