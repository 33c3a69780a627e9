// Property names that only the edge function's own code uses: its build shortens them. Not one of a policy, an event, a
// log line or the platform; `compilePolicy` refuses a policy that has a member of such a name.

/** Every name, as a list for the build and for the check. */
export const internalNames: readonly string[] = `
agreeP256 allocate among anyMember arrayLengths arrivals automaton below bodyDigests bodyNames byHits byName carried
checkShapes checksUtf8 choosers codec contentStart contentType countInto counts countsLengths coveredMethods
decodeText decodeValue doubtful element encodeText encodeValue ephemeral escaped essence exact facts firstBytes
foldedNames given grammar groups hasElements hasText headersEnd headersStart hkdfSha256 importSealingKey
importWrappingKey indexes inner into isAsked isEscaped isFile isName isUtf8 isValue ivs kept kinds leave letter lines
linkTo live longTexts loose match matcher matches maxBodyBytes mediaType member mismatches nameEnd names nameStart
needsLength notable offsets onSealed open opened ordinal ordinals originPayloadHash outerEnd outerStart parent parsed
pathParams piece place plan positions queryMatcher quote randomFill reads receiptKeyHeader recipient replacesBody
retryable root routed rule scalar scan seal sealAesGcm sealed sealer sealing sealRsaOaep256 selected selects settings
shape since starts state states takesIndex tokenizer tokens traced unchosen unchosenAmong valueEnd valueLength
valueStart variants withAtSign wrapped wrappedKeys wrappedLengths
`
  .trim()
  .split(/\s+/);
