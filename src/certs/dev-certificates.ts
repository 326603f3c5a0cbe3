// A folder of development certificates: an authority, a server's and a client's, made where missing, renewed before they end, kept otherwise.
// Only files that it made itself are ever replaced. What is inside a certificate is certificate.ts' affair.

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { type CertificateRequest, type Identity, makeCertificate } from './certificate.ts'
import { DevCertificatesError } from './dev-folder.ts'
import { alternativeNames, includesAll, union } from './host-names.ts'

const DAY_MS = 86_400_000
const AUTHORITY_DAYS = 3650
/** Days of a server's or client's certificate unless asked otherwise. Apple's systems take no more than 825. */
export const DEFAULT_DAYS = 365
/** Certificates begin a day ago: devices whose clock is slow take them all the same. */
const BACKDATED_MS = DAY_MS
/** Names in one certificate; the oldest are left out beyond. */
const MAXIMUM_NAMES = 100
/** By this word in a certificate's issuer we know our own. */
const ORGANIZATION = 'Zanzara development certificates'
/** Characters of a Common Name [RFC 5280, appendix A.1, ub-common-name]. */
const MAXIMUM_COMMON_NAME = 64
const LOCK_PATIENCE_MS = 10_000

export type CertificateFileName = 'ca' | 'server' | 'client'

export interface DevCertificate {
  readonly name: CertificateFileName
  readonly certificate: X509Certificate
  readonly certificateFile: string
  readonly keyFile: string
  /** What was done now, and why if it was not simply missing. */
  readonly action: 'made' | 'renewed' | 'kept'
  readonly reason: string
}

export interface DevCertificates {
  readonly folder: string
  readonly ca: DevCertificate
  readonly server: DevCertificate
  readonly client: DevCertificate
}

export interface DevCertificatesRequest {
  /** Names and addresses of the server, normal. */
  readonly hosts: readonly string[]
  /** Days from now; null = the usual ones, and certificates that still hold are kept. */
  readonly days: number | null
  /** Milliseconds since 1970. */
  readonly now: number
}

/** Makes and renews what is needed. Two processes at once wait for each other. @throws DevCertificatesError */
export async function ensureDevCertificates(folder: string, request: DevCertificatesRequest): Promise<DevCertificates> {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 })
    const unlock = await lock(join(folder, '.lock'))
    try {
      return new Folder(folder, request).ensure()
    } finally {
      unlock()
    }
  } catch (error) {
    if (error instanceof DevCertificatesError || (error as NodeJS.ErrnoException).syscall === undefined) throw error
    throw new DevCertificatesError(`Cannot keep certificates in ${folder}: ${(error as Error).message}; choose another folder with --out.`, { cause: error })
  }
}

/** Our own files as they were found. */
interface Found {
  readonly certificate: X509Certificate
  /** Null when it is missing or belongs to another certificate. */
  readonly key: KeyObject | null
}

class Folder {
  readonly #folder: string
  readonly #request: DevCertificatesRequest

  constructor(folder: string, request: DevCertificatesRequest) {
    this.#folder = folder
    this.#request = request
  }

  ensure(): DevCertificates {
    const found = { ca: this.#find('ca'), server: this.#find('server'), client: this.#find('client') }
    const { now } = this.#request
    const isAuthorityGood = found.ca !== null && millisecondsLeft(found.ca.certificate, now) > 30 * DAY_MS
    const reasons = {
      server: found.server === null ? '' : this.#whyRenew(found.server, isAuthorityGood ? found.ca : null, true),
      client: found.client === null ? '' : this.#whyRenew(found.client, isAuthorityGood ? found.ca : null, false),
    }
    // The authority's key may lie elsewhere, under lock, as long as there is nothing to sign.
    const isKeyNeeded = found.server === null || found.client === null || reasons.server !== null || reasons.client !== null
    if (isAuthorityGood && isKeyNeeded && found.ca!.key === null)
      throw new DevCertificatesError(
        `${this.#path('ca', 'key')} is missing or does not belong to ca.crt, and without it nothing can be signed; put it back, or delete ca.crt to begin anew.`,
      )
    const authority = isAuthorityGood ? found.ca! : makeCertificate(this.#authorityRequest(), null)
    const ca = isAuthorityGood ? this.#kept('ca', found.ca!) : this.#store('ca', authority as Identity, found.ca, 'it had ended or was about to')
    const leaf = (name: 'server' | 'client'): DevCertificate => {
      const old = found[name]
      const reason = reasons[name]
      if (old !== null && reason === null) return this.#kept(name, old)
      return this.#store(name, makeCertificate(this.#leafRequest(name, old, authority.certificate), authority as Identity), old, reason ?? '')
    }
    return { folder: this.#folder, ca, server: leaf('server'), client: leaf('client') }
  }

  /** Null when there is nothing. @throws DevCertificatesError for files that are not ours */
  #find(name: CertificateFileName): Found | null {
    const pem = contents(this.#path(name, 'crt'))
    const keyPem = contents(this.#path(name, 'key'))
    if (pem === null) {
      if (keyPem !== null) throw this.#foreign(`${name}.key`, 'is there without a certificate that we made for it')
      return null
    }
    const certificate = parsed(() => new X509Certificate(pem))
    if (certificate === null || !certificate.issuer.split('\n').includes(`O=${ORGANIZATION}`)) throw this.#foreign(`${name}.crt`, 'was not made here')
    const key = keyPem === null ? null : parsed(() => createPrivateKey(keyPem))
    if (keyPem !== null && key === null) throw this.#foreign(`${name}.key`, 'is no private key of ours')
    return { certificate, key: key !== null && certificate.checkPrivateKey(key) ? key : null }
  }

  #foreign(file: string, why: string): DevCertificatesError {
    return new DevCertificatesError(`${join(this.#folder, file)} ${why} and is left alone; choose another folder with --out, or move the file away.`)
  }

  /** Null = it still holds. */
  #whyRenew({ certificate, key }: Found, ca: Found | null, isServer: boolean): string | null {
    const { now, hosts, days } = this.#request
    if (ca === null || !certificate.checkIssued(ca.certificate) || !certificate.verify(ca.certificate.publicKey)) return 'the authority is new'
    if (key === null) return 'its key was missing'
    const left = millisecondsLeft(certificate, now)
    const life = Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)
    if (left <= 0) return 'it had ended'
    if (Date.parse(certificate.validFrom) > now) return 'it had not begun by this clock'
    if (days === null && left < Math.min(30 * DAY_MS, life / 3)) return `it would have ended on ${day(certificate.validTo)}`
    if (days !== null && Math.abs(Math.min(now + days * DAY_MS, Date.parse(ca.certificate.validTo)) - Date.parse(certificate.validTo)) > DAY_MS)
      return 'other days were asked for'
    if (isServer && !includesAll(alternativeNames(certificate), hosts)) return 'a name or address was missing in it'
    return null
  }

  #authorityRequest(): CertificateRequest {
    const { now } = this.#request
    const subject = {
      organization: ORGANIZATION,
      commonName: `Zanzara development CA ${new Date(now).toISOString().slice(0, 10)} ${owner()}`.slice(0, MAXIMUM_COMMON_NAME),
    }
    return { role: 'authority', subject, hosts: [], notBefore: new Date(now - BACKDATED_MS), notAfter: new Date(now + AUTHORITY_DAYS * DAY_MS) }
  }

