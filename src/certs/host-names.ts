// Names and addresses in certificates: which ones this machine has, which text is one, when two are the same.
// Reading the list out of a certificate is here too, since both sides must agree on what a name is.

import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import { domainToASCII } from 'node:url'
import { addressBytes } from './certificate.ts'

/** A name of labels, the first of which may be `*`. Underscores are not in the standard, but in many machines' names. */
const HOST_NAME = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/

/** What a server on this machine is called: localhost, the machine's name, its IPv4 addresses. Those of IPv6 change too often. */
export function ownHosts(): string[] {
  const name = normalHost(hostname())
  const names = name === null || isIP(name) !== 0 ? [] : name.includes('.') ? [name] : [name, `${name}.local`]
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const lan = addresses.filter((address) => address.family === 'IPv4' && !address.internal && !address.address.startsWith('169.254.'))
  return [...new Set(['localhost', '127.0.0.1', '::1', ...names, ...lan.map(({ address }) => address)])]
}

/** A name or address as certificates hold it; null when it is neither. */
export function normalHost(text: string): string | null {
  const plain = text.replace(/^\[(.*)\]$/, '$1')
  if (isIP(plain) === 4) return plain
  if (isIP(plain) === 6) return plain.includes('%') ? null : new URL(`http://[${plain}]`).hostname.slice(1, -1)
  const star = plain.startsWith('*.') ? '*.' : ''
  const ascii = `${star}${domainToASCII(plain.slice(star.length).replace(/\.$/, ''))}`.toLowerCase()
  if (ascii.length > 253 || !HOST_NAME.test(ascii) || /^[\d.]+$/.test(ascii)) return null
  return ascii
}

/** Whether each of `hosts` is in `names`, as it stands: a wildcard covers nothing but itself here. */
export function includesAll(names: readonly string[], hosts: readonly string[]): boolean {
  const have = new Set(names.map(keyOf))
  return hosts.every((host) => have.has(keyOf(host)))
}

/** Both lists, each name once, the first ones first. */
export function union(first: readonly string[], second: readonly string[]): string[] {
  const names = new Map<string, string>()
  for (const host of [...first, ...second]) if (!names.has(keyOf(host))) names.set(keyOf(host), host)
  return [...names.values()]
}

/** The names and addresses that a certificate is for: those of its Subject Alternative Name. */
export function alternativeNames(certificate: X509Certificate): string[] {
  const names: string[] = []
  // Node puts a name in quotes when it holds a comma or the like
  for (const [, kind, quoted, plain] of (certificate.subjectAltName ?? '').matchAll(/(?:^|, )([A-Za-z ]+):(?:("(?:[^"\\]|\\.)*")|([^,]*))/g)) {
    const text = quoted === undefined ? (plain ?? '') : (JSON.parse(quoted) as string)
    if (kind === 'DNS') names.push(text)
    else if (kind === 'IP Address') names.push(normalHost(text) ?? text)
  }
  return names
}

function keyOf(host: string): string {
  return isIP(host) === 0 ? host.toLowerCase() : addressBytes(host).toString('hex')
}
