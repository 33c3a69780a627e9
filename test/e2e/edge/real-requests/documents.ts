// JSON and XML, as clients of many kinds send them. Pure.
import { bytes, json, type Request, soap, typed, utf8 } from "./request.ts";

const patch = typed("application/json-patch+json");

export const jsonBodies: readonly Request[] = [
  json("axios", "/any/1", '{"ssn":"{{078-05-1120}}","a":[1,{"b":null}]}'),
  json("a pretty printer with BOM and CRLF", "/any/1", `${utf8("\ufeff")}{\r\n\t"ssn" : "{{1}}"\r\n}\r\n`),
  json("numbers as they were spelled", "/any/1", '{"n":12345678901234567890,"f":1.0,"e":1E400,"z":-0,"ssn":"{{1}}"}'),
  json("near names", "/shop/1", '{"ssnLast4":"1","ssn_type":"x","hasSsn":true,"card_type":"x","ibanOwner":"x"}'),
  json("odd keys", "/shop/1", utf8('{"":0,"a.b":1,"a[0]":2,"größe":3,"日本":4,"$ref":"#","_id":1,"~":2}')),
  json("GraphQL", "/any/1", '{"query":"mutation($i:I!){a(i:$i){ssn}}","variables":{"i":{"ssn":"{{1}}"}}}'),
  typed('application/vnd.api+json; profile="https://example.com/a https://example.com/b"')(
    "JSON:API",
    "/any/1",
    '{"data":{"type":"people","attributes":{"ssn":"{{1}}"},"links":{"self":"/x"}}}',
  ),
  typed("application/hal+json")("HAL", "/shop/1", '{"_links":{"self":{"href":"/x"}},"items":[{"iban":"{{DE89}}"}]}'),
  typed("application/json;odata.metadata=minimal;IEEE754Compatible=true")(
    "OData",
    "/shop/1",
    '{"@odata.id":"x(1)","ssn@odata.type":"#String","ssn":"{{1}}","items@odata.bind":["x"],"card":{"@odata.type":"#c","number":"{{4111}}"}}',
  ),
  typed('application/ld+json; profile="https://www.w3.org/ns/activitystreams"')(
    "JSON-LD",
    "/any/1",
    '{"@context":["https://schema.org"],"@graph":[{"@id":"u","@type":"P","ssn":"{{1}}"}]}',
  ),
  typed("application/fhir+json; fhirVersion=4.0")(
    "FHIR",
    "/any/1",
    '{"resourceType":"Patient","_birthDate":{},"ssn":"{{1}}"}',
  ),
  typed("application/json; charset=ISO-8859-1")("REST Assured", "/any/1", '{"ssn":"{{1}}"}'),
  json(
    "OpenTelemetry",
    "/any/1",
    '{"resourceSpans":[{"attributes":[{"key":"service.name","value":{"stringValue":"x"}}]}]}',
  ),
  json(
    "an OAuth client",
    "/any/1",
    `{"id_token":"eyJhbGciOiJSUzI1NiIsImtpZCI6InBpaS0xIn0.${"e".repeat(50)}.${"s".repeat(50)}"}`,
  ),
  typed("application/vnd.elasticsearch+x-ndjson; compatible-with=9")(
    "Elasticsearch",
    "/any/_bulk",
    '{"index":{"_id":1}}\n{"ssn":"{{1}}"}\n',
  ),
  patch("JSON Patch", "/any/1", '[{"op":"add","path":"/ssn","value":"1"}]', "MEDIA_TYPE_MISMATCH"),
  patch("JSON Patch, listed", "/patch/1", '[{"op":"add","path":"/ssn","value":"{{1}}"}]'),
  json("a reference instead of an object", "/shop/1", '{"card":"card_1abc"}', "FIELD_SHAPE_MISMATCH"),
  json("another case", "/any/1", '{"SSN":"1"}', "FIELD_NAME_VARIANT"),
  json("messages of a validator", "/any/1", '{"errors":{"ssn.required":"x"}}', "FIELD_NAME_VARIANT"),
  typed("text/plain;charset=UTF-8")("fetch without a type", "/any/1", '{"ssn":"1"}', "MEDIA_TYPE_MISMATCH"),
  typed("text/plain;charset=UTF-8")("sendBeacon", "/any/1", '{"event":"view"}', "MEDIA_TYPE_MISMATCH"),
  typed("image/png")("an avatar", "/any/avatar", bytes, "MEDIA_TYPE_UNSUPPORTED"),
  typed("image/png")("an avatar on a route without rules", "/uploads/avatar", bytes),
  ["Python's requests with data=", "/any/1", { body: '{"ssn":"1"}', code: "MEDIA_TYPE_MISSING" }],
  [
    "a webhook of GitHub",
    "/any/1",
    { headers: { "content-type": "application/json", "x-hub-signature-256": "sha256=ab" }, body: '{ "zen":"x" }\n' },
  ],
  ["an empty POST", "/any/1", { headers: { "content-type": "application/json" }, body: "" }],
];

export const documents: readonly Request[] = [
  soap(
    "SOAP 1.1",
    "/any/1",
    '<?xml version="1.0" encoding="utf-8"?>\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header><w:Security xmlns:w="u" s:mustUnderstand="1"/></s:Header><s:Body><m:ssn xmlns:m="v" xsi:type="xsd:string" xmlns:xsi="x">{{078-05-1120}}</m:ssn></s:Body></s:Envelope>',
  ),
  typed('application/soap+xml;charset=UTF-8;action="http://tempuri.org/IService/Do"')(
    "SOAP 1.2",
    "/any/1",
    "<E><ssn>{{1}}</ssn></E>",
  ),
  soap(
    "SAML",
    "/any/1",
    '<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" ID="_8e8"><ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">AbC+/=\n</ds:Signature></p:Response>',
  ),
  typed("application/rss+xml")(
    "RSS",
    "/any/1",
    utf8(
      '\ufeff<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<?xml-stylesheet type="text/xsl" href="a.xsl"?>\n<!-- c --><rss version="2.0"><title><![CDATA[A <b> & c]]></title><d>&lt;p&gt;&#8217;</d></rss>\n',
    ),
  ),
  typed("application/atom+xml;type=entry")(
    "Atom",
    "/any/1",
    "<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'><link href='x?a=1&amp;b=2'/></feed>",
  ),
  soap("cXML", "/any/1", '<!DOCTYPE cXML SYSTEM "cXML.dtd"><cXML/>', "XML_DTD_REFUSED"),
  soap("a legacy encoding", "/any/1", '<?xml version="1.0" encoding="ISO-8859-1"?><a/>', "CHARSET_UNSUPPORTED"),
  soap("an attribute for the element", "/any/1", '<P ssn="1"/>', "FIELD_NAME_VARIANT"),
];
