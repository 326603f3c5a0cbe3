// HTTP/1 as far as it leads to WebSocket: request and status lines, headers, bodies by length; after 101 the connection speaks WebSocket. [RFC 9112]
// A head that is not complete is waited for.

import { type DissectContext, ONE_MORE_SEGMENT } from './context.ts'
import { type ConversationState, conversationState } from './conversations.ts'
import { addExpert, Group, Severity } from './expert.ts'
import { TEXT_ROW } from './field.ts'
import { HTTP, SSDP } from './http-fields.ts'
import { dissectMedia } from './media.ts'
import type { Dissect, Protocol } from './registry.ts'
import { ROOT } from './rows.ts'
import { dissectWebSocket, grantCompression } from './websocket.ts'

/** A head longer than this is not HTTP. */
const LONGEST_HEAD = 1 << 16
/** A first line longer than this is not recognised. */
const LONGEST_LINE = 1024
const REQUEST = /^([A-Z]{3,20}|M-SEARCH) (\S+) (HTTP\/1\.[01])$/
const STATUS = /^(HTTP\/1\.[01]) (\d{3})(?: (.*))?$/
const HYPHEN = 0x2d
const LATIN1 = new TextDecoder('latin1')

/** Headers with fields of their own. */
const HEADERS: ReadonlyMap<string, number> = new Map([
  ['host', HTTP.host],
  ['user-agent', HTTP.userAgent],
  ['connection', HTTP.connection],
  ['upgrade', HTTP.upgrade],
  ['content-type', HTTP.contentType],
  ['content-length', HTTP.contentLengthHeader],
  ['server', HTTP.server],
  ['date', HTTP.date],
  ['location', HTTP.location],
  ['accept', HTTP.accept],
  ['accept-encoding', HTTP.acceptEncoding],
  ['accept-language', HTTP.acceptLanguage],
  ['authorization', HTTP.authorization],
  ['cache-control', HTTP.cacheControl],
  ['cookie', HTTP.cookie],
  ['set-cookie', HTTP.setCookie],
  ['referer', HTTP.referer],
  ['transfer-encoding', HTTP.transferEncoding],
  ['sec-websocket-accept', HTTP.secWebsocketAccept],
  ['sec-websocket-extensions', HTTP.secWebsocketExtensions],
  ['sec-websocket-key', HTTP.secWebsocketKey],
  ['sec-websocket-protocol', HTTP.secWebsocketProtocol],
  ['sec-websocket-version', HTTP.secWebsocketVersion],
])

class HttpState {
  requests = 0
  responses = 0
  requestFrame = 0
  requestSeconds = 0
  requestNanoseconds = 0
  uri = ''
  isUpgraded = false
}

const STATE: ConversationState<HttpState> = conversationState(() => new HttpState())

const dissect: Dissect = (context, source, start, length) => {
  const { conversation } = context
  if (conversation === null) return 0
  const state = STATE.of(conversation)
  if (state.isUpgraded) {
    context.call('websocket', dissectWebSocket, source, start, length)
    return length
  }
  const bytes = context.rows.sources[source]!
  const end = Math.min(start + length, bytes.length)
  let at = start
  while (at < end) {
    const taken = dissectMessage(context, state, source, at, end)
    if (taken === 0) return at === start ? 0 : length
    if (taken < 0) return length
    at += taken
    if (state.isUpgraded && at < end) {
      context.call('websocket', dissectWebSocket, source, at, end - at)
      return length
    }
  }
  return length
}

