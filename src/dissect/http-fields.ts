// Fields of HTTP/1 and WebSocket.
// Names, labels, types and value names are Wireshark's.

import { defineProtocol, type ProtocolFields } from './field.ts'

export const HTTP: ProtocolFields<
  | 'chat'
  | 'request'
  | 'requestMethod'
  | 'requestUri'
  | 'requestUriPath'
  | 'requestUriQuery'
  | 'requestVersion'
  | 'requestFullUri'
  | 'requestLine'
  | 'requestNumber'
  | 'response'
  | 'responseVersion'
  | 'responseCode'
  | 'responseCodeDesc'
  | 'responsePhrase'
  | 'responseLine'
  | 'responseNumber'
  | 'responseForUri'
  | 'time'
  | 'requestIn'
  | 'responseIn'
  | 'host'
  | 'userAgent'
  | 'connection'
  | 'upgrade'
  | 'contentType'
  | 'contentLengthHeader'
  | 'contentLength'
  | 'server'
  | 'date'
  | 'location'
  | 'accept'
  | 'acceptEncoding'
  | 'acceptLanguage'
  | 'authorization'
  | 'authbasic'
  | 'cacheControl'
  | 'cookie'
  | 'setCookie'
  | 'referer'
  | 'transferEncoding'
  | 'fileData'
  | 'secWebsocketAccept'
  | 'secWebsocketExtensions'
  | 'secWebsocketKey'
  | 'secWebsocketProtocol'
  | 'secWebsocketVersion'
  | 'unknownHeader'
  | 'notification'
> = defineProtocol(
  { name: 'http', label: 'Hypertext Transfer Protocol' },
  {
    chat: { name: 'http.chat', label: 'Formatted text', type: 'none' },
    request: { name: 'http.request', label: 'Request', type: 'boolean', hidden: true },
    requestMethod: { name: 'http.request.method', label: 'Request Method', type: 'string' },
    requestUri: { name: 'http.request.uri', label: 'Request URI', type: 'string' },
    requestUriPath: { name: 'http.request.uri.path', label: 'Request URI Path', type: 'string' },
    requestUriQuery: { name: 'http.request.uri.query', label: 'Request URI Query', type: 'string' },
    requestVersion: { name: 'http.request.version', label: 'Request Version', type: 'string' },
    requestFullUri: { name: 'http.request.full_uri', label: 'Full request URI', type: 'string', generated: true },
    requestLine: { name: 'http.request.line', label: 'Request line', type: 'string', hidden: true },
    requestNumber: { name: 'http.request_number', label: 'Request number', type: 'uint32', base: 'dec', generated: true },
    response: { name: 'http.response', label: 'Response', type: 'boolean', hidden: true },
    responseVersion: { name: 'http.response.version', label: 'Response Version', type: 'string' },
    responseCode: { name: 'http.response.code', label: 'Status Code', type: 'uint16', base: 'dec' },
    responseCodeDesc: { name: 'http.response.code.desc', label: 'Status Code Description', type: 'string', generated: true },
    responsePhrase: { name: 'http.response.phrase', label: 'Response Phrase', type: 'string' },
    responseLine: { name: 'http.response.line', label: 'Response line', type: 'string', hidden: true },
    responseNumber: { name: 'http.response_number', label: 'Response number', type: 'uint32', base: 'dec', generated: true },
    responseForUri: { name: 'http.response_for.uri', label: 'Request URI', type: 'string', generated: true },
    time: { name: 'http.time', label: 'Time since request', type: 'relative_time', generated: true },
    requestIn: { name: 'http.request_in', label: 'Request in frame', type: 'framenum', generated: true },
    responseIn: { name: 'http.response_in', label: 'Response in frame', type: 'framenum', generated: true },
    host: { name: 'http.host', label: 'Host', type: 'string' },
    userAgent: { name: 'http.user_agent', label: 'User-Agent', type: 'string' },
    connection: { name: 'http.connection', label: 'Connection', type: 'string' },
    upgrade: { name: 'http.upgrade', label: 'Upgrade', type: 'string' },
    contentType: { name: 'http.content_type', label: 'Content-Type', type: 'string' },
    contentLengthHeader: { name: 'http.content_length_header', label: 'Content-Length', type: 'string' },
    contentLength: { name: 'http.content_length', label: 'Content length', type: 'uint64', base: 'dec' },
    server: { name: 'http.server', label: 'Server', type: 'string' },
    date: { name: 'http.date', label: 'Date', type: 'string' },
    location: { name: 'http.location', label: 'Location', type: 'string' },
    accept: { name: 'http.accept', label: 'Accept', type: 'string' },
    acceptEncoding: { name: 'http.accept_encoding', label: 'Accept Encoding', type: 'string' },
    acceptLanguage: { name: 'http.accept_language', label: 'Accept-Language', type: 'string' },
    authorization: { name: 'http.authorization', label: 'Authorization', type: 'string' },
    authbasic: { name: 'http.authbasic', label: 'Credentials', type: 'string' },
    cacheControl: { name: 'http.cache_control', label: 'Cache-Control', type: 'string' },
    cookie: { name: 'http.cookie', label: 'Cookie', type: 'string' },
    setCookie: { name: 'http.set_cookie', label: 'Set-Cookie', type: 'string' },
    referer: { name: 'http.referer', label: 'Referer', type: 'string' },
    transferEncoding: { name: 'http.transfer_encoding', label: 'Transfer-Encoding', type: 'string' },
    fileData: { name: 'http.file_data', label: 'File Data', type: 'string' },
    secWebsocketAccept: { name: 'http.sec_websocket_accept', label: 'Sec-WebSocket-Accept', type: 'string' },
    secWebsocketExtensions: { name: 'http.sec_websocket_extensions', label: 'Sec-WebSocket-Extensions', type: 'string' },
    secWebsocketKey: { name: 'http.sec_websocket_key', label: 'Sec-WebSocket-Key', type: 'string' },
    secWebsocketProtocol: { name: 'http.sec_websocket_protocol', label: 'Sec-WebSocket-Protocol', type: 'string' },
    secWebsocketVersion: { name: 'http.sec_websocket_version', label: 'Sec-WebSocket-Version', type: 'string' },
    unknownHeader: { name: 'http.unknown_header', label: 'Unknown header', type: 'string' },
    notification: { name: 'http.notification', label: 'Notification', type: 'boolean' },
  },
)

