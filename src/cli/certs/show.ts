// `zanzara certs show FILE…`: subject, issuer, names, dates, fingerprint of each certificate, and what is wrong with it.
// The facts come from inspect.ts; this is how they are printed.

import { readFileSync, statSync } from 'node:fs'
import { escapeControls } from '../../server/log-destinations.ts'
import { type CertificateFacts, chainFault, factsOf, plural, readCertificates, readPrivateKey } from './inspect.ts'

/** Printed text, and whether something no client accepts was in it. */
export interface Shown {
  readonly text: string
  readonly isFine: boolean
}

/** A file that holds neither certificate nor key. */
export class ShowError extends Error {
  override readonly name = 'ShowError'
}

/** @throws ShowError */
export function showFile(path: string, now: number, asJson: boolean): Shown {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw new ShowError(`Unable to read '${path}': ${(error as Error).message}.`)
  }
  const certificates = readCertificates(bytes)
  const key = readPrivateKey(bytes)
  const warnings: string[] = []
  const mode = statSync(path).mode & 0o777
  if (key !== 'no key' && (mode & 0o077) !== 0 && process.platform !== 'win32')
    warnings.push(`other users may read this private key (mode ${mode.toString(8)}); close it with: chmod 600 '${path}'`)
  if (certificates === null) {
    if (key === 'no key') throw new ShowError(`'${path}' holds no certificate and no private key that can be read.`)
    const kind = key === 'encrypted' ? 'a private key, encrypted with a passphrase' : 'a private key'
    if (asJson) return { text: `${JSON.stringify({ file: path, certificates: [], hasKey: true, warnings })}\n`, isFine: true }
    return { text: lines([path, `  holds ${kind} and no certificate`, ...warnings.map(marked)]), isFine: true }
  }
  const facts = certificates.map((certificate) => factsOf(certificate, now))
  const fault = chainFault(certificates)
  // Unrelated authorities in one file are a list of whom to trust; that is no chain.
  if (fault !== null && !certificates.every((certificate) => certificate.ca))
    warnings.push(`${fault}: a server sends them in this order and clients cannot follow`)
  if (key !== 'no key' && key !== 'encrypted' && !certificates[0]!.checkPrivateKey(key))
    warnings.push('the private key in this file is not that of its certificate')
  const isFine = !facts.some((one) => one.warnings.some(({ isFatal }) => isFatal))
  if (asJson) {
    const certificatesJson = facts.map((one) => ({ ...one, warnings: one.warnings.map(({ text }) => text) }))
    return { text: `${JSON.stringify({ file: path, certificates: certificatesJson, hasKey: key !== 'no key', warnings })}\n`, isFine }
  }
  const rows = facts.flatMap((one, i) => [...(facts.length > 1 ? [`  certificate ${i + 1} of ${facts.length}`] : []), ...factRows(one)])
  return { text: lines([path, ...rows, ...(key === 'no key' ? [] : ['  also holds a private key']), ...warnings.map(marked)]), isFine }
}

function factRows(facts: CertificateFacts): string[] {
  const { subject, issuer, isSelfIssued, isAuthority, names, uses, notBefore, notAfter, daysLeft, key, fingerprint, serialNumber } = facts
  const row = (label: string, value: string): string => `  ${label.padEnd(12)}${escapeControls(value)}`
  const purpose = isAuthority ? 'to vouch for other certificates (an authority)' : uses.length === 0 ? 'servers and clients' : uses.join(' and ')
  return [
    row('subject', subject),
    row('issuer', isSelfIssued ? 'itself' : issuer),
    row('for', purpose),
    ...(names.length === 0 ? [] : [row('names', names.join(', '))]),
    row('valid', `${stamp(notBefore)} to ${stamp(notAfter)}${daysLeft < 0 ? '' : `, ${plural(daysLeft, 'day')} left`}`),
    row('key', key),
    row('serial', serialNumber),
    row('SHA-256', fingerprint),
    ...facts.warnings.map(({ text }) => marked(text)),
  ]
}

function marked(text: string): string {
  return `  ! ${escapeControls(text)}`
}

function stamp(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

function lines(rows: readonly string[]): string {
  return `${rows.join('\n')}\n`
}