/** Bytes of the message; 0 = not HTTP, -1 = more bytes are asked for. */
function dissectMessage(context: DissectContext, state: HttpState, source: number, start: number, end: number): number {
  const { rows } = context
  const bytes = rows.sources[source]!
  if (!beginsLikeHttp(bytes, start, end)) return 0
  const headEnd = endOfHead(bytes, start, end)
  if (headEnd < 0) {
    if (end - start > LONGEST_HEAD) return 0
    if (!context.canDesegment) return 0
    return ask(context, start, ONE_MORE_SEGMENT)
  }
  const lines = LATIN1.decode(bytes.subarray(start, headEnd)).split('\r\n')
  const first = lines[0]!
  const request = REQUEST.exec(first)
  const status = request === null ? STATUS.exec(first) : null
  if (request === null && status === null) return 0
  const headers = new Map<string, string>()
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':')
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
  }
  const code = status === null ? 0 : Number(status[2])
  const hasBody = request !== null || (code >= 200 && code !== 204 && code !== 304)
  const stated = hasBody ? Number.parseInt(headers.get('content-length') ?? '0', 10) : 0
  const body = Number.isFinite(stated) && stated > 0 ? stated : 0
  if (headEnd + body > end && context.canDesegment) return ask(context, start, headEnd + body - end)
  addMessage(context, state, source, start, headEnd, lines, request, status, headers)
  const size = Math.min(body, end - headEnd)
  if (size > 0) {
    const data = rows.add(HTTP.fileData, source, headEnd, size, context.httpRow)
    if (context.demand.text(HTTP.fileData)) rows.setText(data, `File Data: ${size} byte${size === 1 ? '' : 's'}`)
    dissectMedia(context, (headers.get('content-type') ?? '').split(';')[0]!.trim(), source, headEnd, size)
  }
  if (code === 101 && (headers.get('upgrade') ?? '').toLowerCase() === 'websocket' && !context.inError) {
    state.isUpgraded = true
    if (/\bpermessage-deflate\b/i.test(headers.get('sec-websocket-extensions') ?? '') && context.conversation !== null) grantCompression(context.conversation)
  }
  return headEnd - start + size
}

function ask(context: DissectContext, offset: number, length: number): number {
  context.desegmentOffset = offset
  context.desegmentLength = length
  return -1
}

function beginsLikeHttp(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < Math.min(end, start + 4); i++)
    if (bytes[i]! < 0x41 || bytes[i]! > 0x5a) return (bytes[i] === 0x20 && i >= start + 3) || (bytes[i] === HYPHEN && i === start + 1)
  return true
}

/** Position behind the empty line; -1 = not there. */
function endOfHead(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start; i + 3 < end; i++) if (bytes[i] === 13 && bytes[i + 1] === 10 && bytes[i + 2] === 13 && bytes[i + 3] === 10) return i + 4
  return -1
}

