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

  /** `message` without `Error: `. */
  constructor(message: string, after: AfterError = 'hint') {
    super(message)
    this.after = after
  }
}

/** The text on standard error, complete. */
export function argumentErrorText(error: ArgumentError, program: string): string {
  const hint = `\nUse '${program} --help' to see usage.\n`
  const lead = error.after === 'blank before' ? '\n' : ''
  const gap = error.after === 'blank and hint' ? '\n' : ''
  const tail = error.after === 'hint' || error.after === 'blank and hint' ? hint : ''
  return `${lead}Error: ${error.message}\n${gap}${tail}`
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
}

const LOOKUP_ERRORS: readonly string[] = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME', 'EAI_FAIL']

/** The system's words for an error, as strerror has them. */
export function systemErrorText(error: unknown): string {
  const code = errorCode(error)
  return SYSTEM_ERRORS[code] ?? (error instanceof Error ? error.message : String(error))
}

/** Why the first connection did not come about. `error` is what the socket reported. */
export function connectFailure(error: unknown): Failure {
  const code = errorCode(error)
  if (LOOKUP_ERRORS.includes(code)) return { text: 'Unable to connect (Lookup error).', exitCode: ExitCode.Failure }
  if (isCertificateError(error, code)) {
    const reason = error instanceof Error ? error.message : code
    const hint = `Error: The server's certificate was not accepted: ${reason}. Name its authority with --cafile, or check nothing with --insecure.`
    return { text: `Error: Protocol error\n${hint}`, exitCode: ExitCode.TlsHandshake }
  }
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') return { text: 'Unable to connect (A TLS error occurred).', exitCode: ExitCode.Failure }
  return { text: `Error: ${systemErrorText(error)}`, exitCode: ExitCode.Failure }
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
