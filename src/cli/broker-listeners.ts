// From a configuration to what startBroker takes: listeners with the contents of their certificate files, and who may come in.
// Reading the configuration file is config/parse.ts.

import { readFileSync } from 'node:fs'
import { CertificateNames } from '../auth/certificate-names.ts'
import { StaticUsers } from '../auth/static-users.ts'
import { ADMIT_ALL, type Authenticator } from '../broker/ports.ts'
import type { Configuration, ListenerConfiguration } from '../config/configuration.ts'
import { placeOf } from '../config/settings.ts'
import type { BrokerListener } from '../server/start-broker.ts'

/** A file that a listener names cannot be read. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError'
}

/** `ports` (those of -p) count only when the configuration names no listener. @throws CertificateError */
export function listenersOf(configuration: Configuration, ports: readonly number[]): BrokerListener[] {
  const { localOnly } = configuration
  if (localOnly === null) return configuration.listeners.map((listener) => ({ ...listenerOf(listener, listener.port), host: listener.host }))
  return (ports.length > 0 ? ports : [localOnly.port]).map((port) => listenerOf(localOnly, port))
}

/** Who may come in. */
export function authenticatorOf(configuration: Configuration): Authenticator {
  const byName = configuration.allowAnonymous ? ADMIT_ALL : new StaticUsers({ users: [], allowAnonymous: false })
  const ports = configuration.listeners.filter((listener) => listener.useIdentityAsUsername).map((listener) => listener.port)
  return ports.length > 0 ? new CertificateNames(new Set(ports), byName) : byName
}

/** True when nobody can come in: no anonymous clients, no certificates. */
export function admitsNobody(configuration: Configuration): boolean {
  return !configuration.allowAnonymous && !configuration.listeners.some((listener) => listener.useIdentityAsUsername)
}

/**
 * What this version does not do although the file asks for it, if that decides who may do what: nobody shall believe it in force.
 * Null when there is nothing of the kind.
 */
export function notServed(configuration: Configuration): string | null {
  const { bridges, allPlugins, localOnly, listeners, settings } = configuration
  const ofListeners = (localOnly === null ? listeners : [localOnly]).flatMap((listener) => listener.settings)
  const found =
    settings.find(({ option }) => NOT_SERVED.has(option)) ??
    ofListeners.find(({ option, value }) => NOT_SERVED.has(option) || NOT_SERVED_BY_LISTENER.has(option) || (option === 'protocol' && value === 'http_api')) ??
    (bridges[0] ?? allPlugins[0])?.settings[0]
  return found === undefined ? null : `The '${found.option}' option (${placeOf(found)}) is not available in this version.`
}

const NOT_SERVED_BY_LISTENER: ReadonlySet<string> = new Set(['allow_anonymous', 'allow_zero_length_clientid', 'auto_id_prefix', 'listener_auto_id_prefix'])

const NOT_SERVED: ReadonlySet<string> = new Set([
  'accept_protocol_versions',
  'acl_file',
  'capath',
  'ciphers',
  'ciphers_tls1.3',
  'clientid_prefixes',
  'crlfile',
  'enable_proxy_protocol',
  'listener_allow_anonymous',
  'max_qos',
  'mount_point',
  'password_file',
  'psk_file',
  'psk_hint',
  'tls_version',
  'use_subject_as_username',
  'use_username_as_clientid',
  'websockets_origin',
])

/** All but the address: without one startBroker listens on 127.0.0.1 and ::1. */
function listenerOf(listener: ListenerConfiguration, port: number): BrokerListener {
  const { certfile, keyfile, cafile, unixPath, socketDomain, maximumConnections } = listener
  const isWebSocket = listener.protocol === 'websockets'
  const base = { port, addressFamily: socketDomain, maximumConnections: maximumConnections < 0 ? null : maximumConnections }
  if (unixPath !== null) return { ...base, transport: 'unix', path: unixPath }
  if (certfile === null || keyfile === null) return { ...base, transport: isWebSocket ? 'ws' : 'tcp' }
  const tls = {
    cert: contents(certfile, `Unable to load server certificate '${certfile}'. Check certfile`),
    key: contents(keyfile, `Unable to load server key file '${keyfile}'. Check keyfile`),
    ...(cafile === null ? {} : { ca: contents(cafile, `Unable to load CA certificates. Check cafile '${cafile}'`) }),
    requireCertificate: listener.requireCertificate,
  }
  return { ...base, transport: isWebSocket ? 'wss' : 'tls', tls }
}

function contents(path: string, sentence: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new CertificateError(`${sentence}: ${(error as Error).message}.`)
  }
}
