// Which HTTP requests may be answered at all, by their headers: against pages of other sites, and names that were made to point here (DNS rebinding).
// Who asks and what they may do is logins.ts.

import { isIP } from 'node:net'

/** What a request says of where it comes from and whom it means. */
export interface RequestOrigin {
  readonly method: string
  readonly host: string | null
  readonly origin: string | null
  /** `Sec-Fetch-Site`, which browsers send and pages cannot change. */
  readonly fetchSite: string | null
  /** A page of its own, not something that a page loads. */
  readonly isNavigation: boolean
  readonly isWebSocket: boolean
}

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/**
 * Null when the request may go on; else why not, as a sentence for the client. `names` are host names that this machine is known by, beside
 * addresses and localhost: a name that anybody could have made to point here is refused, since its pages would share our cookies and rights.
 */
export function refusalOf(request: RequestOrigin, names: ReadonlySet<string>): string | null {
  const { host, origin, fetchSite, method, isNavigation, isWebSocket } = request
  const name = hostName(host)
  if (name === null) return 'The request names no host.'
  if (!isOwnName(name, names))
    return `This console does not answer to the name ${shownHost(name)}: use an address or localhost, or list the name ('console_host').`
  if (origin !== null && !isSameHost(origin, host!)) return 'Pages of other sites may not ask here.'
  if (isCrossSite(fetchSite) && !(isNavigation && READING.has(method) && !isWebSocket)) return 'Pages of other sites may not ask here.'
  return null
}

/** The name in a Host header, lower case, without port and brackets; null for what is none. */
export function hostName(host: string | null): string | null {
  if (host === null) return null
  const found = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(host)
  return found === null ? null : (found[1] ?? found[2]!).toLowerCase().replace(/\.$/, '')
}

/** An address is nobody's to point elsewhere, and `localhost` never leaves this machine. */
function isOwnName(name: string, names: ReadonlySet<string>): boolean {
  return isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost') || names.has(name)
}

/** Host and port agree; the scheme may differ where a proxy ends TLS. */
function isSameHost(origin: string, host: string): boolean {
  try {
    const { protocol, host: place } = new URL(origin)
    if (protocol !== 'http:' && protocol !== 'https:') return false
    return new URL(`${protocol}//${host}`).host === place
  } catch {
    return false // `null`, of sandboxed pages and files
  }
}

function isCrossSite(fetchSite: string | null): boolean {
  return fetchSite === 'cross-site' || fetchSite === 'same-site'
}

function shownHost(name: string): string {
  return name.length > 100 ? `${name.slice(0, 100)}…` : name
}

/** Loopback, and nobody in between who says that it asks for another. */
export function isFromThisMachine(address: string, headers: { get(name: string): string | null }): boolean {
  if (address !== '::1' && !address.startsWith('127.')) return false
  return ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].every((name) => headers.get(name) === null)
}
