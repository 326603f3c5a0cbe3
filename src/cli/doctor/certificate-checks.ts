// The certificates of a TLS listener: do certificate and key belong together, do they hold today, do clients find the host's name in them?
// What a certificate says is read by certs/inspect.ts.

import type { X509Certificate } from 'node:crypto'
import { ownHosts } from '../../certs/host-names.ts'
import { chainFault, covers, factsOf, plural, readCertificates, readPrivateKey } from '../certs/inspect.ts'
import { type ListenerView, place, type Setting } from './configuration-view.ts'
import { type Reader, readNamedFile, warnOpen } from './file-checks.ts'
import type { Findings } from './findings.ts'

/** Does nothing for a listener without TLS. `host` is the name that clients use, null = not known. `now` in milliseconds since 1970. */
export function checkCertificates(listener: ListenerView, host: string | null, now: number, reader: Reader, findings: Findings): void {
  const { certfile, keyfile, cafile } = listener
  if (certfile === null || keyfile === null) {
    const there = certfile ?? keyfile
    if (there !== null) findings.broken('certificate', `${place(there)} has ${there.name} alone; TLS needs certfile and keyfile`)
    return
  }
  const chain = certificatesOf(certfile, 'server certificate', now, reader, findings)
  if (cafile !== null) certificatesOf(cafile, 'file of authorities', now, reader, findings)
  const own = chain?.[0]
  checkKey(keyfile, own ?? null, reader, findings)
  if (own === undefined) return
  const { names, uses, isAuthority } = factsOf(own, now)
  const renew = renewLine('NAME')
  if (uses.length > 0 && !uses.includes('servers')) findings.broken('certificate', `${certfile.value} is a certificate for clients only`, renew)
  if (isAuthority) findings.look('certificate', `${certfile.value} is an authority's certificate; servers should have one of their own`, renew)
  const fault = chainFault(chain!)
  if (fault !== null) findings.broken('certificate', `${certfile.value}: ${fault}, so clients cannot follow; the server's own comes first, then who issued it`)
  checkNames(own, names, host, certfile, findings)
}

/** A folder of its own: `certs dev` replaces nobody's files. */
function renewLine(host: string): string {
  return `zanzara certs dev --out DIR --host ${host}   (for trying; else from whoever issued this one)`
}

function certificatesOf(setting: NonNullable<Setting>, what: string, now: number, reader: Reader, findings: Findings): X509Certificate[] | null {
  const bytes = readNamedFile(setting, what, renewLine('NAME'), reader, findings)
  if (bytes === null) return null
  const certificates = readCertificates(bytes)
  if (certificates === null) {
    findings.broken('certificate', `the ${what} ${setting.value} holds no certificate (${place(setting)})`)
    return null
  }
  const [own] = certificates
  const { warnings, notAfter, daysLeft } = factsOf(own!, now)
  for (const { isFatal, text } of warnings) {
    const sentence = `the ${what} ${setting.value}: ${text}`
    const mend = /^it (?:ended|ends)/.test(text) ? [renewLine('NAME')] : []
    if (isFatal) findings.broken('certificate', sentence, ...mend)
    else findings.look('certificate', sentence, ...mend)
  }
  if (!warnings.some(({ text }) => /^it (?:ended|ends|begins)/.test(text)))
    findings.fine('certificate', `the ${what} ${setting.value} holds until ${notAfter.toISOString().slice(0, 10)}, ${plural(daysLeft, 'day')}`)
  return certificates
}

function checkKey(keyfile: NonNullable<Setting>, certificate: X509Certificate | null, reader: Reader, findings: Findings): void {
  const bytes = readNamedFile(keyfile, 'private key', renewLine('NAME'), reader, findings)
  if (bytes === null) return
  const key = readPrivateKey(bytes)
  if (key === 'no key') findings.broken('certificate', `${keyfile.value} holds no private key (${place(keyfile)})`)
  else if (key === 'encrypted')
    findings.broken(
      'certificate',
      `the private key ${keyfile.value} is encrypted, and a broker cannot be asked for its passphrase`,
      `openssl pkey -in ${keyfile.value} -out NEW.key`,
    )
  else if (certificate !== null && !certificate.checkPrivateKey(key))
    findings.broken('certificate', `the private key ${keyfile.value} is not that of the certificate; certfile and keyfile must be of one pair`)
  warnOpen(keyfile.value, 'private key', reader, findings)
}

function checkNames(own: X509Certificate, names: readonly string[], host: string | null, certfile: NonNullable<Setting>, findings: Findings): void {
  if (names.length === 0) return // that has been told as what it is: fatal
  if (host !== null) {
    if (covers(own, host)) findings.fine('certificate', `clients that connect to ${host} find it in the certificate`)
    else findings.broken('certificate', `${host} is not in ${certfile.value}, which is for ${names.join(', ')}: clients refuse it`, renewLine(host))
    return
  }
  if (!ownHosts().some((name) => covers(own, name)))
    findings.look('certificate', `no name or address of this machine is in ${certfile.value}; clients must connect to ${names.join(' or ')}`, renewLine('NAME'))
}
