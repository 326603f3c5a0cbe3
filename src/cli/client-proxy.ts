// --proxy: the URL of a SOCKS5 proxy, `socks5h://[user[:password]@]host[:port]`, to its parts.
// Errors are Mosquitto's words; where it says nothing but the hint, we say what is wrong.

import type { ProxyOptions } from '../client/node.ts'
import { ArgumentError } from './client-errors.ts'

const SCHEME = 'socks5h://'
const DEFAULT_PORT = 1080

/** Takes the URL apart. User and password may escape `%25`, `%3A` and `%40`, the host may be an IPv6 address in brackets. Throws ArgumentError. */
export function readProxyUrl(url: string): ProxyOptions {
  if (!url.startsWith(SCHEME)) throw new ArgumentError(`Unsupported proxy protocol: ${url}`)
  const rest = url.slice(SCHEME.length)
  const at = rest.lastIndexOf('@')
  const [, host = '', portText] = /^(\[[^\]]+\]|[^:[\]@]*)(?::(.*))?$/s.exec(rest.slice(at + 1)) ?? []
  if (host === '' || portText === '') throw new ArgumentError('Invalid proxy.')
  const port = portText === undefined ? DEFAULT_PORT : readPort(portText)
  const address = host.startsWith('[') ? host.slice(1, -1) : host
  if (at < 0) return { host: address, port }
  const user = rest.slice(0, at)
  const colon = user.indexOf(':')
  const userName = unescaped(colon < 0 ? user : user.slice(0, colon), 'username')
  const password = colon < 0 ? '' : unescaped(user.slice(colon + 1), 'password')
  if (userName === '' || password === '') throw new ArgumentError('Invalid proxy: user name and password come together, user:password@host.')
  return { host: address, port, userName, password }
}

function readPort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : NaN
  if (!(port >= 1 && port <= 65535)) throw new ArgumentError(`Invalid proxy port ${text}`)
  return port
}

/** As with Mosquitto's clients, no other bytes than these can be escaped. One to 255 bytes is what the protocol has room for (RFC 1929). */
function unescaped(text: string, part: 'username' | 'password'): string {
  if (/%(?!25|3a|40)/i.test(text)) throw new ArgumentError(`Invalid URL encoding in ${part}.`)
  const plain = text.replace(/%(25|3a|40)/gi, (escaped) => decodeURIComponent(escaped))
  if (Buffer.byteLength(plain) > 255) throw new ArgumentError('Invalid proxy: user name and password have room for 255 bytes each.')
  return plain
}
