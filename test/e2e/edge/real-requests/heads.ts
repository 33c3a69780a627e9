// Paths, queries and cookies of everyday traffic. Pure.
import { get, json, type Request } from "./request.ts";

const sealed = '{"ssn":"{{1}}","password":"p","number":"n"}';
export const paths: readonly Request[] = [
  ..."jane.doe@example.com a+b ~x a%20b 7.json 7;v=1 %E4%BD%A0 a%3Fb c%23 a:b v1.2.3 a%252Fb %7B1%7D 7/"
    .split(" ")
    .map((id) => json(`an id like ${id}`, `/users/${id}`, sealed)),
  json("an escaped slash that leads to another route", "/users/7%2Fcards", sealed, "PATH_AMBIGUOUS"),
  json("a percent sign", "/users/50%25", sealed, "PATH_AMBIGUOUS"),
  json("Latin-1 in a path", "/users/caf%E9", sealed, "PATH_AMBIGUOUS"),
  json("a suffix", "/api/login.json", '{"password":"{{p}}"}'),
  get("a page's style sheet", "/api/login.css"),
  ..."/favicon.ico /_next/static/chunks/%5Bid%5D.js /@vite/client /any/a;b=c /any/wp-admin/admin-ajax.php"
    .split(" ")
    .map((path) => get(`a page at ${path}`, path)),
  ["a preflight", "/users/7", { method: "OPTIONS", headers: { "access-control-request-method": "POST" } }],
  ["a health check", "/any/health", { method: "HEAD" }],
  ["a DELETE", "/users/7", { method: "DELETE" }],
  get("a range", "/any/video.mp4", undefined, { range: "bytes=0-99" }),
];

export const queries: readonly Request[] = [
  get("a campaign", "/search?utm_source=x&utm_campaign=a%20b&gclid=Cj0K_x-y&_ga=2.1.2&email={{jane@example.org}}"),
  get("odd pairs", "/search?a&b=&=c&a=1&a[]=2&a[b]=3&t=100%&x=%E9&q=a;b"),
  get("near names", "/search?emailVerified=1&email_opt_in=0&emails=a&ssn_last4=1&identity=1&filter[ssn]=1"),
  get("OData", "/search?$filter=ssn%20eq%20'078'&$select=a,b&$top=5"),
  get("a URL in the query", "/search?redirect=https://x.example/?a=1&dl=https%3A%2F%2Fx%2F%3Fssn%3D1"),
  get("a covered name", "/search?ssn=1", "FIELD_IN_QUERY"),
  get("JSON:API's filter under $..ssn", "/any/1?filter[ssn]=1", "FIELD_IN_QUERY"),
];

export const cookies: readonly Request[] = [
  "_ga=GA1.2.123.456; _gid=GA1.2.7.8; session={{abc}}",
  "__cf_bm=a.b-1-AbC/d+e=; session={{a%20b}}; x=",
  'prefs={"a":1,"b":[1,2],"session":"x"}; session={{y}}',
  "OptanonConsent=isGpcEnabled=0&datestamp=Mon+Nov+01&groups=C0001%3A1,C0002:0; session={{z}}",
  "dt=Tue, 01 Jan 2030 00:00:00 GMT; __Host-session=a; __Secure-session=b; session.sig=c; session={{a=b==}}",
  "sessionid=1; JSESSIONID=2; PHPSESSID=3; session_id=4",
].map((cookie) =>
  get(`Cookie: ${cookie}`, "/page/1", undefined, { cookie, "x-phone": "{{+1 555 0100}}", "x-phone-type": "m" }),
);
export const otherCookies: readonly Request[] = [
  get("a cookie in another case", "/page/1", "FIELD_NAME_VARIANT", { cookie: "Session=1" }),
  get("a covered name behind a space", "/page/1", "COOKIE_MALFORMED", { cookie: "last=foo session=2" }),
];
