// Codes of CoAP: requests, responses, signals of CoAP over TCP [RFC 7252 12.1, 7959, 8132, 8323, 8516, 8768, 9177], as data.
// A code is class * 32 + detail; its name begins with `class.detail` but for requests.

/** Names of the codes, as analysers show them. */
export const CODE_NAMES: ReadonlyMap<number, string> = new Map([
  [0x00, 'Empty Message'],
  [0x01, 'GET'],
  [0x02, 'POST'],
  [0x03, 'PUT'],
  [0x04, 'DELETE'],
  [0x05, 'FETCH'],
  [0x06, 'PATCH'],
  [0x07, 'iPATCH'],
  [0x41, '2.01 Created'],
  [0x42, '2.02 Deleted'],
  [0x43, '2.03 Valid'],
  [0x44, '2.04 Changed'],
  [0x45, '2.05 Content'],
  [0x5f, '2.31 Continue'],
  [0x80, '4.00 Bad Request'],
  [0x81, '4.01 Unauthorized'],
  [0x82, '4.02 Bad Option'],
  [0x83, '4.03 Forbidden'],
  [0x84, '4.04 Not Found'],
  [0x85, '4.05 Method Not Allowed'],
  [0x86, '4.06 Not Acceptable'],
  [0x88, '4.08 Request Entity Incomplete'],
  [0x89, '4.09 Conflict'],
  [0x8c, '4.12 Precondition Failed'],
  [0x8d, '4.13 Request Entity Too Large'],
  [0x8f, '4.15 Unsupported Content-Format'],
  [0x96, '4.22 Unprocessable Entity'],
  [0x9d, '4.29 Too Many Requests'],
  [0xa0, '5.00 Internal Server Error'],
  [0xa1, '5.01 Not Implemented'],
  [0xa2, '5.02 Bad Gateway'],
  [0xa3, '5.03 Service Unavailable'],
  [0xa4, '5.04 Gateway Timeout'],
  [0xa5, '5.05 Proxying Not Supported'],
  [0xa8, '5.08 Hop Limit Reached'],
  [0xe1, '7.01 CSM'],
  [0xe2, '7.02 Ping'],
  [0xe3, '7.03 Pong'],
  [0xe4, '7.04 Release'],
  [0xe5, '7.05 Abort'],
])

export const EMPTY = 0

/** GET and the like, known or not; the empty code too. */
export function isRequestClass(code: number): boolean {
  return code < 0x20
}

/** Success, client error, server error. */
export function isResponse(code: number): boolean {
  return code >= 0x40 && code < 0xc0
}

/** Client error, server error: the payload is a diagnostic text when nothing else is said [RFC 7252 5.5.2]. */
export function isError(code: number): boolean {
  return code >= 0x80 && code < 0xc0
}
