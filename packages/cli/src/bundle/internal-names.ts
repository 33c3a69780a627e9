// Property names that only the edge function's own code uses: its build shortens them. Not one of a policy, an event, a
// log line or the platform; `compilePolicy` refuses a policy that has a member of such a name.

/** Every name, as a list for the build and for the check. */
export const internalNames: readonly string[] = `
agreeP256 among anyMember arrayLengths arrivals automaton below bodyDigests bodyNames byHits byName carried checkShapes
checksUtf8 choosers contentStart countInto countsLengths coveredMethods decodeText decodeValue doubtful encodeText
encodeValue ephemeral essence facts firstBytes foldedNames grammar hasElements hasText headersEnd headersStart hkdfSha256
importSealingKey importWrappingKey indexes isAsked isEscaped isFile isName isUtf8 isValue kinds linkTo live longTexts
maxBodyBytes mismatches nameEnd nameStart needsLength notable onSealed opened ordinal ordinals originPayloadHash outerEnd
outerStart parsed pathParams positions queryMatcher randomFill receiptKeyHeader replacesBody routed sealAesGcm
sealRsaOaep256 sealing selects takesIndex traced unchosen unchosenAmong valueEnd valueLength valueStart variants
withAtSign wrappedKeys wrappedLengths
`
  .trim()
  .split(/\s+/);
