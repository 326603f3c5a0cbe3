// From the listeners of a configuration to those that startBroker opens: certificate files read, access asked, limits laid over.
// Reading the configuration file is config/parse.ts; who may come in is access.ts.

import { appendFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Configuration, ListenerConfiguration } from '../config/configuration.ts'
import type { TlsListenerOptions } from '../net/listener.ts'
import { staticFiles } from '../net/static-files.ts'
import { type ListenerAccess, served } from './access.ts'
import type { HttpApi } from './http-api.ts'
import type { BrokerListener } from './open-listeners.ts'

/** A certificate file that a listener names cannot be read. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError'
}

/** The console on the HTTP side of a WebSocket listener: admin/admin-server.ts, which is loaded only where it is wanted. */
export type ConsoleDoor = Required<Pick<NonNullable<BrokerListener['websocket']>, 'onRequest' | 'onUpgrade'>>

export interface ConfiguredListenerOptions {
  /** Those of -p: they count only when the configuration names no listener. */
  readonly ports: readonly number[]
  /** Serves `console true`; null where no listener asks for it. */
  readonly console: ConsoleDoor | null
  /** Answers on listeners of `protocol http_api`. */
  readonly httpApi: HttpApi
  /** --tls-keylog: a file for the keys of all TLS connections; null = none. */
  readonly keyLogFile: string | null
}

/** `access` is in the order of the configuration's listeners. @throws CertificateError */
export function configuredListeners(configuration: Configuration, access: readonly ListenerAccess[], options: ConfiguredListenerOptions): BrokerListener[] {
  const { localOnly } = configuration
  const listeners = served(configuration).map((listener, i) => brokerListener(configuration, listener, access[i]!, options))
  if (localOnly === null) return listeners.map((listener, i) => ({ ...listener, host: configuration.listeners[i]!.host }))
  // Without a host startBroker listens on 127.0.0.1 and ::1.
  return (options.ports.length > 0 ? options.ports : [localOnly.port]).map((port) => ({ ...listeners[0]!, port }))
}

/** Null for a listener without TLS. @throws CertificateError */
export function tlsOf(listener: ListenerConfiguration, access: ListenerAccess, keyLogFile: string | null): TlsListenerOptions | null {
  const { certfile, keyfile, pskHint } = listener
  if (pskHint === null && (certfile === null || keyfile === null)) return null
  return {
    ...(pskHint === null ? certificates(listener, certfile!, keyfile!) : { psk: { hint: pskHint, lookup: (identity) => access.keyOf(identity) } }),
    ...(listener.ciphers === null ? {} : { ciphers: listener.ciphers }),
    ...(listener.ciphersTls13 === null ? {} : { ciphersuites13: listener.ciphersTls13 }),
    minVersion: listener.minimumTlsVersion,
    keylog: keyLogFile === null ? null : (line) => appendFileSync(keyLogFile, line, { mode: 0o600 }),
  }
}

function brokerListener(
  { limits }: Configuration,
  listener: ListenerConfiguration,
  access: ListenerAccess,
  options: ConfiguredListenerOptions,
): BrokerListener {
  const { unixPath, maximumConnections } = listener
  const isWebSocket = listener.protocol !== 'mqtt'
  const tls = tlsOf(listener, access, options.keyLogFile)
  return {
    port: listener.port,
    addressFamily: listener.socketDomain,
    maximumConnections: maximumConnections < 0 ? null : maximumConnections,
    proxyProtocol: listener.proxyProtocol,
    proxyRequireTls: listener.proxyRequireTls,
    proxyRequireCertificate: listener.proxyProtocol === 2 && listener.requireCertificate,
    limits: { ...limits, ...listener.limits },
    mountPoint: listener.mountPoint,
    userNameAsClientId: listener.useUserNameAsClientId,
    authenticator: access.authenticator,
    authorizer: access.authorizer,
    controls: access.controls,
    ...(unixPath === null
      ? { transport: tls === null ? (isWebSocket ? 'ws' : 'tcp') : isWebSocket ? 'wss' : 'tls' }
      : { transport: 'unix' as const, path: unixPath }),
    ...(tls === null ? {} : { tls }),
    ...(isWebSocket ? { websocket: webSocketOf(listener, access, options) } : {}),
  }
}

/** What the HTTP side does: the HTTP API alone, or MQTT with the console, or files, beside it. */
function webSocketOf(listener: ListenerConfiguration, access: ListenerAccess, options: ConfiguredListenerOptions): NonNullable<BrokerListener['websocket']> {
  const { protocol, httpDirectory, webSocketOrigins, hasConsole } = listener
  if (protocol === 'http_api') return { paths: [], onRequest: options.httpApi.answer(access, httpDirectory) }
  const origins = webSocketOrigins.length === 0 ? null : webSocketOrigins
  if (hasConsole && options.console !== null) return { origins, onRequest: options.console.onRequest, onUpgrade: options.console.onUpgrade }
  return { origins, ...(httpDirectory === null ? {} : { onRequest: staticFiles(httpDirectory) }) }
}

function certificates(listener: ListenerConfiguration, certfile: string, keyfile: string): Partial<TlsListenerOptions> {
  const { cafile, capath, crlfile } = listener
  const authorities = [
    ...(cafile === null ? [] : [contents(cafile, `Unable to load CA certificates. Check cafile '${cafile}'`)]),
    ...(capath === null ? [] : folder(capath)),
  ]
  return {
    cert: contents(certfile, `Unable to load server certificate '${certfile}'. Check certfile`),
    key: contents(keyfile, `Unable to load server key file '${keyfile}'. Check keyfile`),
    ...(authorities.length === 0 ? {} : { ca: authorities }),
    ...(crlfile === null ? {} : { crl: contents(crlfile, `Unable to load certificate revocation file '${crlfile}'. Check crlfile`) }),
    requireCertificate: listener.requireCertificate,
    disableDateChecks: listener.disableClientCertificateDateChecks,
  }
}

/** Every file of the folder that holds a certificate. */
function folder(path: string): Buffer[] {
  let names: string[]
  try {
    names = readdirSync(path)
  } catch (error) {
    throw new CertificateError(`Unable to load CA certificates. Check capath '${path}': ${(error as Error).message}.`)
  }
  const files = names.toSorted().map((name) => join(path, name))
  const found = files.flatMap((file) => {
    try {
      const content = readFileSync(file)
      return content.includes('-----BEGIN CERTIFICATE-----') ? [content] : []
    } catch {
      return [] // a folder, or a link to nowhere
    }
  })
  if (found.length === 0) throw new CertificateError(`Unable to load CA certificates. Check capath '${path}': no file there holds one.`)
  return found
}

function contents(path: string, sentence: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new CertificateError(`${sentence}: ${(error as Error).message}.`)
  }
}
