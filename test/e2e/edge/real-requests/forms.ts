// Forms and multipart, as browsers and libraries of many languages write them. Pure.
import { bytes, form, multipart, named, type Request, typed, utf8 } from "./request.ts";

export const forms: readonly Request[] = [
  form(
    "a browser",
    "/any/1",
    "utf8=%E2%9C%93&user%5Baddress%5D%5Bzip%5D=1&user%5Bssn%5D={{078}}&token=a%2Bb%3D%3D&commit=Save",
  ),
  form("Rails with raw brackets", "/any/1", "user[address][zip]=1&items[][iban]=DE89&people[][ssn]={{1}}"),
  form("Stripe", "/form/1", "card[number]={{4111}}&card[exp_month]=1&expand[0]=customer"),
  form("curl --data-urlencode", "/form/1", "ssn={{1}}&note=a%20%26%20b%3B%20%7Bx%7D%20%C3%BC"),
  form("ASP.NET", "/any/1", "__EVENTTARGET=&__VIEWSTATE=%2FwEPDwUKLTI2&ctl00%24Main%24txt=x&ctl00$Main$btn=Go"),
  form("odd pairs", "/any/1", "a&b=&=c&&d=1&a=2&&ssn={{1}}&"),
  form("PayPal", "/any/1", "charset=windows-1252&first_name=Ren%E9&ssn={{1}}"),
  form("Slack", "/any/1", "token=x&text=94070&response_url=https%3A%2F%2Fhooks.slack.com%2F1"),
  form("raw signs that a form may hold", "/any/1", utf8("name=O'Brien, Jr.&note=a:b/c@d!$()*|^`&q=größe&ssn={{1}}")),
  typed("application/x-www-form-urlencoded; charset=ISO-8859-1")(
    "Apache HttpClient",
    "/form/1",
    "ssn={{078-05-1120}}&n=a+b",
  ),
  typed("application/x-www-form-urlencoded; charset=ISO-8859-1")(
    "... with an umlaut",
    "/form/1",
    "n=%FC",
    "CHARSET_UNSUPPORTED",
  ),
  form("curl -d of JSON", "/any/1", '{"ssn":"1"}', "FORM_NOT_PLAUSIBLE"),
  form("curl -d of JSON in a pair", "/any/1", 'payload={"text":"x"}', "FORM_NOT_PLAUSIBLE"),
  form("a percent sign", "/any/1", "discount=100%", "FORM_NOT_PLAUSIBLE"),
  form("Rails' method", "/users/7", "_method=patch&ssn=1", "METHOD_NOT_COVERED"),
];