  #leafRequest(role: 'server' | 'client', old: Found | null, ca: X509Certificate): CertificateRequest {
    const { now, hosts, days } = this.#request
    const notAfter = new Date(Math.min(now + (days ?? DEFAULT_DAYS) * DAY_MS, Date.parse(ca.validTo)))
    // Names once asked for stay: who connects by one of them must not be shut out by a renewal.
    const names = role === 'client' ? [] : union(hosts, old === null ? [] : alternativeNames(old.certificate)).slice(0, MAXIMUM_NAMES)
    const commonName = role === 'client' ? 'zanzara-client' : (hosts[0] ?? 'localhost').slice(0, MAXIMUM_COMMON_NAME)
    return { role, subject: { organization: ORGANIZATION, commonName }, hosts: names, notBefore: new Date(now - BACKDATED_MS), notAfter }
  }

  #kept(name: CertificateFileName, { certificate }: Found): DevCertificate {
    closeToOthers(this.#path(name, 'key'))
    return { name, certificate, certificateFile: this.#path(name, 'crt'), keyFile: this.#path(name, 'key'), action: 'kept', reason: '' }
  }

  /** The certificate goes first: if we are stopped in between, the next run sees our certificate without its key and renews it. */
  #store(name: CertificateFileName, { certificate, key }: Identity, old: Found | null, reason: string): DevCertificate {
    const files = { certificateFile: this.#path(name, 'crt'), keyFile: this.#path(name, 'key') }
    replaceFile(files.certificateFile, certificate.toString(), 0o644)
    replaceFile(files.keyFile, key.export({ type: 'pkcs8', format: 'pem' }) as string, 0o600)
    return { name, certificate, ...files, action: old === null ? 'made' : 'renewed', reason: old === null ? '' : reason }
  }

  #path(name: CertificateFileName, ending: 'crt' | 'key'): string {
    return join(this.#folder, `${name}.${ending}`)
  }
}

function millisecondsLeft(certificate: X509Certificate, now: number): number {
  return Date.parse(certificate.validTo) - now
}

function day(date: string): string {
  return new Date(date).toISOString().slice(0, 10)
}

/** Null when there is no such file. */
function contents(path: string): Buffer | null {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function parsed<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null // not what we write, so not ours
  }
}

/** Readers see the old file or the new one, never half of it; the mode holds from the first byte on. */
function replaceFile(path: string, text: string, mode: number): void {
  const fresh = `${path}.new`
  rmSync(fresh, { force: true })
  writeFileSync(fresh, text, { mode, flag: 'wx' })
  chmodSync(fresh, mode) // whatever the umask took
  renameSync(fresh, path)
}

function closeToOthers(keyFile: string): void {
  const mode = statSync(keyFile, { throwIfNoEntry: false })?.mode
  if (mode !== undefined && (mode & 0o077) !== 0 && process.platform !== 'win32') chmodSync(keyFile, 0o600)
}

/** `ada@lab`, for people who look through the authorities that they trust. */
function owner(): string {
  try {
    return `${userInfo().username}@${hostname()}`
  } catch {
    return hostname() // a user without a name, as in a container
  }
}

/** Waits until no other process works on the folder; a lock whose owner has died counts for nothing. */
async function lock(path: string): Promise<() => void> {
  const end = Date.now() + LOCK_PATIENCE_MS
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' })
      return () => rmSync(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = contents(path)?.toString() ?? ''
    if (/^\d+$/.test(holder) && !isAlive(Number(holder))) rmSync(path, { force: true })
    else if (Date.now() > end) throw new DevCertificatesError(`${path} says that process ${holder} is at work here; delete the file if it is not.`)
    else await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