export const WEBSOCKET: ProtocolFields<
  | 'fin'
  | 'rsv'
  | 'pmc'
  | 'opcode'
  | 'mask'
  | 'payloadLength'
  | 'payloadLengthExt16'
  | 'payloadLengthExt64'
  | 'maskingKey'
  | 'maskedPayload'
  | 'payload'
  | 'payloadText'
  | 'payloadClose'
  | 'payloadCloseStatusCode'
  | 'payloadCloseReason'
  | 'payloadPing'
  | 'payloadPong'
  | 'payloadContinue'
  | 'payloadUnknown'
  | 'payloadUnknownExpert'
  | 'fragments'
  | 'fragment'
  | 'fragmentCount'
  | 'reassembledLength'
> = defineProtocol(
  { name: 'websocket', label: 'WebSocket' },
  {
    fin: { name: 'websocket.fin', label: 'Fin', type: 'boolean', width: 8, mask: 0x80 },
    rsv: { name: 'websocket.rsv', label: 'Reserved', type: 'uint8', base: 'hex', mask: 0x70 },
    pmc: { name: 'websocket.pmc', label: 'Per-Message Compressed', type: 'boolean', width: 8, mask: 0x40 },
    opcode: {
      name: 'websocket.opcode',
      label: 'Opcode',
      type: 'uint8',
      base: 'dec',
      mask: 0xf,
      values: new Map([
        [0, 'Continuation'],
        [1, 'Text'],
        [2, 'Binary'],
        [8, 'Connection Close'],
        [9, 'Ping'],
        [10, 'Pong'],
      ]),
    },
    mask: { name: 'websocket.mask', label: 'Mask', type: 'boolean', width: 8, mask: 0x80 },
    payloadLength: { name: 'websocket.payload_length', label: 'Payload length', type: 'uint8', base: 'dec', mask: 0x7f },
    payloadLengthExt16: { name: 'websocket.payload_length_ext_16', label: 'Extended Payload length (16 bits)', type: 'uint16', base: 'dec' },
    payloadLengthExt64: { name: 'websocket.payload_length_ext_64', label: 'Extended Payload length (64 bits)', type: 'uint64', base: 'dec' },
    maskingKey: { name: 'websocket.masking_key', label: 'Masking-Key', type: 'bytes' },
    maskedPayload: { name: 'websocket.masked_payload', label: 'Masked payload', type: 'none' },
    payload: { name: 'websocket.payload', label: 'Payload', type: 'none' },
    payloadText: { name: 'websocket.payload.text', label: 'Text', type: 'string' },
    payloadClose: { name: 'websocket.payload.close', label: 'Close', type: 'none' },
    payloadCloseStatusCode: {
      name: 'websocket.payload.close.status_code',
      label: 'Status code',
      type: 'uint16',
      base: 'dec',
      values: new Map([
        [1000, 'Normal Closure'],
        [1001, 'Going Away'],
        [1002, 'Protocol error'],
        [1003, 'Unsupported Data'],
        [1004, '---Reserved----'],
        [1005, 'No Status Rcvd'],
        [1006, 'Abnormal Closure'],
        [1007, 'Invalid frame payload data'],
        [1008, 'Policy Violation'],
        [1009, 'Message Too Big'],
        [1010, 'Mandatory Ext.'],
        [1011, 'Internal Server'],
        [1015, 'TLS handshake'],
      ]),
    },
    payloadCloseReason: { name: 'websocket.payload.close.reason', label: 'Reason', type: 'string' },
    payloadPing: { name: 'websocket.payload.ping', label: 'Ping', type: 'bytes' },
    payloadPong: { name: 'websocket.payload.pong', label: 'Pong', type: 'bytes' },
    payloadContinue: { name: 'websocket.payload.continue', label: 'Continue', type: 'bytes' },
    payloadUnknown: { name: 'websocket.payload.unknown', label: 'Unknown', type: 'bytes' },
    payloadUnknownExpert: { name: 'websocket.payload.unknown.expert', label: 'Dissector for Websocket Opcode', type: 'none' },
    fragments: { name: 'websocket.fragments', label: 'Reassembled websocket Fragments', type: 'none', generated: true },
    fragment: { name: 'websocket.fragment', label: 'Websocket Fragment', type: 'framenum', generated: true },
    fragmentCount: { name: 'websocket.fragment.count', label: 'Fragment count', type: 'uint32', base: 'dec', generated: true },
    reassembledLength: { name: 'websocket.reassembled.length', label: 'Reassembled websocket Payload length', type: 'uint32', base: 'dec', generated: true },
  },
)

export const SSDP: ProtocolFields<'unknownHeader' | 'notification'> = defineProtocol(
  { name: 'ssdp', label: 'Simple Service Discovery Protocol' },
  {
    unknownHeader: { name: 'http.unknown_header', label: 'Unknown header', type: 'string' },
    notification: { name: 'http.notification', label: 'Notification', type: 'boolean', generated: true },
  },
)
