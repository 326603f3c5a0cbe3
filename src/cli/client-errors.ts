// What pub and sub say when something is wrong: with the arguments, with the connection, with the server's answer.
// The texts and their blank lines are those that scripts know from Mosquitto's clients.

import { ExitCode } from './exit-codes.ts'

/** What follows the text of a wrong argument on standard error. */
export type AfterError = 'hint' | 'blank and hint' | 'usage' | 'message only' | 'blank before'

/** The arguments cannot be used. Ends the command with exit code 1. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError'
  /** `hint` = a blank line and where the help is; `usage` = the whole help on standard output; `blank before` = no hint, but an empty line first. */
  readonly after: AfterError

  /** `message` without `Error: `, which is put before it unless it begins with `Error ` itself. */
  constructor(message: string, after: AfterError = 'hint') {
    super(message)
    this.after = after
  }
}

/** The text on standard error, complete. mosquitto_ctrl, unlike the other clients, does not say where its help is. */
export function argumentErrorText(error: ArgumentError, program: string): string {
  const hint = program === 'mosquitto_ctrl' ? '' : `\nUse '${program} --help' to see usage.\n`
  const lead = error.after === 'blank before' ? '\n' : ''
  const gap = error.after === 'blank and hint' ? '\n' : ''
  const tail = error.after === 'hint' || error.after === 'blank and hint' ? hint : ''
  const text = error.message.startsWith('Error ') ? error.message : `Error: ${error.message}`
  return `${lead}${text}\n${gap}${tail}`
}

/** A line for standard error and the code to exit with. */
export interface Failure {
  readonly text: string
  readonly exitCode: number
}

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'The connection was lost',
  EPIPE: 'The connection was lost',
  ETIMEDOUT: 'Connection timed out',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  EACCES: 'Permission denied',
  EPERM: 'Operation not permitted',
  ENOENT: 'No such file or directory',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  EMFILE: 'Too many open files',
  EINVAL: 'Invalid argument',
  ENOTFOUND: 'Unknown host',
  EAI_AGAIN: 'The name server does not answer',
}

/** A proxy's reasons that concern the server behind it. */
const UNREACHED: readonly string[] = ['ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH', 'ETIMEDOUT']

const LOOKUP_ERRORS: readonly string[] = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME', 'EAI_FAIL']

/** The system's words for an error, as strerror has them. */
export function systemErrorText(error: unknown): string {
  const code = errorCode(error)
  return SYSTEM_ERRORS[code] ?? (error instanceof Error ? error.message : String(error))
}

/** Why the first connection did not come about. `error` is what the socket reported. */
export function connectFailure(error: unknown): Failure {
  const code = errorCode(error)
  if (error instanceof Error && error.name === 'ProxyError' && error.cause === undefined) return proxyFailure(error, code)
  if (LOOKUP_ERRORS.includes(code)) return { text: 'Unable to connect (Lookup error).', exitCode: ExitCode.Failure }
  if (code === 'ERR_PSK_NOT_PROVED')
    return { text: 'Error: Protocol error\nError: The server does not share the key of --psk with us.', exitCode: ExitCode.TlsHandshake }
  if (isAlert(code)) {
    const reason = `Error: The server ended the TLS handshake: ${alertName(code)}.`
    return { text: `Error: Protocol error\n${reason}`, exitCode: ExitCode.TlsHandshake }
  }
  if (isCertificateError(error, code)) {
    const reason = error instanceof Error ? error.message : code
    const hint = `Error: The server's certificate was not accepted: ${reason}. Name its authority with --cafile, or check nothing with --insecure.`
    return { text: `Error: Protocol error\n${hint}`, exitCode: ExitCode.TlsHandshake }
  }
  if (isTlsError(error, code)) return { text: 'Unable to connect (A TLS error occurred).', exitCode: ExitCode.Failure }
  return { text: `Error: ${systemErrorText(error)}`, exitCode: ExitCode.Failure }
}

/** The proxy was reached and did not do what we asked: it wants another login, or could not connect. */
function proxyFailure(error: Error, code: string): Failure {
  const [words, exitCode] =
    code === 'EACCES'
      ? (['Authorisation failed', ExitCode.ProxyRefused] as const)
      : UNREACHED.includes(code)
        ? (['The client is not currently connected', ExitCode.NotConnected] as const)
        : (['Proxy error', ExitCode.ProxyError] as const)
  return { text: `Error: ${words}\nError: ${error.message}.`, exitCode }
}

/** Why a connection that stood went away. In TLS 1.3 a server judges our certificate only after the handshake, `beforeTlsAccepted`. */
export function lossFailure(error: unknown, beforeTlsAccepted: boolean): Failure {
  const code = errorCode(error)
  if (!beforeTlsAccepted) return { text: 'Error: The connection was lost', exitCode: ExitCode.ConnectionLost }
  if (!isAlert(code)) return { text: 'Unable to connect (The connection was lost).', exitCode: ExitCode.Failure }
  const remedy = code.endsWith('CERTIFICATE_REQUIRED') ? ' Show it one with --cert and --key.' : ''
  const reason = `Error: The server ended the TLS connection: ${alertName(code)}.${remedy}`
  return { text: `Unable to connect (The connection was lost).\n${reason}`, exitCode: ExitCode.Failure }
}

/** The other side said why, as in `ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED`. */
function isAlert(code: string): boolean {
  return /^ERR_SSL_.*_ALERT_/.test(code)
}

function alertName(code: string): string {
  return code
    .slice(code.indexOf('_ALERT_') + 7)
    .toLowerCase()
    .replaceAll('_', ' ')
}

/** OpenSSL could not make sense of what came, found nothing to agree on, or was hung up on. */
function isTlsError(error: unknown, code: string): boolean {
  if (/^ERR_(SSL|OSSL|TLS)/.test(code)) return true
  return code === 'EPROTO' && error instanceof Error && (error as NodeJS.ErrnoException).syscall !== undefined
}

/** Certificate checks fail with OpenSSL's names, such as `SELF_SIGNED_CERT_IN_CHAIN`, or with Node's for the host name. */
function isCertificateError(error: unknown, code: string): boolean {
  return /CERT|^UNABLE_TO_|^CRL_|^HOSTNAME_MISMATCH|^INVALID_(CA|PURPOSE)|^PATH_LENGTH_EXCEEDED/.test(code) && error instanceof Error
}

/** `code` of a system error, or of the first error that caused it; empty when there is none. */
export function errorCode(error: unknown): string {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const code: unknown = (at as { code?: unknown }).code
    if (typeof code === 'string' && (code.startsWith('E') || /^[A-Z0-9_]+$/.test(code))) return code
    // Several addresses were tried: the first one's reason counts.
    const inner: unknown = (at as { errors?: unknown }).errors
    if (Array.isArray(inner) && inner.length > 0) return errorCode(inner[0])
  }
  return ''
}

const CONNACK_TEXTS: readonly string[] = [
  'Connection Accepted',
  'Connection Refused: unacceptable protocol version',
  'Connection Refused: identifier rejected',
  'Connection Refused: broker unavailable',
  'Connection Refused: bad user name or password',
  'Connection Refused: not authorised',
]

/** A refusal in CONNACK of MQTT 3.x: `Connection Refused: not authorised`. */
export function refusalText(returnCode: number): string {
  return CONNACK_TEXTS[returnCode] ?? 'Connection Refused: unknown reason'
}
