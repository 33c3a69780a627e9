export { base64urlLength, decodeBase64url, encodeBase64url, writeBase64url } from "./base64url.ts";
export { byteTable, hexValue, notHex } from "./byte-table.ts";
export { bytesEqual, concat } from "./concat.ts";
export { concatLengthPrefixed, lengthPrefixed, writeLength, writeLengthPrefixed } from "./length-prefix.ts";
export { pooledBytes } from "./pool.ts";
export { sameBytes } from "./same-bytes.ts";
export { byteOrderMarkLength, looseText, utf8Bytes, utf8Text, writeAscii, writePoint } from "./utf8.ts";
