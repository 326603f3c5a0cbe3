// From a configuration to what startBroker takes: listeners with the contents of their certificate files, and who may come in.
// Reading the configuration file is config/parse.ts.

import { readFileSync } from 'node:fs'
import { CertificateNames } from '../auth/certificate-names.ts'
import { StaticUsers } from '../auth/static-users.ts'
import { ADMIT_ALL, type Authenticator } from '../broker/ports.ts'
import type { Configuration, ListenerConfiguration } from '../config/configuration.ts'
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