function addMessage(
  context: DissectContext,
  state: HttpState,
  source: number,
  start: number,
  headEnd: number,
  lines: readonly string[],
  request: RegExpExecArray | null,
  status: RegExpExecArray | null,
  headers: ReadonlyMap<string, string>,
): void {
  const { rows, demand, columns, frame } = context
  const first = lines[0]!
  const isDiscovery = context.layers.at(-1) === 'ssdp'
  const root = rows.add(isDiscovery ? SSDP.protocol : HTTP.protocol, source, start, headEnd - start, ROOT)
  context.httpRow = root
  if (demand.columns) {
    columns.setProtocol(isDiscovery ? 'SSDP' : 'HTTP')
    columns.setInfo(`${first} `)
  }
  const line = rows.add(TEXT_ROW, source, start, first.length + 2, root)
  if (demand.text(HTTP.protocol)) rows.setText(line, `${first}\\r\\n`)
  addExpert(context, line, HTTP.chat, Severity.Chat, Group.Sequence, `${first}\\r\\n`)
  const put = (field: number, text: string, from: number): number => rows.addGiven(field, source, start + from, text.length, line, text)
  if (request !== null) {
    const [, method = '', uri = '', version = ''] = request
    put(HTTP.requestMethod, method, 0)
    put(HTTP.requestUri, uri, method.length + 1)
    const question = uri.indexOf('?')
    if (question >= 0) {
      put(HTTP.requestUriPath, uri.slice(0, question), method.length + 1)
      put(HTTP.requestUriQuery, uri.slice(question + 1), method.length + 2 + question)
    }
    put(HTTP.requestVersion, version, method.length + uri.length + 2)
  } else if (status !== null) {
    const [, version = '', code = '', phrase = ''] = status
    put(HTTP.responseVersion, version, 0)
    rows.addGiven(HTTP.responseCode, source, start + version.length + 1, 3, line, Number(code))
    put(HTTP.responseCodeDesc, phrase, version.length + 1)
    put(HTTP.responsePhrase, phrase, version.length + code.length + 2)
  }
  const isNotification = request !== null && request[1] === 'NOTIFY'
  addHeaders(context, root, source, start, lines, isNotification ? -1 : request !== null ? HTTP.requestLine : HTTP.responseLine)
  const generated = (field: number, value: number | bigint | string, text = ''): void => {
    const row = rows.addGiven(field, source, -1, 0, root, value)
    if (text !== '' && demand.text(field)) rows.setText(row, text)
  }
  if (request !== null) {
    const host = headers.get('host')
    const uri = host === undefined || /^[a-z]+:\/\//i.test(request[2]!) || request[1] === 'CONNECT' ? request[2]! : `http://${host}${request[2]}`
    if (host !== undefined) generated(HTTP.requestFullUri, uri)
    if (isNotification) {
      generated(SSDP.notification, 1)
      return
    }
    generated(HTTP.request, 1)
    if (!context.inError) {
      state.requests++
      state.requestFrame = frame.number
      state.requestSeconds = frame.seconds
      state.requestNanoseconds = frame.nanoseconds
      state.uri = uri
    }
    generated(HTTP.requestNumber, state.requests, `HTTP request ${state.requests}/${state.requests}`)
    return
  }
  generated(HTTP.response, 1)
  if (!context.inError) state.responses++
  generated(HTTP.responseNumber, state.responses, `HTTP response ${state.responses}/${Math.max(state.requests, state.responses)}`)
  if (state.requestFrame === 0) return
  generated(HTTP.time, BigInt(frame.seconds - state.requestSeconds) * 1_000_000_000n + BigInt(frame.nanoseconds - state.requestNanoseconds))
  generated(HTTP.requestIn, state.requestFrame)
  generated(HTTP.responseForUri, state.uri)
}

function addHeaders(context: DissectContext, root: number, source: number, start: number, lines: readonly string[], copyField: number): void {
  const { rows, demand } = context
  let at = start + lines[0]!.length + 2
  for (const line of lines.slice(1)) {
    const size = line.length + 2
    const colon = line.indexOf(':')
    if (line === '') {
      const row = rows.add(TEXT_ROW, source, at, 2, root)
      if (demand.text(HTTP.protocol)) rows.setText(row, '\\r\\n')
      return
    }
    const field = HEADERS.get(line.slice(0, Math.max(0, colon)).toLowerCase()) ?? TEXT_ROW
    const isUnknown = field === TEXT_ROW && copyField < 0
    const row = isUnknown
      ? rows.addGiven(SSDP.unknownHeader, source, at, size, root, `${line}\r\n`)
      : field === TEXT_ROW
        ? rows.add(TEXT_ROW, source, at, size, root)
        : rows.addGiven(field, source, at, size, root, line.slice(colon + 1).trim())
    if (demand.text(HTTP.protocol)) rows.setText(row, `${line}\\r\\n`)
    if (copyField < 0) {
      at += size
      continue
    }
    const copy = rows.addGiven(copyField, source, at, size, root, `${line}\r\n`)
    if (demand.text(HTTP.protocol)) rows.setText(copy, `${line}\\r\\n`)
    at += size
  }
}

export const HTTP_PROTOCOL: Protocol = { name: 'http', dissect }
/** HTTP in datagrams: devices that look for each other. */
export const SSDP_PROTOCOL: Protocol = { name: 'ssdp', dissect }

/** Recognises a request or status line on any port, as Wireshark's heuristic does. */
export const HTTP_HEURISTIC: Protocol = {
  name: 'http',
  dissect,
  recognises(bytes, start, end) {
    const line = LATIN1.decode(bytes.subarray(start, Math.min(end, start + LONGEST_LINE))).split('\r\n', 2)
    return line.length === 2 && (REQUEST.test(line[0]!) || STATUS.test(line[0]!))
  },
}
