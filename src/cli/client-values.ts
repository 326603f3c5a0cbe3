// Values of flags: text to number, port, topic, URL. Each throws ArgumentError with Mosquitto's words.
// Stricter than Mosquitto in one point: `12abc` is not a number. Blanks around one do no harm.

import type { Qos } from '../wire/mqtt/packet.ts'
import { isTopicFilter, isTopicName } from '../wire/mqtt/topics.ts'
import { type AfterError, ArgumentError } from './client-errors.ts'
import { type ClientSettings, NEVER_EXPIRES } from './client-settings.ts'

/** A decimal integer in [minimum, maximum]; otherwise the error `message`. */
export function integer(value: string, minimum: number, maximum: number, message: string, after: AfterError): number {
  const number = /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : NaN
  if (!(number >= minimum && number <= maximum)) throw new ArgumentError(message, after)
  return number
}

/** A decimal number in [minimum, maximum]. */
export function decimal(value: string, minimum: number, maximum: number, message: string): number {
  const number = /^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$/.test(value) ? Number(value) : NaN
  if (!(number >= minimum && number <= maximum)) throw new ArgumentError(message, 'blank and hint')
  return number
}

/** 0 to 65535; 0 is let through and fails at the socket. */
export function port(value: string): number {
  return integer(value, 0, 65535, `Invalid port given: ${value}`, 'hint')
}

export function qos(value: string): Qos {
  return integer(value, 0, 2, `Invalid QoS given: ${value}`, 'hint') as Qos
}

export function protocolVersion(value: string): 3 | 4 | 5 {
  if (value === '31' || value === 'mqttv31') return 3
  if (value === '311' || value === 'mqttv311') return 4
  if (value === '5' || value === 'mqttv5') return 5
  throw new ArgumentError('Invalid protocol version argument given.', 'blank and hint')
}

/** Seconds; `-1`, 4294967295 and the infinity sign stand for never. */
export function sessionExpiryInterval(value: string): number {
  if (value.trim() === '∞' || value.trim() === '-1') return NEVER_EXPIRES
  if (!/^\s*[+-]?\d+\s*$/.test(value)) throw new ArgumentError('session-expiry-interval not a number.', 'blank and hint')
  return integer(value, 0, NEVER_EXPIRES, 'session-expiry-interval out of range.', 'blank and hint')
}

/** Control characters and non-characters: well-formed UTF-8, but senders should leave them out, and servers may close for them [section 1.5.4]. */
const DISCOURAGED = /[\p{Cc}\p{Noncharacter_Code_Point}]/u

/** Whether servers take it as a text of MQTT. */
export function isAcceptable(text: string): boolean {
  return !DISCOURAGED.test(text)
}

function acceptable(text: string, flag: string): string {
  if (!isAcceptable(text)) throw new ArgumentError(`Malformed UTF-8 in ${flag} argument.`, 'blank and hint')
  return text
}

/** -t: a Topic Name to publish to, a Topic Filter to subscribe to. `flag` is named in the error. */
export function addTopic(settings: ClientSettings, topic: string, flag = '-t'): void {
  if (settings.tool === 'sub') settings.topics.push(filterOf(topic, 'subscription', flag))
  else settings.topics[0] = nameOf(topic, 'publish', flag)
}

/** A Topic Filter; `kind` and `flag` are the words in the errors. */
export function filterOf(topic: string, kind: 'subscription' | 'filter' | 'unsubscribe', flag: string): string {
  if (!isTopicFilter(topic)) throw new ArgumentError(`Invalid ${kind} topic '${topic}', are all '+' and '#' wildcards correct?`)
  return acceptable(topic, flag)
}

/** A Topic Name; as above. */
export function nameOf(topic: string, kind: 'publish' | 'response' | 'will', flag: string): string {
  if (!isTopicName(topic)) throw new ArgumentError(`Invalid ${kind} topic '${topic}', does it contain '+' or '#'?`)
  return acceptable(topic, flag)
}

const SCHEMES: Readonly<Record<string, { readonly tls: boolean; readonly webSocket: boolean }>> = {
  mqtt: { tls: false, webSocket: false },
  mqtts: { tls: true, webSocket: false },
  ws: { tls: false, webSocket: true },
  wss: { tls: true, webSocket: true },
}

/**
 * -L: `mqtt://[user[:password]@]host[:port]/topic`. Taken literally, without percent-decoding. As in Mosquitto the scheme alone sets
 * port 1883 or 8883, also for WebSockets. An IPv6 address stands in brackets.
 */
export function applyUrl(settings: ClientSettings, url: string): void {
  const [, name = '', rest = ''] = /^([a-z]+):\/\/(.*)$/is.exec(url) ?? []
  const scheme = Object.hasOwn(SCHEMES, name.toLowerCase()) ? SCHEMES[name.toLowerCase()] : undefined
  if (scheme === undefined) throw new ArgumentError('Unsupported URL scheme.', 'blank and hint')
  const slash = rest.indexOf('/')
  if (slash < 0 && settings.tool !== 'ctrl') throw new ArgumentError('Invalid URL for -L argument specified - topic missing.')
  const authority = slash < 0 ? rest : rest.slice(0, slash)
  const at = authority.indexOf('@')
  const user = at < 0 ? null : authority.slice(0, at)
  const [, host = '', portText] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(authority.slice(at + 1)) ?? []
  if (host === '' || host === '[]') throw new ArgumentError(`Invalid URL for -L argument specified - host missing in ${url}.`)
  if (portText === '') throw new ArgumentError('Empty port in URL.')
  settings.host = host.startsWith('[') ? host.slice(1, -1) : host
  settings.port = portText === undefined ? (scheme.tls ? 8883 : 1883) : port(portText)
  settings.webSocket = scheme.webSocket
  if (scheme.tls) settings.tls.useOsCertificates = true
  if (user !== null) {
    const colon = user.indexOf(':')
    settings.userName = colon < 0 ? user : user.slice(0, colon)
    if (settings.userName === '' && settings.tool === 'ctrl') throw new ArgumentError('Empty username in URL.')
    if (colon >= 0) settings.password = user.slice(colon + 1)
  }
  if (settings.tool !== 'ctrl') addTopic(settings, rest.slice(slash + 1), '-L topic')
}