const file = 'Content-Disposition: form-data; name="f"; filename=';
export const multiparts: readonly Request[] = [
  multipart("Chrome", "----WebKitFormBoundary7MA4YWxkTrZu0gW", [
    [named("ssn"), "{{078-05-1120}}"],
    [named("user[ssn]"), "{{1}}"],
    [named("a%22b"), utf8("ü\r\n")],
    [`${file}""\nContent-Type: application/octet-stream`, ""],
  ]),
  multipart("Firefox", "----geckoformboundary41d5d6d4a0c4d1b2", [
    [`${file}"${utf8("a%22b größe 😀;=.pdf")}"\nContent-Type: application/pdf`, bytes],
    [named("ssn[]"), "{{1}}"],
  ]),
  multipart("form-data of Node with a Buffer", "--------------------------172de720923b87b9ecd69e60", [
    [named("ssn"), "{{1}}"],
    [`${named("f")}\nContent-Type: application/octet-stream`, bytes],
  ]),
  multipart("curl -F", "------------------------da724a8ec68e8ff5", [
    [named("ssn"), "{{1}}"],
    [`${file}"gr\\"${utf8("ö")}.bin"\nContent-Type: application/octet-stream`, bytes],
    [`${named("meta")}\nContent-Type: application/json`, '{"a":1}'],
  ]),
  multipart("Python's requests", "6881ec04cf6de8e6a755656fc078848e", [
    [named("ssn"), "{{1}}"],
    [`${file}"x %22.bin"`, bytes],
  ]),
  multipart(".NET", 'multipart/form-data; boundary="6a6f8f0e-6f2b-4f61-9a9c-3a1a2f4c2a11"', [
    ["Content-Type: text/plain; charset=utf-8\nContent-Disposition: form-data; name=ssn", "{{1}}"],
    [`Content-Disposition: form-data; name=f; filename="=?utf-8?B?Z3I=?="; filename*=utf-8''gr%C3%B6`, bytes],
    ["Content-Disposition: form-data; name=image", bytes],
  ]),
  multipart(
    "Apache HttpClient",
    "multipart/form-data; charset=ISO-8859-1; boundary=72cPPTxY51_HcbHR8OdhHUs-p5WgX3Tnx",
    [
      [
        `${named("ssn")}\nContent-Type: text/plain; charset=ISO-8859-1\nContent-Transfer-Encoding: 8bit`,
        "{{078-05-1120}}",
      ],
      [`${named("raw")}\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: binary`, bytes],
    ],
  ),
  multipart("OkHttp", "b9e954f5-ef9a-46c7-8774-793278ff22e3", [
    [`${named("ssn")}\nContent-Length: 1`, "{{1}}"],
    [`${named("meta")}\nContent-Type: application/json; charset=utf-8\nContent-Length: 15`, '{"ssnLast4":"1"}'],
  ]),
  multipart("Spring", "multipart/form-data;charset=UTF-8;boundary=sf1J-kq_9", [
    [`${named("ssn")}\nContent-Type: text/plain;charset=UTF-8\nContent-Length: 1`, "{{1}}"],
  ]),
  multipart("Go", "a1".repeat(30), [
    [named("ssn"), "{{1}}"],
    [`${file}"a\\"b\\\\c.bin"\nContent-Type: image/png`, bytes],
  ]),
  multipart("Qt", 'multipart/form-data; boundary="boundary_.oOo._NjE+MTQ/MjY1Nw=="', [[named("ssn"), "{{1}}"]]),
  multipart("Ruby", "-----------RubyMultipartPost-abc123", [
    [named("ssn"), "{{1}}"],
    [`${file}"a.png"\nContent-Length: 5\nContent-Type: image/png\nContent-Transfer-Encoding: binary`, bytes],
  ]),
  multipart("Dart", "dart-http-boundary-_z+.x0", [
    ['content-disposition: form-data; name="ssn"', "{{1}}"],
    [
      'content-disposition: form-data; name="n"\ncontent-type: text/plain; charset=utf-8\ncontent-transfer-encoding: binary',
      utf8("ü"),
    ],
  ]),
  multipart("a GraphQL upload", "x", [
    [named("operations"), '{"query":"mutation($f:Upload!){a(f:$f)}","variables":{"f":null}}'],
    [named("map"), '{"0":["variables.f"]}'],
    ['Content-Disposition: form-data; name="0"; filename="a.png"', bytes],
  ]),
  multipart(
    "a GraphQL upload with a field",
    "x",
    [[named("operations"), '{"variables":{"ssn":"1"}}']],
    "FIELD_SHAPE_MISMATCH",
  ),
  multipart(
    "a JSON part for Spring",
    "x",
    [[`${named("c")}\nContent-Type: application/json`, '{"ssn":"1"}']],
    "FIELD_SHAPE_MISMATCH",
  ),
  multipart(
    "a Blob of JSON",
    "x",
    [[`${file}"blob"\nContent-Type: application/json`, '{"ssn":"1"}']],
    "FIELD_SHAPE_MISMATCH",
  ),
  multipart(
    "an encoded name, urllib3 before 2",
    "x",
    [["Content-Disposition: form-data; name*=utf-8''gr%C3%B6", "x"]],
    "BODY_MALFORMED",
  ),
  multipart(
    "a name in the part's type",
    "x",
    [[`${file}"x"\nContent-Type: application/pdf; name="x"`, "x"]],
    "BODY_MALFORMED",
  ),
  multipart(
    "curl's encoder=base64",
    "x",
    [[`${named("f")}\nContent-Transfer-Encoding: base64`, "/9gA"]],
    "BODY_MALFORMED",
  ),
];
